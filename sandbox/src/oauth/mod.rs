//! The OAuth web flow: a consent page, then a code for a token.

mod authorize;
mod grants;
mod token;

use axum::{Router, routing::get};

use crate::world::World;

pub fn router() -> Router<World> {
    Router::new()
        .route("/login/oauth/authorize", get(authorize::page).post(authorize::consent))
        .route("/login/oauth/access_token", axum::routing::post(token::exchange))
        .route("/applications/{client}/token", axum::routing::post(grants::check).delete(grants::revoke))
        .route("/applications/{client}/grant", axum::routing::delete(grants::revoke_all))
}

/// An authorization code is good that long, in seconds.
const CODE_LIFETIME: i64 = 600;
