//! Live updates: what changed, by id only.
