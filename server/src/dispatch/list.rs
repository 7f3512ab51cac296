//! The list of dispatches: of every repository that the viewer may see, and of no other.

use std::collections::HashSet;

use futures::stream::{self, StreamExt};
use waymark_app::areas::{DispatchList, DispatchesQuery, Problem, ProblemKind, RepoName, Viewer};

use super::engine::fault;
use super::{journal, view};
use crate::mirror::access::{self, Level};
use crate::state::App;

pub async fn list(app: &App, viewer: &Viewer, query: &DispatchesQuery) -> Result<DispatchList, Problem> {
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    let mut found = journal::fitting(&mut db, query).await.map_err(fault)?;
    drop(db);
    let wanted = query.repo.trim();
    found.retain(|(_, repo)| wanted.is_empty() || repo.to_string().eq_ignore_ascii_case(wanted));
    let visible = visible(app, viewer, found.iter().map(|(_, repo)| repo.clone()).collect()).await?;
    found.retain(|(_, repo)| visible.contains(repo));
    let total = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let (page, per_page) = (query.page.max(1), query.per_page.max(1));
    let skipped = (page - 1).saturating_mul(per_page) as usize;
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    let mut dispatches = Vec::new();
    for (id, _) in found.iter().skip(skipped).take(per_page as usize) {
        if let Some(dispatch) = journal::load(&mut db, id).await.map_err(fault)? {
            let operations = journal::operations(&mut db, id).await.map_err(fault)?;
            dispatches.push(view::view(dispatch, operations));
        }
    }
    Ok(DispatchList { dispatches, total, page, pages: total.div_ceil(per_page).max(1) })
}

/// Those of the repositories that the viewer may see.
async fn visible(
    app: &App,
    viewer: &Viewer,
    repositories: HashSet<RepoName>,
) -> Result<HashSet<RepoName>, Problem> {
    let mut asked = Vec::new();
    for repo in repositories {
        asked.push(async move {
            match access::require(app, Some(viewer), &repo, Level::Read).await {
                Ok(_) => Ok(Some(repo)),
                Err(problem) if problem.kind == ProblemKind::NotFound => Ok(None),
                Err(problem) => Err(problem),
            }
        });
    }
    let asked: Vec<Result<Option<RepoName>, Problem>> =
        stream::iter(asked).buffer_unordered(4).collect().await;
    asked.into_iter().filter_map(Result::transpose).collect()
}
