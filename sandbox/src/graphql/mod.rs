//! GraphQL, executed against the part of GitHub's published schema that `contract/` holds.
//!
//! Properties kept: errors come with status 200; a field outside of the schema is an error; an object
//! that is invisible to the caller resolves like one that is not there.

mod connection;
mod mutations;
mod node;

use std::sync::LazyLock;

use apollo_compiler::{
    ExecutableDocument, Schema,
    resolvers::Execution,
    response::{JsonMap, JsonValue},
    validation::Valid,
};
use axum::{Router, extract::State, routing::post};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    contract,
    http::{
        body::Body,
        reply::{Answer, ok},
    },
    world::{World, access::Caller, refusal::Refusal},
};
use node::{Context, Node};

const SDL: &str = include_str!("../../contract/schema.graphql");

/// The schema, or what is wrong with it.
static SCHEMA: LazyLock<Result<Valid<Schema>, String>> =
    LazyLock::new(|| Schema::parse_and_validate(SDL, "schema.graphql").map_err(|e| e.errors.to_string()));

/// How the executor introduces what a resolver refused.
const REFUSED: &str = "resolver error: ";

pub fn router() -> Router<World> {
    Router::new().route("/graphql", post(answer))
}

/// The schema that documents and answers are held against.
pub fn schema() -> Result<&'static Valid<Schema>, &'static str> {
    SCHEMA.as_ref().map_err(String::as_str)
}

fn failed(message: &str) -> Value {
    json!({ "errors": [{ "message": message }] })
}

async fn answer(State(w): State<World>, caller: Caller, body: Body) -> Answer {
    if caller.token.is_none() {
        return Err(Refusal::new(
            axum::http::StatusCode::UNAUTHORIZED,
            "This endpoint requires you to be authenticated.",
        ));
    }
    let Some(query) = body.text("query")? else {
        return ok(failed("A query attribute must be specified and must be a string."));
    };
    let name = body.text("operationName")?;
    let variables = body.0.get("variables").filter(|v| !v.is_null()).cloned().unwrap_or_else(|| json!({}));
    let Ok(JsonValue::Object(variables)) = serde_json::from_value::<JsonValue>(variables) else {
        return ok(failed("Variables must be a JSON object."));
    };
    // The executor's futures stay on one thread, so it gets one of its own.
    let handle = tokio::runtime::Handle::current();
    let executed = tokio::task::spawn_blocking(move || {
        handle.block_on(execute(&w, caller, &query, name.as_deref(), &variables))
    });
    match executed.await {
        Ok(answer) => ok(answer),
        Err(error) => {
            tracing::error!(%error, "a GraphQL request could not be executed");
            Err(Refusal::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "Server Error"))
        }
    }
}

async fn execute(w: &World, caller: Caller, query: &str, name: Option<&str>, variables: &JsonMap) -> Value {
    let schema = match schema() {
        Ok(schema) => schema,
        Err(error) => return failed(error),
    };
    let document = match ExecutableDocument::parse_and_validate(schema, query, "request.graphql") {
        Ok(document) => document,
        Err(wrong) => {
            let errors: Vec<Value> = wrong.errors.iter().map(|e| json!(e.to_json())).collect();
            let answer = json!({ "errors": errors });
            w.controls().violations.add(contract::graphql(query, false, &[], &answer));
            return answer;
        }
    };
    let Ok(operation) = document.operations.get(name) else {
        return failed("No operation is named so, or there are several and none is named.");
    };
    let held = w.lock().await;
    let rate = w.controls().rates.look(&caller, held.now(), "/graphql").show();
    let context = Context { caller, rate, held: Mutex::new(held) };
    let root = if operation.is_mutation() { Node::mutation(&context) } else { Node::query(&context) };
    let done = Execution::new(schema, &document)
        .operation(operation)
        .raw_variable_values(variables)
        .execute_async(&root)
        .await;
    match done {
        Ok(response) => {
            // What a resolver refuses is GitHub's to say; anything else is the sandbox's own fault.
            let bent = response.errors.iter().map(|e| &e.message).filter(|m| !m.starts_with(REFUSED));
            let bent: Vec<String> = bent.cloned().collect();
            let answer = shaped(response.data, &response.errors);
            w.controls().violations.add(contract::graphql(query, true, &bent, &answer));
            answer
        }
        Err(error) => failed(&error.message().to_string()),
    }
}

/// Data and errors as GitHub writes them: each error has a `type`.
fn shaped(data: Option<JsonMap>, errors: &[apollo_compiler::response::GraphQLError]) -> Value {
    let mut answer = json!({ "data": data });
    if !errors.is_empty() {
        let shown = errors.iter().map(|e| {
            let message = e.message.strip_prefix(REFUSED).unwrap_or(&e.message);
            json!({ "type": kind(message), "path": e.path, "locations": e.locations, "message": message })
        });
        answer["errors"] = shown.collect();
    }
    answer
}

fn kind(message: &str) -> &'static str {
    if message.starts_with("Could not resolve to") {
        "NOT_FOUND"
    } else if message.contains("does not have the correct permissions") || message.contains("not accessible")
    {
        "FORBIDDEN"
    } else if message.contains("scopes") {
        "INSUFFICIENT_SCOPES"
    } else {
        "UNPROCESSABLE"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_valid() {
        assert_eq!(schema().err(), None);
    }

    #[test]
    fn errors_have_githubs_types() {
        assert_eq!(kind("Could not resolve to a node with the global id of 'x'."), "NOT_FOUND");
        assert_eq!(kind("Resource not accessible by integration"), "FORBIDDEN");
    }
}
