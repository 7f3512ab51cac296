//! Which contexts GitHub offers where.
//! <https://docs.github.com/actions/reference/workflows-and-actions/contexts#context-availability>

use super::super::expression::Names;

const fn names(contexts: &'static [&'static str]) -> Names {
    Names { contexts, statuses: false }
}

pub const RUN_NAME: Names = names(&["github", "inputs", "vars"]);
pub const CONCURRENCY: Names = RUN_NAME;
pub const ENV: Names = names(&["github", "secrets", "inputs", "vars"]);
pub const CALL_OUTPUT: Names = names(&["github", "jobs", "vars", "inputs"]);
pub const JOB: Names = names(&["github", "needs", "vars", "inputs"]);
pub const JOB_IF: Names = Names { contexts: JOB.contexts, statuses: true };
pub const JOB_ENV: Names = names(&["github", "needs", "vars", "secrets", "inputs"]);
pub const JOB_OUTPUTS: Names = STEP;
pub const JOB_DEFAULTS: Names = names(&["github", "needs", "env", "vars", "inputs"]);
pub const STEP: Names =
    names(&["github", "needs", "job", "runner", "env", "vars", "secrets", "steps", "inputs"]);
pub const STEP_IF: Names = Names {
    contexts: &["github", "needs", "job", "runner", "env", "vars", "steps", "inputs"],
    statuses: true,
};
