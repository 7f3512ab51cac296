//! What can be done to the plan: each action with its reason when it is refused. What destroys
//! something or cannot be taken back says so and asks once more, also without JavaScript.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use crate::address::address;
use crate::areas::{ActionKind, ActionOffer, PlanPage};
use crate::components::icon;

pub(super) fn actions(plan: &PlanPage) -> AnyView {
    let (open, refused): (Vec<_>, Vec<_>) = plan.actions.iter().partition(|offer| offer.refused.is_none());
    let first = open.iter().position(|offer| primary(plan.phase, offer.kind));
    let offers: Vec<_> = open
        .iter()
        .enumerate()
        .map(|(index, offer)| view! { <li>{self::offer(plan, offer, Some(index) == first)}</li> })
        .collect();
    let refused: Vec<_> = refused.iter().map(|offer| view! { <li>{self::refused(offer)}</li> }).collect();
    let refused = (!refused.is_empty()).then(|| {
        view! {
            <details class="refused" id="not-now">
                <summary>"Unavailable actions"</summary>
                <ul>{refused}</ul>
            </details>
        }
    });
    view! {
        <ul class="actions">{offers}</ul>
        {refused}
    }
    .into_any()
}

/// What leads on from a phase: nothing while somebody works, and starting over only where nothing goes on by
/// itself.
fn primary(phase: Phase, kind: ActionKind) -> bool {
    use ActionKind::{Approve, Continue, MarkReady, Merge, RerunFailed, Resubmit, Submit};
    match (phase, kind) {
        (Phase::Planning | Phase::Implementing, _) => false,
        (_, Resubmit) => phase == Phase::Stuck,
        (_, kind) => matches!(kind, Approve | Submit | Continue | MarkReady | Merge | RerunFailed),
    }
}

fn offer(plan: &PlanPage, offer: &ActionOffer, primary: bool) -> AnyView {
    let class = match (offer.destructive, primary) {
        (true, _) => "danger",
        (false, true) => "primary",
        (false, false) => "",
    };
    if offer.destructive || offer.kind == ActionKind::Merge {
        let now = format!("{} now", offer.label);
        return view! {
            <details class="confirm" id=format!("action-{}", slug(offer.kind))>
                <summary class=format!("button {class}")>
                    {(offer.kind == ActionKind::Merge).then(|| icon("git-merge"))}
                    {offer.label.clone()}
                </summary>
                <div class="confirm-body">
                    <p>{offer.effect.clone()}</p>
                    {form(plan, offer.kind, now, class)}
                </div>
            </details>
        }
        .into_any();
    }
    if matches!(offer.kind, ActionKind::Submit | ActionKind::Resubmit) {
        let to = address("/submit", [("plan", format!("{}/{}", plan.repo, plan.number).as_str())]);
        return view! {
            <a class=format!("button {class}") href=to>{offer.label.clone()}</a>
            <p class="help">{offer.effect.clone()}</p>
        }
        .into_any();
    }
    view! {
        {form(plan, offer.kind, offer.label.clone(), class)}
        <p class="help">{offer.effect.clone()}</p>
    }
    .into_any()
}

fn refused(offer: &ActionOffer) -> AnyView {
    let id = format!("refused-{}", slug(offer.kind));
    view! {
        <button type="button" class="button" disabled aria-describedby=id.clone()>{offer.label.clone()}</button>
        <p class="help" id=id>{offer.refused.clone()}</p>
    }
    .into_any()
}

fn form(plan: &PlanPage, kind: ActionKind, text: String, class: &'static str) -> AnyView {
    let methods = plan.pr.as_ref().map(|pr| pr.methods.clone()).unwrap_or_default();
    let method = match kind {
        ActionKind::Merge if !methods.is_empty() => Some(method(&methods)),
        ActionKind::ClosePlan => Some(reason()),
        _ => None,
    };
    view! {
        <form method="post" action="/do/act" class="action">
            <input type="hidden" name="repo" value=plan.repo.to_string()/>
            <input type="hidden" name="number" value=plan.number.to_string()/>
            <input type="hidden" name="action" value=slug(kind)/>
            {method}
            <button type="submit" class=format!("button {class}")>{text}</button>
        </form>
    }
    .into_any()
}

/// The merge methods that the repository allows; with one there is nothing to choose.
fn method(methods: &[String]) -> AnyView {
    if let [only] = methods {
        return view! { <input type="hidden" name="method" value=only.clone()/> }.into_any();
    }
    let options = methods.iter().map(|method| {
        let words = match method.as_str() {
            "merge" => "with a merge commit",
            "squash" => "squashed into one commit",
            "rebase" => "rebased",
            other => other,
        };
        view! { <option value=method.clone()>{words.to_owned()}</option> }
    });
    view! { <select name="method" aria-label="Way to merge">{options.collect_view()}</select> }.into_any()
}

/// Why a plan is closed, as GitHub knows reasons.
fn reason() -> AnyView {
    view! {
        <select name="method" aria-label="Reason">
            <option value="not_planned">"Not planned"</option>
            <option value="completed">"Completed"</option>
        </select>
    }
    .into_any()
}

fn slug(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Approve => "approve",
        ActionKind::Submit => "submit",
        ActionKind::Resubmit => "resubmit",
        ActionKind::Continue => "continue",
        ActionKind::Reopen => "reopen",
        ActionKind::MarkReady => "mark-ready",
        ActionKind::Merge => "merge",
        ActionKind::RerunFailed => "rerun-failed",
        ActionKind::CancelRun => "cancel-run",
        ActionKind::ClosePr => "close-pr",
        ActionKind::ClosePlan => "close-plan",
        ActionKind::Refresh => "refresh",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_sent_are_those_the_server_reads() {
        for kind in ActionKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("a unit variant serializes"), slug(kind));
        }
    }
}
