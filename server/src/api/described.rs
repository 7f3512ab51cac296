//! What is served is what is described: an operation that `openapi.json` does not tell is not served, and a
//! parameter that it does not tell is refused by its name.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use waymark_app::areas::{Problem, ProblemKind};

use super::reply::{self, Refusal};
use super::{DESCRIPTION, PREFIX};

/// The names of the query of each operation, by path and method.
type Operations = HashMap<String, HashMap<String, HashSet<String>>>;

static OPERATIONS: LazyLock<Operations> =
    LazyLock::new(|| operations(&serde_json::from_str(DESCRIPTION).unwrap_or_default()));

fn operations(api: &Value) -> Operations {
    let mut paths = Operations::new();
    for (path, operations) in api["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let names = parameters.filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str());
            let names = names.map(str::to_owned).collect();
            paths.entry(path.clone()).or_default().insert(method.to_uppercase(), names);
        }
    }
    paths
}

/// Lets only described requests pass.
pub(super) async fn described(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let Some(path) = matched.and_then(|path| path.as_str().strip_prefix(PREFIX)) else {
        return next.run(request).await;
    };
    if path == "/openapi.json" {
        return next.run(request).await;
    }
    let Some(methods) = OPERATIONS.get(path) else {
        return reply::no_such_route().await.into_response();
    };
    let method = if *request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
    let Some(names) = methods.get(method) else {
        return reply::no_such_method().await.into_response();
    };
    let query = request.uri().query().unwrap_or_default();
    let mut given = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    if let Some(name) = given.find(|name| !names.contains(name)) {
        let problem = Problem::new(ProblemKind::Invalid, format!("There is no parameter {name:?} here."))
            .next("See /api/v1/openapi.json for what there is.")
            .field(name);
        return Refusal::from(problem.code("unknown_parameter")).into_response();
    }
    next.run(request).await
}
