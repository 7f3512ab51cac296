//! Catching up with GitHub where webhooks are missing.
