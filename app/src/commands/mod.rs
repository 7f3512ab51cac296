//! Server functions: what forms and islands ask for, under `/do`.
//!
//! A form is answered with 303 to a page that shows the result or what went wrong, with and without
//! JavaScript alike; a program gets the result, or the problem with its status. What was typed is
//! saved before anything is checked.

mod browse;
#[cfg(feature = "ssr")]
mod dispatch;
mod draft;
#[cfg(feature = "ssr")]
mod plan;
#[cfg(feature = "ssr")]
mod reply;
#[cfg(feature = "ssr")]
mod repository;

pub use browse::*;
#[cfg(feature = "ssr")]
pub use dispatch::*;
pub use draft::*;
#[cfg(feature = "ssr")]
pub use plan::*;
#[cfg(feature = "ssr")]
pub use repository::*;

#[cfg(feature = "ssr")]
pub(crate) use reply::{Notice, notice};

/// Registers every server function; the server calls this once at start.
#[cfg(feature = "ssr")]
pub fn register() {
    use leptos::server_fn::axum::register_explicit;
    register_explicit::<Preview>();
    register_explicit::<Dispatch>();
    register_explicit::<Command>();
    register_explicit::<SaveDraft>();
    register_explicit::<DiscardDraft>();
    register_explicit::<Act>();
    register_explicit::<EditPlan>();
    register_explicit::<Connect>();
    register_explicit::<Mend>();
    register_explicit::<FindRepositories>();
    register_explicit::<FindBranches>();
    register_explicit::<FindPlans>();
}
