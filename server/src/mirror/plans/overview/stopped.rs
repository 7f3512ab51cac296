//! Dispatches of the viewer's that stopped before there was a plan to show: they are told here, with why.

use waymark_app::areas::{OperationState, OverviewQuery, Problem, StoppedDispatch, Viewer};
use waymark_domain::lifecycle::Phase;

use crate::dispatch::journal::{self, Recorded};
use crate::mirror::fault;
use crate::state::App;

/// Those that fit the filters which apply to something that is no plan yet. The viewer sees their own only.
pub(super) async fn of(
    app: &App,
    viewer: Option<&Viewer>,
    query: &OverviewQuery,
) -> Result<Vec<StoppedDispatch>, Problem> {
    let of_a_plan = !query.author.trim().is_empty() || query.objective.is_some() || !query.label.is_empty();
    let phase = query.phase.is_empty() || query.phase.contains(&Phase::Stopped);
    let Some(viewer) = viewer.filter(|_| phase && !of_a_plan && query.page <= 1) else {
        return Ok(Vec::new());
    };
    let mut db = app.db.pool().acquire().await.map_err(fault)?;
    let mut found = Vec::new();
    for dispatch in journal::stopped_before_issue(&mut db, viewer.account_id).await.map_err(fault)? {
        let repo = dispatch.repo.to_string();
        let text = format!("{} {repo}", dispatch.title).to_lowercase();
        let has = |word: &str| text.contains(&word.to_lowercase());
        let asked = query.repo.trim();
        if !query.q.split_whitespace().all(has) || !(asked.is_empty() || asked.eq_ignore_ascii_case(&repo)) {
            continue;
        }
        let operations = journal::operations(&mut db, &dispatch.id).await.map_err(fault)?;
        found.push(StoppedDispatch {
            why: why(&operations),
            id: dispatch.id,
            repo: dispatch.repo,
            title: dispatch.title,
            created_at: dispatch.created_at,
        });
    }
    Ok(found)
}

fn why(operations: &[Recorded]) -> String {
    let open = |op: &&Recorded| matches!(op.state, OperationState::Failed | OperationState::Doubtful);
    let problem = operations.iter().filter(open).find_map(|op| op.problem.as_ref());
    problem.map_or_else(|| "The dispatch stopped.".to_owned(), |problem| problem.message.clone())
}
