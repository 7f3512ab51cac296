//! The commands that run inside workflows: `waymark ci ...`.
//!
//! Properties kept:
//! - What people wrote is data: it is read from files and variables, and reaches neither a shell nor a prompt as text.
//! - A repeated run completes what the earlier one left; it writes no comment and no line twice.
//! - The agent never holds the token that writes to GitHub.
//! - Whatever stops a command is an annotation of the run, in words.

mod agent;
mod checks;
mod config;
mod desk;
mod failed;
mod failure;
mod finish;
mod formats;
mod git;
mod hub;
mod implement;
mod job;
mod mask;
mod plan;
mod publish;
mod push;
mod register;
mod save_plan;
mod secrets;
mod session;
pub mod shipped;
mod start;
mod summarise;
mod task;
mod texts;
mod time;
#[cfg(test)]
mod walk;

use std::process::ExitCode;

use desk::Desk;
pub use publish::plan_digest;

/// A step of Waymark's workflows. Each reads what it needs from the environment that the workflow gives it.
#[derive(Clone, Debug, PartialEq, Eq, clap::Subcommand)]
pub enum Ci {
    /// Stops the run when a required secret is missing or the token lacks a scope (repo, gist), saying which
    ///
    /// Reads GH_TOKEN (the secret ERK_QUEUE_GH_PAT) and HAS_{NAME}=true for each other secret that is there.
    CheckSecrets,
    /// Checks out BRANCH_NAME and writes the instruction, the objective and the numbers to .impl/
    Task,
    /// Runs the agent with .waymark/prompts/plan.md
    Plan,
    /// Checks .impl/plan.md and .impl/plan-result.json
    CheckPlan,
    /// Saves the plan to the plan issue: comment and title; gives issue_number, issue_title and base_branch to later steps
    SavePlan,
    /// Leaves what the dispatch could not: run in the header, queued comment, closing reference, objective node
    ///
    /// Prints a JSON result for each; fails only when all of them failed.
    Register,
    /// Prepares the branch for implementing: .worker-impl/ and .impl/ from the issue, started comment, link to the run, progress
    Start,
    /// Runs the agent with .waymark/prompts/implement.md, and pushes and shows each step that it marks
    Implement,
    /// Marks steps as done and commits what was changed, with the message in .impl/commit-message.md (for the agent)
    MarkStep {
        /// Numbers of the steps, from 1
        #[arg(required = true)]
        steps: Vec<usize>,
    },
    /// Prints which steps are done (for the agent)
    GetProgress {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Runs the repository's own checks: checks.command in .waymark/config.toml
    Check,
    /// Runs the agent with .waymark/prompts/summarise.md to describe the change
    Summarise,
    /// Commits what no step committed and pushes; gives has_changes to later steps
    Push,
    /// Removes .worker-impl/ in a commit of its own
    Cleanup,
    /// Describes the pull request, removes [WIP] from its title, triggers checks and takes it out of draft
    Finish,
    /// Labels and describes a pull request that changes nothing, and says so on the plan
    NoChanges,
    /// Keeps the agent's session log as a secret gist and links it from the plan's header
    SessionLog,
    /// Comments on the plan with the job and step that failed and the end of the log
    Failed,
}

impl Ci {
    /// Whether the agent calls it, in which case what it prints is recorded with what the agent prints.
    fn is_the_agents(&self) -> bool {
        matches!(self, Ci::MarkStep { .. } | Ci::GetProgress { .. })
    }

    fn name(&self) -> &'static str {
        match self {
            Ci::CheckSecrets => "check-secrets",
            Ci::Task => "task",
            Ci::Plan => "plan",
            Ci::CheckPlan => "check-plan",
            Ci::SavePlan => "save-plan",
            Ci::Register => "register",
            Ci::Start => "start",
            Ci::Implement => "implement",
            Ci::MarkStep { .. } => "mark-step",
            Ci::GetProgress { .. } => "get-progress",
            Ci::Check => "check",
            Ci::Summarise => "summarise",
            Ci::Push => "push",
            Ci::Cleanup => "cleanup",
            Ci::Finish => "finish",
            Ci::NoChanges => "no-changes",
            Ci::SessionLog => "session-log",
            Ci::Failed => "failed",
        }
    }
}

/// Runs one command; what stops it becomes an annotation, and the exit status 1.
pub async fn run(command: Ci) -> ExitCode {
    // A provider that is there already serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let desk = match Desk::open() {
        Ok(desk) => desk,
        Err(failure) => {
            println!("{}", failure.annotation());
            return ExitCode::FAILURE;
        }
    };
    if !command.is_the_agents() {
        desk.record(&format!("== waymark ci {}", command.name()));
    }
    let result = match &command {
        Ci::CheckSecrets => secrets::check(&desk).await,
        Ci::Task => task::write(&desk).await,
        Ci::Plan => plan::plan(&desk).await,
        Ci::CheckPlan => plan::check(&desk).map(drop),
        Ci::SavePlan => save_plan::save(&desk).await,
        Ci::Register => register::register(&desk).await,
        Ci::Start => start::start(&desk).await,
        Ci::Implement => implement::implement(&desk).await,
        Ci::MarkStep { steps } => implement::mark_steps(&desk, steps).await,
        Ci::GetProgress { json } => implement::get_progress(&desk, *json),
        Ci::Check => checks::check(&desk).await,
        Ci::Summarise => summarise::summarise(&desk).await,
        Ci::Push => push::push(&desk).await,
        Ci::Cleanup => push::cleanup(&desk).await,
        Ci::Finish => finish::finish(&desk).await,
        Ci::NoChanges => finish::no_changes(&desk).await,
        Ci::SessionLog => session::keep(&desk).await,
        Ci::Failed => failed::report(&desk).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            desk.fail(&failure);
            if !command.is_the_agents() {
                desk.append("failed.txt", command.name());
            }
            ExitCode::FAILURE
        }
    }
}
