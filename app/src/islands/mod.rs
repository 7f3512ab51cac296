//! Islands: the few parts of a page that run in the browser.
//!
//! Each renders something useful on the server already, so that a page without JavaScript, or one
//! whose islands have not woken yet, still works.

mod combobox;
mod draft_keeper;
mod palette;

pub use combobox::*;
pub use draft_keeper::*;
pub use palette::*;
