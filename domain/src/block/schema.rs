//! The fields erk's strict check wants in each kind of block.
//!
//! Reading never asks for them. What Waymark writes anew passes this check; unknown fields of other
//! generations are kept, and so are not a finding.

use serde_json::Value;

use crate::yaml::Mapping;

#[derive(Clone, Copy)]
enum Kind {
    /// Text that is not empty.
    Text,
    /// Text, perhaps empty.
    AnyText,
    /// An integer above zero.
    Count,
    /// One of these words.
    OneOf(&'static [&'static str]),
    Map,
    List,
}

use Kind::{AnyText, Count, List, Map, OneOf, Text};

const LEARN: &[&str] = &[
    "not_started",
    "pending",
    "completed_no_plan",
    "completed_with_plan",
    "pending_review",
    "plan_completed",
];
const STAGES: &[&str] = &["prompted", "planning", "planned", "impl", "implementing", "implemented"];

/// The fields of a key: name, kind, whether it is required and not null.
fn fields(key: &str) -> &'static [(&'static str, Kind, bool)] {
    match key {
        "plan-header" => &[
            ("schema_version", OneOf(&["2"]), true),
            ("created_at", Text, true),
            ("created_by", Text, true),
            ("worktree_name", Text, false),
            ("branch_name", Text, false),
            ("plan_comment_id", Count, false),
            ("last_dispatched_run_id", AnyText, false),
            ("last_dispatched_node_id", AnyText, false),
            ("last_dispatched_at", AnyText, false),
            ("last_local_impl_at", AnyText, false),
            ("last_local_impl_event", OneOf(&["started", "ended"]), false),
            ("last_local_impl_session", AnyText, false),
            ("last_local_impl_user", AnyText, false),
            ("last_remote_impl_at", AnyText, false),
            ("last_remote_impl_run_id", AnyText, false),
            ("last_remote_impl_session_id", AnyText, false),
            ("source_repo", Text, false),
            ("objective_issue", Count, false),
            ("created_from_session", Text, false),
            ("created_from_workflow_run_url", Text, false),
            ("last_learn_session", Text, false),
            ("last_learn_at", Text, false),
            ("learn_status", OneOf(LEARN), false),
            ("learn_run_id", Text, false),
            ("last_session_id", Text, false),
            ("last_session_at", Text, false),
            ("last_session_source", OneOf(&["local", "remote"]), false),
            ("learn_plan_issue", Count, false),
            ("learn_plan_pr", Count, false),
            ("learned_from_issue", Count, false),
            ("lifecycle_stage", OneOf(STAGES), false),
            ("node_ids", List, false),
        ],
        "objective-header" => &[
            ("created_at", AnyText, true),
            ("created_by", AnyText, true),
            ("objective_comment_id", Count, false),
            ("slug", AnyText, false),
        ],
        "objective-roadmap" => &[("schema_version", OneOf(&["2", "3", "4"]), true)],
        "submission-queued" => &[
            ("status", OneOf(&["queued"]), true),
            ("queued_at", Text, true),
            ("submitted_by", Text, true),
            ("issue_number", Count, true),
            ("validation_results", Map, true),
            ("expected_workflow", Text, true),
            ("trigger_mechanism", Text, true),
        ],
        "workflow-started" => &[
            ("status", OneOf(&["started"]), true),
            ("started_at", Text, true),
            ("workflow_run_id", Text, true),
            ("workflow_run_url", Text, true),
            ("issue_number", Count, true),
            ("branch_name", AnyText, false),
            ("worktree_path", AnyText, false),
        ],
        "erk-implementation-status" => &[
            ("status", OneOf(&["pending", "in_progress", "complete", "failed"]), true),
            ("timestamp", Text, true),
            ("summary", AnyText, false),
            ("branch_name", AnyText, false),
            ("pr_url", AnyText, false),
            ("commit_sha", AnyText, false),
            ("worktree_path", AnyText, false),
            ("status_history", List, false),
        ],
        "erk-worktree-creation" => &[
            ("worktree_name", Text, true),
            ("branch_name", Text, true),
            ("timestamp", Text, true),
            ("issue_number", Count, false),
            ("plan_file", Text, false),
        ],
        "erk-plan" => &[
            ("issue_number", Count, true),
            ("worktree_name", Text, true),
            ("timestamp", Text, true),
            ("plan_file", Text, false),
        ],
        "erk-pr" => &[
            ("pr_number", Count, true),
            ("worktree_name", Text, true),
            ("timestamp", Text, true),
            ("plan_file", Text, false),
        ],
        "plan-retry" => &[
            ("retry_timestamp", Text, true),
            ("triggered_by", Text, true),
            ("retry_count", Count, true),
            ("previous_retry_timestamp", Text, false),
        ],
        "tripwire-candidates" => &[("candidates", List, true)],
        _ => &[],
    }
}

/// What erk's strict check would have against the data, in words; unknown fields are no finding.
pub fn validate(key: &str, data: &Mapping) -> Vec<String> {
    fields(key).iter().filter_map(|field| finding(data, *field)).collect()
}

fn finding(data: &Mapping, (name, kind, required): (&str, Kind, bool)) -> Option<String> {
    // The newer generation calls an issue number `pr_number` or `plan_number`.
    let value = match data.get(name) {
        None if name == "issue_number" => data.get("pr_number").or_else(|| data.get("plan_number")),
        value => value,
    };
    let value = match value {
        None if required => return Some(format!("Missing required fields: {name}")),
        None => return None,
        Some(Value::Null) if !required => return None,
        Some(value) => value,
    };
    let (good, wanted) = match kind {
        Text => (value.as_str().is_some_and(|text| !text.is_empty()), "text that is not empty".to_owned()),
        AnyText => (value.as_str().is_some(), "text".to_owned()),
        Count => (value.as_u64().is_some_and(|number| number > 0), "a number above zero".to_owned()),
        OneOf(words) => (
            value.as_str().is_some_and(|text| words.contains(&text)),
            format!("one of {}", words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")),
        ),
        Map => (value.as_object().is_some(), "a mapping".to_owned()),
        List => (value.as_array().is_some(), "a list".to_owned()),
    };
    (!good).then(|| format!("{name} must be {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(data: Value) -> Vec<String> {
        data.as_object().map(|data| validate("plan-header", data)).unwrap_or_default()
    }

    #[test]
    fn missing_and_mistyped_fields_are_named() {
        assert_eq!(
            findings(serde_json::json!({"schema_version": 2, "created_at": "x", "plan_comment_id": 0})),
            [
                "schema_version must be one of '2'",
                "Missing required fields: created_by",
                "plan_comment_id must be a number above zero"
            ]
        );
    }

    #[test]
    fn unknown_fields_and_nulls_are_fine() {
        let data = serde_json::json!({"schema_version": "2", "created_at": "x", "created_by": "y",
            "plan_comment_id": null, "plan_type": "extraction"});
        assert_eq!(findings(data), [""; 0]);
    }
}
