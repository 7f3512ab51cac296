//! How often a plan is read that no list shows as changed: at each turn while something works on it, else less and
//! less often the longer nothing changed.

use waymark_app::areas::PlanRow;

/// A plan is read again after this part of the time for which nothing had changed.
const PART: i64 = 10;
/// Bounds of that time, in milliseconds; the shortest is for what has neither a run nor a pull request.
const SHORTEST: i64 = 10 * 60_000;
const LONGEST: i64 = 60 * 60_000;

/// Whether a plan is due. `row.as_of` is when it was read last; times are epoch milliseconds.
pub fn is_due(row: &PlanRow, now: i64) -> bool {
    let works = row.run.as_ref().is_some_and(|run| run.status != "completed");
    let checked = row.pr.as_ref().is_some_and(|pr| pr.checks.pending > 0);
    let quiet = row.as_of - row.changed_at;
    if works || (checked && quiet < LONGEST) {
        return true;
    }
    let shortest = if row.run.is_some() || row.pr.is_some() { 0 } else { SHORTEST };
    now - row.as_of >= (quiet / PART).clamp(shortest, LONGEST)
}

#[cfg(test)]
mod tests {
    use waymark_app::areas::{Checks, PrState, PrSummary, RepoName, ReviewState, RunSummary};
    use waymark_domain::lifecycle::Phase;

    use super::*;

    const MINUTE: i64 = 60_000;

    /// A plan that was read after nothing had changed for so long.
    fn quiet_for(minutes: i64) -> PlanRow {
        PlanRow {
            repo: RepoName { owner: "acme".into(), name: "widgets".into() },
            number: 7,
            title: String::new(),
            phase: Phase::Created,
            steps: None,
            pr: None,
            author: String::new(),
            labels: Vec::new(),
            objective: None,
            node: None,
            branch: None,
            run: None,
            comments: 0,
            threads: None,
            changed_at: 0,
            as_of: minutes * MINUTE,
            stale: None,
            needs_you: None,
            stopped: None,
            local: false,
        }
    }

    /// The minutes after which a plan is due.
    fn due_after(row: &PlanRow) -> Option<i64> {
        (0..=120).find(|minutes| is_due(row, row.as_of + minutes * MINUTE))
    }

    #[test]
    fn the_longer_nothing_changed_the_later() {
        let plain = [0, 50, 300, 9_000].map(|quiet| due_after(&quiet_for(quiet)));
        assert_eq!(plain, [Some(10), Some(10), Some(30), Some(60)]);
        let with_pull = |quiet, pending| {
            let checks = Checks { pending, ..Checks::default() };
            let (state, review, url) = (PrState::Open, ReviewState::None, String::new());
            let pr = PrSummary { number: 8, url, state, review, checks, blocked: None };
            due_after(&PlanRow { pr: Some(pr), ..quiet_for(quiet) })
        };
        assert_eq!([5, 50, 9_000].map(|quiet| with_pull(quiet, 0)), [Some(1), Some(5), Some(60)]);
        assert_eq!([50, 9_000].map(|quiet| with_pull(quiet, 2)), [Some(0), Some(60)]);
    }

    #[test]
    fn what_works_is_read_at_each_turn() {
        let run = |status: &str| RunSummary {
            id: 5,
            url: String::new(),
            workflow: String::new(),
            status: status.into(),
            conclusion: None,
            started_at: None,
            group: None,
            failed: None,
        };
        let with = |status: &str| due_after(&PlanRow { run: Some(run(status)), ..quiet_for(120) });
        assert_eq!((with("in_progress"), with("completed")), (Some(0), Some(12)));
    }
}
