//! Answers of the API.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use crate::world::refusal::Refusal;

/// What a handler of the API gives back.
pub type Answer = Result<Response, Refusal>;

pub fn ok(body: Value) -> Answer {
    Ok(Json(body).into_response())
}

pub fn created(body: Value) -> Answer {
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

pub fn accepted(body: Value) -> Answer {
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

pub fn no_content() -> Answer {
    Ok(StatusCode::NO_CONTENT.into_response())
}
