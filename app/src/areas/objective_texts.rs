//! Objectives as people write them: a title, prose, and the roadmap as an outline.

use serde::{Deserialize, Serialize};

use super::{Drawing, RoadmapPhase};
#[cfg(feature = "ssr")]
use super::{Problem, RepoName, Viewer};

/// An objective as typed: nothing is checked yet, so that nothing typed is ever lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectiveForm {
    pub repo: String,
    /// The issue that is edited; 0 for a new objective.
    pub number: i64,
    pub title: String,
    /// The text before the roadmap, as Markdown.
    pub prose: String,
    /// Phases as headings, nodes as lines.
    pub outline: String,
    /// Identifies the text that was opened for editing; empty for a new objective.
    pub version: String,
}

/// A roadmap as it would be drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    pub phases: Vec<RoadmapPhase>,
    pub drawing: Drawing,
}

/// An objective that was opened for editing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedObjective {
    pub form: ObjectiveForm,
    /// The description stands in a place of its own, where it can be edited.
    pub told: bool,
    /// There is a comment, which keeps the names of phases.
    pub named: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffMark {
    Kept,
    Added,
    Removed,
    /// Lines that stay are left out here.
    Gap,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    pub mark: DiffMark,
    pub text: String,
}

/// What saving would change on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectiveChanges {
    /// The title before and after, where it changes.
    pub title: Option<(String, String)>,
    pub body: Vec<DiffLine>,
    pub comment: Vec<DiffLine>,
    /// Identifies what is on GitHub now.
    pub version: String,
}

/// Why an objective was not saved.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveRefusal {
    /// Someone changed it on GitHub since it was opened.
    Changed,
    Problems(Vec<Problem>),
}

#[cfg(feature = "ssr")]
impl From<Problem> for ObjectiveRefusal {
    fn from(problem: Problem) -> Self {
        ObjectiveRefusal::Problems(vec![problem])
    }
}

/// The texts of objectives. All but the drawing is for those who may write.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait ObjectiveTexts: Send + Sync {
    /// The roadmap of an outline, drawn; empty for one without nodes.
    fn sketch(&self, outline: &str) -> Sketch;
    /// The objective as GitHub has it now.
    async fn open(&self, viewer: &Viewer, repo: &RepoName, number: i64) -> Result<OpenedObjective, Problem>;
    /// What saving the form would change. Writes nothing.
    async fn changes(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        form: &ObjectiveForm,
    ) -> Result<ObjectiveChanges, Vec<Problem>>;
    /// Saves the form when what it was opened from (`version`) is still there.
    async fn save(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        form: &ObjectiveForm,
    ) -> Result<(), ObjectiveRefusal>;
    /// What upgrading an older roadmap would change. Writes nothing.
    async fn upgrade_changes(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
    ) -> Result<ObjectiveChanges, Problem>;
    /// Upgrades it, when its body is the one of `version`. Answers the dispatch that writes it, where it takes
    /// more than one write.
    async fn upgrade(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        version: &str,
    ) -> Result<Option<String>, Problem>;
}
