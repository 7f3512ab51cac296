//! The texts of objectives: drawn while they are written, read for editing, saved and brought up to date.

mod diff;
mod edit;
mod upgrade;

use std::collections::HashMap;

use waymark_app::areas::{
    ObjectiveChanges, ObjectiveForm, ObjectiveRefusal, ObjectiveTexts, OpenedObjective, Problem, RepoName,
    Sketch, Viewer,
};
use waymark_domain::roadmap::outline;

use super::layout::{self, Shape};
use super::page;
use crate::mirror::objectives::{self, Snapshot};
use crate::mirror::{
    self,
    access::{self, Level},
};
use crate::state::App;

/// The area on GitHub's texts.
pub struct Texts {
    app: App,
}

impl Texts {
    pub fn new(app: App) -> Self {
        Texts { app }
    }
}

/// The objective as it is on GitHub now, for someone who may write.
async fn fresh(app: &App, viewer: &Viewer, repo: &RepoName, number: i64) -> Result<Snapshot, Problem> {
    access::require(app, Some(viewer), repo, Level::Write).await?;
    let client = access::client(app, Some(viewer)).await?;
    let read = objectives::read(&client, repo, number).await;
    let read = read.map_err(|error| error.problem("the objective was read"))?;
    read.ok_or_else(|| super::area::no_objective(repo, number))
}

#[async_trait::async_trait]
impl ObjectiveTexts for Texts {
    fn sketch(&self, outline: &str) -> Sketch {
        let roadmap = outline::read(outline).roadmap;
        if roadmap.nodes.is_empty() {
            return Sketch::default();
        }
        Sketch {
            phases: page::phases(&roadmap, &[], &HashMap::new()),
            drawing: layout::draw(&Shape::of(&roadmap)),
        }
    }

    async fn open(&self, viewer: &Viewer, repo: &RepoName, number: i64) -> Result<OpenedObjective, Problem> {
        let repo = &mirror::connected_name(&self.app, repo).await?;
        let snapshot = fresh(&self.app, viewer, repo, number).await?;
        edit::opened(repo, &snapshot)
    }

    async fn changes(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        form: &ObjectiveForm,
    ) -> Result<ObjectiveChanges, Vec<Problem>> {
        let snapshot = fresh(&self.app, viewer, repo, number).await.map_err(|problem| vec![problem])?;
        edit::changes(repo, &snapshot, form)
    }

    async fn save(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        form: &ObjectiveForm,
    ) -> Result<(), ObjectiveRefusal> {
        let repo = &mirror::connected_name(&self.app, repo).await?;
        let snapshot = fresh(&self.app, viewer, repo, number).await?;
        // Before anything is written: what is written must be seen afterwards.
        mirror::refresh_plan(&self.app, repo, number).await?;
        edit::save(&self.app, viewer, repo, &snapshot, form).await
    }

    async fn upgrade_changes(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
    ) -> Result<ObjectiveChanges, Problem> {
        let snapshot = fresh(&self.app, viewer, repo, number).await?;
        upgrade::changes(&snapshot)
    }

    async fn upgrade(
        &self,
        viewer: &Viewer,
        repo: &RepoName,
        number: i64,
        version: &str,
    ) -> Result<Option<String>, Problem> {
        let repo = &mirror::connected_name(&self.app, repo).await?;
        let snapshot = fresh(&self.app, viewer, repo, number).await?;
        mirror::refresh_plan(&self.app, repo, number).await?;
        upgrade::upgrade(&self.app, viewer, repo, &snapshot, version).await
    }
}
