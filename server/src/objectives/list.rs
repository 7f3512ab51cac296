//! The list of objectives: filters and pages.

use waymark_app::areas::{
    DispatchState, ObjectiveList, ObjectiveRow, ObjectivesQuery, Openness, Problem, StoppedNode, Viewer,
};
use waymark_domain::roadmap::Node;

use crate::dispatch;
use crate::mirror::objectives::store;
use crate::mirror::{all_visible, fault};
use crate::state::App;

/// Rows of a page.
const PAGE: u32 = 50;

pub async fn list(
    app: &App,
    viewer: Option<&Viewer>,
    query: &ObjectivesQuery,
) -> Result<ObjectiveList, Problem> {
    let visible = all_visible(app, viewer).await?;
    let rows = store::rows(app.db.pool()).await.map_err(fault)?;
    let taken = dispatch::objectives_taken(app).await?;
    let mut seen: Vec<ObjectiveRow> =
        rows.into_iter().filter(|row| visible.names().any(|name| *name == row.repo)).collect();
    for row in seen.iter_mut().filter(|row| taken.contains(&(row.repo.clone(), row.number))) {
        tell(app, row).await?;
    }
    let wanted: Vec<ObjectiveRow> = seen.into_iter().filter(|row| fits(row, query)).collect();
    let total = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
    let per_page = if query.per_page == 0 { PAGE } else { query.per_page };
    let pages = total.div_ceil(per_page).max(1);
    let page = query.page.clamp(1, pages);
    let rows = wanted.into_iter().skip(((page - 1) * per_page) as usize).take(per_page as usize).collect();
    let connected = !visible.repositories.is_empty();
    Ok(ObjectiveList { rows, total, page, pages, stale: visible.stale, unasked: visible.unasked, connected })
}

/// Offers no node for which a dispatch is not over, and tells of one that stopped.
async fn tell(app: &App, row: &mut ObjectiveRow) -> Result<(), Problem> {
    let dispatches = dispatch::sending(app, &row.repo, row.number).await?;
    let kept = store::objective(app.db.pool(), &row.repo, row.number).await.map_err(fault)?;
    let Some(roadmap) = kept.and_then(|kept| kept.snapshot.roadmap().ok()) else { return Ok(()) };
    let free = |node: &&Node| dispatches.iter().all(|(taken, _)| *taken != node.id);
    let next = roadmap.unblocked().into_iter().find(free);
    row.next = next.map(|node| (node.id.clone(), node.description.clone()));
    let mut stopped = dispatches.into_iter().filter(|(_, one)| one.state == DispatchState::Stopped);
    row.stopped = stopped.next().map(|(node, one)| StoppedNode { node, dispatch: one.id });
    Ok(())
}

fn fits(row: &ObjectiveRow, query: &ObjectivesQuery) -> bool {
    let same =
        |wanted: &str, value: &str| wanted.trim().is_empty() || value.eq_ignore_ascii_case(wanted.trim());
    let shown = match query.shown {
        Openness::Open => row.open,
        Openness::Closed => !row.open,
        Openness::All => true,
    };
    let text = format!("{} #{} {}", row.title, row.number, row.owner).to_lowercase();
    shown
        && same(&query.repo, &row.repo.to_string())
        && same(&query.owner, &row.owner)
        && (!query.ready || row.next.is_some())
        && query.q.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use waymark_app::areas::RepoName;

    #[test]
    fn every_filter_leaves_out_what_does_not_fit() {
        let row = ObjectiveRow {
            repo: RepoName::parse("acme/widgets").expect("a name"),
            number: 12,
            title: "Objective: Größer".into(),
            owner: "ada".into(),
            open: true,
            statuses: Vec::new(),
            done: 0,
            total: 1,
            blocked: 0,
            next: None,
            stopped: None,
            unreadable: None,
            changed_at: 1,
            as_of: 2,
        };
        let all = ObjectivesQuery::default();
        assert!(fits(&row, &all));
        assert!(fits(&row, &ObjectivesQuery { q: "größer #12".into(), owner: "Ada".into(), ..all.clone() }));
        for query in [
            ObjectivesQuery { q: "smaller".into(), ..all.clone() },
            ObjectivesQuery { repo: "acme/secret".into(), ..all.clone() },
            ObjectivesQuery { owner: "bob".into(), ..all.clone() },
            ObjectivesQuery { shown: Openness::Closed, ..all.clone() },
            ObjectivesQuery { ready: true, ..all },
        ] {
            assert!(!fits(&row, &query), "{query:?}");
        }
    }
}
