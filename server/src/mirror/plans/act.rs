//! Doing something to a plan, with the token of the person who asked.

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::{ActionKind, Problem, ProblemKind, RepoName, Viewer};

use super::offers;
use crate::github::Client;
use crate::github::model::{Pull, Run};
use crate::mirror::snapshot::Snapshot;
use crate::mirror::{access, cancel, refresh_plan};
use crate::state::App;

const MARK_READY: &str = "mutation MarkReady($id: ID!) { \
     markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }";

/// Carries out an action on the state that was just read, and reads again.
///
/// # Errors
/// `Conflict` when it is not valid now; otherwise GitHub's refusal in words.
pub(super) async fn act(
    app: &App,
    viewer: &Viewer,
    repo: &RepoName,
    snapshot: &Snapshot,
    action: ActionKind,
    method: Option<&str>,
) -> Result<(), Problem> {
    offers::require(snapshot, action)?;
    let client = access::client(app, Some(viewer)).await?;
    let done = send(app, viewer, &client, repo, snapshot, action, method).await;
    // Also after a refusal: the answer may have been lost on its way.
    let read = refresh_plan(app, repo, snapshot.issue.number).await;
    done.and(read)
}

async fn send(
    app: &App,
    viewer: &Viewer,
    client: &Client,
    repo: &RepoName,
    snapshot: &Snapshot,
    action: ActionKind,
    method: Option<&str>,
) -> Result<(), Problem> {
    let number = snapshot.issue.number;
    let write = |verb: Method, path: String, body: Option<Value>, doing: String| async move {
        let answer = client.send::<Value>(verb, &format!("/repos/{repo}{path}"), body.as_ref()).await;
        answer.map(drop).map_err(|error| error.problem(&doing))
    };
    match action {
        ActionKind::MarkReady => {
            let Pull { node_id, number, .. } = pull(snapshot)?;
            let answer = client.graphql::<Value>(MARK_READY, json!({"id": node_id})).await;
            answer
                .map(drop)
                .map_err(|error| error.problem(&format!("pull request #{number} was marked ready")))
        }
        ActionKind::Merge => {
            let Pull { head, number, .. } = pull(snapshot)?;
            // With the commit that was shown: what was pushed since is not merged unseen.
            let body = json!({"merge_method": merge_method(method)?, "sha": head.sha});
            let doing = format!("pull request #{number} was merged");
            write(Method::PUT, format!("/pulls/{number}/merge"), Some(body), doing).await
        }
        ActionKind::RerunFailed => {
            let id = run(snapshot)?.id;
            let doing = format!("the failed jobs of run {id} were started");
            write(Method::POST, format!("/actions/runs/{id}/rerun-failed-jobs"), None, doing).await
        }
        ActionKind::CancelRun => cancel::cancel(app, viewer, repo, number, run(snapshot)?.id).await,
        ActionKind::ClosePr => {
            let number = pull(snapshot)?.number;
            let doing = format!("pull request #{number} was closed");
            write(Method::PATCH, format!("/pulls/{number}"), Some(json!({"state": "closed"})), doing).await
        }
        ActionKind::ClosePlan => {
            let body = json!({"state": "closed", "state_reason": reason(method)?});
            let doing = format!("plan #{number} was closed");
            write(Method::PATCH, format!("/issues/{number}"), Some(body), doing).await
        }
        ActionKind::Reopen => {
            let body = json!({"state": "open", "state_reason": "reopened"});
            let doing = format!("plan #{number} was reopened");
            write(Method::PATCH, format!("/issues/{number}"), Some(body), doing).await
        }
        // These are dispatches; the area begins them.
        ActionKind::Approve
        | ActionKind::Submit
        | ActionKind::Resubmit
        | ActionKind::Continue
        | ActionKind::Refresh => Ok(()),
    }
}

fn pull(snapshot: &Snapshot) -> Result<&Pull, Problem> {
    snapshot.pull.as_ref().ok_or_else(|| Problem::new(ProblemKind::Conflict, "There is no pull request."))
}

fn run(snapshot: &Snapshot) -> Result<&Run, Problem> {
    snapshot.latest_run().ok_or_else(|| Problem::new(ProblemKind::Conflict, "There is no run."))
}

fn merge_method(method: Option<&str>) -> Result<&str, Problem> {
    match method.filter(|method| !method.is_empty()) {
        None => Ok("merge"),
        Some(method @ ("merge" | "squash" | "rebase")) => Ok(method),
        Some(_) => Err(Problem::new(ProblemKind::Invalid, "This merge method is not known.")
            .next("Choose merge, squash or rebase.")
            .field("method")),
    }
}

/// Why a plan is closed, as GitHub knows reasons.
fn reason(reason: Option<&str>) -> Result<&str, Problem> {
    match reason.filter(|reason| !reason.is_empty()) {
        None => Ok("not_planned"),
        Some(reason @ ("completed" | "not_planned")) => Ok(reason),
        Some(_) => Err(Problem::new(ProblemKind::Invalid, "This reason is not known.")
            .next("Choose completed or not_planned.")
            .field("method")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_github_s_merge_methods_are_sent() {
        assert_eq!(merge_method(None), Ok("merge"));
        assert_eq!(merge_method(Some("")), Ok("merge"));
        assert_eq!(merge_method(Some("squash")), Ok("squash"));
        assert_eq!(merge_method(Some("octopus")).map_err(|p| p.kind), Err(ProblemKind::Invalid));
    }
}
