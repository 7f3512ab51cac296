//! Repositories: find them, see whether they are ready, mend what is missing.

use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{Areas, Prerequisites, RepositoryChoice, Viewer};

use super::reply::{Asked, Person, Place, Refusal, repository};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    /// What the name must contain; empty for all.
    q: String,
}

/// Who asks.
pub(super) async fn viewer(Person(viewer): Person) -> Json<Viewer> {
    Json(viewer)
}

/// Repositories whose name matches, those one can write to first.
pub(super) async fn search(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<RepositoryChoice>>, Refusal> {
    Ok(Json(areas.repositories.search(&viewer, &search.q).await?))
}

/// What remote work needs of a repository, and whether it is there.
pub(super) async fn prerequisites(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name)): Place<(String, String)>,
) -> Result<Json<Prerequisites>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.repositories.prerequisites(&viewer, &repo).await?))
}

/// Branches whose name matches, the default branch first; at most 100.
pub(super) async fn branches(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name)): Place<(String, String)>,
    Asked(search): Asked<Search>,
) -> Result<Json<Vec<String>>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.repositories.branches(&viewer, &repo, &search.q).await?))
}

/// Starts to mirror a repository.
pub(super) async fn connect(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name)): Place<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.repositories.connect(&viewer, &repo).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a disconnection left to do.
#[derive(Serialize)]
pub(super) struct Disconnected {
    /// What is to be done by hand, in words: such as a webhook that the token may not remove.
    left: Option<String>,
}

/// Stops to mirror a repository. Waymark's own record stays.
pub(super) async fn disconnect(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name)): Place<(String, String)>,
) -> Result<Json<Disconnected>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(Disconnected { left: areas.repositories.disconnect(&viewer, &repo).await? }))
}

/// Mends one prerequisite, named by its key.
pub(super) async fn mend(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name, key)): Place<(String, String, String)>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.repositories.mend(&viewer, &repo, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
