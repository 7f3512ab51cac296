//! The commands that run inside workflows: `waymark ci ...`.
