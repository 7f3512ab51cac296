//! The run: known from GitHub's answer, or found by its distinct id; and its end, when it is cancelled.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::{OperationState, Problem, ProblemKind};

use super::carry::{Carrying, Flow};
use super::clock::now_ms;
use super::lookup::{self, Seen};

/// How long an accepted dispatch is looked for among the runs.
const RUN_APPEARS_MS: i64 = 60_000;
/// How long a cancelled run may take before it is forced to end, and after that.
const CANCEL_MS: i64 = 60_000;
const FORCED_MS: i64 = 30_000;

/// The request as an older GitHub takes it; nothing when it is that already.
pub fn without_details(body: Option<Value>) -> Option<Value> {
    let mut body = body?;
    body.as_object_mut()?.shift_remove("return_run_details")?;
    Some(body)
}

/// GitHub took the dispatch: with the run's id in the answer, or without.
pub async fn accepted(carrying: &mut Carrying<'_>, answer: Value) -> Result<Flow, Problem> {
    if let Some(id) = answer["workflow_run_id"].as_i64() {
        let path = format!("/repos/{}/actions/runs/{id}", carrying.dispatch.repo);
        let run: Value = match carrying.client.get(&path).await {
            Ok(run) => run,
            // The id and the address are enough; the rest is a convenience for erk.
            Err(_) => json!({"id": id, "html_url": answer["html_url"]}),
        };
        return carrying.done(&run).await;
    }
    carrying.operation.candidate = Some(json!({"accepted": true}));
    carrying.operation.settled = true;
    carrying.record().await?;
    await_run(carrying).await
}

/// Looks for the run of an accepted dispatch. It is never sent again.
pub async fn await_run(carrying: &mut Carrying<'_>) -> Result<Flow, Problem> {
    let until = now_ms() + RUN_APPEARS_MS;
    let mut pause = Duration::from_millis(250);
    loop {
        if let Ok(Seen::Made(run)) =
            lookup::look(&carrying.client, &carrying.dispatch, &carrying.operation).await
        {
            return carrying.done(&run).await;
        }
        if now_ms() >= until {
            let problem = Problem::new(
                ProblemKind::GitHub,
                "GitHub accepted the dispatch, but its run has not appeared.",
            )
            .next("Resume to look for it again; nothing is sent a second time. Or undo.");
            return carrying.failed(problem, true).await;
        }
        carrying.operation.state = OperationState::Sending;
        carrying.operation.detail = Some("GitHub accepted it; waiting for the run to appear.".to_owned());
        carrying.record().await?;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(8));
    }
}

/// Waits until a cancelled run has ended, so that it can push nothing any more.
pub async fn await_end(carrying: &mut Carrying<'_>) -> Result<Flow, Problem> {
    let path = carrying.path();
    let run_path = path.trim_end_matches("/cancel").to_owned();
    let began = now_ms();
    let mut forced = false;
    let mut pause = Duration::from_millis(200);
    loop {
        match carrying.client.get::<Value>(&run_path).await {
            Ok(run) if run["status"] == "completed" => return carrying.done(&run).await,
            Ok(_) => {}
            Err(error) if error.is_not_found() && carrying.gone().await => {
                return carrying.done(&json!({})).await;
            }
            Err(error) => return carrying.failed(error.problem(carrying.doing()), false).await,
        }
        let waited = now_ms() - began;
        if waited > CANCEL_MS && !forced {
            forced = true;
            let force = format!("{run_path}/force-cancel");
            // Whatever it answers, the run's own state decides.
            let _ = carrying.client.send::<Value>(Method::POST, &force, None).await;
        }
        if waited > CANCEL_MS + FORCED_MS {
            let problem =
                Problem::new(ProblemKind::GitHub, "The run was told to stop and is still not over.")
                    .next("Look at the run on GitHub, then undo again.");
            return carrying.failed(problem, false).await;
        }
        carrying.operation.detail = Some(format!("Waiting for the run to end ({} s).", waited / 1_000));
        carrying.record().await?;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(4));
    }
}
