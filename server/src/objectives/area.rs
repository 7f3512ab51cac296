//! The objectives area: who may see and do what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::{Value, json};
use waymark_app::areas::{
    Drawing, NewForm, ObjectiveCommand, ObjectiveList, ObjectivePage, Objectives, ObjectivesQuery, Problem,
    ProblemKind, RepoName, Viewer,
};

use super::layout::{self, Shape};
use super::write::Writing;
use super::{auto, check, list, page};
use crate::mirror::access::{self, Level};
use crate::mirror::objectives::store::{self, Kept};
use crate::mirror::{self, fault};
use crate::state::App;

/// Pictures that are kept: drawing a large roadmap takes a while.
const DRAWINGS: usize = 64;

/// The area on the mirror.
pub struct Area {
    app: App,
    drawings: Mutex<HashMap<Shape, Arc<Drawing>>>,
}

impl Area {
    pub fn new(app: App) -> Self {
        Area { app, drawings: Mutex::default() }
    }

    async fn kept(&self, repo: &RepoName, number: i64) -> Result<Option<Kept>, Problem> {
        store::objective(self.app.db.pool(), repo, number).await.map_err(fault)
    }

    fn drawing(&self, shape: Shape) -> Arc<Drawing> {
        let known = |drawings: &Mutex<HashMap<Shape, Arc<Drawing>>>| {
            drawings.lock().unwrap_or_else(PoisonError::into_inner).get(&shape).cloned()
        };
        if let Some(drawing) = known(&self.drawings) {
            return drawing;
        }
        let drawing = Arc::new(layout::draw(&shape));
        let mut drawings = self.drawings.lock().unwrap_or_else(PoisonError::into_inner);
        if drawings.len() >= DRAWINGS {
            drawings.clear();
        }
        drawings.insert(shape, drawing.clone());
        drawing
    }
}

pub(super) fn no_objective(repo: &RepoName, number: i64) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no objective #{number} in {repo}.")).next(
        "An objective is an issue with the label erk-objective. Look for it among the objectives, or connect the repository.",
    )
}

#[async_trait::async_trait]
impl Objectives for Area {
    async fn list(&self, viewer: Option<&Viewer>, query: &ObjectivesQuery) -> Result<ObjectiveList, Problem> {
        list::list(&self.app, viewer, query).await
    }

    async fn objective(
        &self,
        viewer: Option<&Viewer>,
        repo: &RepoName,
        number: i64,
        node: Option<&str>,
    ) -> Result<ObjectivePage, Problem> {
        let (known, access) = mirror::visible(&self.app, viewer, repo).await?;
        let repo = &known.as_ref().map_or(repo, |known| &known.repo).clone();
        let mut kept = self.kept(repo, number).await?;
        if kept.is_none() && known.is_some() && viewer.is_some() {
            // It may be newer than the last reading.
            mirror::refresh_plan(&self.app, repo, number).await?;
            kept = self.kept(repo, number).await?;
        }
        let kept = kept.ok_or_else(|| no_objective(repo, number))?;
        let facts = page::facts(&self.app, repo, &kept).await?;
        let drawing = match kept.snapshot.roadmap() {
            Ok(roadmap) => self.drawing(Shape::of(&roadmap)),
            Err(_) => Arc::default(),
        };
        let can_write = access.is_some_and(|access| access.level >= Level::Write && !access.archived);
        let stale = known.and_then(|known| known.stale);
        Ok(page::page(kept, &facts, &drawing, node, can_write, stale))
    }

    async fn forms(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        nodes: &[String],
    ) -> Result<Vec<NewForm>, Problem> {
        let repo = &mirror::connected_name(&self.app, repo).await?;
        access::require(&self.app, Some(viewer), repo, Level::Write).await?;
        let kept = self.kept(repo, number).await?.ok_or_else(|| no_objective(repo, number))?;
        let unreadable =
            |error| Problem::new(ProblemKind::Conflict, format!("The roadmap cannot be used: {error}."));
        let roadmap = kept.snapshot.roadmap().map_err(unreadable)?;
        if let Some(unknown) = nodes.iter().find(|id| roadmap.node(id).is_none()) {
            let words = format!("The roadmap of #{number} has no node {unknown}.");
            return Err(Problem::new(ProblemKind::NotFound, words).next("Choose nodes of its roadmap."));
        }
        let chosen = roadmap.in_order().filter(|node| nodes.contains(&node.id));
        let forms: Vec<NewForm> = chosen.map(|node| page::form(&kept, &roadmap, node)).collect();
        if forms.is_empty() {
            let problem = Problem::new(ProblemKind::Invalid, "No node is chosen.");
            return Err(problem.next("Select nodes in the list of the objective."));
        }
        Ok(forms)
    }

    async fn command(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        command: ObjectiveCommand,
    ) -> Result<(), Problem> {
        let repo = &mirror::connected_name(&self.app, repo).await?;
        let level = if command == ObjectiveCommand::Refresh { Level::Read } else { Level::Write };
        let access = access::require(&self.app, Some(viewer), repo, level).await?;
        use ObjectiveCommand::{Close, Mend, Refresh};
        if matches!(command, Refresh | Close | Mend { .. }) {
            // Decided on what GitHub holds now, not on what the page showed.
            mirror::refresh_plan(&self.app, repo, number).await?;
        }
        let kept = self.kept(repo, number).await?.ok_or_else(|| no_objective(repo, number))?;
        match command {
            Refresh => Ok(()),
            Close => close(&self.app, viewer, repo, &kept).await,
            Mend { mend } => {
                let facts = page::facts(&self.app, repo, &kept).await?;
                let writing = Writing::of(&self.app, viewer, repo, number).await?;
                check::mend(&writing, &kept, &facts.recorded, &facts.due, &mend).await
            }
            command => auto::command(&self.app, viewer, &access, &kept, command).await,
        }
    }
}

/// Closes an objective of which nothing is left to do.
async fn close(app: &App, viewer: &Viewer, repo: &RepoName, kept: &Kept) -> Result<(), Problem> {
    let conflict = |words: &str| Err(Problem::new(ProblemKind::Conflict, words));
    if !kept.row.open {
        return conflict("This objective is closed already.");
    }
    if !kept.snapshot.roadmap().is_ok_and(|roadmap| roadmap.is_complete()) {
        return conflict("This objective is not complete: some nodes are neither done nor skipped.");
    }
    let number = kept.row.number;
    let client = access::client(app, Some(viewer)).await?;
    let body = json!({"state": "closed", "state_reason": "completed"});
    let path = format!("/repos/{repo}/issues/{number}");
    let closed = client.send::<Value>(Method::PATCH, &path, Some(&body)).await;
    closed.map_err(|error| error.problem("the objective was closed"))?;
    mirror::refresh_plan(app, repo, number).await
}
