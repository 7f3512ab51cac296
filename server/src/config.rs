//! Configuration: one name per setting, by flag or environment.
