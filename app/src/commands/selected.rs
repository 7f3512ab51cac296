//! One action on several plans, each with its own result: one that is refused leaves the others' alone.

use futures::stream::{self, StreamExt};
use leptos::prelude::*;

use super::reply::{answer, person, report};
use crate::address::{address, local};
use crate::areas::{ActionKind, Areas, Problem, ProblemKind, RepoName, Viewer};
use crate::context::areas;

/// Plans of one request: a page of the overview, or a little more.
const MOST: usize = 200;
/// Plans that are worked on at the same time.
const AT_ONCE: usize = 4;

/// Carries out `action` on each plan (`owner/name/number`), or leads to the page that submits them.
#[server(prefix = "/do", endpoint = "selected")]
pub async fn selected(
    #[server(default)] plan: Vec<String>,
    action: String,
    #[server(default)] back: String,
) -> Result<(), Problem> {
    let back = local(&back);
    let plans: Option<Vec<(RepoName, i64)>> = plan.iter().map(|text| read(text)).collect();
    let kind: Option<ActionKind> = serde_json::from_value(serde_json::Value::String(action.clone())).ok();
    let wrong = |words: &str, next: &str| Err(vec![Problem::new(ProblemKind::Invalid, words).next(next)]);
    let result = match (person(), plans) {
        (Err(problem), _) => Err(vec![problem]),
        (_, None) => wrong("A plan could not be read.", "Select the plans again."),
        (_, Some(plans)) if plans.is_empty() || plans.len() > MOST => wrong(
            "No plan is selected, or too many are.",
            "Select up to 200 rows of the table, then choose again.",
        ),
        (Ok(_), Some(_)) if action == "submit" => {
            let to = address("/submit", plan.iter().map(|plan| ("plan", plan.as_str())));
            Ok((to, None))
        }
        (Ok(viewer), Some(plans)) => match kind.filter(|kind| of_several(*kind)) {
            Some(kind) => {
                let (done, problems) = act(&areas(), &viewer, &plans, kind).await;
                return report(&back, done, problems);
            }
            None => wrong("There is no such action for several plans.", "Open a plan to see what it offers."),
        },
    };
    answer(result, &back)
}

fn of_several(kind: ActionKind) -> bool {
    matches!(
        kind,
        ActionKind::CancelRun | ActionKind::RerunFailed | ActionKind::ClosePlan | ActionKind::Refresh
    )
}

fn read(text: &str) -> Option<(RepoName, i64)> {
    let (repo, number) = text.rsplit_once('/')?;
    Some((RepoName::parse(repo)?, number.parse().ok().filter(|number| *number > 0)?))
}

/// Answers what was done, and what was not with the plans it concerns, alike refusals together.
async fn act(
    areas: &Areas,
    viewer: &Viewer,
    plans: &[(RepoName, i64)],
    kind: ActionKind,
) -> (Option<String>, Vec<Problem>) {
    let results: Vec<Result<(), Problem>> = stream::iter(plans.to_vec())
        .map(|(repo, number)| async move { areas.plans.act(viewer, &repo, number, kind, None).await })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut done, mut refused): (Vec<String>, Vec<(Problem, Vec<String>)>) = Default::default();
    for ((repo, number), result) in plans.iter().zip(results) {
        let name = format!("{repo} #{number}");
        match result {
            Ok(()) => done.push(name),
            Err(problem) => match refused.iter_mut().find(|(known, _)| *known == problem) {
                Some((_, names)) => names.push(name),
                None => refused.push((problem, vec![name])),
            },
        }
    }
    let what = match kind {
        ActionKind::CancelRun => "Cancelling the run of",
        ActionKind::RerunFailed => "Running failed jobs again:",
        ActionKind::ClosePlan => "Closed",
        _ => "Read again:",
    };
    let done = (!done.is_empty()).then(|| format!("{what} {}.", done.join(", ")));
    let named = |(problem, names): (Problem, Vec<String>)| Problem {
        message: format!("{}: {}", names.join(", "), problem.message),
        ..problem
    };
    (done, refused.into_iter().map(named).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_named_by_its_path() {
        assert_eq!(read("acme/widgets/12"), RepoName::parse("acme/widgets").map(|repo| (repo, 12)));
        for bad in ["acme/widgets", "acme/widgets/x", "acme/widgets/-1", "12", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
