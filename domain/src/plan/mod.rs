//! Plans: where their text lives in each generation, their titles, steps and comments.
//!
//! Properties: the text of a plan is found in every generation and never cut short; a text written
//! as several comments is read back whole.

mod comment;
mod header;
mod parts;
mod pull;
mod rewrite;
mod steps;
mod text;
mod title;

pub use comment::{CommentKind, kind};
pub use header::header;
pub use parts::{MAX_PART, comments, part};
pub use pull::{is_pull_backed, text_of_pull};
pub use rewrite::rewrite;
pub use steps::{heading, steps};
pub use text::{Found, Source, is_skeleton, missing, text};
pub use title::plain_title;
