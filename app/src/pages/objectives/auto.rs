//! Auto-start: whether nodes start by themselves, as whom, and the announced ones with a veto each.

use leptos::prelude::*;

use super::roadmap::{command, to_node};
use crate::areas::{AutoNode, AutoStart, AutoState, ObjectiveCommand, ObjectivePage};
use crate::components::{icon, until};
use crate::context::now;

pub(super) fn card(page: &ObjectivePage) -> Option<AnyView> {
    let controls = page.can_write && page.row.open;
    let inner = match &page.auto {
        None if !controls => return None,
        None => off(page),
        Some(auto) => on(page, auto, controls),
    };
    Some(
        view! {
            <section class="auto-start" id="auto-start" aria-labelledby="auto-heading" tabindex="-1">
                <h2 id="auto-heading">{icon("clock")} "Auto-start"</h2>
                {inner}
            </section>
        }
        .into_any(),
    )
}

/// What is announced, in a few words beside what is ready.
pub(super) fn announced(page: &ObjectivePage) -> Option<AnyView> {
    let auto = page.auto.as_ref().filter(|auto| !auto.paused)?;
    let count = auto.nodes.iter().filter(|node| node.state == AutoState::Announced).count();
    (count > 0).then(|| {
        let words = if count == 1 {
            "1 start is announced".to_owned()
        } else {
            format!("{count} starts are announced")
        };
        view! { <a href="#auto-start">{words}</a> }.into_any()
    })
}

fn off(page: &ObjectivePage) -> AnyView {
    view! {
        <p class="muted">"Off: nodes wait until somebody plans them. When it is on, nodes that become ready are announced and then start as you, unless somebody with write access says no."</p>
        {turn_on(page, 2, "Turn on", "button")}
    }
    .into_any()
}

fn on(page: &ObjectivePage, auto: &AutoStart, controls: bool) -> AnyView {
    let most = auto.most;
    let state = match (auto.paused, &auto.reason) {
        (false, _) => {
            view! { <p id="auto-state"><strong>"On"</strong> {format!(" as {}, at most {most} at a time.", auto.login)}</p> }.into_any()
        }
        (true, None) => {
            view! { <p id="auto-state"><strong>"Paused."</strong> {format!(" It was on as {}, at most {most} at a time.", auto.login)}</p> }.into_any()
        }
        (true, Some(reason)) => {
            view! { <p id="auto-state" class="notice problems">{icon("alert")} <span><strong>"Paused: "</strong> {reason.clone()}</span></p> }.into_any()
        }
    };
    let off = || act(page, &ObjectiveCommand::AutoOff, "Turn off", "button");
    let buttons = controls.then(|| match auto.paused {
        true => view! {
            <div class="row auto-controls">{turn_on(page, most, "Resume as you", "button primary")} {off()}</div>
        }
        .into_any(),
        false => view! {
            <div class="row auto-controls">
                {act(page, &ObjectiveCommand::AutoPause, "Pause", "button")}
                {off()}
            </div>
        }
        .into_any(),
    });
    let shown = auto.nodes.iter().filter(|node| node.state != AutoState::Started);
    let items: Vec<AnyView> = shown.map(|node| item(page, node, controls && !auto.paused)).collect();
    let list = (!items.is_empty()).then(|| view! { <ul class="auto-nodes" aria-label="Starts">{items}</ul> });
    let nothing = (list.is_none() && !auto.paused)
        .then(|| view! { <p class="muted small">"Nothing is announced now."</p> });
    view! { {state} {list} {nothing} {buttons} }.into_any()
}

fn item(page: &ObjectivePage, auto: &AutoNode, controls: bool) -> AnyView {
    let id = auto.node.clone();
    let veto = || act_on(page, &ObjectiveCommand::Veto { node: id.clone() }, &format!("Veto {id}"));
    let allow =
        || act_on(page, &ObjectiveCommand::Allow { node: id.clone() }, &format!("Announce {id} again"));
    let (words, button) = match &auto.state {
        AutoState::Announced if auto.due_at > now() => {
            (view! { "starts in " {until(auto.due_at)} }.into_any(), controls.then(veto))
        }
        AutoState::Announced => ("starts as soon as there is room".into_any(), controls.then(veto)),
        AutoState::Vetoed { who } => (format!("vetoed by {who}").into_any(), controls.then(allow)),
        AutoState::Held { why, dispatch: None } => {
            (format!("waits for you: {why}").into_any(), controls.then(allow))
        }
        AutoState::Held { why, dispatch: Some(id) } => {
            let to = format!("/dispatches/{id}");
            (
                view! { "waits for you: " {why.clone()} " " <a href=to>"Show its dispatch"</a> }.into_any(),
                None,
            )
        }
        AutoState::Started => ("has started".into_any(), None),
    };
    let description = page.node(&auto.node).map(|node| node.description.clone());
    view! {
        <li id=format!("auto-{}", auto.node)>
            <span class="auto-node">
                <a href=to_node(page, &auto.node)><span class="node-id">{auto.node.clone()}</span> " " {description}</a>
                " " <span class="muted small">{words}</span>
            </span>
            {button}
        </li>
    }
    .into_any()
}

fn act(page: &ObjectivePage, what: &ObjectiveCommand, words: &str, class: &'static str) -> AnyView {
    let chosen = page.chosen.as_ref().map(|chosen| chosen.id.as_str());
    command(page, what, chosen, words, class)
}

fn act_on(page: &ObjectivePage, what: &ObjectiveCommand, words: &str) -> AnyView {
    act(page, what, words, "button small")
}

fn turn_on(page: &ObjectivePage, most: u32, words: &'static str, class: &'static str) -> AnyView {
    view! {
        <form method="post" action="/do/objective" class="row auto-on">
            <input type="hidden" name="repo" value=page.row.repo.to_string()/>
            <input type="hidden" name="number" value=page.row.number.to_string()/>
            <input type="hidden" name="do" value="auto-on"/>
            <label for="auto-most">"At most at a time"</label>
            <input type="number" id="auto-most" name="most" min="1" max="50" required value=most.to_string()/>
            <button type="submit" class=class>{words}</button>
        </form>
    }
    .into_any()
}
