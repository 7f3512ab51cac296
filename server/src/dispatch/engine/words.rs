//! What a person is told when an operation was refused: GitHub's reason, and what can be done about it
//! at this very operation.

use waymark_app::areas::{Problem, ProblemKind};

use crate::dispatch::describe::Kind;
use crate::dispatch::journal::Dispatch;
use crate::github::Error;

/// The refusal of an operation in words, with the next action.
pub fn refusal(kind: Kind, dispatch: &Dispatch, error: &Error) -> Problem {
    let mut problem = error.problem(kind.doing());
    if error.may_have_happened() {
        problem.message = format!("{} It may have been done all the same.", problem.message);
        return problem.next(
            "Resume: Waymark first looks on GitHub for what was made, and sends nothing twice. Or undo.",
        );
    }
    let Error::Answer { status, rate_limited: false, .. } = error else { return problem };
    match next(kind, dispatch, *status) {
        Some(next) => problem.next(next),
        None => {
            let next = problem.next.take().unwrap_or_default();
            problem.next(format!("{next} Then resume; or undo.").trim().to_owned())
        }
    }
}

fn next(kind: Kind, dispatch: &Dispatch, status: u16) -> Option<String> {
    let repo = &dispatch.repo;
    let workflow = &dispatch.workflow;
    Some(match (kind, status) {
        (_, 401) => "Sign in again, then resume: nothing that was made is lost.".to_owned(),
        (Kind::Issue, 410) => {
            format!("Turn issues on in the settings of {repo} on GitHub, then resume; or undo.")
        }
        (Kind::Issue, 403 | 404) => {
            format!("Ask for write access to {repo}, and see that its issues are on, then resume; or undo.")
        }
        (Kind::Tree | Kind::Commit | Kind::Branch | Kind::MoveBranch, 403 | 404) => format!(
            "Ask for write access to the contents of {repo} (a ruleset may forbid new branches), then resume; \
             or undo."
        ),
        (Kind::Tree | Kind::Commit, 409 | 422) => {
            "See on GitHub whether the base branch still exists, then resume; or undo.".to_owned()
        }
        (Kind::MoveBranch, 409 | 422) => {
            "Somebody may have pushed to the branch meanwhile. Undo, then submit the plan again.".to_owned()
        }
        (Kind::Branch, 409 | 422) => {
            "A rule of the repository may forbid this branch name. Mend it on GitHub, then resume; or undo."
                .to_owned()
        }
        (Kind::Pull, 403 | 404) => {
            format!("Ask for permission to open pull requests in {repo}, then resume; or undo.")
        }
        (Kind::Pull, 422) => format!(
            "{repo} may not allow draft pull requests (private repositories on the free plan), or the base \
             branch is gone. Mend it on GitHub, then resume; or undo."
        ),
        (Kind::Run, 403) => format!(
            "Ask an administrator of {repo} to enable Actions and to let you start workflows, then resume; or \
             undo."
        ),
        (Kind::Run, 404) => format!(
            "See that .github/workflows/{workflow} is on the default branch of {repo} and that Actions are \
             enabled, then resume; or undo."
        ),
        (Kind::Run, 422) => format!(
            "The workflow file {workflow} of {repo} does not take these inputs: install the current one on the \
             repository's settings page, then resume; or undo."
        ),
        (_, 500..) => "Wait a little, then resume; or undo.".to_owned(),
        _ => return None,
    })
}

/// The sign-in of the person who acts is no longer valid.
pub fn signed_out(problem: Problem) -> Problem {
    match problem.kind {
        ProblemKind::SignedOut => problem.next("Sign in again, then resume: nothing that was made is lost."),
        _ => problem,
    }
}
