//! The strip of phases and the bar of filters.

use leptos::prelude::*;
use waymark_domain::lifecycle::Phase;

use super::columns::{Column, NAME};
use super::query::{SORTS, View};
use crate::areas::OverviewQuery;
use crate::components::{icon, phase_icon, tone};

/// Phases with their number of plans; each is a filter, and a chosen one is taken out again.
pub(super) fn phases(counts: &[(Phase, u32)], view: &View) -> AnyView {
    let query = &view.query;
    let items = words(counts).into_iter().map(|(phases, number)| {
        let chosen = phases.iter().any(|phase| query.phase.contains(phase));
        if number == 0 && !chosen {
            return None;
        }
        let mut next = OverviewQuery { page: 0, ..query.clone() };
        next.phase.retain(|other| !phases.contains(other));
        if !chosen {
            next.phase.extend(&phases);
        }
        let phase = *phases.last()?;
        Some(view! {
            <li id=format!("count-{}", phase.slug())>
                <a href=view.to(&next) class=format!("phase-count tone-{}", tone(phase)) aria-current=chosen.then_some("true")>
                    {icon(phase_icon(phase))}
                    <span>{phase.label()}</span>
                    <span class="tabular number">{number}</span>
                </a>
            </li>
        })
    });
    let all = OverviewQuery { phase: Vec::new(), page: 0, ..query.clone() };
    let clear = (!query.phase.is_empty())
        .then(|| view! { <li><a class="phase-count" href=view.to(&all)>"All phases"</a></li> });
    view! { <nav aria-label="Phases"><ul class="phase-strip" id="phases">{items.collect_view()} {clear}</ul></nav> }
    .into_any()
}

/// Phases that bear the same word, together.
fn words(counts: &[(Phase, u32)]) -> Vec<(Vec<Phase>, u32)> {
    let mut words: Vec<(Vec<Phase>, u32)> = Vec::new();
    for (phase, number) in counts {
        match words.iter_mut().find(|(phases, _)| phases[0].label() == phase.label()) {
            Some((phases, sum)) => {
                phases.push(*phase);
                *sum += number;
            }
            None => words.push((vec![*phase], *number)),
        }
    }
    words
}

/// Text, repository, author, label, sort; sent as a GET, so that the view has an address.
pub(super) fn bar(view: &View, signed_in: bool) -> AnyView {
    let query = &view.query;
    let hidden: Vec<_> = query
        .phase
        .iter()
        .map(|phase| view! { <input type="hidden" name="phase" value=phase.slug()/> })
        .collect();
    let objective = query
        .objective
        .map(|number| view! { <input type="hidden" name="objective" value=number.to_string()/> });
    let columns = view.chosen().map(|cols| view! { <input type="hidden" name=NAME value=cols/> });
    let reverse = query.reverse.then(|| view! { <input type="hidden" name="reverse" value="1"/> });
    let sorts = SORTS
        .map(|(slug, sort, words)| view! { <option value=slug selected=sort == query.sort>{words}</option> });
    let more = !query.author.is_empty() || !query.label.is_empty();
    let toggles = signed_in.then(|| {
        let needs = view.to(&OverviewQuery { needs: !query.needs, page: 0, ..query.clone() });
        let mine = view.to(&OverviewQuery { mine: !query.mine, page: 0, ..query.clone() });
        let kept_needs = query.needs.then(|| view! { <input type="hidden" name="needs" value="1"/> });
        let kept_mine = query.mine.then(|| view! { <input type="hidden" name="mine" value="1"/> });
        view! {
            {kept_needs} {kept_mine}
            <a class="button toggle" href=needs aria-current=query.needs.then_some("true")>"Needs attention"</a>
            <a class="button toggle" href=mine aria-current=query.mine.then_some("true")>"Mine"</a>
        }
    });
    let chips: Vec<_> = chips(query)
        .into_iter()
        .map(|(words, without)| {
            let label = format!("Remove filter: {words}");
            view! { <li><a class="chip" href=view.to(&without) aria-label=label>{words} {icon("x")}</a></li> }
        })
        .collect();
    let chips = (!chips.is_empty()).then(|| view! { <ul class="chips" aria-label="Filters">{chips}</ul> });
    view! {
        <form method="get" action="/" class="filters" id="filters" role="search" aria-label="Plans">
            {hidden} {objective} {columns} {reverse}
            <label class="sr" for="filter-q">"Search"</label>
            <input type="search" id="filter-q" name="q" value=query.q.clone() placeholder="Title, number, author, branch"/>
            <label class="sr" for="filter-repo">"In repository"</label>
            <input type="text" id="filter-repo" name="repo" value=query.repo.clone() placeholder="owner/name" autocomplete="off"/>
            <details class="menu" open=more id="more-filters">
                <summary class="button">"More"</summary>
                <div class="menu-body stack">
                    <div class="field">
                        <label for="filter-author">"Author"</label>
                        <input type="text" id="filter-author" name="author" value=query.author.clone()/>
                    </div>
                    <div class="field">
                        <label for="filter-label">"Label"</label>
                        <input type="text" id="filter-label" name="label" value=query.label.clone()/>
                    </div>
                </div>
            </details>
            <label class="sr" for="filter-sort">"Sort by"</label>
            <select id="filter-sort" name="sort">{sorts}</select>
            <button type="submit" class="button">"Filter"</button>
            {toggles}
        </form>
        {chips}
    }
    .into_any()
}

/// The columns to choose from, and the whole view as a file.
pub(super) fn tools(view: &View) -> AnyView {
    // What the form does not hold itself is kept: everything but the columns.
    let kept = view.without_columns("/");
    let kept = kept.split_once('?').map_or("", |(_, query)| query);
    let hidden: Vec<_> = crate::address::pairs(kept)
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let boxes = Column::ALL.map(|column| {
        view! {
            <label class="check">
                <input type="checkbox" name=NAME value=column.slug() checked=view.columns.has(column)/>
                {column.label()}
            </label>
        }
    });
    view! {
        <div class="view-tools">
            <details class="menu" id="columns" data-keep-open>
                <summary class="button small">"Columns"</summary>
                <form method="get" action="/" class="menu-body stack" aria-label="Columns">
                    {hidden}
                    <input type="hidden" name=NAME value="title"/>
                    {boxes}
                    <button type="submit" class="button small">"Show these"</button>
                </form>
            </details>
            <details class="menu" id="export">
                <summary class="button small">"Export"</summary>
                <ul class="menu-body menu-places">
                    <li><a href=view.without_columns("/export/plans.csv") download>"Export this view as CSV"</a></li>
                    <li><a href=view.without_columns("/export/plans.json") download>"Export this view as JSON"</a></li>
                </ul>
            </details>
        </div>
    }
    .into_any()
}

/// The filters in words, each with the query without it.
fn chips(query: &OverviewQuery) -> Vec<(String, OverviewQuery)> {
    let base = OverviewQuery { page: 0, ..query.clone() };
    let mut out = Vec::new();
    if !query.q.is_empty() {
        out.push((format!("“{}”", query.q), OverviewQuery { q: String::new(), ..base.clone() }));
    }
    if !query.repo.is_empty() {
        out.push((query.repo.clone(), OverviewQuery { repo: String::new(), ..base.clone() }));
    }
    if !query.author.is_empty() {
        out.push((format!("by {}", query.author), OverviewQuery { author: String::new(), ..base.clone() }));
    }
    if let Some(number) = query.objective {
        out.push((format!("objective #{number}"), OverviewQuery { objective: None, ..base.clone() }));
    }
    if !query.label.is_empty() {
        out.push((format!("label {}", query.label), OverviewQuery { label: String::new(), ..base }));
    }
    out
}
