//! Objectives as people write them: a title, prose, and the roadmap as an outline.

use serde::{Deserialize, Serialize};

use super::{Drawing, RoadmapPhase};

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

/// The texts of objectives.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait ObjectiveTexts: Send + Sync {
    /// The roadmap of an outline, drawn; empty for one without nodes.
    fn sketch(&self, outline: &str) -> Sketch;
}
