//! The picture: cards by phase, with curves from what comes first to what builds on it. It is made of
//! links, so it works without scripts; `client/roadmap.js` adds arrow keys, zoom and selection.

use leptos::prelude::*;

use super::roadmap::to_node;
use crate::areas::{Card, Drawing, ObjectivePage, RoadmapNode};
use crate::components::{node_icon, node_tone, node_word, phase_icon, tone};

/// Characters of a line of a card.
const LINE: usize = 25;

pub(super) fn graph(page: &ObjectivePage) -> AnyView {
    let drawing = &page.drawing;
    let chosen = page.chosen.as_ref().map(|detail| detail.id.as_str());
    let bands = drawing.bands.iter().map(|band| {
        view! {
            <g class="band">
                <text x=band.x y="20" class="band-key">{format!("Phase {}", band.key)}</text>
                <text x=band.x y="36" class="band-name">{cut(&band.name, ((band.width / 7.0) as usize).max(24))}</text>
            </g>
        }
    });
    let done = |id: &str| page.node(id).is_some_and(|node| node.status.is_satisfied());
    let curves = drawing.curves.iter().map(|curve| {
        let near = chosen.is_some_and(|id| id == curve.from || id == curve.to);
        let class = match (near, done(&curve.from)) {
            (true, _) => "curve near",
            (_, true) => "curve open",
            _ => "curve",
        };
        view! { <path class=class d=curve.path.clone() data-from=curve.from.clone() data-to=curve.to.clone()></path> }
    });
    let cards =
        drawing.cards.iter().filter_map(|at| Some(card(page, drawing, at, page.node(&at.id)?, chosen)));
    let (width, height) = (format!("{:.0}", drawing.width), format!("{:.0}", drawing.height));
    view! {
        <section class="roadmap" aria-labelledby="graph-heading">
            <div class="roadmap-bar">
                <h2 id="graph-heading">"Roadmap"</h2>
                <a class="skip-graph" href="#nodes">"Skip the picture"</a>
                <div class="zoom" role="group" aria-label="Zoom">
                    <button type="button" class="button small" data-zoom="out" aria-label="Smaller">"−"</button>
                    <button type="button" class="button small" data-zoom="fit">"Fit"</button>
                    <button type="button" class="button small" data-zoom="full">"100 %"</button>
                    <button type="button" class="button small" data-zoom="in" aria-label="Larger">"+"</button>
                </div>
            </div>
            <div class="roadmap-scroll" id="roadmap" tabindex="-1" data-keep-scroll>
                <svg
                    class="roadmap-picture"
                    role="group"
                    aria-label="Nodes by phase"
                    width=width.clone()
                    height=height.clone()
                    viewBox=format!("0 0 {width} {height}")
                    data-width=width.clone()
                    data-height=height.clone()
                >
                    {bands.collect_view()}
                    <g class="curves" aria-hidden="true">{curves.collect_view()}</g>
                    {cards.collect_view()}
                </svg>
            </div>
        </section>
    }
    .into_any()
}

fn card(
    page: &ObjectivePage,
    drawing: &Drawing,
    at: &Card,
    node: &RoadmapNode,
    chosen: Option<&str>,
) -> AnyView {
    let current = (chosen == Some(node.id.as_str())).then_some("true");
    let (first, second) = lines(&node.description);
    let refs: Vec<String> = [&node.plan, &node.pr].into_iter().flatten().cloned().collect();
    let refs = if node.pr.is_some() { refs.last().cloned() } else { refs.first().cloned() };
    let (word, class, icon) = match &node.work {
        // What the plan does says more than "planning".
        Some(work) if !node.status.is_satisfied() => {
            (work.phase.label(), tone(work.phase), phase_icon(work.phase))
        }
        _ if node.ready => ("Ready", "waiting", node_icon(node.status)),
        _ => (node_word(node.status), node_tone(node.status), node_icon(node.status)),
    };
    let label = format!(
        "{} {}: {}{}",
        node.id,
        node.description,
        word,
        if node.waits_for.is_empty() {
            String::new()
        } else {
            format!(", waits for {}", node.waits_for.join(", "))
        }
    );
    let checks = node.work.as_ref().and_then(|work| work.pr.as_ref()).map(|pr| pr.checks);
    let checks = checks.and_then(|checks| match checks {
        checks if checks.failed > 0 => Some(("x-circle", "tone-failed")),
        checks if checks.pending > 0 => Some(("dot-fill", "tone-working")),
        checks if checks.passed > 0 => Some(("check", "tone-review")),
        _ => None,
    });
    let checks = checks.map(|(name, class)| {
        let x = format!("{:.0}", drawing.card_width - 22.0);
        view! { <use class=class href=format!("/icons.svg#{name}") x=x y="41" width="13" height="13"></use> }
    });
    view! {
        <g transform=format!("translate({} {})", at.x, at.y)><a
            class=format!("card tone-{class} is-{}{}", node.status.word(), if node.ready { " is-ready" } else { "" })
            id=format!("card-{}", node.id)
            href=to_node(page, &node.id)
            aria-current=current
            data-node=node.id.clone()
            data-needs=node.depends_on.join(" ")
        >
            <title>{label.clone()}</title>
            <rect class="card-box" width=drawing.card_width height=drawing.card_height rx="6"></rect>
            <rect class="card-edge" width="4" height=drawing.card_height rx="2"></rect>
            <text class="card-words" x="12" y="18">{first}</text>
            <text class="card-words" x="12" y="34">{second}</text>
            <use class="card-icon" href=format!("/icons.svg#{icon}") x="12" y="41" width="13" height="13"></use>
            <text class="card-state" x="29" y="52">{word}</text>
            <text class="card-id" x=format!("{:.0}", drawing.card_width - if checks.is_some() { 28.0 } else { 8.0 }) y="52">
                {refs.map(|text| format!("{text} · ")).unwrap_or_default()} {node.id.clone()}
            </text>
            {checks}
        </a></g>
    }
    .into_any()
}

/// A description on two lines.
fn lines(text: &str) -> (String, String) {
    let mut first = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        let long = first.chars().count() + word.chars().count() + usize::from(!first.is_empty());
        if long > LINE && !first.is_empty() {
            break;
        }
        if !first.is_empty() {
            first.push(' ');
        }
        first.push_str(word);
        words.next();
    }
    let rest: Vec<&str> = words.collect();
    (cut(&first, LINE), cut(&rest.join(" "), LINE))
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let short: String = text.chars().take(longest - 1).collect();
    format!("{}…", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_broken_between_words_and_cut() {
        let told = |text| lines(text);
        assert_eq!(told("Short"), ("Short".to_owned(), String::new()));
        assert_eq!(
            told("Read the configuration from a file and check every value in it"),
            ("Read the configuration".to_owned(), "from a file and check ev…".to_owned())
        );
        assert_eq!(told("Überlangeswortohneleerzeichendarin x").0, "Überlangeswortohneleerze…");
    }
}
