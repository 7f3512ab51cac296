//! What is thrown away, and when: all of it in this one place.

use std::time::Duration;

use crate::db::Db;
use crate::state::App;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A draft of somebody who is not signed in, after it was saved last.
pub const DRAFT_OF_NOBODY_MS: i64 = DAY_MS;
/// A person's draft, after it was saved last.
const DRAFT_MS: i64 = 90 * DAY_MS;
/// A webhook delivery that has been worked off, for looking back.
const DELIVERY_MS: i64 = 7 * DAY_MS;

/// Each rule with its age; the statement takes the time before which things go.
const RULES: [(&str, i64, &str); 4] = [
    ("sessions", 0, "DELETE FROM sessions WHERE expires_at < $1"),
    ("drafts of nobody", DRAFT_OF_NOBODY_MS, "DELETE FROM drafts WHERE account_id IS NULL AND saved_at < $1"),
    ("drafts", DRAFT_MS, "DELETE FROM drafts WHERE account_id IS NOT NULL AND saved_at < $1"),
    ("deliveries", DELIVERY_MS, "DELETE FROM deliveries WHERE state <> 'new' AND received_at < $1"),
];

/// Sweeps now and every hour.
pub fn spawn(app: &App) {
    let app = app.clone();
    crate::supervise::spawn("the sweep", move || {
        let app = app.clone();
        async move {
            let mut hours = tokio::time::interval(Duration::from_secs(3600));
            loop {
                hours.tick().await;
                app.limits.sweep();
                sweep(&app.db, jiff::Timestamp::now().as_millisecond()).await;
            }
        }
    });
}

/// Deletes what is older than it may be at `now`, in epoch milliseconds. A rule that fails keeps no other
/// from its turn.
pub async fn sweep(db: &Db, now: i64) {
    for (what, age, statement) in RULES {
        if let Err(error) = sqlx::query(statement).bind(now - age).execute(db.pool()).await {
            tracing::warn!(%error, what, "what is old cannot be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_kind_goes_when_its_time_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&crate::db::sqlite_url(&folder.path().join("w.db"))).await.expect("opened");
        let now = 1_000 * DAY_MS;
        let draft = "INSERT INTO drafts (id, account_id, form, saved_at) VALUES ($1, $2, '{}', $3)";
        for (id, account, days) in [
            ("nobody's old", None, 2),
            ("nobody's new", None, 0),
            ("mine old", Some(1_i64), 91),
            ("mine", Some(1), 89),
        ] {
            let insert = sqlx::query(draft).bind(id).bind(account).bind(now - days * DAY_MS);
            insert.execute(db.pool()).await.expect("kept");
        }
        let delivery = "INSERT INTO deliveries (guid, event, received_at, body, state, attempts) \
                        VALUES ($1, 'push', $2, '', $3, 0)";
        for (guid, days, state) in [("old", 8, "done"), ("new", 8, "new"), ("young", 6, "done")] {
            let insert = sqlx::query(delivery).bind(guid).bind(now - days * DAY_MS).bind(state);
            insert.execute(db.pool()).await.expect("kept");
        }
        let session = "INSERT INTO sessions (id, data, expires_at) VALUES ($1, $2, $3)";
        for (id, left) in [("over", -1), ("open", 1)] {
            let insert = sqlx::query(session).bind(id).bind(Vec::new()).bind(now + left);
            insert.execute(db.pool()).await.expect("kept");
        }
        sweep(&db, now).await;
        let left =
            "SELECT id FROM drafts UNION ALL SELECT guid FROM deliveries UNION ALL SELECT id FROM sessions";
        let mut left: Vec<String> = sqlx::query_scalar(left).fetch_all(db.pool()).await.expect("read");
        left.sort();
        assert_eq!(left, ["mine", "new", "nobody's new", "open", "young"]);
    }
}
