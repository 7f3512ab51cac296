//! Dispatches: preview, send, follow, and settle.

use axum::extract::OriginalUri;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{
    Areas, DispatchCommand, DispatchState, DispatchView, DispatchesQuery, NewForm, Preview,
};

use super::idempotency::Once;
use super::paging;
use super::reply::{Asked, Body, Person, Place, Refusal};

/// Which dispatches are listed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    repo: String,
    plan: Option<i64>,
    by: String,
    state: Option<DispatchState>,
    page: Option<u32>,
    per_page: Option<u32>,
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
    Once(key): Once,
    Body(form): Body<NewForm>,
) -> Result<Response, Refusal> {
    Ok(begun(areas.dispatches.dispatch(&viewer, key.as_deref(), &form).await?))
}

/// A page of the dispatches one may see, newest first.
pub(super) async fn list(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    OriginalUri(uri): OriginalUri,
    Asked(wanted): Asked<Wanted>,
) -> Result<Response, Refusal> {
    let Wanted { repo, plan, by, state, page, per_page } = wanted;
    let page = page.unwrap_or(1).max(1);
    let query = DispatchesQuery { repo, plan, by, state, page, per_page: paging::per_page(per_page)? };
    let found = areas.dispatches.list(&viewer, &query).await?;
    let public = areas.account.installation().public_url;
    Ok(paging::paged(&public, &uri, page, found.pages, found))
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
