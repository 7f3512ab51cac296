//! The formats of plans and objectives, as the commands use them: thin over the domain.

use serde_json::{Map, Value, json};
use waymark_domain::block;

/// The fields of a JSON object.
fn mapping(data: &Value) -> Map<String, Value> {
    data.as_object().cloned().unwrap_or_default()
}

/// A metadata block under its warning line.
pub fn render(key: &str, data: &Value) -> String {
    block::render_with_warning(key, &mapping(data)).unwrap_or_default()
}

/// A field of the first readable block of a key.
pub fn field(text: &str, key: &str, name: &str) -> Option<Value> {
    block::first(text, key)?.get(name).filter(|value| !value.is_null()).cloned()
}

/// A scalar as the text that was written.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The text of a content block.
pub fn content(text: &str, key: &str) -> Option<String> {
    block::read(text).text(key).map(str::to_owned)
}

/// The text with fields of a block set; none when they have these values already, or there is no such block.
pub fn updated(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let changes: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, value)| known.get(name) != Some(value)).collect();
    if changes.is_empty() {
        return None;
    }
    block::update(text, key, &changes).ok().filter(|new| new != text)
}

/// The same for fields that are absent or null only.
pub fn filled(text: &str, key: &str, facts: &Value) -> Option<String> {
    let known = block::first(text, key)?;
    let gaps: Map<String, Value> =
        mapping(facts).into_iter().filter(|(name, _)| known.get(name).is_none_or(Value::is_null)).collect();
    updated(text, key, &Value::Object(gaps))
}

/// The first heading of a plan.
pub fn heading(plan: &str) -> Option<String> {
    plan.lines()
        .find_map(|line| line.strip_prefix("# "))
        .map(|title| title.trim().to_owned())
        .filter(|title| !title.is_empty())
}

/// The comments that hold a plan.
pub fn plan_comments(plan: &str) -> Vec<String> {
    vec![block::render_content("plan-body", plan).unwrap_or_default()]
}

/// The plan's text, out of its comments.
pub fn plan_text(_body: &str, named: Option<u64>, comments: &[(u64, &str)]) -> Option<String> {
    let first = comments.iter().find(|(id, _)| Some(*id) == named).or_else(|| comments.first())?;
    content(first.1, "plan-body").map(|text| text.trim().to_owned())
}

/// The plan's steps.
pub fn steps(plan: &str) -> Vec<String> {
    plan.lines()
        .filter_map(|line| {
            let (number, text) = line.split_once(". ")?;
            number.parse::<u32>().ok().map(|_| text.trim().to_owned())
        })
        .collect()
}

pub fn has_node(_body: &str, _node: &str) -> bool {
    false
}

pub fn node_registered(_body: &str, _node: &str, _issue: u64, _pr: u64) -> Option<String> {
    None
}

/// The steps of a plan and which of them are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub steps: Vec<(String, bool)>,
}

impl Progress {
    pub fn begin(steps: &[String], done: usize) -> Progress {
        Progress { steps: steps.iter().enumerate().map(|(n, text)| (text.clone(), n < done)).collect() }
    }

    pub fn parse(text: &str) -> Progress {
        let item = |line: &str| {
            let (done, rest) = match line.strip_prefix("- [x] ") {
                Some(rest) => (true, rest),
                None => (false, line.strip_prefix("- [ ] ")?),
            };
            Some((rest.split_once(". ").map_or(rest, |(_, text)| text).to_owned(), done))
        };
        Progress { steps: text.lines().filter_map(item).collect() }
    }

    pub fn done(&self) -> usize {
        self.steps.iter().filter(|(_, done)| *done).count()
    }

    /// The first step that is not done.
    pub fn current(&self) -> Option<(usize, &str)> {
        let at = self.steps.iter().position(|(_, done)| !done)?;
        Some((at + 1, &self.steps[at].0))
    }

    /// Marks a step and answers with its text.
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
            .map(|(n, (text, done))| format!("- [{}] {}. {text}", if *done { 'x' } else { ' ' }, n + 1))
    }

    pub fn render(&self) -> String {
        let list: Vec<String> = self.lines().collect();
        format!("---\ncompleted_steps: {}\n---\n\n# Progress Tracking\n\n{}\n", self.done(), list.join("\n"))
    }

    pub fn to_json(&self) -> Value {
        json!({"completed_steps": self.done(), "total_steps": self.steps.len()})
    }
}
