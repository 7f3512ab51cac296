//! Starting a workflow by request.

use axum::{Router, extract::State, routing::post};
use serde_json::{Map, Value, json};

use super::super::{
    files,
    start::{Cause, start},
    views,
    workflow::Input,
};
use crate::{
    http::{
        body::Body,
        path::Path,
        reply::{Answer, no_content, ok},
    },
    rest::Under,
    views::{account, repo},
    world::{
        Held, World,
        access::{Caller, Need},
        refusal::Refusal,
    },
};

/// Inputs that a dispatch may have.
const INPUTS: usize = 25;

pub fn router() -> Router<World> {
    Router::new().route("/repos/{owner}/{repo}/actions/workflows/{id}/dispatches", post(dispatch))
}

async fn dispatch(
    State(w): State<World>,
    caller: Caller,
    Path((owner, name, wanted)): Under<String>,
    body: Body,
) -> Answer {
    let mut m = w.lock().await;
    let repo = m.allowed(&caller, &owner, &name, Need::write("actions"))?.id;
    let (file, _) = files::find(&mut m, repo, &wanted).await.ok_or_else(Refusal::not_found)?;
    let details = body.flag("return_run_details")?.unwrap_or(false);
    let at = body
        .text("ref")?
        .ok_or_else(|| Refusal::unprocessable("Invalid request.\n\n\"ref\" wasn't supplied."))?;
    let given = body.object("inputs")?.map(|b| b.0).unwrap_or_default();
    if given.len() > INPUTS {
        return Err(Refusal::unprocessable(format!(
            "Invalid request.\n\nNo more than {INPUTS} properties are allowed; {} were supplied.",
            given.len()
        )));
    }
    if !m.repos.get(&repo).is_some_and(|r| r.actions_enabled) {
        return Err(Refusal::unprocessable("Actions has been disabled for this repository."));
    }
    let (git_ref, sha) =
        resolve(&m, repo, &at).ok_or_else(|| Refusal::unprocessable(format!("No ref found for: {at}")))?;
    let git = m.git(repo);
    let invalid = |what: String| Refusal::unprocessable(format!("failed to parse workflow: {what}"));
    let no_trigger = || Refusal::unprocessable("Workflow does not have 'workflow_dispatch' trigger");
    // As on GitHub, a file that is not at that ref has no trigger there.
    let workflow = files::read(&git, &sha, &file.path).await.map_err(|e| invalid(e.to_string()))?;
    let workflow = workflow.ok_or_else(no_trigger)?;
    files::calls(&git, &sha, &workflow).await.map_err(invalid)?;
    let inputs = read_inputs(&given, workflow.on.dispatch.as_deref().ok_or_else(no_trigger)?)?;
    let payload = payload(&m, repo, &caller, &given, &git_ref, &file.path);
    let cause = Cause {
        repo,
        event: "workflow_dispatch",
        path: file.path,
        head_branch: Some(
            git_ref.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/").to_owned(),
        ),
        git_ref,
        head_sha: sha.clone(),
        sha,
        actor: caller.login_or_ghost(),
        payload,
        inputs,
    };
    let run = start(&mut m, cause).await;
    if !details {
        return no_content();
    }
    let r = m.repos.get(&repo).ok_or_else(Refusal::not_found)?;
    ok(json!({
        "workflow_run_id": run,
        "run_url": format!("{}/repos/{}/actions/runs/{run}", m.base, r.full_name()),
        "html_url": views::run_page(&m, r, run),
    }))
}

/// A branch or a tag, by its short or its full name.
fn resolve(m: &Held<'_>, repo: u64, name: &str) -> Option<(String, String)> {
    let refs = &m.repos.get(&repo)?.refs;
    let full = [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}")];
    full.into_iter().find_map(|name| refs.get(&name).map(|sha| (name.clone(), sha.clone())))
}

/// Inputs as the workflow gets them: of their types, with defaults.
fn read_inputs(given: &Map<String, Value>, wanted: &[Input]) -> Result<Map<String, Value>, Refusal> {
    let unknown: Vec<&String> = given.keys().filter(|k| !wanted.iter().any(|w| w.name == **k)).collect();
    if !unknown.is_empty() {
        return Err(Refusal::unprocessable(format!("Unexpected inputs provided: {}", json!(unknown))));
    }
    let mut all = Map::new();
    for input in wanted {
        let value = match given.get(&input.name) {
            None | Some(Value::Null) => input.default.clone(),
            Some(Value::String(text)) if text.is_empty() && input.required => None,
            Some(Value::String(text)) => Some(input.kind.read(text).ok_or_else(|| {
                let name = &input.name;
                Refusal::unprocessable(format!(
                    "Provided value '{text}' for input '{name}' not in the list of allowed values"
                ))
            })?),
            Some(other) => {
                let name = &input.name;
                return Err(Refusal::unprocessable(format!(
                    "Invalid request.\n\nFor 'properties/{name}', {other} is not a string."
                )));
            }
        };
        if value.is_none() && input.required {
            return Err(Refusal::unprocessable(format!("Required input '{}' not provided", input.name)));
        }
        all.insert(input.name.clone(), value.unwrap_or_else(|| input.kind.empty()));
    }
    Ok(all)
}

fn payload(
    m: &Held<'_>,
    id: u64,
    caller: &Caller,
    inputs: &Map<String, Value>,
    git_ref: &str,
    path: &str,
) -> Value {
    let Some(r) = m.repos.get(&id) else { return Value::Null };
    let mut payload = json!({
        "inputs": inputs,
        "ref": git_ref,
        "repository": repo::in_webhook(m, r, "workflow_dispatch"),
        "sender": account::simple(m, &caller.login_or_ghost()),
        "workflow": path,
    });
    if let Some(organization) = account::organization_of(m, r) {
        payload["organization"] = organization;
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::{super::super::workflow::InputType, *};

    fn inputs(given: Value) -> Result<Value, String> {
        let input = |name: &str, required, kind, default: Option<Value>| Input {
            name: name.to_owned(),
            required,
            kind,
            default,
        };
        let wanted = [
            input("a", true, InputType::Text, None),
            input("b", false, InputType::Text, Some(json!("std"))),
            input("c", false, InputType::Flag, None),
        ];
        let given = given.as_object().cloned().unwrap_or_default();
        read_inputs(&given, &wanted).map(Value::Object).map_err(|r| r.message)
    }

    #[test]
    fn the_table_of_inputs() {
        for (given, result) in [
            (json!({"a": "x"}), Ok(json!({"a": "x", "b": "std", "c": false}))),
            (json!({"a": "x", "b": "", "c": "true"}), Ok(json!({"a": "x", "b": "", "c": true}))),
            (json!({}), Err("Required input 'a' not provided")),
            (json!({"a": ""}), Err("Required input 'a' not provided")),
            (json!({"a": "x", "z": "1"}), Err("Unexpected inputs provided: [\"z\"]")),
            (json!({"a": 5}), Err("Invalid request.\n\nFor 'properties/a', 5 is not a string.")),
            (
                json!({"a": "x", "c": "maybe"}),
                Err("Provided value 'maybe' for input 'c' not in the list of allowed values"),
            ),
        ] {
            assert_eq!(inputs(given), result.map_err(str::to_owned));
        }
    }
}
