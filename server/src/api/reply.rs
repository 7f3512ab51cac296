//! What the API answers when it refuses, and how it reads what it is asked.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use waymark_app::areas::{Problem, ProblemKind, RepoName, Viewer};

use crate::auth::Current;

/// Problems as an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Refusal {
    problems: Vec<Problem>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Refusal { problems: vec![problem] }
    }
}

impl From<Vec<Problem>> for Refusal {
    fn from(problems: Vec<Problem>) -> Self {
        Refusal { problems }
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        invalid(rejection.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        invalid(rejection.body_text())
    }
}

fn invalid(why: String) -> Refusal {
    Problem::new(ProblemKind::Invalid, format!("The request could not be read: {why}.")).into()
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let kind = self.problems.first().map_or(ProblemKind::Internal, |problem| problem.kind);
        let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, Json(self)).into_response();
        if status == StatusCode::TOO_MANY_REQUESTS {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        answer
    }
}

/// A JSON body; what cannot be read is a problem like any other.
pub(super) struct Body<T>(pub T);

/// The query of the address.
pub(super) struct Asked<T>(pub T);

/// The first field that was given and not read: what is read is written again with every field it has.
fn unknown(given: &Value, read: &Value, at: &str) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given.iter().find_map(|(name, value)| {
            let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            match read.get(name) {
                Some(read) => unknown(value, read, &at),
                None => Some(at),
            }
        }),
        (Value::Array(given), Value::Array(read)) => {
            let pairs = given.iter().zip(read).enumerate();
            pairs.into_iter().find_map(|(n, (given, read))| unknown(given, read, &format!("{at}[{n}]")))
        }
        _ => None,
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Serialize> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let Json(given): Json<Value> = Json::from_request(request, state).await?;
        let body: T = serde_json::from_value(given.clone()).map_err(|error| invalid(error.to_string()))?;
        if let Some(name) = serde_json::to_value(&body).ok().and_then(|read| unknown(&given, &read, "")) {
            let problem = Problem::new(ProblemKind::Invalid, format!("There is no field {name:?} here."))
                .next("See /api/v1/openapi.json for what there is.");
            return Err(problem.field(name).code("unknown_field").into());
        }
        Ok(Body(body))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Query(query) = Query::from_request_parts(parts, state).await?;
        Ok(Asked(query))
    }
}

/// What the path of the address names; a malformed one names nothing.
pub(super) struct Place<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Place<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let place = Path::from_request_parts(parts, state).await;
        let Path(place) =
            place.map_err(|_| Problem::new(ProblemKind::NotFound, "There is no such thing."))?;
        Ok(Place(place))
    }
}

/// Who is signed in, if somebody is.
pub(super) struct Anyone(pub Option<Viewer>);

/// Who is signed in; otherwise 401.
pub(super) struct Person(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for Anyone {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Anyone(parts.extensions.get::<Current>().and_then(|current| current.0.clone())))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Person {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Anyone(viewer) = Anyone::from_request_parts(parts, state).await?;
        viewer.map(Person).ok_or_else(|| {
            Problem::new(ProblemKind::SignedOut, "You are not signed in.").next("Sign in with GitHub.").into()
        })
    }
}

/// The repository that a path names. A malformed name is a repository that does not exist.
pub(super) fn repository(owner: &str, name: &str) -> Result<RepoName, Refusal> {
    RepoName::parse(&format!("{owner}/{name}"))
        .ok_or_else(|| Problem::new(ProblemKind::NotFound, "There is no such repository.").into())
}

pub(super) async fn no_such_route() -> Refusal {
    Problem::new(ProblemKind::NotFound, "The API has nothing at this address.").into()
}

/// The address is right and the method is not: 405 in place of the problem's own status.
pub(super) async fn no_such_method() -> (StatusCode, Json<Refusal>) {
    let problem = Problem::new(ProblemKind::NotFound, "This address does not take that method.")
        .next("See /api/v1/openapi.json for what it takes.");
    (StatusCode::METHOD_NOT_ALLOWED, Json(problem.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_nobody_reads_is_named() {
        use serde_json::json;
        let read = json!({"a": 1, "b": {"c": null}, "d": [{"e": 0}]});
        assert_eq!(unknown(&json!({"a": 2, "b": {"c": 1}}), &read, ""), None);
        assert_eq!(unknown(&json!({"x": 1}), &read, ""), Some("x".into()));
        assert_eq!(unknown(&json!({"b": {"y": 1}}), &read, ""), Some("b.y".into()));
        assert_eq!(unknown(&json!({"d": [{"e": 1, "z": 1}]}), &read, ""), Some("d[0].z".into()));
    }

    #[test]
    fn a_refusal_has_the_status_of_its_first_problem() {
        for kind in [ProblemKind::SignedOut, ProblemKind::NotFound, ProblemKind::Conflict] {
            let refusal = Refusal::from(vec![
                Problem::new(kind, "first"),
                Problem::new(ProblemKind::Internal, "second"),
            ]);
            assert_eq!(refusal.into_response().status().as_u16(), kind.status());
        }
    }
}
