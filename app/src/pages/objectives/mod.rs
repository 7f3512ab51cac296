//! `/objectives`: the list; and `/{owner}/{repo}/objectives/{n}`: one roadmap.

mod auto;
mod compose;
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

pub(crate) use compose::ComposeRoute;
pub(crate) use fields::outline_check;
pub(crate) use list::ObjectivesPage;
pub(crate) use roadmap::ObjectiveRoute;
pub(crate) use several::SeveralRoute;
