//! Server functions: what forms and islands ask for, under `/do`.
//!
//! A form is answered with 303 to a page that shows the result or what went wrong, with and without
//! JavaScript alike; a program gets the result, or the problem with its status. What was typed is
//! saved before anything is checked.

mod admin;
mod batch;
mod browse;
mod compose;
mod create;
mod demo;
mod dispatch;
mod draft;
mod fields;
mod objective;
mod plan;
mod reply;
mod repository;
mod selected;
mod sessions;
mod submit;
mod tokens;

pub use admin::*;
pub use batch::*;
pub use browse::*;
pub use compose::*;
pub use create::*;
pub use demo::*;
pub use dispatch::*;
pub use draft::*;
pub use fields::Fields;
pub use objective::*;
pub use plan::*;
pub use repository::*;
pub use selected::*;
pub use sessions::*;
pub use submit::*;
pub use tokens::*;

pub(crate) use reply::{Notice, notice};

/// Prepares pages and registers every server function; the server calls this once at start.
pub fn register() {
    // Pages spawn their reads on tokio. Where that is set up already, it stays.
    let _ = any_spawner::Executor::init_tokio();
    use leptos::server_fn::axum::register_explicit;
    register_explicit::<Preview>();
    register_explicit::<Dispatch>();
    register_explicit::<Command>();
    register_explicit::<PreviewPlan>();
    register_explicit::<CreatePlan>();
    register_explicit::<PreviewObjective>();
    register_explicit::<CreateObjective>();
    register_explicit::<SaveObjective>();
    register_explicit::<UpgradeObjective>();
    register_explicit::<ImportObjective>();
    register_explicit::<ArrangeObjective>();
    register_explicit::<SaveObjectiveDraft>();
    register_explicit::<CheckOutline>();
    register_explicit::<RetryItem>();
    register_explicit::<Submit>();
    register_explicit::<SaveDraft>();
    register_explicit::<DiscardDraft>();
    register_explicit::<UseTemplate>();
    register_explicit::<Act>();
    register_explicit::<Selected>();
    register_explicit::<EditPlan>();
    register_explicit::<ObjectiveDo>();
    register_explicit::<PlanNodes>();
    register_explicit::<Connect>();
    register_explicit::<Disconnect>();
    register_explicit::<EndSession>();
    register_explicit::<EndOtherSessions>();
    register_explicit::<AdminSignOut>();
    register_explicit::<AdminEndSession>();
    register_explicit::<AdminRevoke>();
    register_explicit::<AdminDisconnect>();
    register_explicit::<Mend>();
    register_explicit::<ResetDemo>();
    register_explicit::<CreateToken>();
    register_explicit::<RevokeToken>();
    register_explicit::<FindRepositories>();
    register_explicit::<FindBranches>();
    register_explicit::<FindPlans>();
}
