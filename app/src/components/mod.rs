//! Parts that several pages share.

mod coded;
mod copy;
mod demo;
mod empty;
mod field;
mod icon;
mod markdown;
mod node;
mod notice;
mod palette;
mod phase;
mod problem;
mod time;
mod title;
mod top_bar;
pub(crate) mod words;

pub(crate) use coded::coded;
pub(crate) use copy::{copy_button, copyable};
pub(crate) use demo::what_to_try;
pub(crate) use empty::empty;
pub(crate) use field::{area_text, described_by, field, problem_of, text_field};
pub(crate) use icon::icon;
pub(crate) use markdown::markdown;
pub(crate) use node::{node_icon, node_state, node_tone, node_word, stopped_badge};
pub(crate) use notice::{not_fresh, notice_view};
pub(crate) use palette::Palette;
pub(crate) use phase::{phase_badge, phase_icon, tone};
pub(crate) use problem::{ProblemPage, problem_page};
pub(crate) use time::{ago, lasted, until};
pub(crate) use title::PageTitle;
pub(crate) use top_bar::TopBar;
