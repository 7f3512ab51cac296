//! `/objectives`: the list; and `/{owner}/{repo}/objectives/{n}`: one roadmap.

mod empty;
mod findings;
mod graph;
mod list;
mod panel;
mod query;
mod roadmap;
mod several;
mod table;

pub(crate) use list::ObjectivesPage;
pub(crate) use roadmap::ObjectiveRoute;
pub(crate) use several::SeveralRoute;
