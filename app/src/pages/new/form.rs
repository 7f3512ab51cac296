//! The form of `/new`: plain fields that work without JavaScript.

use leptos::prelude::*;

use super::Surroundings;
use crate::areas::{Mode, NewForm, Problem};
use crate::components::{area_text, described_by, field, problem_of, text_field};
use crate::islands::{Combobox, Source};

pub(super) fn form(form: &NewForm, problems: &[Problem], around: &Surroundings) -> AnyView {
    let repo = combobox("repo", "Repository", Some("owner/name"), Source::Repositories, &form.repo, problems);
    let base = combobox(
        "base",
        "Base branch",
        Some("Empty for the default branch."),
        Source::Branches,
        &form.base,
        problems,
    );
    let instruction = instruction(&form.instruction, problem_of(problems, "instruction"));
    let draft = around.draft.clone().unwrap_or_default();
    let repositories = around
        .repositories
        .iter()
        .map(|(value, note)| view! { <option value=value.clone()>{note.clone()}</option> })
        .collect_view();
    let branches =
        around.branches.iter().map(|branch| view! { <option value=branch.clone()></option> }).collect_view();
    view! {
        <form method="post" action="/do/preview" class="stack" id="new-form" data-draft novalidate>
            <input type="hidden" name="draft" value=draft/>
            <div class="pair">{repo} {base}</div>
            {instruction}
            {templates(&around.templates)}
            {mode(form.mode)}
            {more(form, problems)}
            <div class="form-end">
                <button type="submit" class="button" formaction="/do/preview">"Preview"</button>
                <button type="submit" class="button primary" formaction="/do/dispatch" data-busy="Dispatching">
                    "Dispatch"
                </button>
                <output class="muted small draft-state"></output>
            </div>
            <datalist id="list-repo">{repositories}</datalist>
            <datalist id="list-base">{branches}</datalist>
        </form>
    }
    .into_any()
}

fn combobox(
    name: &'static str,
    label: &'static str,
    help: Option<&'static str>,
    source: Source,
    value: &str,
    problems: &[Problem],
) -> AnyView {
    let problem = problem_of(problems, name);
    let described = described_by(name, help.is_some(), problem).unwrap_or_default();
    let control = view! {
        <Combobox name=name.to_owned() value=value.to_owned() source described invalid=problem.is_some()/>
    };
    field(name, label, help, problem, control.into_any()).into_any()
}

fn instruction(text: &str, problem: Option<&Problem>) -> AnyView {
    let control = view! {
        <textarea
            id="field-instruction"
            name="instruction"
            rows="10"
            aria-invalid=problem.map(|_| "true")
            aria-describedby=described_by("instruction", true, problem)
            placeholder="Add a health endpoint that answers 200 with the version."
        >
            {area_text(text)}
        </textarea>
    };
    let help =
        "Markdown. What should change, where, and how one sees that it is done. At most 60,000 characters.";
    field("instruction", "Instruction", Some(help), problem, control.into_any()).into_any()
}

/// A button per template: pressed, its text comes after what is written.
fn templates(names: &[String]) -> Option<AnyView> {
    let buttons = names.iter().map(|name| {
        view! {
            <button type="submit" class="button small" formaction="/do/use-template" name="template" value=name.clone()>
                {name.replace('-', " ")}
            </button>
        }
    });
    (!names.is_empty()).then(|| {
        view! {
            <div class="templates" role="group" aria-labelledby="templates-heading">
                <span class="muted small" id="templates-heading">"Start from a template"</span>
                {buttons.collect_view()}
            </div>
        }
        .into_any()
    })
}

fn mode(mode: Mode) -> AnyView {
    let choice = move |value: &'static str, label: &'static str, help: &'static str, this: Mode| {
        let id = format!("mode-{value}");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    name="mode"
                    id=id.clone()
                    value=value
                    checked=mode == this
                    aria-describedby=format!("help-{id}")
                />
                <div>
                    <label for=id.clone()>{label}</label>
                    <p class="help" id=format!("help-{id}")>{help}</p>
                </div>
            </div>
        }
    };
    view! {
        <fieldset role="radiogroup" aria-labelledby="mode-legend" class="choices">
            <legend id="mode-legend">"Mode"</legend>
            {choice("one-shot", "One-shot", "Plan and implement without stopping.", Mode::OneShot)}
            {choice("plan-first", "Plan first", "Stop after planning, for a person to read, edit and approve.", Mode::PlanFirst)}
        </fieldset>
    }
    .into_any()
}

fn more(form: &NewForm, problems: &[Problem]) -> AnyView {
    let wrong = ["model", "objective", "node"].iter().any(|name| problem_of(problems, name).is_some());
    let filled = [&form.model, &form.objective, &form.node].iter().any(|text| !text.is_empty());
    let override_node = (problem_of(problems, "node").is_some() || form.override_node).then(|| {
        view! {
            <div class="choice">
                <input type="checkbox" name="override_node" id="override-node" value="true" checked=form.override_node/>
                <label for="override-node">"Dispatch although the node already runs or is done"</label>
            </div>
        }
    });
    view! {
        <details class="more" open=wrong || filled>
            <summary>"Model, objective and node"</summary>
            <div class="triple">
                {text_field("model", "Model", "Empty for the repository's default.", &form.model, problems)}
                {text_field("objective", "Objective", "Its issue number, if this belongs to one.", &form.objective, problems)}
                {text_field("node", "Node", "The node of the objective's roadmap, such as 1.2.", &form.node, problems)}
            </div>
            {override_node}
        </details>
    }
    .into_any()
}
