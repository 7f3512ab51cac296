//! What a dispatch will write, as a pure function of the form, of what GitHub was seen to hold, and of
//! nothing else. The preview shows this very list and the engine sends it.

mod blocks;
pub mod create;
pub mod objective;
pub mod oneshot;
mod operation;
pub mod roadmap;
pub mod submit;
pub mod texts;
pub mod undo;
mod work;

pub use operation::{Kind, Operation};
use waymark_app::areas::RepoName;

/// A label that plans need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: &'static str,
    /// Six hexadecimal digits, as GitHub writes them.
    pub color: &'static str,
    pub description: &'static str,
}

/// The label by which plans are known.
pub const PLAN_LABEL: Label =
    Label { name: "erk-plan", color: "0E8A16", description: "Implementation plan for manual execution" };

/// A plan as its dispatch sees it: real, or with stand-ins for what is not known yet.
#[derive(Clone, Debug)]
pub struct Plan {
    pub repo: RepoName,
    pub default_branch: String,
    pub base: String,
    /// The login of the person who dispatches.
    pub submitter: String,
    pub public_url: String,
    /// File name of the workflow.
    pub workflow: String,
    /// Without the plan tag.
    pub title: String,
    pub issue: String,
    pub pull: String,
    pub branch: String,
    pub issue_body: String,
    pub pull_body: String,
    pub instruction: Option<String>,
}
