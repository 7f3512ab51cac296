//! Plans: the overview, one plan, its text, and its actions.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use waymark_app::areas::{
    ActionKind, Areas, EditRefusal, Overview, OverviewQuery, PlanPage, Problem, ProblemKind, Sort,
};
use waymark_domain::lifecycle::Phase;

use super::reply::{Anyone, Asked, Body, Person, Refusal, repository};

/// The overview's query as parameters of an address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    q: String,
    /// Phases, separated by commas.
    phase: String,
    repo: String,
    author: String,
    objective: Option<i64>,
    label: String,
    needs: bool,
    mine: bool,
    sort: Sort,
    page: u32,
}

impl Filter {
    fn query(self) -> Result<OverviewQuery, Refusal> {
        let known = |slug: &str| Phase::ALL.into_iter().find(|phase| phase.slug() == slug);
        let mut phase = Vec::new();
        for slug in self.phase.split(',').filter(|slug| !slug.is_empty()) {
            phase.push(known(slug).ok_or_else(|| {
                Problem::new(ProblemKind::Invalid, format!("There is no phase {slug:?}.")).field("phase")
            })?);
        }
        let Filter { q, phase: _, repo, author, objective, label, needs, mine, sort, page } = self;
        Ok(OverviewQuery { q, phase, repo, author, objective, label, needs, mine, sort, page })
    }
}

#[derive(Deserialize)]
pub(super) struct Edit {
    /// The `plan_version` that was read.
    version: String,
    text: String,
}

#[derive(Deserialize)]
pub(super) struct Act {
    action: ActionKind,
    /// Merge method, for `merge`.
    #[serde(default)]
    method: Option<String>,
}

pub(super) async fn overview(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Asked(filter): Asked<Filter>,
) -> Result<Json<Overview>, Refusal> {
    Ok(Json(areas.plans.overview(viewer.as_ref(), &filter.query()?).await?))
}

pub(super) async fn plan(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Path((owner, name, number)): Path<(String, String, i64)>,
) -> Result<Json<PlanPage>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.plans.plan(viewer.as_ref(), &repo, number).await?))
}

pub(super) async fn edit(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name, number)): Path<(String, String, i64)>,
    Body(edit): Body<Edit>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    match areas.plans.edit(&viewer, &repo, number, &edit.version, &edit.text).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(EditRefusal::Problem(problem)) => Err(problem.into()),
        Err(EditRefusal::Changed { .. }) => {
            Err(Problem::new(ProblemKind::Conflict, "The plan was changed on GitHub meanwhile.")
                .next("Read the plan again, then save with its new version.")
                .into())
        }
    }
}

pub(super) async fn act(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Path((owner, name, number)): Path<(String, String, i64)>,
    Body(act): Body<Act>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.plans.act(&viewer, &repo, number, act.action, act.method.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
