//! `waymark serve`: the wiring.
