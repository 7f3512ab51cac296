//! One write, described before anything is sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use waymark_app::areas::PlannedWrite;

use crate::dispatch::slots::Slots;

/// What an operation makes, which decides how it is looked up, bound and undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Label,
    Issue,
    /// The comment that holds the plan; binds `plan_comment`.
    PlanComment,
    /// The comment that tells an objective to people; binds `comment`.
    ObjectiveComment,
    /// Any other comment.
    Comment,
    /// The issue body with the plan comment's id and the commands.
    Link,
    /// The objective's body with its comment's id.
    ObjectiveLink,
    Tree,
    Commit,
    Branch,
    /// A branch that is there, moved on to a new commit.
    MoveBranch,
    Pull,
    Run,
    /// The issue body with the facts of the run.
    RunFacts,
    /// The pull request body with the address of the run.
    RunLine,
    /// The objective's body with the node being planned.
    Node,
    /// The objective's comment with its tables in step.
    Table,
    CancelRun,
    ClosePull,
    CloseIssue,
    DeleteBranch,
    /// The comment of an objective that was to be upgraded, taken away.
    DeleteComment,
    /// The objective's body with the node as it was.
    RestoreNode,
    /// The objective's comment with its tables in step again.
    RestoreTable,
}

impl Kind {
    /// Whether the operation replaces a text that others may change too.
    pub fn rewrites(self) -> bool {
        matches!(self, Kind::Link | Kind::ObjectiveLink | Kind::RunFacts | Kind::RunLine)
            || self.is_of_objective()
    }

    /// Whether it changes an objective rather than the plan.
    pub fn is_of_objective(self) -> bool {
        matches!(self, Kind::Node | Kind::Table | Kind::RestoreNode | Kind::RestoreTable)
    }

    /// Whether sending it again makes nothing new: GitHub knows the result by its content or state.
    pub fn repeatable(self) -> bool {
        matches!(
            self,
            Kind::Tree
                | Kind::Commit
                | Kind::MoveBranch
                | Kind::CancelRun
                | Kind::ClosePull
                | Kind::CloseIssue
                | Kind::DeleteBranch
                | Kind::DeleteComment
        ) || self.rewrites()
    }

    /// Whether the plan's page shows what it changed, beyond the list of operations.
    pub fn shows(self) -> bool {
        !matches!(self, Kind::Label | Kind::Tree | Kind::Commit) && !self.is_of_objective()
    }

    /// What is being done, as the end of "when ...".
    pub fn doing(self) -> &'static str {
        match self {
            Kind::Label => "the label was created",
            Kind::Issue => "the issue was created",
            Kind::PlanComment => "the plan comment was written",
            Kind::ObjectiveComment | Kind::Comment => "the comment was written",
            Kind::Link => "the plan comment was noted in the issue",
            Kind::ObjectiveLink => "the comment was noted in the objective",
            Kind::Tree => "the files were written",
            Kind::Commit => "the commit was made",
            Kind::Branch => "the branch was created",
            Kind::MoveBranch => "the branch was moved on",
            Kind::Pull => "the pull request was opened",
            Kind::Run => "the workflow was started",
            Kind::RunFacts => "the run was noted in the plan's header",
            Kind::RunLine => "the run was linked in the pull request",
            Kind::Node => "the node was marked in the roadmap",
            Kind::Table => "the node was shown in the objective's table",
            Kind::CancelRun => "the run was cancelled",
            Kind::ClosePull => "the pull request was closed",
            Kind::CloseIssue => "the plan issue was closed",
            Kind::DeleteBranch => "the branch was deleted",
            Kind::DeleteComment => "the comment was deleted",
            Kind::RestoreNode => "the node was put back in the roadmap",
            Kind::RestoreTable => "the node was put back in the objective's table",
        }
    }
}

/// A write with stand-ins where something is not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Unique in the dispatch.
    pub key: String,
    pub kind: Kind,
    pub title: String,
    pub best_effort: bool,
    pub method: &'static str,
    pub path: String,
    pub body: Option<Value>,
    /// For a rewrite: the text that is expected to be there.
    pub expected: Option<String>,
    /// For a rewrite: what it needs to apply its change to another text.
    pub args: Option<Value>,
}

impl Operation {
    pub fn new(key: &str, kind: Kind, title: impl Into<String>, method: &'static str, path: String) -> Self {
        Operation {
            key: key.to_owned(),
            kind,
            title: title.into(),
            best_effort: false,
            method,
            path,
            body: None,
            expected: None,
            args: None,
        }
    }

    pub fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub fn expecting(mut self, text: String) -> Self {
        self.expected = Some(text);
        self
    }

    pub fn args(mut self, args: Value) -> Self {
        self.args = Some(args);
        self
    }

    /// A failure of it does not stop the dispatch.
    pub fn best_effort(mut self) -> Self {
        self.best_effort = true;
        self
    }

    /// The write as a preview shows it.
    pub fn planned(&self, slots: &Slots) -> PlannedWrite {
        let body = self.body.as_ref().map(|body| Slots::map(body, &|text| slots.named(text)));
        PlannedWrite {
            operation: self.key.clone(),
            title: slots.named(&self.title),
            method: self.method.to_owned(),
            path: slots.named(&self.path),
            contents: body.as_ref().map(contents).unwrap_or_default(),
            json: body.map(|body| body.to_string()).unwrap_or_default(),
            best_effort: self.best_effort,
        }
    }
}

/// The fields of a body, nested ones by their path, in the order in which they are sent.
fn contents(body: &Value) -> Vec<(String, String)> {
    fn walk(name: &str, value: &Value, into: &mut Vec<(String, String)>) {
        let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(field, value)| walk(&below(field), value, into))
            }
            Value::Array(items) if items.iter().any(|item| item.is_object()) => {
                items.iter().enumerate().for_each(|(n, item)| walk(&below(&(n + 1).to_string()), item, into));
            }
            Value::Array(items) => {
                let texts: Vec<String> =
                    items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned)).collect();
                into.push((name.to_owned(), texts.join(", ")));
            }
            Value::String(text) => into.push((name.to_owned(), text.clone())),
            other => into.push((name.to_owned(), other.to_string())),
        }
    }
    let mut into = Vec::new();
    walk("", body, &mut into);
    into
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn contents_name_every_field_in_order() {
        let body =
            json!({"title": "T", "labels": ["a", "b"], "tree": [{"path": "p", "mode": "m"}], "draft": true});
        let names: Vec<(String, String)> = contents(&body);
        let flat: Vec<String> = names.iter().map(|(name, text)| format!("{name}={text}")).collect();
        assert_eq!(flat, ["title=T", "labels=a, b", "tree.1.path=p", "tree.1.mode=m", "draft=true"]);
    }
}
