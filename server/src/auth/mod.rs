//! Sign-in with GitHub, sessions, and the tokens of accounts.
