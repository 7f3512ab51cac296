//! Repositories: find them, see whether they are ready, mend what is missing.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use waymark_app::areas::{Areas, Prerequisites, RepositoryChoice, Viewer};

use super::reply::{Asked, Person, Refusal, repository};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    q: String,
}

/// Who is signed in.
pub(super) async fn viewer(Person(viewer): Person) -> Json<Viewer> {
    Json(viewer)
}

pub(super) async fn search(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<RepositoryChoice>>, Refusal> {
    Ok(Json(areas.repositories.search(&viewer, &search.q).await?))
}

pub(super) async fn prerequisites(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<Json<Prerequisites>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.repositories.prerequisites(&viewer, &repo).await?))
}

pub(super) async fn branches(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name)): Path<(String, String)>,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<String>>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.repositories.branches(&viewer, &repo, &search.q).await?))
}

pub(super) async fn connect(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.repositories.connect(&viewer, &repo).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn mend(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name, key)): Path<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.repositories.mend(&viewer, &repo, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
