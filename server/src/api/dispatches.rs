//! Dispatches: preview, send, follow, and settle.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;
use waymark_app::areas::{Areas, DispatchCommand, DispatchView, NewForm, Preview};

use super::reply::{Body, Person, Refusal};

/// A dispatch as asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Id of a draft: asking again with the same one answers the same dispatch.
    #[serde(default)]
    draft: Option<String>,
    #[serde(flatten)]
    form: NewForm,
}

pub(super) async fn preview(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(form): Body<NewForm>,
) -> Result<Json<Preview>, Refusal> {
    Ok(Json(areas.dispatches.preview(&viewer, &form).await?))
}

/// Answers 201 with the id; the work goes on by itself.
pub(super) async fn dispatch(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(asked): Body<Asked>,
) -> Result<Response, Refusal> {
    let id = areas.dispatches.dispatch(&viewer, asked.draft.as_deref(), &asked.form).await?;
    let place = [(header::LOCATION, format!("/api/v1/dispatches/{id}"))];
    Ok((StatusCode::CREATED, place, Json(json!({ "id": id }))).into_response())
}

pub(super) async fn get(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path(id): Path<String>,
) -> Result<Json<DispatchView>, Refusal> {
    Ok(Json(areas.dispatches.get(&viewer, &id).await?))
}

pub(super) async fn command(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path(id): Path<String>,
    Body(command): Body<DispatchCommand>,
) -> Result<StatusCode, Refusal> {
    areas.dispatches.command(&viewer, &id, command).await?;
    Ok(StatusCode::ACCEPTED)
}
