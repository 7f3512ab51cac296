//! What a person sees: pages, components and server functions.
//!
//! The app knows neither SQL nor GitHub. It reaches the world through the traits in [`areas`],
//! which the server implements, and every call takes the [`Viewer`](areas::Viewer) it acts for.
//!
//! Pages are rendered on the server only; the browser gets the islands of [`islands`] as
//! WebAssembly and nothing else of this crate.

// Views nest deeply, and so do the types of their futures.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
mod address;
#[cfg(feature = "ssr")]
mod app;
pub mod areas;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
mod context;
pub mod islands;
#[cfg(feature = "ssr")]
mod pages;

#[cfg(feature = "ssr")]
pub use app::{App, shell};
#[cfg(feature = "ssr")]
pub use commands::register;
#[cfg(feature = "ssr")]
pub use context::{Origin, RequestId, SessionName};
#[cfg(feature = "ssr")]
pub use pages::{read_overview_query, roadmap_picture};
