//! Plans: the overview, one plan, its text, and its actions.

use axum::extract::OriginalUri;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{
    ActionKind, Areas, EditRefusal, JobLog, Overview, OverviewQuery, PlanPage, PlanRow, Problem, ProblemKind,
    Sort,
};
use waymark_domain::lifecycle::Phase;

use super::paging;
use super::reply::{Anyone, Asked, Body, Person, Place, Refusal, repository};

/// The overview's query as parameters of an address.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    /// Text in title, number, pull request, author or branch.
    q: String,
    /// Phases, separated by commas.
    phase: String,
    /// `owner/name`; empty for all.
    repo: String,
    /// Login of who wrote or dispatched it.
    author: String,
    /// Number of the objective's issue.
    objective: Option<i64>,
    label: String,
    /// Only plans that wait for whoever asks.
    needs: bool,
    /// Only plans of whoever asks.
    mine: bool,
    sort: Sort,
    /// The other way round.
    reverse: bool,
    /// From 1.
    page: u32,
    /// Rows of a page.
    per_page: Option<u32>,
}

impl Filter {
    fn query(self) -> Result<OverviewQuery, Refusal> {
        let mut phase = Vec::new();
        for slug in self.phase.split(',').filter(|slug| !slug.is_empty()) {
            phase.push(Phase::from_slug(slug).ok_or_else(|| {
                Problem::new(ProblemKind::Invalid, format!("There is no phase {slug:?}.")).field("phase")
            })?);
        }
        let Filter {
            q,
            phase: _,
            repo,
            author,
            objective,
            label,
            needs,
            mine,
            sort,
            reverse,
            page,
            per_page,
        } = self;
        let (page, per_page) = (page.max(1), paging::per_page(per_page)?);
        Ok(OverviewQuery {
            q,
            phase,
            repo,
            author,
            objective,
            label,
            needs,
            mine,
            sort,
            reverse,
            page,
            per_page,
        })
    }
}

/// The new text of a plan.
#[derive(Deserialize, Serialize)]
pub(super) struct PlanText {
    /// The `plan_version` that was read.
    version: String,
    text: String,
}

/// What to do to a plan.
#[derive(Deserialize, Serialize)]
pub(super) struct PlanAction {
    action: ActionKind,
    /// Merge method, for `merge`.
    #[serde(default)]
    method: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Trace {
    /// A number, a branch, or the address of an issue, pull request or run.
    to: String,
}

/// A page of the plans one may see, with the counts of every phase under the filter.
pub(super) async fn overview(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    OriginalUri(uri): OriginalUri,
    Asked(filter): Asked<Filter>,
) -> Result<Response, Refusal> {
    let query = filter.query()?;
    let mut found: Overview = areas.plans.overview(viewer.as_ref(), &query).await?;
    if query.page > found.pages {
        // The page of a person goes to the last; a program that counts on is told that there is no more.
        (found.rows, found.page) = (Vec::new(), query.page);
    }
    let public = areas.account.installation().public_url;
    Ok(paging::paged(&public, &uri, query.page, found.pages, found))
}

/// The plans that an issue, a branch, a pull request or a run leads to, the likeliest first.
pub(super) async fn find(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Asked(trace): Asked<Trace>,
) -> Result<Json<Vec<PlanRow>>, Refusal> {
    Ok(Json(areas.plans.find(viewer.as_ref(), &trace.to).await?))
}

/// One plan, whole.
pub(super) async fn plan(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number)): Place<(String, String, i64)>,
) -> Result<Json<PlanPage>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.plans.plan(viewer.as_ref(), &repo, number).await?))
}

/// The log of a job of the plan's runs.
pub(super) async fn log(
    Anyone(viewer): Anyone,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number, job)): Place<(String, String, i64, i64)>,
) -> Result<Json<JobLog>, Refusal> {
    let repo = repository(&owner, &name)?;
    Ok(Json(areas.plans.log(viewer.as_ref(), &repo, number, job).await?))
}

/// Saves the text of a plan to GitHub, if it still is the version that was read.
pub(super) async fn edit(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number)): Place<(String, String, i64)>,
    Body(edit): Body<PlanText>,
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

/// Carries out an action: approve, cancel, run again, merge, close and the like.
pub(super) async fn act(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((owner, name, number)): Place<(String, String, i64)>,
    Body(act): Body<PlanAction>,
) -> Result<StatusCode, Refusal> {
    let repo = repository(&owner, &name)?;
    areas.plans.act(&viewer, &repo, number, act.action, act.method.as_deref()).await?;
    Ok(StatusCode::NO_CONTENT)
}
