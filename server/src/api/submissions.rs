//! Creating plans that a person wrote, and submitting plans, one or many.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use waymark_app::areas::{
    Areas, BatchView, BatchWork, NewForm, Preview, Problem, ProblemKind, SubmitCheck, SubmitForm,
};

use super::dispatches::begun;
use super::idempotency::Once;
use super::reply::{Body, Person, Place, Refusal};

/// Plans of one request.
const MOST: usize = 100;

/// A plan with what submitting it would meet, or why that cannot be told.
#[derive(Serialize)]
pub(super) struct Finding {
    check: Option<SubmitCheck>,
    problem: Option<Problem>,
}

/// Plans to be submitted one after the other.
#[derive(Deserialize, Serialize)]
pub(super) struct Submission {
    plans: Vec<SubmitForm>,
}

/// A batch that was recorded.
#[derive(Serialize)]
pub(super) struct Begun {
    id: String,
}

fn several(plans: &[SubmitForm]) -> Result<(), Problem> {
    if plans.is_empty() || plans.len() > MOST {
        let words = format!("From 1 to {MOST} plans can be submitted together.");
        return Err(Problem::new(ProblemKind::Invalid, words).field("plans"));
    }
    Ok(())
}

/// Lists every write of creating a plan (`instruction` holds its text). Writes nothing anywhere.
pub(super) async fn preview(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(form): Body<NewForm>,
) -> Result<Json<Preview>, Refusal> {
    Ok(Json(areas.dispatches.preview_plan(&viewer, &form).await?))
}

/// Creates a plan that a person wrote (`instruction` holds its text); the work goes on by itself.
pub(super) async fn create(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Once(key): Once,
    Body(form): Body<NewForm>,
) -> Result<Response, Refusal> {
    Ok(begun(areas.dispatches.create_plan(&viewer, key.as_deref(), &form).await?))
}

/// What submitting plans would meet and write, in their order. Writes nothing anywhere.
pub(super) async fn check(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Body(plans): Body<Vec<SubmitForm>>,
) -> Result<Json<Vec<Finding>>, Refusal> {
    several(&plans)?;
    let findings =
        areas.dispatches.check_submit(&viewer, &plans).await.into_iter().map(|found| match found {
            Ok(check) => Finding { check: Some(check), problem: None },
            Err(problem) => Finding { check: None, problem: Some(problem) },
        });
    Ok(Json(findings.collect()))
}

/// Submits plans one after the other; one that fails leaves the others as they are.
pub(super) async fn submit(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Once(key): Once,
    Body(asked): Body<Submission>,
) -> Result<Response, Refusal> {
    several(&asked.plans)?;
    let work = asked.plans.into_iter().map(BatchWork::Submit).collect();
    let id = areas.dispatches.begin_batch(&viewer, key.as_deref(), work).await?;
    let place = [(header::LOCATION, format!("/api/v1/batches/{id}"))];
    Ok((StatusCode::CREATED, place, Json(Begun { id })).into_response())
}

/// A batch of one's own, with its items in order.
pub(super) async fn batch(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place(id): Place<String>,
) -> Result<Json<BatchView>, Refusal> {
    Ok(Json(areas.dispatches.batch(&viewer, &id).await?))
}

/// Tries one item of a batch again that was refused, stopped or undone.
pub(super) async fn retry(
    Person(viewer): Person,
    Extension(areas): Extension<Areas>,
    Place((id, item)): Place<(String, u32)>,
) -> Result<StatusCode, Refusal> {
    areas.dispatches.retry_item(&viewer, &id, item).await?;
    Ok(StatusCode::ACCEPTED)
}
