//! The lifecycle as a stepper, with the time spent in each phase and the evidence for it.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use crate::areas::{Evidence, Mode, Stage, StageState};
use crate::components::{ago, icon, lasted, phase_icon, tone};

/// The stepper, and under it why the plan is in its phase.
pub(in crate::pages) fn stepper(stages: &[Stage], phase: Phase, evidence: &[Evidence]) -> AnyView {
    let items = stages.iter().enumerate().map(|(index, stage)| {
        let state = match stage.state {
            StageState::Done => "done",
            StageState::Current => "current",
            StageState::Ahead => "ahead",
        };
        let name = if stage.state == StageState::Done { "check" } else { phase_icon(stage.phase) };
        let word = match stage.state {
            StageState::Done => ", done",
            StageState::Current => "",
            StageState::Ahead => ", ahead",
        };
        let ended = stage.left_at.or(stage.entered_at.filter(|_| stage.phase.is_final()));
        view! {
            <li
                class=format!("stage {state} tone-{}", tone(stage.phase))
                id=format!("stage-{}", place(index, stage.phase))
                aria-current=(stage.state == StageState::Current).then_some("step")
            >
                <span class="stage-mark">{icon(name)}</span>
                <span class="stage-name" title=stage.phase.detail()>{stage.phase.label()} <span class="sr">{word}</span></span>
                {(!stage.phase.is_final()).then(|| lasted(stage.entered_at, ended))}
            </li>
        }
    });
    view! {
        <section id="lifecycle" class="lifecycle" aria-labelledby="lifecycle-heading">
            <h2 id="lifecycle-heading" class="sr">"Lifecycle"</h2>
            <ol class="stages" aria-label="Lifecycle">{items.collect_view()}</ol>
            {why(stages, phase, evidence)}
        </section>
    }
    .into_any()
}

/// What a stage is known by: it stays the same while a plan moves on within the queue.
fn place(index: usize, phase: Phase) -> String {
    match phase {
        Phase::Prompted | Phase::Submitted | Phase::Dispatched => format!("queued-{index}"),
        _ => phase.slug().to_owned(),
    }
}

fn why(stages: &[Stage], phase: Phase, evidence: &[Evidence]) -> Option<AnyView> {
    let earlier: Vec<_> = stages
        .iter()
        .filter(|stage| stage.phase != phase && !stage.evidence.is_empty())
        .map(|stage| {
            view! { <h3>{stage.phase.label()}</h3> {facts(&stage.evidence)} }
        })
        .collect();
    (!evidence.is_empty() || !earlier.is_empty()).then(|| {
        view! {
            <details class="why" id="why">
                <summary>"Why “" {phase.label()} "”"</summary>
                {facts(evidence)}
                {earlier}
            </details>
        }
        .into_any()
    })
}

fn facts(evidence: &[Evidence]) -> AnyView {
    let items = evidence.iter().map(|fact| {
        let text = match &fact.url {
            Some(url) => view! { <a href=url.clone()>{fact.fact.clone()}</a> }.into_any(),
            None => fact.fact.clone().into_any(),
        };
        let at = fact.at.map(|at| view! { ", " {ago(at)} });
        view! {
            <li>
                {text}
                <span class="muted small">" · " {fact.source.clone()} {at} ", seen " {ago(fact.seen_at)}</span>
            </li>
        }
    });
    view! { <ul class="facts">{items.collect_view()}</ul> }.into_any()
}

/// What is shown while the dispatch has not yet made the issue, or stopped before: the stages that the plan's
/// page goes on with. `current` is the phase of the dispatch.
pub(in crate::pages) fn stages_before_issue(mode: Mode, current: Phase, since: i64) -> Vec<Stage> {
    let stopped = (current == Phase::Stopped).then_some(Phase::Stopped);
    let approval = (mode == Mode::PlanFirst).then_some(Phase::NeedsApproval);
    let begin = [Phase::Prompted].into_iter().chain(stopped).chain([Phase::Planning]);
    let path = begin.chain(approval).chain([Phase::Implementing, Phase::Complete, Phase::Merged]);
    path.map(|phase| Stage {
        phase,
        state: match phase {
            _ if phase == current => StageState::Current,
            Phase::Prompted => StageState::Done,
            _ => StageState::Ahead,
        },
        entered_at: (phase == Phase::Prompted && phase == current).then_some(since),
        left_at: None,
        evidence: Vec::new(),
    })
    .collect()
}
