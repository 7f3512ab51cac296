//! Parts that several pages share.

mod icon;
mod problem;
mod top_bar;

pub(crate) use icon::icon;
pub(crate) use problem::{ProblemPage, problem_page};
pub(crate) use top_bar::TopBar;
