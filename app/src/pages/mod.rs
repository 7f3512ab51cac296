//! The pages, one file or folder per address.

mod admin;
mod batch;
mod create;
mod dispatch;
mod go;
mod new;
mod not_found;
mod objectives;
mod overview;
mod plan;
mod repos;
mod runs;
mod sessions;
mod settings;
mod sign_in;
mod submit;
mod tokens;

use std::future::Future;

use leptos::prelude::*;

pub(crate) use admin::AdminPage;
pub(crate) use batch::BatchPage;
pub(crate) use create::CreatePage;
pub(crate) use dispatch::DispatchPage;
pub(crate) use go::GoPage;
pub(crate) use new::NewPage;
pub(crate) use not_found::NotFound;
pub use objectives::roadmap_picture;
pub(crate) use objectives::{
    ComposeRoute, EditRoute, ObjectiveRoute, ObjectivesPage, SeveralRoute, UpgradeRoute, outline_check,
};
pub(crate) use overview::OverviewPage;
pub use overview::read_overview_query;
pub(crate) use plan::{LogPage, PlanRoute};
pub(crate) use repos::ReposPage;
pub(crate) use runs::RunsPage;
pub(crate) use sessions::SessionsPage;
pub(crate) use settings::SettingsPage;
pub(crate) use sign_in::SignInPage;
pub(crate) use submit::SubmitPage;
pub(crate) use tokens::TokensPage;

/// Renders what `content` answers. The page waits for it, since every route is [`SsrMode::Async`].
///
/// [`SsrMode::Async`]: leptos_router::SsrMode::Async
fn page(content: impl Future<Output = AnyView> + Send + 'static) -> AnyView {
    view! { <Suspense>{Suspend::new(content)}</Suspense> }.into_any()
}
