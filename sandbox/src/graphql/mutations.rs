//! The two mutations that REST has no way for: a draft becomes ready for review, or a draft again.

use apollo_compiler::response::JsonMap;
use serde_json::{Value, json};

use super::node::{may_change, reference};
use crate::world::{Held, access::Caller, ids::read_node_id, issues::note, pulls::tell};

pub async fn run(
    held: &mut Held<'_>,
    caller: &Caller,
    field: &str,
    arguments: &JsonMap,
) -> Result<Value, String> {
    let input = arguments.get("input").and_then(|v| v.as_object());
    let text = |key: &str| input.and_then(|i| i.get(key)).and_then(|v| v.as_str()).map(str::to_owned);
    let id = text("pullRequestId").unwrap_or_default();
    let (payload, draft) = match field {
        "markPullRequestReadyForReview" => ("MarkPullRequestReadyForReviewPayload", false),
        "convertPullRequestToDraft" => ("ConvertPullRequestToDraftPayload", true),
        _ => return Err(format!("the sandbox does not know Mutation.{field}")),
    };
    let missing = || format!("Could not resolve to a node with the global id of '{id}'.");
    let wanted = read_node_id(&id).filter(|(kind, _)| kind == "PR").map(|(_, n)| n).ok_or_else(missing)?;
    let (r, i) = held
        .repos
        .values()
        .filter(|r| caller.role_on(r).is_some())
        .flat_map(|r| r.issues.values().map(move |i| (r, i)))
        .find(|(_, i)| i.pull.as_ref().is_some_and(|p| p.id == wanted))
        .ok_or_else(missing)?;
    may_change(r, i, caller)?;
    let (repo, number, open) = (r.id, i.number, i.open);
    let is_draft = i.pull.as_ref().is_some_and(|p| p.draft);
    if !open {
        return Err("Pull request is closed".to_owned());
    }
    if is_draft == draft {
        let state = if draft { "already a draft" } else { "not in a draft state" };
        return Err(format!("Pull request is {state}"));
    }
    if let Some(pull) = held.pull_mut(repo, number) {
        pull.draft = draft;
    }
    let (event, action) = match draft {
        true => ("convert_to_draft", "converted_to_draft"),
        false => ("ready_for_review", "ready_for_review"),
    };
    note(held, repo, number, event, &caller.login_or_ghost(), json!({}));
    tell(held, caller, repo, number, action, None).await.map_err(|e| e.to_string())?;
    let r = held.repos.get(&repo).ok_or_else(missing)?;
    let i = r.issues.get(&number).ok_or_else(missing)?;
    Ok(json!({
        "__typename": payload,
        "clientMutationId": text("clientMutationId"),
        "pullRequest": reference(r, i),
    }))
}
