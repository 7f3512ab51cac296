//! Objectives: the list, one with its nodes and the results of its check, and what can be done to it. A node is
//! started by a dispatch that names the objective and the node.

use axum::extract::OriginalUri;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{
    Areas, ObjectiveCommand, ObjectiveForm, ObjectiveList, ObjectivePage, ObjectivesQuery, Openness, Preview,
};

use super::dispatches::begun;
use super::idempotency::Once;
use super::paging;
use super::reply::{Anyone, Asked, Body, Person, Place, Refusal, repository};

/// Which node is told in full.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    node: Option<String>,
}

/// The list's query as parameters of an address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    q: String,
    repo: String,
    owner: String,
    shown: Openness,
    ready: bool,
    page: u32,
    per_page: Option<u32>,
}

/// A page of the objectives one may see.
pub(super) async fn list(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    OriginalUri(uri): OriginalUri,
    Asked(filter): Asked<Filter>,
) -> Result<Response, Refusal> {
    let Filter { q, repo, owner, shown, ready, page, per_page } = filter;
    let (page, per_page) = (page.max(1), paging::per_page(per_page)?);
    let query = ObjectivesQuery { q, repo, owner, shown, ready, page, per_page };
    let mut found: ObjectiveList = areas.objectives.list(viewer.as_ref(), &query).await?;
    if page > found.pages {
        (found.rows, found.page) = (Vec::new(), page);
    }
    let public = areas.account.installation().public_url;
    Ok(paging::paged(&public, &uri, page, found.pages, found))
}

/// A new objective.
#[derive(Deserialize, Serialize)]
pub(super) struct NewObjective {
    repo: String,
    title: String,
    /// The text before the roadmap, as Markdown.
    #[serde(default)]
    prose: String,
    /// Phases as headings, nodes as lines.
    outline: String,
}

impl NewObjective {
    fn form(self) -> ObjectiveForm {
        let NewObjective { repo, title, prose, outline } = self;
        ObjectiveForm { repo, title, prose, outline, number: 0, version: String::new() }
    }
}

/// Lists every write of creating an objective. Writes nothing anywhere.
pub(super) async fn preview(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(asked): Body<NewObjective>,
) -> Result<Json<Preview>, Refusal> {
    Ok(Json(areas.dispatches.preview_objective(&viewer, &asked.form()).await?))
}

/// Creates an objective that a person wrote; the work goes on by itself.
pub(super) async fn create(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Once(key): Once,
    Body(asked): Body<NewObjective>,
) -> Result<Response, Refusal> {
    Ok(begun(areas.dispatches.create_objective(&viewer, key.as_deref(), &asked.form()).await?))
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
