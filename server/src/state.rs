//! What every request can reach.
