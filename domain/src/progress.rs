//! `progress.md`: the steps of a plan with what is done, as front matter and as a check list.
//!
//! Properties: what is written has both in step; of what is read, a step is done when either says so;
//! front matter keys of other generations are kept.

use serde_json::{Value, json};

use crate::yaml::{self, Mapping};

/// The steps of a plan and which of them are done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Text without its number, and whether it is done.
    pub steps: Vec<(String, bool)>,
    /// Front matter of other generations, in order.
    other: Mapping,
}

impl Progress {
    /// The steps of a plan with the first `done` of them done.
    pub fn begin(steps: &[String], done: usize) -> Progress {
        let steps = steps.iter().enumerate().map(|(at, text)| (one_line(text), at < done)).collect();
        Progress { steps, other: Mapping::new() }
    }

    /// Read a `progress.md`; a text without front matter is read by its check list alone.
    pub fn parse(text: &str) -> Progress {
        let (front, body) = split(text);
        let mut other = front.and_then(|front| yaml::parse_mapping(front).ok()).unwrap_or_default();
        let listed = other.shift_remove("steps");
        other.shift_remove("completed_steps");
        other.shift_remove("total_steps");
        let mut steps: Vec<(String, bool)> =
            listed.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(step).collect();
        let checks: Vec<(String, bool)> = body.lines().filter_map(check).collect();
        if steps.is_empty() {
            steps = checks;
        } else if steps.len() == checks.len() {
            for (step, (_, done)) in steps.iter_mut().zip(checks) {
                step.1 |= done;
            }
        }
        Progress { steps, other }
    }

    /// How many steps are done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|(_, done)| *done).count()
    }

    /// The first step that is not done, with its number from 1.
    pub fn current(&self) -> Option<(usize, &str)> {
        let at = self.steps.iter().position(|(_, done)| !done)?;
        Some((at + 1, &self.steps[at].0))
    }

    /// Mark the step with this number (from 1) as done, and answer its text; nothing when there is none.
    pub fn mark(&mut self, number: usize) -> Option<&str> {
        let step = self.steps.get_mut(number.checked_sub(1)?)?;
        step.1 = true;
        Some(&step.0)
    }

    /// The check list, a line for each step.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.steps
            .iter()
            .enumerate()
            .map(|(at, (text, done))| format!("- [{}] {}. {text}", if *done { 'x' } else { ' ' }, at + 1))
    }

    /// The file, front matter and check list in step.
    pub fn render(&self) -> String {
        let steps: Vec<Value> = self
            .steps
            .iter()
            .enumerate()
            .map(|(at, (text, done))| json!({"text": format!("{}. {text}", at + 1), "completed": done}))
            .collect();
        let mut front = Mapping::new();
        front.insert("completed_steps".to_owned(), self.done().into());
        front.insert("total_steps".to_owned(), self.steps.len().into());
        for (key, value) in &self.other {
            front.insert(key.clone(), value.clone());
        }
        if front.contains_key("current_step") {
            let current = self.current().map_or(self.steps.len(), |(number, _)| number - 1);
            front.insert("current_step".to_owned(), current.into());
        }
        front.insert("steps".to_owned(), steps.into());
        let list: Vec<String> = self.lines().collect();
        let list = if list.is_empty() { "No steps detected in plan.".to_owned() } else { list.join("\n") };
        // Nothing that was read or made here nests deeper than the writer goes.
        let front = yaml::write(&front).unwrap_or_default();
        format!("---\n{front}---\n\n# Progress Tracking\n\n{list}\n")
    }

    /// The counts and the steps as JSON.
    pub fn to_json(&self) -> Value {
        let steps: Vec<Value> =
            self.steps.iter().map(|(text, done)| json!({"text": text, "completed": done})).collect();
        json!({"completed_steps": self.done(), "total_steps": self.steps.len(), "steps": steps})
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Front matter, when there is some, and what follows it.
fn split(text: &str) -> (Option<&str>, &str) {
    let Some(rest) = text.trim_start().strip_prefix("---") else { return (None, text) };
    match rest.split_once("\n---") {
        Some((front, body)) => (Some(front), body),
        None => (None, text),
    }
}

/// A step of the front matter: `{text, completed}`, or the text alone.
fn step(value: &Value) -> Option<(String, bool)> {
    let text = value.as_str().or_else(|| value.get("text")?.as_str())?;
    let done = value.get("completed").and_then(Value::as_bool).unwrap_or(false);
    Some((unnumbered(text), done))
}

/// A line of the check list.
fn check(line: &str) -> Option<(String, bool)> {
    let rest = line.trim_start().strip_prefix(['-', '*'])?.trim_start().strip_prefix('[')?;
    let (mark, text) = rest.split_once("] ")?;
    let done = match mark {
        "x" | "X" => true,
        " " => false,
        _ => return None,
    };
    Some((unnumbered(text.trim()), done))
}

fn unnumbered(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = if digits > 0 { text[digits..].strip_prefix(". ") } else { None };
    one_line(rest.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = "---\ncompleted_steps: 1\ntotal_steps: 2\nsteps:\n  - text: \"1. First step\"\n    completed: true\n  - text: \"2. Second: step\"\n    completed: false\n---\n\n# Progress Tracking\n\n- [x] 1. First step\n- [ ] 2. Second: step\n";

    #[test]
    fn what_is_written_is_read_back() {
        let mut progress = Progress::parse(SEED);
        assert_eq!(progress.steps, [("First step".to_owned(), true), ("Second: step".to_owned(), false)]);
        assert_eq!(progress.current(), Some((2, "Second: step")));
        assert_eq!(progress.mark(2), Some("Second: step"));
        assert_eq!(progress.mark(3), None);
        assert_eq!(Progress::parse(&progress.render()), progress);
        assert!(progress.render().ends_with("- [x] 1. First step\n- [x] 2. Second: step\n"));
    }

    #[test]
    fn a_box_ticked_by_hand_counts() {
        let ticked = SEED.replace("- [ ]", "- [x]");
        assert_eq!(Progress::parse(&ticked).done(), 2);
        assert_eq!(
            Progress::parse("- [X] 1. a\n* [ ] b\n").steps,
            [("a".to_owned(), true), ("b".to_owned(), false)]
        );
    }

    #[test]
    fn the_empty_file_of_january_is_written_as_it_was_read() {
        let empty = "---\ncompleted_steps: 0\ntotal_steps: 0\ncurrent_step: 0\nsteps: []\n---\n\n# Progress Tracking\n\nNo steps detected in plan.\n";
        assert_eq!(Progress::parse(empty).render(), empty);
    }
}
