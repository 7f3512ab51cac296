//! How a story becomes facts on GitHub: the writes that people, Waymark and its workflows would have made,
//! each at its time.

use http::Method;
use serde_json::{Value, json};
use waymark_domain::block::{self, Mapping};
use waymark_domain::progress::Progress;
use waymark_domain::roadmap::Status;
use waymark_domain::{branch, plan};

use super::hand::Hand;
use super::objectives::Written;
use super::stories::{End, HANDBOOK, Review, Story};
use crate::dispatch::describe::texts::{self, RunFacts};

/// Between writing a plan and submitting it, and between that and its run, in minutes.
const SUBMITTED: i64 = 4;
const BEGUN: i64 = 5;
/// What an agent needs for a step, in minutes.
const STEP: i64 = 3;

/// Tells one story, from the issue to its end.
///
/// # Errors
/// What the sandbox refused, in words.
pub(super) async fn tell(
    hand: &mut Hand,
    story: &Story,
    objective: Option<&mut Written>,
) -> Result<(), String> {
    hand.enter(story.by).await?;
    let mut plan = Plan::write(hand, story, objective.as_ref().map(|objective| objective.number)).await?;
    match &story.end {
        End::Created | End::Prompted | End::Stuck | End::PlanMissing => return Ok(()),
        End::Local { done } => return plan.local(*done).await,
        End::Submitted => plan.submit().await?,
        End::NeedsApproval => plan.planned().await?,
        End::Failed { done, log } => plan.broke_off("failure", "failed", *done, log).await?,
        End::Cancelled { done } => plan.broke_off("cancelled", "in_progress", *done, "").await?,
        End::NoChanges => {
            plan.implemented().await?;
            let label = json!({"labels": ["no-changes"], "title": format!("[no-changes] {}", story.title)});
            plan.patch(&format!("issues/{}", plan.pull_number()), label).await?;
        }
        End::Closed { because } => {
            plan.implemented().await?;
            plan.later(story.ago - BEGUN - plan.minutes() - 120).await?;
            let pull = plan.pull_number();
            plan.post(&format!("issues/{pull}/comments"), json!({"body": because})).await?;
            plan.patch(&format!("pulls/{pull}"), json!({"state": "closed"})).await?;
        }
        End::Complete { review } => {
            plan.implemented().await?;
            plan.reviewed(review).await?;
        }
        End::Merged { by, after } => {
            plan.implemented().await?;
            plan.merged(by, *after).await?;
        }
    }
    let Some((objective, node)) = objective.zip(story.node) else { return Ok(()) };
    let status = match story.end {
        End::Merged { .. } => Status::Done,
        End::NeedsApproval => Status::Planning,
        _ => Status::InProgress,
    };
    objective.mark(plan.hand, node, status, plan.pull_number()).await
}

/// A plan on its way.
struct Plan<'a> {
    hand: &'a mut Hand,
    story: &'a Story,
    number: i64,
    /// The issue's body as it is now.
    body: String,
    branch: String,
    pull: Value,
}

impl<'a> Plan<'a> {
    /// The issue with its header, and the comment with the plan or the skeleton.
    async fn write(hand: &'a mut Hand, story: &'a Story, objective: Option<i64>) -> Result<Self, String> {
        let at = hand.at(story.ago).await?;
        let one_shot = matches!(story.end, End::Prompted | End::Stuck);
        let title = if one_shot { format!("One-shot: {}", story.title) } else { story.title.to_owned() };
        let objective = story.node.and(objective);
        let mut body = rendered("plan-header", plan::header(&at, story.by, objective))?;
        if let Some(node) = story.node {
            body = format!("{body}\n\n{}", texts::node_marker(node));
        }
        let path = format!("/repos/{}/issues", story.repo);
        let issue = json!({"title": format!("[erk-plan] {title}"), "body": body, "labels": ["erk-plan"]});
        let number = hand.post(story.by, &path, issue).await?["number"].as_i64().unwrap_or_default();
        let mut plan = Plan { hand, story, number, body, branch: String::new(), pull: Value::Null };
        if !matches!(story.end, End::PlanMissing) {
            let comment = block::render_content("plan-body", &text(story)).map_err(|e| e.to_string())?;
            let id = plan.comment(&comment).await?["id"].as_i64().unwrap_or_default();
            let body = texts::with_plan_comment(&plan.body, id, &number.to_string());
            plan.rewrite(body.unwrap_or_default()).await?;
        }
        Ok(plan)
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.hand.post(self.story.by, &format!("/repos/{}/{path}", self.story.repo), body).await
    }

    async fn patch(&self, path: &str, body: Value) -> Result<Value, String> {
        self.hand.patch(self.story.by, &format!("/repos/{}/{path}", self.story.repo), body).await
    }

    async fn comment(&self, body: &str) -> Result<Value, String> {
        self.post(&format!("issues/{}/comments", self.number), json!({"body": body})).await
    }

    async fn rewrite(&mut self, body: String) -> Result<(), String> {
        self.patch(&format!("issues/{}", self.number), json!({"body": body})).await?;
        self.body = body;
        Ok(())
    }

    async fn later(&self, ago: i64) -> Result<String, String> {
        self.hand.at(ago.max(1)).await
    }

    fn pull_number(&self) -> i64 {
        self.pull["number"].as_i64().unwrap_or_default()
    }

    /// Whether the repository has workflows; in others people work on their own machines.
    fn remote(&self) -> bool {
        self.story.repo != HANDBOOK
    }

    /// What the run of all steps takes.
    fn minutes(&self) -> i64 {
        STEP * i64::try_from(self.story.steps.len()).unwrap_or(1)
    }

    /// Whether its pull request never became ready for review.
    fn stays_draft(&self) -> bool {
        use End::{Cancelled, Failed, NeedsApproval, Submitted};
        matches!(self.story.end, Cancelled { .. } | Failed { .. } | NeedsApproval | Submitted)
    }

    /// The branch with its commit, and the pull request as it is in the end.
    async fn submit(&mut self) -> Result<(), String> {
        let at = self.later(self.story.ago - SUBMITTED).await?;
        let (repo, by) = (self.story.repo, self.story.by);
        let then = at.trim_end_matches('Z').parse().map_err(|error: jiff::Error| error.to_string())?;
        self.branch = branch::name(self.number.unsigned_abs(), None, self.story.title, then);
        let main =
            self.hand.send(by, Method::GET, &format!("/repos/{repo}/branches/main"), Value::Null).await?;
        let (path, content) = match self.story.file {
            ("", _) => (".worker-impl/plan.md", self.story.title),
            file => file,
        };
        let mode = if path.ends_with(".sh") { "100755" } else { "100644" };
        let file = json!({"path": path, "mode": mode, "type": "blob", "content": content});
        let base = &main["commit"]["commit"]["tree"]["sha"];
        let tree = self.post("git/trees", json!({"base_tree": base, "tree": [file]})).await?;
        let commit =
            json!({"message": self.story.title, "tree": tree["sha"], "parents": [main["commit"]["sha"]]});
        let commit = self.post("git/commits", commit).await?;
        let name = format!("refs/heads/{}", self.branch);
        self.post("git/refs", json!({"ref": name, "sha": commit["sha"]})).await?;
        let body = format!("{}\n\nCloses #{}", self.story.why, self.number);
        let draft = self.stays_draft();
        let title = format!("{}{}", if draft { "[WIP] " } else { "" }, self.story.title);
        let pull = json!({"title": title, "body": body, "head": self.branch, "base": "main", "draft": draft});
        self.pull = self.post("pulls", pull).await?;
        Ok(())
    }

    /// The comment that says that the work is queued, the run as it went, and what the plan tells of it.
    async fn run(&mut self, workflow: &str, mut run: Value) -> Result<String, String> {
        let now = self.later(self.story.ago - BEGUN).await?;
        let queued = json!({
            "schema": "submission-queued",
            "status": "queued",
            "queued_at": now,
            "submitted_by": self.story.by,
            "issue_number": self.number,
            "validation_results": {"issue_is_open": true, "has_erk_plan_label": true},
            "expected_workflow": workflow.trim_end_matches(".yml"),
            "trigger_mechanism": "workflow-dispatch",
        });
        let queued = rendered("submission-queued", queued)?;
        self.comment(&format!("🔄 Issue Queued for Implementation\n\n{queued}")).await?;
        run["repo"] = json!(self.story.repo);
        run["by"] = json!(self.story.by);
        run["workflow"] = json!(workflow);
        run["inputs"]["issue_number"] = json!(self.number.to_string());
        run["inputs"]["distinct_id"] = json!(format!("demo{:02}", self.number));
        run["seconds"] = json!(self.minutes() * 60);
        let run = self.hand.control("runs", run).await?;
        let (run_id, node_id) = (run["id"].to_string(), "null".to_owned());
        let facts = RunFacts { run_id, node_id, at: now, branch: None };
        if let Some(body) = texts::with_run_facts(&self.body, &facts) {
            self.rewrite(body).await?;
        }
        Ok(run["html_url"].as_str().unwrap_or_default().to_owned())
    }

    /// A run of "plan first" that ended with the plan.
    async fn planned(&mut self) -> Result<(), String> {
        self.submit().await?;
        let inputs = json!({"plan_only": "true"});
        let run = json!({"conclusion": "success", "skipped": ["implement"], "inputs": inputs});
        self.run("one-shot.yml", run).await.map(drop)
    }

    /// A run that ended while it implemented.
    async fn broke_off(
        &mut self,
        conclusion: &str,
        status: &str,
        done: usize,
        log: &str,
    ) -> Result<(), String> {
        self.submit().await?;
        let last = json!({"job": "implement", "step": "Implement", "log": log});
        let run = json!({"conclusion": conclusion, "last": last, "inputs": {}});
        let run = self.run("plan-implement.yml", run).await?;
        self.progress(status, done, Some(&run)).await
    }

    /// A pull request that is ready for review, by a run where the repository has workflows.
    async fn implemented(&mut self) -> Result<(), String> {
        self.submit().await?;
        let steps = self.story.steps.len();
        if !self.remote() {
            return self.progress("complete", steps, None).await;
        }
        let run = json!({"conclusion": "success", "inputs": {}});
        let run = self.run("plan-implement.yml", run).await?;
        self.progress("complete", steps, Some(&run)).await?;
        let check = json!({
            "repo": self.story.repo,
            "by": self.story.by,
            "workflow": "check.yml",
            "pull": self.pull_number(),
            "seconds": 40,
            "conclusion": "success",
        });
        self.hand.control("runs", check).await.map(drop)
    }

    /// The comment that shows which steps are done.
    async fn progress(&self, status: &str, done: usize, run: Option<&str>) -> Result<(), String> {
        let steps: Vec<String> = self.story.steps.iter().map(|step| (*step).to_owned()).collect();
        let progress = Progress::begin(&steps, done);
        let data = json!({
            "status": status,
            "completed_steps": done,
            "total_steps": steps.len(),
            "timestamp": self.hand.control("clock", json!({"advance_seconds": 0})).await?["now"],
        });
        let title = format!("{done} of {} steps done", steps.len());
        let list: Vec<String> = progress.lines().collect();
        let run = run.map(|url| format!("\n\n[View workflow run]({url})")).unwrap_or_default();
        let block = rendered("erk-implementation-status", data)?;
        self.comment(&format!("{title}\n\n{block}\n\n---\n\n{}{run}", list.join("\n"))).await.map(drop)
    }

    /// Somebody at work on their own machine, as erk notes it.
    async fn local(&mut self, done: usize) -> Result<(), String> {
        let at = self.later(self.story.ago / 2).await?;
        let local = json!({
            "last_local_impl_at": at,
            "last_local_impl_event": "started",
            "last_local_impl_user": self.story.by,
        });
        let body = block::update(&self.body, "plan-header", &mapping(local)).map_err(|e| e.to_string())?;
        self.rewrite(body).await?;
        self.progress("in_progress", done, None).await
    }

    async fn reviewed(&mut self, review: &Review) -> Result<(), String> {
        let path = format!("pulls/{}", self.pull_number());
        let (by, event, words) = match review {
            Review::Asked { of } => {
                return self
                    .post(&format!("{path}/requested_reviewers"), json!({"reviewers": [of]}))
                    .await
                    .map(drop);
            }
            Review::Approved { by, words } => (by, "APPROVE", words),
            Review::ChangesRequested { by, words } => (by, "REQUEST_CHANGES", words),
        };
        self.later(self.story.ago - BEGUN - self.minutes() - 3 * 60).await?;
        self.hand.enter(by).await?;
        let path = format!("/repos/{}/{path}/reviews", self.story.repo);
        self.hand.post(by, &path, json!({"event": event, "body": words})).await.map(drop)
    }

    /// Merged by somebody so many minutes after it was ready; GitHub closes the plan.
    async fn merged(&mut self, by: &str, after: i64) -> Result<(), String> {
        self.later(self.story.ago - BEGUN - self.minutes() - after).await?;
        self.hand.enter(by).await?;
        let path = format!("/repos/{}/pulls/{}", self.story.repo, self.pull_number());
        self.hand.post(by, &format!("{path}/reviews"), json!({"event": "APPROVE", "body": ""})).await?;
        let how = json!({"merge_method": "squash"});
        self.hand.send(by, Method::PUT, &format!("{path}/merge"), how).await.map(drop)
    }
}

/// The plan, or the skeleton that waits for it.
fn text(story: &Story) -> String {
    let Story { title, why, steps, .. } = story;
    if matches!(story.end, End::Prompted | End::Stuck) {
        return format!(
            "_Skeleton: plan content will be populated by one-shot workflow._\n\n**Instruction:** {title}\n\n{why}"
        );
    }
    let steps: String = steps.iter().zip(1..).map(|(step, n)| format!("{n}. {step}\n")).collect();
    format!(
        "# {title}\n\n## Why\n\n{why}\n\n## Steps\n\n{steps}\n## Verification\n\nThe checks of the repository pass."
    )
}

fn rendered(key: &str, data: Value) -> Result<String, String> {
    block::render_with_warning(key, &mapping(data)).map_err(|error| error.to_string())
}

fn mapping(data: Value) -> Mapping {
    match data {
        Value::Object(map) => map,
        _ => Mapping::new(),
    }
}
