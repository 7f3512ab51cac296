//! After anything moved refs: what changed, told as events.
