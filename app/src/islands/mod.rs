//! Islands: the few parts of a page that run in the browser.
//!
//! Each renders something useful on the server already, so that a page without JavaScript, or one
//! whose islands have not woken yet, still works.

mod ask;
mod combobox;

use serde::{Deserialize, Serialize};

pub use combobox::*;

/// One suggestion: what is put into the field, and a word about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    pub value: String,
    pub note: String,
}
