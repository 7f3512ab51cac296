//! `register`: what the dispatch could not leave behind is left now. Each part is tried by itself; null fields and missing comments only.

use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::failure::Failure;
use super::formats;
use super::hub::Hub;
use super::{texts, time};

/// What became of one part.
type Outcome = Result<&'static str, Failure>;

const WRITTEN: &str = "written";
const THERE: &str = "was there";
const NOT_ASKED: &str = "not asked for";

/// # Errors
/// When no part succeeded.
pub async fn register(desk: &Desk) -> Result<(), Failure> {
    let hub = Hub::open(desk)?;
    let issue = desk.job.need_issue()?;
    let outcomes = [
        ("dispatch_metadata", dispatch_metadata(desk, &hub, issue).await),
        ("queued_comment", queued_comment(desk, &hub, issue).await),
        ("pr_closing_ref", closing_reference(desk, &hub, issue).await),
        ("objective_node", objective_node(desk, &hub, issue).await),
    ];
    desk.say(&report(&outcomes));
    if outcomes.iter().all(|(_, outcome)| outcome.is_err()) {
        return Err(Failure::new("Register", "Nothing could be registered. The plan itself is saved."));
    }
    Ok(())
}

/// One line of JSON with the result of each part.
fn report(outcomes: &[(&str, Outcome)]) -> String {
    let parts: Map<String, Value> = outcomes
        .iter()
        .map(|(name, outcome)| {
            let told = match outcome {
                Ok(what) => json!({"success": true, "result": what}),
                Err(failure) => json!({"success": false, "error": failure.to_string()}),
            };
            ((*name).to_owned(), told)
        })
        .collect();
    Value::Object(parts).to_string()
}

async fn dispatch_metadata(desk: &Desk, hub: &Hub, issue: u64) -> Outcome {
    let body = hub.issue(issue).await?.body.unwrap_or_default();
    if formats::field(&body, "plan-header", "schema_version").is_none() {
        return Err(Failure::new(
            "Dispatch metadata",
            format!("#{issue} has no plan-header that can be read."),
        ));
    }
    let node = hub.run_node(&desk.job.run_id).await.ok();
    let facts = json!({
        "last_dispatched_run_id": desk.job.run_id,
        "last_dispatched_node_id": node,
        "last_dispatched_at": time::now(),
    });
    let written = hub.rewrite_issue(issue, |body| formats::filled(body, "plan-header", &facts)).await?;
    Ok(if written { WRITTEN } else { THERE })
}

async fn queued_comment(desk: &Desk, hub: &Hub, issue: u64) -> Outcome {
    if hub.comments(issue).await?.iter().any(|comment| texts::is_queued(comment.text())) {
        return Ok(THERE);
    }
    let near = hub.pull(desk.job.need_pr()?).await?.body.unwrap_or_default();
    let instruction = desk.read("task.md").unwrap_or_default();
    let shown: String = instruction.trim().chars().take(500).collect();
    hub.comment(issue, &texts::queued(&desk.job, issue, &shown, &near, &time::now())).await?;
    Ok(WRITTEN)
}

async fn closing_reference(desk: &Desk, hub: &Hub, issue: u64) -> Outcome {
    let number = desk.job.need_pr()?;
    if !hub.pull(number).await?.closes() {
        return Ok("not towards the default branch");
    }
    let written = hub.rewrite_pull(number, |body| texts::with_closing(body, issue)).await?;
    Ok(if written { WRITTEN } else { THERE })
}

async fn objective_node(desk: &Desk, hub: &Hub, issue: u64) -> Outcome {
    let (Some(objective), Some(node)) = (desk.job.objective, desk.job.node.as_deref()) else {
        return Ok(NOT_ASKED);
    };
    let pr = desk.job.need_pr()?;
    let body = hub.issue(objective).await?.body.unwrap_or_default();
    if !formats::has_node(&body, node) {
        return Err(Failure::new(
            "Objective",
            format!("The roadmap of #{objective} has no node {node} that can be read."),
        ));
    }
    let written =
        hub.rewrite_issue(objective, |body| formats::node_registered(body, node, issue, pr)).await?;
    let body = hub.issue(objective).await?.body.unwrap_or_default();
    for comment in hub.comments(objective).await?.iter().filter(|c| formats::tells_roadmap(c.text())) {
        if let Some(redrawn) = waymark_domain::roadmap::redrawn(&body, comment.text()) {
            hub.edit_comment(comment.id, &redrawn).await?;
        }
    }
    Ok(if written { WRITTEN } else { THERE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_a_result_for_each_part() {
        let outcomes = [("a", Ok(WRITTEN)), ("b", Err(Failure::new("T", "why")))];
        assert_eq!(
            report(&outcomes),
            r#"{"a":{"success":true,"result":"written"},"b":{"success":false,"error":"T: why"}}"#
        );
    }
}
