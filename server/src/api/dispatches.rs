//! Dispatches: preview, send, follow, and settle.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{Areas, DispatchCommand, DispatchView, NewForm, Preview};

use super::reply::{Body, Person, Place, Refusal};

/// A dispatch as asked for.
#[derive(Deserialize)]
pub(super) struct DispatchRequest {
    /// Id of a draft: asking again with the same one answers the same dispatch.
    #[serde(default)]
    pub draft: Option<String>,
    #[serde(flatten)]
    pub form: NewForm,
}

/// A dispatch that was recorded.
#[derive(Serialize)]
pub(super) struct Dispatched {
    id: String,
}

/// Lists every write of a dispatch, in order. Writes nothing anywhere.
pub(super) async fn preview(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(form): Body<NewForm>,
) -> Result<Json<Preview>, Refusal> {
    Ok(Json(areas.dispatches.preview(&viewer, &form).await?))
}

/// Records a dispatch and starts it; the work goes on by itself.
pub(super) async fn dispatch(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(asked): Body<DispatchRequest>,
) -> Result<Response, Refusal> {
    Ok(begun(areas.dispatches.dispatch(&viewer, asked.draft.as_deref(), &asked.form).await?))
}

/// The answer to what began a dispatch.
pub(super) fn begun(id: String) -> Response {
    let place = [(header::LOCATION, format!("/api/v1/dispatches/{id}"))];
    (StatusCode::CREATED, place, Json(Dispatched { id })).into_response()
}

/// One dispatch with its operations.
pub(super) async fn get(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place(id): Place<String>,
) -> Result<Json<DispatchView>, Refusal> {
    Ok(Json(areas.dispatches.get(&viewer, &id).await?))
}

/// Resumes or undoes a dispatch, or settles one of its operations.
pub(super) async fn command(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place(id): Place<String>,
    Body(command): Body<DispatchCommand>,
) -> Result<StatusCode, Refusal> {
    areas.dispatches.command(&viewer, &id, command).await?;
    Ok(StatusCode::ACCEPTED)
}
