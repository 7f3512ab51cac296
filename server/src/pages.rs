//! The routes of the pages and the context they run in.
