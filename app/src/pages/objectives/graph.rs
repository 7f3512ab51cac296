//! The picture: cards by phase, with curves from what comes first to what builds on it. It is made of
//! links, so it works without scripts; `client/roadmap.js` adds arrow keys, zoom and selection.

use leptos::prelude::*;

use super::roadmap::to_node;
use crate::areas::{Card, Drawing, ObjectivePage, RoadmapNode, Sketch};
use crate::components::{node_icon, node_tone, node_word, phase_icon, tone, words::count};

/// The room of a line of a card, in widths of a common letter.
const LINE: f64 = 23.5;
/// Letters of a state beside which a reference has room.
const LONGEST_WORD: usize = 12;

/// The picture of a roadmap that is not on GitHub yet: it leads nowhere.
pub(super) fn sketch(sketch: &Sketch) -> AnyView {
    let nodes = || sketch.phases.iter().flat_map(|phase| &phase.nodes);
    let number = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
    let phases = count(number(sketch.phases.len()), "phase");
    let label = format!("{phases} with {}", count(number(nodes().count()), "node"));
    let (width, height) = (format!("{:.0}", sketch.drawing.width), format!("{:.0}", sketch.drawing.height));
    let node = |id: &str| nodes().rfind(|node| node.id == id);
    view! {
        <div class="roadmap-scroll" tabindex="0" role="region" aria-label="The roadmap as it is drawn">
            <svg class="roadmap-picture" role="img" aria-label=label width=width.clone() height=height.clone() viewBox=format!("0 0 {width} {height}")>
                {parts(&sketch.drawing, None, &node, &|_| None)}
            </svg>
        </div>
    }
    .into_any()
}

/// The picture alone, as HTML.
pub fn picture(page: &ObjectivePage) -> String {
    graph(page).to_html()
}

pub(super) fn graph(page: &ObjectivePage) -> AnyView {
    let drawing = &page.drawing;
    let chosen = page.chosen.as_ref().map(|detail| detail.id.as_str());
    let (width, height) = (format!("{:.0}", drawing.width), format!("{:.0}", drawing.height));
    let parts = parts(drawing, chosen, &|id| page.node(id), &|id| Some(to_node(page, id)));
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
                    {parts}
                </svg>
            </div>
        </section>
    }
    .into_any()
}

/// Names of phases, curves and cards.
fn parts<'a>(
    drawing: &Drawing,
    chosen: Option<&str>,
    node: &dyn Fn(&str) -> Option<&'a RoadmapNode>,
    link: &dyn Fn(&str) -> Option<String>,
) -> AnyView {
    let bands = drawing.bands.iter().map(|band| {
        view! {
            <g class="band">
                <text x=band.x y="20" class="band-key">{format!("Phase {}", band.key)}</text>
                <text x=band.x y="36" class="band-name">{cut(&band.name, (band.width / 7.4).max(LINE))}</text>
            </g>
        }
    });
    let done = |id: &str| node(id).is_some_and(|node| node.status.is_satisfied());
    let curves = drawing.curves.iter().map(|curve| {
        let near = chosen.is_some_and(|id| id == curve.from || id == curve.to);
        let class = match (near, done(&curve.from)) {
            (true, _) => "curve near",
            (_, true) => "curve open",
            _ => "curve",
        };
        view! { <path class=class d=curve.path.clone() data-from=curve.from.clone() data-to=curve.to.clone()></path> }
    });
    let cards = drawing.cards.iter().filter_map(|at| {
        Some(card(drawing, at, node(&at.id)?, chosen == Some(at.id.as_str()), link(&at.id)))
    });
    view! {
        {bands.collect_view()}
        <g class="curves" aria-hidden="true">{curves.collect_view()}</g>
        {cards.collect_view()}
    }
    .into_any()
}

fn card(drawing: &Drawing, at: &Card, node: &RoadmapNode, chosen: bool, link: Option<String>) -> AnyView {
    let (first, second) = lines(&node.description);
    let refs: Vec<String> = [&node.plan, &node.pr].into_iter().flatten().cloned().collect();
    let refs = if node.pr.is_some() { refs.last().cloned() } else { refs.first().cloned() };
    let (word, class, icon) = match (&node.dispatch, &node.work) {
        (Some(dispatch), _) if dispatch.waits() => (dispatch.label(), "failed", "x-circle"),
        (Some(dispatch), _) => (dispatch.label(), "working", "dot-fill"),
        // What the plan does says more than "planning".
        (None, Some(work)) if !node.status.is_satisfied() => {
            (work.phase.label(), tone(work.phase), phase_icon(work.phase))
        }
        _ if node.ready => ("Ready", "waiting", node_icon(node.status)),
        _ => (node_word(node.status), node_tone(node.status), node_icon(node.status)),
    };
    // A long word takes the room of the reference, which the panel shows too.
    let refs = refs.filter(|_| word.len() <= LONGEST_WORD);
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
    let class =
        format!("card tone-{class} is-{}{}", node.status.word(), if node.ready { " is-ready" } else { "" });
    let inside = view! {
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
    };
    let place = format!("translate({} {})", at.x, at.y);
    match link {
        Some(link) => view! {
            <g transform=place><a
                class=class
                id=format!("card-{}", node.id)
                href=link
                aria-current=chosen.then_some("true")
                data-node=node.id.clone()
                data-needs=node.depends_on.join(" ")
            >
                {inside}
            </a></g>
        }
        .into_any(),
        None => view! { <g transform=place class=class>{inside}</g> }.into_any(),
    }
}

/// A description on two lines.
fn lines(text: &str) -> (String, String) {
    let mut first = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        let with = if first.is_empty() { (*word).to_owned() } else { format!("{first} {word}") };
        if room(&with) > LINE && !first.is_empty() {
            break;
        }
        first = with;
        words.next();
    }
    let rest: Vec<&str> = words.collect();
    (cut(&first, LINE), cut(&rest.join(" "), LINE))
}

fn cut(text: &str, longest: f64) -> String {
    if room(text) <= longest {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut used = width('…');
    for letter in text.chars() {
        used += width(letter);
        if used > longest {
            break;
        }
        short.push(letter);
    }
    format!("{}…", short.trim_end())
}

/// About how much room a text takes, in widths of a common letter.
fn room(text: &str) -> f64 {
    text.chars().map(width).sum()
}

fn width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | ' ' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | '('
        | ')' => 0.6,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 1.5,
        letter if letter.is_uppercase() || !letter.is_ascii() => 1.2,
        _ => 1.05,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_broken_between_words_and_cut() {
        let told = |text| lines(text);
        assert_eq!(told("Short"), ("Short".to_owned(), String::new()));
        let (first, second) = told("Read the configuration from a file and check every value in it");
        assert_eq!(first, "Read the configuration");
        assert!(second.starts_with("from a file and") && second.ends_with('…'), "{second}");
        for text in [&"W".repeat(40), &"i".repeat(90), "Überlangeswortohneleerzeichendarin x"] {
            let (first, _) = lines(text);
            assert!(first.ends_with('…') && room(&first) <= LINE, "{first}");
        }
    }
}
