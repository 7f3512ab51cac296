//! Parts of a path. One that cannot be what it should be, such as a number, leads nowhere: 404.

use axum::{
    extract::{FromRequestParts, Path as Inner},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use crate::world::{World, refusal::Refusal};

#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<World> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, world: &World) -> Result<Self, Refusal> {
        let inner = Inner::from_request_parts(parts, world).await;
        inner.map(|Inner(value)| Self(value)).map_err(|_| Refusal::not_found())
    }
}
