//! `on`: what starts a workflow, and what it wants to be given.

use serde_json::Value;

use super::{
    super::{
        expression::Template,
        yaml::{Invalid, Kind, Node},
    },
    names,
    read::{fields, template},
};

#[derive(Debug, Clone, Default)]
pub struct Triggers {
    /// Inputs of `workflow_dispatch`.
    pub dispatch: Option<Vec<Input>>,
    pub call: Option<Call>,
    pub push: Option<PushFilter>,
    pub pull_request: Option<PullFilter>,
}

#[derive(Debug, Clone)]
pub struct Input {
    pub name: String,
    pub required: bool,
    pub kind: InputType,
    pub default: Option<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum InputType {
    Text,
    Flag,
    Number,
    Choice(Vec<String>),
}

/// `workflow_call`: what a caller gives, and gets.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub inputs: Vec<Input>,
    pub outputs: Vec<(String, Template)>,
    /// Name, and whether it is required.
    pub secrets: Vec<(String, bool)>,
}

/// Patterns, of which later ones overrule earlier ones; `!` excludes.
#[derive(Debug, Clone, Default)]
pub struct Patterns(pub Vec<String>);

#[derive(Debug, Clone, Default)]
pub struct PushFilter {
    pub branches: Option<Patterns>,
    pub branches_ignore: Option<Patterns>,
    pub tags: Option<Patterns>,
    pub paths: Option<Patterns>,
    pub paths_ignore: Option<Patterns>,
}

#[derive(Debug, Clone, Default)]
pub struct PullFilter {
    /// `opened`, `synchronize` and `reopened` unless given.
    pub types: Option<Vec<String>>,
    /// Of the base.
    pub branches: Option<Patterns>,
    pub branches_ignore: Option<Patterns>,
    pub paths: Option<Patterns>,
    pub paths_ignore: Option<Patterns>,
}

const EVENTS: &[&str] = &["workflow_dispatch", "workflow_call", "push", "pull_request"];

pub fn read(node: &Node) -> Result<Triggers, Invalid> {
    let mut on = Triggers::default();
    let nothing = Node { place: node.place, kind: Kind::Scalar { text: String::new(), plain: true } };
    if node.map().is_ok() {
        for (key, value) in fields(node, EVENTS)? {
            event(&mut on, &key.name, value)?;
        }
        return Ok(on);
    }
    for name in node.texts()? {
        if !EVENTS.contains(&name.as_str()) {
            return node.invalid(format!(
                "The sandbox does not know the event '{name}' (it knows: {})",
                EVENTS.join(", ")
            ));
        }
        event(&mut on, &name, &nothing)?;
    }
    Ok(on)
}

fn event(on: &mut Triggers, name: &str, node: &Node) -> Result<(), Invalid> {
    match name {
        "workflow_dispatch" => on.dispatch = Some(dispatch(node)?),
        "workflow_call" => on.call = Some(call(node)?),
        "push" => on.push = Some(push(node)?),
        _ => on.pull_request = Some(pull_request(node)?),
    }
    Ok(())
}

fn dispatch(node: &Node) -> Result<Vec<Input>, Invalid> {
    if node.is_null() {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    for (_, node) in fields(node, &["inputs"])? {
        all = inputs(node, &["string", "boolean", "number", "choice"])?;
    }
    Ok(all)
}

fn inputs(node: &Node, types: &[&str]) -> Result<Vec<Input>, Invalid> {
    let mut all = Vec::new();
    if node.is_null() {
        return Ok(all);
    }
    for (key, node) in node.map()? {
        let mut input =
            Input { name: key.name.clone(), required: false, kind: InputType::Text, default: None };
        let (mut default, mut kind, mut options) = (None, "string", Vec::new());
        let known = ["description", "required", "default", "type", "options", "deprecationMessage"];
        let entries = if node.is_null() { &[] } else { fields(node, &known)? };
        for (key, value) in entries {
            match key.name.as_str() {
                "required" => input.required = value.flag()?,
                "default" => default = Some(value),
                "options" => options = value.texts()?,
                "type" => {
                    kind = value.text()?;
                    if !types.contains(&kind) {
                        return value.invalid(format!("Unexpected value '{kind}'"));
                    }
                }
                _ => {
                    value.text()?;
                }
            }
        }
        input.kind = match kind {
            "boolean" => InputType::Flag,
            "number" => InputType::Number,
            "choice" => InputType::Choice(options),
            _ => InputType::Text,
        };
        if let Some(node) = default {
            let text = if node.is_null() { "" } else { node.text()? };
            if text.contains("${{") {
                return node.invalid("The sandbox does not know expressions in the default of an input");
            }
            let Some(value) = input.kind.read(text) else {
                return node.invalid(format!("The default '{text}' is not of type {kind}"));
            };
            input.default = Some(value);
        }
        all.push(input);
    }
    Ok(all)
}

impl InputType {
    /// A value of this type from the text of a dispatch; `None` when it is no such value.
    pub fn read(&self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::from(text)),
            Self::Flag => text.parse().ok().map(Value::Bool),
            Self::Number => text.parse::<f64>().ok().map(super::super::expression::value::of_number),
            Self::Choice(options) => options.iter().any(|o| o == text).then(|| Value::from(text)),
        }
    }

    /// What an input without value and default is.
    pub fn empty(&self) -> Value {
        match self {
            Self::Text | Self::Choice(_) => Value::from(""),
            Self::Flag => Value::Bool(false),
            Self::Number => Value::from(0),
        }
    }
}

fn call(node: &Node) -> Result<Call, Invalid> {
    let mut out = Call::default();
    if node.is_null() {
        return Ok(out);
    }
    for (key, node) in fields(node, &["inputs", "outputs", "secrets"])? {
        match key.name.as_str() {
            "inputs" => out.inputs = inputs(node, &["string", "boolean", "number"])?,
            "outputs" => {
                for (key, node) in node.map()? {
                    for (field, value) in fields(node, &["description", "value"])? {
                        if field.name == "value" {
                            out.outputs.push((key.name.clone(), template(value, names::CALL_OUTPUT)?));
                        }
                    }
                }
            }
            _ if node.is_null() => {}
            _ => {
                for (key, node) in node.map()? {
                    let mut required = false;
                    let entries =
                        if node.is_null() { &[] } else { fields(node, &["description", "required"])? };
                    for (field, value) in entries {
                        if field.name == "required" {
                            required = value.flag()?;
                        }
                    }
                    out.secrets.push((key.name.clone(), required));
                }
            }
        }
    }
    Ok(out)
}

fn push(node: &Node) -> Result<PushFilter, Invalid> {
    let mut out = PushFilter::default();
    if node.is_null() {
        return Ok(out);
    }
    for (key, node) in fields(node, &["branches", "branches-ignore", "tags", "paths", "paths-ignore"])? {
        let patterns = Some(patterns(node)?);
        match key.name.as_str() {
            "branches" => out.branches = patterns,
            "branches-ignore" => out.branches_ignore = patterns,
            "tags" => out.tags = patterns,
            "paths" => out.paths = patterns,
            _ => out.paths_ignore = patterns,
        }
    }
    Ok(out)
}

fn pull_request(node: &Node) -> Result<PullFilter, Invalid> {
    let mut out = PullFilter::default();
    if node.is_null() {
        return Ok(out);
    }
    for (key, node) in fields(node, &["types", "branches", "branches-ignore", "paths", "paths-ignore"])? {
        match key.name.as_str() {
            "types" => out.types = Some(node.texts()?),
            "branches" => out.branches = Some(patterns(node)?),
            "branches-ignore" => out.branches_ignore = Some(patterns(node)?),
            "paths" => out.paths = Some(patterns(node)?),
            _ => out.paths_ignore = Some(patterns(node)?),
        }
    }
    Ok(out)
}

/// Patterns of `*`, `**` and literal text; the other wildcards of GitHub are refused.
fn patterns(node: &Node) -> Result<Patterns, Invalid> {
    let all = node.texts()?;
    match all.iter().find(|p| p.contains(['?', '+', '[', ']'])) {
        Some(pattern) => {
            node.invalid(format!("The sandbox does not know the pattern '{pattern}' (it knows * and **)"))
        }
        None => Ok(Patterns(all)),
    }
}

impl Patterns {
    /// Whether the last pattern that matches is not one that excludes.
    pub fn matches(&self, text: &str) -> bool {
        self.0.iter().fold(false, |so_far, pattern| match pattern.strip_prefix('!') {
            Some(excluded) => so_far && !glob(excluded, text),
            None => so_far || glob(pattern, text),
        })
    }
}

/// `*` is anything but `/`, `**` anything at all.
fn glob(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix("**") {
        let rest = rest.strip_prefix('/').filter(|_| !text.is_empty()).unwrap_or(rest);
        return (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]));
    }
    if let Some(rest) = pattern.strip_prefix('*') {
        let end = text.find('/').unwrap_or(text.len());
        return (0..=end).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]));
    }
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some(p), Some(t)) if p == t => glob(&pattern[p.len_utf8()..], &text[t.len_utf8()..]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::yaml, *};

    fn on(text: &str) -> Result<Triggers, Invalid> {
        read(&yaml::read(text)?)
    }

    #[test]
    fn events_are_written_in_three_ways() {
        assert!(on("push").expect("valid").push.is_some());
        assert!(on("[push, pull_request]").expect("valid").pull_request.is_some());
        assert!(on("{workflow_dispatch: , push: {branches: [main]}}").expect("valid").dispatch.is_some());
        assert!(on("schedule").expect_err("refused").what.contains("'schedule'"));
        assert!(on("{schedule: }").expect_err("refused").what.contains("'schedule'"));
    }

    #[test]
    fn inputs_have_types() {
        let on = on("workflow_dispatch:\n  inputs:\n    a: {required: true}\n    b: {type: boolean, default: true}\n    c: {type: choice, options: [x, y]}\n")
            .expect("valid");
        let inputs = on.dispatch.expect("inputs");
        assert!(inputs[0].required && inputs[0].kind == InputType::Text);
        assert_eq!(inputs[1].default, Some(Value::Bool(true)));
        assert_eq!((inputs[2].kind.read("x"), inputs[2].kind.read("z")), (Some(Value::from("x")), None));
    }

    #[test]
    fn the_table_of_patterns() {
        for (patterns, text, is) in [
            (vec!["main"], "main", true),
            (vec!["main"], "mainly", false),
            (vec!["feature/*"], "feature/a", true),
            (vec!["feature/*"], "feature/a/b", false),
            (vec!["feature/**"], "feature/a/b", true),
            (vec!["*"], "a/b", false),
            (vec!["**"], "a/b", true),
            (vec!["**", "!plans/**"], "plans/a", false),
            (vec!["**/*.rs"], "a.rs", true),
            (vec!["**/*.rs"], "src/a.rs", true),
            (vec!["!a", "a"], "a", true),
        ] {
            let all = Patterns(patterns.iter().map(|p| (*p).to_owned()).collect());
            assert_eq!(all.matches(text), is, "{patterns:?} {text}");
        }
    }
}
