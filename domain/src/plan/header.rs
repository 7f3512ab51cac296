//! The header of a plan that is new: every key that erk's schema of the second version asks for.

use serde_json::{Value, json};

/// The mapping of a `plan-header` block. `created_at` is ISO 8601 in UTC, `created_by` a login.
pub fn header(created_at: &str, created_by: &str, objective: Option<impl Into<Value>>) -> Value {
    let mut header = json!({
        "schema_version": "2",
        "created_at": created_at,
        "created_by": created_by,
        "plan_comment_id": null,
        "last_dispatched_run_id": null,
        "last_dispatched_node_id": null,
        "last_dispatched_at": null,
        "last_local_impl_at": null,
        "last_local_impl_event": null,
        "last_local_impl_session": null,
        "last_local_impl_user": null,
        "last_remote_impl_at": null,
        "last_remote_impl_run_id": null,
        "last_remote_impl_session_id": null,
    });
    if let Some(objective) = objective {
        header["objective_issue"] = objective.into();
    }
    header
}
