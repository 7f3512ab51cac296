//! Objectives: the list, one roadmap with its nodes, and what can be done to it.

use serde::{Deserialize, Serialize};
pub use waymark_domain::roadmap::Status as NodeStatus;

use super::{DispatchState, PlanRow, RepoName};
#[cfg(feature = "ssr")]
use super::{NewForm, Problem, Viewer};

/// Which objectives are shown, by whether they are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Openness {
    #[default]
    Open,
    Closed,
    All,
}

/// The list's filters and page: the whole of it is in the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectivesQuery {
    /// Text in title, number or owner.
    pub q: String,
    /// `owner/name`; empty for all.
    pub repo: String,
    /// The login of whoever opened it.
    pub owner: String,
    pub shown: Openness,
    /// Only those with a node that could be planned now.
    pub ready: bool,
    /// 1-based; 0 is read as 1.
    pub page: u32,
    /// Rows of a page; 0 is read as 50.
    pub per_page: u32,
}

/// One objective of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectiveRow {
    pub repo: RepoName,
    pub number: i64,
    pub title: String,
    /// The login of whoever opened it.
    pub owner: String,
    pub open: bool,
    /// Of every node, in the order of the phases.
    pub statuses: Vec<NodeStatus>,
    /// Nodes that are done; skipped ones do not count.
    pub done: u32,
    pub total: u32,
    /// Nodes that cannot begin: blocked, or waiting for others.
    pub blocked: u32,
    /// Id and description of the node to plan next.
    pub next: Option<(String, String)>,
    /// A node whose dispatch stopped, with that dispatch: a person must resume or undo it.
    #[serde(default)]
    pub stopped: Option<StoppedNode>,
    /// Why the roadmap cannot be used, in words, when it cannot.
    pub unreadable: Option<String>,
    /// Epoch milliseconds of the last change on GitHub.
    pub changed_at: i64,
    /// Epoch milliseconds at which this was read from GitHub.
    pub as_of: i64,
}

impl ObjectiveRow {
    /// The address of its page.
    pub fn path(&self) -> String {
        format!("/{}/objectives/{}", self.repo, self.number)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectiveList {
    pub rows: Vec<ObjectiveRow>,
    pub total: u32,
    pub page: u32,
    pub pages: u32,
    /// Repositories whose mirror is stale, with the reason in words.
    pub stale: Vec<(RepoName, String)>,
    /// Whether repositories are left out because GitHub could not be asked whether the viewer may see them.
    pub unasked: bool,
    /// Whether any repository is connected at all.
    pub connected: bool,
}

/// A node of a roadmap as its objective's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoadmapNode {
    pub id: String,
    pub description: String,
    pub status: NodeStatus,
    /// References as written, such as `#12`.
    pub plan: Option<String>,
    pub pr: Option<String>,
    pub comment: Option<String>,
    /// The ids it depends on, as far as they are in the roadmap.
    pub depends_on: Vec<String>,
    /// Those of them that are neither done nor skipped.
    pub waits_for: Vec<String>,
    /// Pending, nothing is in the way, and no dispatch for it is under way.
    pub ready: bool,
    /// The dispatch for it that is not over.
    pub dispatch: Option<NodeDispatch>,
    /// The plan that works for it, with its pull request and checks.
    pub work: Option<PlanRow>,
}

/// A node whose dispatch stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoppedNode {
    pub node: String,
    /// The id of the dispatch.
    pub dispatch: String,
}

/// A dispatch for a node that is not over: it runs, or it stopped and waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDispatch {
    pub id: String,
    pub state: DispatchState,
    /// Login of the person who dispatched.
    pub by: String,
    /// Epoch milliseconds.
    pub at: i64,
}

impl NodeDispatch {
    /// What it is called beside a node.
    pub fn label(&self) -> &'static str {
        match self.state {
            DispatchState::Stopped => "Stopped",
            DispatchState::Undoing => "Being undone",
            _ => "Starting",
        }
    }

    /// Whether a person must say how it goes on.
    pub fn waits(&self) -> bool {
        self.state == DispatchState::Stopped
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoadmapPhase {
    /// `1`, `2A`.
    pub key: String,
    pub name: String,
    /// In the order of the source.
    pub nodes: Vec<RoadmapNode>,
}

/// Where a card is drawn: its upper left corner, in pixels at full size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub id: String,
    pub x: f64,
    pub y: f64,
}

/// A column of the drawing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    pub key: String,
    pub name: String,
    pub x: f64,
    pub width: f64,
}

/// A dependency that is drawn: `to` depends on `from`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub from: String,
    pub to: String,
    /// The `d` of an SVG path.
    pub path: String,
}

/// The picture of a roadmap. It follows from phases and dependencies alone, so that nothing moves when
/// a status changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    pub width: f64,
    pub height: f64,
    pub card_width: f64,
    pub card_height: f64,
    pub cards: Vec<Card>,
    pub bands: Vec<Band>,
    pub curves: Vec<Curve>,
}

/// A change of a node, by Waymark or as it was seen on GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeChange {
    /// Epoch milliseconds.
    pub at: i64,
    /// The login that acted; nothing when it was only seen.
    pub who: Option<String>,
    /// "pending → planning, pull request #12".
    pub words: String,
    pub reason: Option<String>,
}

/// What the panel shows of a chosen node beyond its card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDetail {
    pub id: String,
    /// Every plan that was made for it, newest first.
    pub plans: Vec<PlanRow>,
    /// The ids that finishing it makes ready at once.
    pub unblocks: Vec<String>,
    /// Every id that depends on it, directly or through others.
    pub leads_to: Vec<String>,
    /// Newest first.
    pub history: Vec<NodeChange>,
    /// What the form of a new instruction is filled with.
    pub instruction: String,
}

/// One result of the consistency check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectiveFinding {
    /// What was found, with the nodes.
    pub message: String,
    /// Why it matters and what to do.
    pub explanation: String,
    pub node: Option<String>,
    /// The mend that is safe and what its button says.
    pub mend: Option<(String, String)>,
}

/// How far the start of a node by itself has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum AutoState {
    /// It starts when it is due and there is room.
    Announced,
    /// The person with this login said no.
    Vetoed { who: String },
    /// Why it waits for a person's word, and the dispatch that stopped, if that is why.
    Held { why: String, dispatch: Option<String> },
    /// It has begun.
    Started,
}

/// A node that auto-start is concerned with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoNode {
    pub node: String,
    /// Epoch milliseconds.
    pub due_at: i64,
    pub state: AutoState,
}

/// Auto-start of an objective that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoStart {
    /// The login as which nodes are started: whoever enabled it.
    pub login: String,
    /// Nodes that may be worked on at the same time.
    pub most: u32,
    pub paused: bool,
    /// Why Waymark paused it, with what to do.
    pub reason: Option<String>,
    /// First due first.
    pub nodes: Vec<AutoNode>,
}

/// Everything the page of an objective shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectivePage {
    pub row: ObjectiveRow,
    /// Where it can be seen on GitHub.
    pub url: String,
    /// The text around the roadmap, as Markdown.
    pub prose: String,
    pub phases: Vec<RoadmapPhase>,
    /// For the page alone.
    #[serde(skip)]
    pub drawing: Drawing,
    pub findings: Vec<ObjectiveFinding>,
    /// How many checks passed.
    pub passed: u32,
    /// The chosen node.
    pub chosen: Option<NodeDetail>,
    /// Every node is done or skipped.
    pub complete: bool,
    pub can_write: bool,
    /// Nothing while it is off.
    pub auto: Option<AutoStart>,
    /// The roadmap is in an older form, which can be upgraded.
    pub older: bool,
    /// Why this copy is old, in words, when it is.
    pub stale: Option<String>,
}

impl ObjectivePage {
    pub fn nodes(&self) -> impl Iterator<Item = &RoadmapNode> {
        self.phases.iter().flat_map(|phase| &phase.nodes)
    }

    pub fn node(&self, id: &str) -> Option<&RoadmapNode> {
        self.nodes().find(|node| node.id == id)
    }
}

/// What a person may do to an objective.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum ObjectiveCommand {
    /// Read it again from GitHub.
    Refresh,
    /// Close a complete objective.
    Close,
    /// Mend what the consistency check found; `mend` names it.
    Mend {
        mend: String,
    },
    /// Let nodes start by themselves as this person, or go on after a pause.
    AutoOn {
        most: u32,
    },
    AutoPause,
    AutoOff,
    /// Do not start this announced node.
    Veto {
        node: String,
    },
    /// Announce a node again that was vetoed or held.
    Allow {
        node: String,
    },
}

/// The objectives area.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Objectives: Send + Sync {
    async fn list(&self, viewer: Option<&Viewer>, query: &ObjectivesQuery) -> Result<ObjectiveList, Problem>;
    /// The page; `node` is the chosen one. An unknown node chooses nothing.
    async fn objective(
        &self,
        viewer: Option<&Viewer>,
        repo: &RepoName,
        number: i64,
        node: Option<&str>,
    ) -> Result<ObjectivePage, Problem>;
    /// The forms by which these nodes are planned, in the order of the roadmap.
    async fn forms(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        nodes: &[String],
    ) -> Result<Vec<NewForm>, Problem>;
    async fn command(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        command: ObjectiveCommand,
    ) -> Result<(), Problem>;
}
