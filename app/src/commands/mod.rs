//! Server functions: what forms and islands ask for, under `/do`.
