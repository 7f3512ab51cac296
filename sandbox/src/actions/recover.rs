//! After the sandbox's process ended without its runs: they are cancelled, their processes ended, their
//! folders removed.

use super::{
    report,
    runner::strays,
    state::{Conclusion, Status},
};
use crate::world::World;

pub async fn recover(world: &World) {
    let mut held = world.lock().await;
    let open: Vec<u64> =
        held.actions.runs.values().filter(|r| r.status != Status::Completed).map(|r| r.id).collect();
    if open.is_empty() {
        return;
    }
    let jobs: Vec<(u64, String)> = held
        .actions
        .jobs
        .values()
        .filter(|j| j.status != Status::Completed)
        .map(|j| (j.id, j.tracking_id.clone()))
        .collect();
    let tracking: Vec<String> = jobs.iter().map(|(_, id)| id.clone()).collect();
    strays::end(&tracking);
    for (job, _) in jobs {
        report::job_changed(&mut held, job, "completed", |job, now| {
            job.status = Status::Completed;
            job.conclusion = Some(Conclusion::Cancelled);
            job.completed_at = Some(now);
            for step in job.steps.iter_mut().filter(|s| s.status != Status::Completed) {
                let began = step.status == Status::InProgress;
                step.status = Status::Completed;
                step.conclusion = Some(if began { Conclusion::Cancelled } else { Conclusion::Skipped });
                step.completed_at = Some(now);
            }
        });
    }
    for run in open {
        report::run(&mut held, run, "completed", |run, _| {
            run.status = Status::Completed;
            run.conclusion = Some(Conclusion::Cancelled);
        });
    }
    let work = world.dir().join("work");
    if let Err(error) = std::fs::remove_dir_all(&work)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "folders of earlier jobs could not be removed");
    }
}
