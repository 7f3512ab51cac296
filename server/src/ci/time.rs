//! The clock, read at the edge only.

/// Now, in UTC, as it is written into metadata: `2026-01-15T14:30:00Z`.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
