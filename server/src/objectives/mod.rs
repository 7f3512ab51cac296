//! Objectives: what is shown comes from the mirror, what is done goes to GitHub as the viewer.
//!
//! [`write`] is the one road by which a roadmap is changed, [`flow`] moves nodes on as their plans do,
//! [`auto`] starts them by themselves where somebody wants that, and [`layout`] draws the picture.

mod area;
pub mod auto;
mod check;
pub mod flow;
pub mod layout;
mod list;
mod page;
mod texts;
pub mod typed;
pub mod write;

pub use area::Area;
pub use texts::Texts;
