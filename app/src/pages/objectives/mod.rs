//! `/objectives`: the list; and `/{owner}/{repo}/objectives/{n}`: one roadmap.

mod auto;
mod compose;
mod diff;
mod edit;
mod empty;
mod fields;
mod findings;
mod graph;
mod list;
mod panel;
mod query;
mod roadmap;
mod several;
mod table;
mod upgrade;

pub(crate) use compose::ComposeRoute;
pub(crate) use edit::EditRoute;
pub(crate) use fields::outline_check;
pub use graph::picture as roadmap_picture;
pub(crate) use list::ObjectivesPage;
pub(crate) use roadmap::ObjectiveRoute;
pub(crate) use several::SeveralRoute;
pub(crate) use upgrade::UpgradeRoute;
