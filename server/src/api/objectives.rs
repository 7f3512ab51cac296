//! Objectives: the list, one with its nodes and the results of its check, and what can be done to it. A node is
//! started by a dispatch that names the objective and the node.

use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use waymark_app::areas::{Areas, ObjectiveCommand, ObjectiveList, ObjectivePage, ObjectivesQuery};

use super::reply::{Anyone, Asked, Body, Person, Place, Refusal, repository};

/// Which node is told in full.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    node: Option<String>,
}

/// A page of the objectives one may see.
pub(super) async fn list(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Asked(query): Asked<ObjectivesQuery>,
) -> Result<Json<ObjectiveList>, Refusal> {
    Ok(Json(areas.objectives.list(viewer.as_ref(), &query).await?))
}

/// One objective with its nodes, its check and its auto-start.
pub(super) async fn objective(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number)): Place<(String, String, i64)>,
    Asked(Chosen { node }): Asked<Chosen>,
) -> Result<Json<ObjectivePage>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.objectives.objective(viewer.as_ref(), &repo, number, node.as_deref()).await?))
}

/// Carries out a command: read again, close, mend, auto-start and vetoes.
pub(super) async fn command(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number)): Place<(String, String, i64)>,
    Body(command): Body<ObjectiveCommand>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.objectives.command(&viewer, &repo, number, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
