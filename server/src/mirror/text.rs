//! The plan's own text and its steps, of every generation.

use waymark_app::areas::{Step, StepState};
use waymark_domain::{plan as text, progress};

use super::snapshot::{self as fields, Snapshot};
use crate::ci::plan_digest;

/// The plan's text as it stands, and the ids of the comments that hold it. Comments of strangers do
/// not count.
pub fn found(snapshot: &Snapshot) -> Option<text::Found> {
    let comments: Vec<(u64, &str)> =
        snapshot.trusted().map(|comment| (comment.id.unsigned_abs(), comment.text())).collect();
    if snapshot.issue.pull_request.is_some() {
        return text::text_of_pull(snapshot.issue.text());
    }
    text::text(snapshot.issue.text(), &comments)
}

/// The plan's text.
pub fn plan(snapshot: &Snapshot) -> Option<String> {
    found(snapshot).map(|found| found.text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The instruction that a plan was made from.
pub fn instruction(snapshot: &Snapshot) -> Option<String> {
    let of = |text: &str| {
        let (_, instruction) = text.split_once("**Instruction:**")?;
        let instruction = instruction.split("\n<!-- waymark:").next()?.trim();
        (!instruction.is_empty()).then(|| instruction.to_owned())
    };
    let skeleton = plan(snapshot).filter(|plan| text::is_skeleton(plan)).and_then(|plan| of(&plan));
    skeleton
        .or_else(|| snapshot.trusted().filter(|c| !c.text().contains("plan-body")).find_map(|c| of(c.text())))
}

/// The steps with their state: as the comment that shows progress has them, else `progress.md`, else
/// the numbered lines of the plan, of which none is done.
pub fn steps(snapshot: &Snapshot, working: bool, failed: bool) -> Vec<Step> {
    let status = snapshot.newest("erk-implementation-status");
    let checked = status.as_ref().map(|(comment, _)| checklist(comment.text())).unwrap_or_default();
    let checked = match (checked.is_empty(), &snapshot.progress) {
        (true, Some(file)) => progress::Progress::parse(file).steps,
        _ => checked,
    };
    let planned = || {
        let text = plan(snapshot).filter(|plan| !text::is_skeleton(plan)).unwrap_or_default();
        text::steps(&text).into_iter().map(|text| (text, false)).collect::<Vec<_>>()
    };
    let edited = || {
        let known = status.as_ref().and_then(|(_, status)| fields::text(status, "plan_digest"));
        let over = status.as_ref().and_then(|(_, status)| fields::text(status, "status"));
        let now = plan(snapshot).filter(|plan| !text::is_skeleton(plan)).map(|plan| plan_digest(&plan));
        known.is_some() && now.is_some() && known != now && over.as_deref() != Some("complete")
    };
    let items = match checked.is_empty() {
        true => planned(),
        false if !working && edited() => carried_over(planned(), &checked),
        false => checked,
    };
    let current = items.iter().position(|(_, done)| !done);
    items
        .into_iter()
        .zip(1..)
        .map(|((text, done), number)| {
            let at_it = current.map(|at| at + 1) == usize::try_from(number).ok();
            let state = match (done, at_it) {
                (true, _) => StepState::Done,
                (false, true) if failed => StepState::Failed,
                (false, true) if working => StepState::Current,
                _ => StepState::Waiting,
            };
            Step { number, text, state }
        })
        .collect()
}

/// The steps of an edited plan: those before the first one that was changed or not done stay done.
fn carried_over(mut planned: Vec<(String, bool)>, checked: &[(String, bool)]) -> Vec<(String, bool)> {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let same = |((now, _), (old, done)): &(&(String, bool), &(String, bool))| *done && line(now) == line(old);
    let kept = planned.iter().zip(checked).take_while(same).count();
    planned.iter_mut().take(kept).for_each(|step| step.1 = true);
    planned
}

/// The lines `- [x] 1. Text`.
fn checklist(text: &str) -> Vec<(String, bool)> {
    let item = |line: &str| {
        let line = line.trim();
        let (done, rest) = match line.strip_prefix("- [x] ").or_else(|| line.strip_prefix("- [X] ")) {
            Some(rest) => (true, rest),
            None => (false, line.strip_prefix("- [ ] ")?),
        };
        Some((without_number(rest).unwrap_or(rest).trim().to_owned(), done))
    };
    text.lines().filter_map(item).collect()
}

fn without_number(line: &str) -> Option<&str> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0)
        .then(|| &line[digits..])
        .and_then(|rest| rest.strip_prefix(". ").or_else(|| rest.strip_prefix(": ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::model::{Comment, Issue};
    use waymark_domain::block;

    fn comment(id: i64, body: &str) -> Comment {
        Comment { id, body: Some(body.into()), author_association: "MEMBER".into(), ..Comment::default() }
    }

    fn with(comments: Vec<Comment>) -> Snapshot {
        let issue = Issue { body: Some("<!-- erk:metadata-block:x -->".into()), ..Issue::default() };
        Snapshot { issue, comments, ..Snapshot::default() }
    }

    #[test]
    fn a_plan_of_a_stranger_does_not_count() {
        let part = |id, text: &str| comment(id, &block::render_content("plan-body", text).expect("renders"));
        let stranger = Comment { author_association: "NONE".into(), ..part(1, "# Forged") };
        let body = "<!-- erk:metadata-block:plan-header -->";
        let mut snapshot = with(vec![stranger, part(2, "# One")]);
        snapshot.issue.body = Some(body.into());
        assert_eq!(plan(&snapshot).as_deref(), Some("# One"));
    }

    #[test]
    fn the_check_list_of_the_comment_decides() {
        let status = "```yaml\nstatus: in_progress\ntimestamp: x\n```";
        let body = format!(
            "<!-- erk:metadata-block:erk-implementation-status -->\n<details>\n<summary><code>erk-implementation-status</code></summary>\n\n{status}\n\n</details>\n<!-- /erk:metadata-block:erk-implementation-status -->\n\n- [x] 1. a\n- [ ] 2. b\n- [ ] 3. c\n"
        );
        let steps = steps(&with(vec![comment(1, &body)]), true, false);
        let states: Vec<_> = steps.iter().map(|step| (step.text.as_str(), step.state)).collect();
        assert_eq!(states, [("a", StepState::Done), ("b", StepState::Current), ("c", StepState::Waiting)]);
    }

    #[test]
    fn the_steps_of_an_edited_plan_are_those_of_the_plan_as_it_is_now() {
        let plan = |text: &str| comment(1, &block::render_content("plan-body", text).expect("renders"));
        let before = "# A\n\n## Steps\n\n1. a\n2. b\n3. c";
        let status = |word: &str| {
            let fields = serde_json::json!({"status": word, "plan_digest": plan_digest(before)});
            let block =
                block::render_with_warning("erk-implementation-status", fields.as_object().expect("fields"));
            comment(2, &format!("{}\n\n- [x] 1. a\n- [x] 2. b\n- [ ] 3. c", block.expect("renders")))
        };
        let states = |text: &str, word: &str, working: bool| {
            let steps = steps(&with(vec![plan(text), status(word)]), working, true);
            steps.into_iter().map(|step| (step.text, step.state)).collect::<Vec<_>>()
        };
        let is = |wanted: &[(&str, StepState)]| {
            wanted.iter().map(|(text, state)| ((*text).to_owned(), *state)).collect::<Vec<_>>()
        };
        use StepState::{Done, Failed, Waiting};
        assert_eq!(states(before, "failed", false), is(&[("a", Done), ("b", Done), ("c", Failed)]));
        let edited = "# A\n\n## Steps\n\n1. a\n2. new\n3. b\n4. c";
        let carried = is(&[("a", Done), ("new", Failed), ("b", Waiting), ("c", Waiting)]);
        assert_eq!(states(edited, "failed", false), carried);
        assert_eq!(states(edited, "in_progress", true).len(), 3, "a run works on what it began with");
        assert_eq!(states(edited, "complete", false).len(), 3, "what is done is not undone by an edit");
    }

    #[test]
    fn the_instruction_outlives_the_skeleton() {
        let queued = comment(
            2,
            "🔄 One-Shot Dispatched\n\n**Instruction:** Add x.\n\n<!-- waymark:d:comment-queued -->",
        );
        assert_eq!(instruction(&with(vec![queued])).as_deref(), Some("Add x."));
    }
}
