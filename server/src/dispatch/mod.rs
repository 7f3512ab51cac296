//! Dispatches: every write to GitHub is recorded before and after, and never sent twice.
