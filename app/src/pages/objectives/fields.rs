//! The fields of an objective: title, description, roadmap; and what arranges its nodes. They work without
//! scripts; `client/outline.js` has the roadmap checked while it is typed.

use leptos::prelude::*;
use waymark_domain::roadmap::outline::{self, Outline};

use crate::address::value;
use crate::areas::{ObjectiveForm, Problem};
use crate::components::{area_text, described_by, field, icon, problem_of, words::count};
use crate::context::query;

/// How many faults of a roadmap are listed.
const SHOWN: usize = 20;

/// Title, description and roadmap. `words` are the help of the description; nothing where it is not kept in
/// a place of its own.
pub(super) fn texts(form: &ObjectiveForm, problems: &[Problem], words: Option<&'static str>) -> AnyView {
    let problem = problem_of(problems, "title");
    let title = view! {
        <input
            type="text"
            id="field-title"
            name="title"
            value=form.title.clone()
            autocomplete="off"
            aria-invalid=problem.map(|_| "true")
            aria-describedby=described_by("title", false, problem)
        />
    };
    let title = field("title", "Title", None, problem, title.into_any());
    let prose = words.map(|words| {
        let problem = problem_of(problems, "prose");
        let rows = form.prose.lines().count().clamp(6, 20).to_string();
        let area = view! {
            <textarea
                id="field-prose"
                name="prose"
                rows=rows
                aria-invalid=problem.map(|_| "true")
                aria-describedby=described_by("prose", true, problem)
            >
                {area_text(&form.prose)}
            </textarea>
        };
        field("prose", "Description", Some(words), problem, area.into_any())
    });
    view! { {title} {prose} {roadmap(form, problems)} }.into_any()
}

fn roadmap(form: &ObjectiveForm, problems: &[Problem]) -> AnyView {
    let problem = problem_of(problems, "outline");
    let rows = (form.outline.lines().count() + 2).clamp(10, 30).to_string();
    let described = described_by("outline", true, problem);
    let error = problem.map(|problem| {
        view! { <p class="error" id="error-outline">{icon("alert")} <span>{problem.message.clone()}</span></p> }
    });
    view! {
        <div class="field" class:wrong=problem.is_some()>
            <label for="field-outline">"Roadmap"</label>
            <p class="help" id="help-outline">
                "A phase is a heading, a node is a line. " <code>"(after 1.1, 1.2)"</code>
                " says what a node waits for, " <code>"(after nothing)"</code>
                " that it waits for none; as long as no line says so, each node waits for the one before it."
            </p>
            <textarea
                id="field-outline"
                name="outline"
                rows=rows
                spellcheck="false"
                data-check-outline
                aria-invalid=problem.map(|_| "true")
                aria-describedby=described
                placeholder="### Phase 1: Groundwork\n- 1.1 Agree on the names\n- 1.2 Write them down (after 1.1)\n\n### Phase 2: Launch\n- 2.1 Tell everybody (after 1.2)"
            >
                {area_text(&form.outline)}
            </textarea>
            {error}
            <div class="outline-check" id="outline-check" role="status">{outline_check(&form.outline)}</div>
        </div>
    }
    .into_any()
}

/// What there is to say about an outline: its faults with their lines, or what it holds.
pub(crate) fn outline_check(text: &str) -> Option<AnyView> {
    if text.trim().is_empty() {
        return None;
    }
    let Outline { roadmap, remarks } = outline::read(text);
    if remarks.is_empty() {
        let number = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let phases = count(number(roadmap.phases.len()), "phase");
        let nodes = count(number(roadmap.nodes.len()), "node");
        let first: Vec<&str> = roadmap.unblocked().into_iter().map(|node| node.id.as_str()).collect();
        let words = format!("{phases}, {nodes}. Ready from the start: {}.", first.join(", "));
        return Some(view! { <p class="muted">{icon("check")} <span>{words}</span></p> }.into_any());
    }
    let more = remarks.len().saturating_sub(SHOWN);
    let items = remarks.iter().take(SHOWN).map(|remark| {
        let line = remark.line.map(|line| {
            view! { <a href="#field-outline" data-line=line.to_string()>{format!("Line {line}")}</a> ": " }
        });
        view! { <li class="blocking">{icon("alert")} <span>{line}{remark.message.clone()}"."</span></li> }
    });
    let more = (more > 0).then(|| view! { <li>"And " {more} " more."</li> });
    Some(view! { <ul class="remarks">{items.collect_view()} {more}</ul> }.into_any())
}

/// What moves and splits nodes. `node` is the one that was arranged last.
pub(super) fn arrange(form: &ObjectiveForm, node: Option<&str>) -> AnyView {
    let roadmap = outline::read(&form.outline).roadmap;
    let nodes = roadmap.in_order().map(|node| {
        view! { <option value=node.id.clone()>{node.description.clone()}</option> }
    });
    let phases = roadmap.phases.iter().map(|phase| {
        view! { <option value=phase.key.to_string()>{phase.name.clone()}</option> }
    });
    let typed = |name: &str| value(&query(), name).unwrap_or_default();
    let button = |how: &'static str, words: &'static str| {
        view! { <button type="submit" class="button" id=format!("arrange-{how}") formaction="/do/arrange-objective" name="how" value=how>{words}</button> }
    };
    view! {
        <details class="more" id="arrange" open=node.is_some()>
            <summary>"Move or split a node"</summary>
            <div class="stack">
                <div class="field narrow">
                    <label for="field-node">"Node"</label>
                    <input type="text" id="field-node" name="node" list="arrange-nodes" value=node.unwrap_or_default().to_owned() autocomplete="off" aria-describedby="help-node"/>
                    <datalist id="arrange-nodes">{nodes.collect_view()}</datalist>
                    <p class="help" id="help-node">"Its id, such as 1.2. What waits for it follows it."</p>
                </div>
                <div class="form-end">{button("up", "Move up")} {button("down", "Move down")}</div>
                <div class="row">
                    <label for="field-phase">"Phase"</label>
                    <input type="text" id="field-phase" name="phase" class="short" list="arrange-phases" value=typed("phase") autocomplete="off"/>
                    <datalist id="arrange-phases">{phases.collect_view()}</datalist>
                    {button("into", "Move into the phase")}
                </div>
                <div class="field">
                    <label for="field-parts">"Split into"</label>
                    <textarea id="field-parts" name="parts" rows="3" aria-describedby="help-parts">{area_text(&typed("parts"))}</textarea>
                    <p class="help" id="help-parts">"One line for each node that comes of it. The first keeps the id; each waits for the one before it."</p>
                </div>
                <div class="form-end">{button("split", "Split the node")}</div>
            </div>
        </details>
    }
    .into_any()
}
