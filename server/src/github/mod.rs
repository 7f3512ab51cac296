//! GitHub's API: cached reads, and writes that are sent exactly once.
