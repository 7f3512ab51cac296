//! What a person sees: pages, components and server functions.
//!
//! The app knows neither SQL nor GitHub. It reaches the world through the traits in [`areas`],
//! which the server implements, and every call takes the [`Viewer`](areas::Viewer) it acts for.

pub mod areas;
