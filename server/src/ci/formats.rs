//! The formats of plans and objectives, as the commands use them: thin over the domain.

use serde_json::{Map, Value, json};
use waymark_domain::block;
use waymark_domain::plan::{self, Found};
pub use waymark_domain::plan::{heading, is_skeleton, plain_title, steps};
pub use waymark_domain::progress::Progress;
use waymark_domain::roadmap::{self, Change, Status};

use super::failure::Failure;
use super::hub::Comment;
use super::job::Job;

/// The fields of a JSON object.
fn mapping(data: &Value) -> Map<String, Value> {
    data.as_object().cloned().unwrap_or_default()
}

/// A metadata block under its warning line.
pub fn render(key: &str, data: &Value) -> String {
    block::render_with_warning(key, &mapping(data)).unwrap_or_default()
}

/// A field of the first readable block of a key.
pub fn field(text: &str, key: &str, name: &str) -> Option<Value> {
    block::first(text, key)?.get(name).filter(|value| !value.is_null()).cloned()
}

/// A scalar as the text that was written.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The text of a content block.
pub fn content(text: &str, key: &str) -> Option<String> {
    block::read(text).text(key).map(str::to_owned)
}

/// The text with fields of a block set; none when they have these values already, or there is no such block.
pub fn updated(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let changes: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, value)| known.get(name) != Some(value)).collect();
    if changes.is_empty() {
        return None;
    }
    block::update(text, key, &changes).ok().filter(|new| new != text)
}

/// The same for fields that are absent or null only.
pub fn filled(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let gaps: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, _)| known.get(name).is_none_or(Value::is_null)).collect();
    updated(text, key, &Value::Object(gaps))
}

/// The issue's body with this run and its branch in the plan's header; none when they are there, or when a
/// later run is.
pub fn with_run(body: &str, job: &Job, node: Option<&str>, now: &str) -> Option<String> {
    let id = |text: String| text.parse::<u64>().ok();
    let known = field(body, "plan-header", "last_dispatched_run_id").map(|known| plain(&known)).and_then(id);
    match (known, id(job.run_id.clone())) {
        (Some(known), Some(ours)) if known > ours => None,
        (known, ours) => {
            let mut facts = json!({"branch_name": job.branch});
            if known.is_none() || known != ours {
                facts["last_dispatched_run_id"] = json!(job.run_id);
                facts["last_dispatched_node_id"] = json!(node);
                facts["last_dispatched_at"] = json!(now);
            }
            updated(body, "plan-header", &facts)
        }
    }
}

/// The comments that hold a plan.
///
/// # Errors
/// When the plan holds something that can not be written unharmed.
pub fn plan_comments(plan: &str) -> Result<Vec<String>, Failure> {
    plan::comments(plan)
        .map_err(|error| Failure::new("Plan", format!("The plan can not be kept in a comment: {error}")))
}

/// The plan of an issue, with the ids of the comments that hold it; the skeleton included.
pub fn found_plan(body: &str, comments: &[Comment]) -> Option<Found> {
    let texts: Vec<(u64, &str)> = comments.iter().map(|comment| (comment.id, comment.text())).collect();
    plan::text(body, &texts)
}

/// Whether the body's roadmap has a node.
pub fn has_node(body: &str, id: &str) -> bool {
    roadmap::read(body, None).is_ok_and(|map| map.node(id).is_some())
}

/// The body with a roadmap node that names the plan and its pull request and is being planned; none when it does already.
///
/// Only what is empty is filled: refs of others stay, and only a pending node becomes `planning`.
pub fn node_registered(body: &str, id: &str, issue: u64, pr: u64) -> Option<String> {
    let map = roadmap::read(body, None).ok()?;
    let node = map.node(id)?;
    let gap = |known: &Option<String>, number: u64| {
        known.as_deref().is_none_or(str::is_empty).then(|| format!("#{number}"))
    };
    let status = if node.status == Status::Pending { Status::Planning } else { node.status };
    let change = Change {
        plan: gap(&node.plan, issue),
        pr: gap(&node.pr, pr),
        status: Some(status),
        ..Change::default()
    };
    roadmap::update(body, id, &change).ok().filter(|new| new != body)
}

/// Whether a comment shows an objective's roadmap to people.
pub fn tells_roadmap(comment: &str) -> bool {
    comment.contains("<!-- erk:roadmap-table -->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_filled_where_it_is_empty_and_with_refs_that_carry_a_sign() {
        let roadmap = json!({"schema_version": "3", "nodes": [
            {"id": "1.1", "description": "a", "status": "in_progress", "plan": null, "pr": "#3"},
            {"id": "1.2", "description": "C:\\U", "status": "pending", "plan": null, "pr": null},
        ]});
        let body = format!("before\n\n{}\n\nafter", render("objective-roadmap", &roadmap));
        let new = node_registered(&body, "1.2", 12, 13).expect("a change");
        let node = |body: &str, id: &str| {
            let map = roadmap::read(body, None).expect("a roadmap");
            let node = map.node(id).expect("the node").clone();
            (node.description, node.status, node.plan.unwrap_or_default(), node.pr.unwrap_or_default())
        };
        let told = |description: &str, status, plan: &str, pr: &str| {
            (description.to_owned(), status, plan.to_owned(), pr.to_owned())
        };
        assert_eq!(node(&new, "1.2"), told("C:\\U", Status::Planning, "#12", "#13"));
        assert!(new.starts_with("before\n\n") && new.ends_with("\n\nafter"));
        assert_eq!(node_registered(&new, "1.2", 12, 13), None);
        let other = node_registered(&body, "1.1", 12, 13).expect("a change");
        assert_eq!(node(&other, "1.1"), told("a", Status::InProgress, "#12", "#3"));
        assert!(has_node(&body, "1.1") && !has_node(&body, "9"));
        assert_eq!(node_registered(&body, "9", 12, 13), None);
    }

    #[test]
    fn a_run_is_noted_over_nothing_and_over_older_ones_only() {
        let job = crate::ci::job::tests::job(&[]).expect("a job");
        let of = |run: Value, branch: &str| {
            let header = json!({"schema_version": "2", "last_dispatched_run_id": run, "branch_name": branch});
            render("plan-header", &header)
        };
        let noted = |body: &str| with_run(body, &job, Some("WFR_1"), "2026-01-15T14:30:00+00:00");
        for run in [json!(null), json!("76"), json!(76)] {
            let new = noted(&of(run.clone(), "P12-old")).expect("a change");
            let told = |name: &str| field(&new, "plan-header", name).map(|value| plain(&value));
            assert_eq!(told("last_dispatched_run_id").as_deref(), Some("77"), "{run}");
            assert_eq!(told("last_dispatched_node_id").as_deref(), Some("WFR_1"), "{run}");
            assert_eq!(told("branch_name"), job.branch, "{run}");
            assert_eq!(noted(&new), None, "twice is once");
        }
        assert_eq!(noted(&of(json!("78"), "P12-new")), None, "a later run stays");
        assert_eq!(noted("no header"), None);
    }

    #[test]
    fn only_gaps_are_filled() {
        let body = render("plan-header", &json!({"schema_version": "2", "a": null, "b": "x"}));
        let new = filled(&body, "plan-header", &json!({"a": "1", "b": "2", "c": "3"})).expect("a change");
        assert_eq!(field(&new, "plan-header", "b"), Some(json!("x")));
        assert_eq!(field(&new, "plan-header", "c"), Some(json!("3")));
        assert_eq!(filled(&new, "plan-header", &json!({"a": "9"})), None);
        assert_eq!(updated(&new, "plan-header", &json!({"b": "x"})), None);
        assert_eq!(updated("no block", "plan-header", &json!({"b": "x"})), None);
    }
}
