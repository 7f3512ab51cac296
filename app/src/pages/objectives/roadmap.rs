//! `/{owner}/{repo}/objectives/{n}`: the roadmap as a picture and as a list, with a panel for the node
//! that the address chooses.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{auto, findings, graph, list, panel, table};
use crate::address::{address, value};
use crate::areas::{
    DispatchState, DispatchView, ObjectiveCommand, ObjectivePage, Problem, ProblemKind, RepoName,
};
use crate::commands::{Notice, notice};
use crate::components::{PageTitle, ago, icon, markdown, notice_view, problem_page, stopped_badge};
use crate::context::{areas, query, viewer};

#[component]
pub(crate) fn ObjectiveRoute() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")));
    let number = text("number").parse::<i64>().ok().filter(|number| *number > 0);
    crate::pages::page(async move {
        let (Some(repo), Some(number)) = (repo, number) else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let viewer = viewer();
        let notice = notice();
        let node = value(&query(), "node");
        let page = areas().objectives.objective(viewer.as_ref(), &repo, number, node.as_deref()).await;
        match page {
            Ok(page) => {
                let dispatches = areas().dispatches.of_plan(&repo, number).await.unwrap_or_default();
                let stopped = dispatches.into_iter().find(|one| one.state == DispatchState::Stopped);
                view_of(&page, &notice, viewer.is_some(), stopped.filter(|_| page.can_write).as_ref())
            }
            Err(problem) => problem_page(problem),
        }
    })
}

fn view_of(
    page: &ObjectivePage,
    notice: &Notice,
    signed_in: bool,
    stopped: Option<&DispatchView>,
) -> AnyView {
    let row = &page.row;
    let repo = row.repo.to_string();
    let stale = page.stale.clone().map(|why| {
        view! { <p class="notice hint" role="status">{icon("clock")} <span>{why} " This is the copy of " {ago(row.as_of)} "."</span></p> }
    });
    let unreadable = row.unreadable.clone().map(|why| {
        view! { <p class="notice problems">{icon("alert")} <span><strong>"The roadmap cannot be shown: "</strong>{why}</span></p> }
    });
    let stopped = stopped.map(|dispatch| {
        view! {
            <p class="notice problems" id="stopped">
                {icon("alert")}
                <span>
                    "Writing this objective to GitHub stopped before everything was there. "
                    <a href=format!("/dispatches/{}", dispatch.id)>"Resume or undo it"</a>
                </span>
            </p>
        }
    });
    let chosen = page.chosen.as_ref().and_then(|detail| Some((page.node(&detail.id)?, detail)));
    let has_nodes = page.nodes().next().is_some();
    let prose = (!page.prose.is_empty()).then(|| {
        view! {
            <details class="prose" open=!has_nodes id="prose">
                <summary>"About this objective"</summary>
                {markdown(&page.prose)}
            </details>
        }
    });
    view! {
        <PageTitle text=format!("{} #{}", row.title, row.number)/>
        <main
            id="main"
            class="page objective"
            tabindex="-1"
            data-live
            data-repo=repo.clone()
            data-objective=row.number.to_string()
        >
            <header class="objective-head">
                <p class="crumbs">
                    <a href=address("/objectives", [("repo", repo.as_str())])>{repo.clone()}</a>
                    <span aria-hidden="true">"/"</span>
                    <a href=page.url.clone()>{format!("#{}", row.number)} <span class="away">{icon("link-external")} <span class="sr">" on GitHub"</span></span></a>
                </p>
                <div class="page-head">
                    <h1>{row.title.clone()}</h1>
                    {edit(page)}
                </div>
                <p class="row objective-facts">
                    {list::progress(row)}
                    {list::sparkline(&row.statuses)}
                    <span class="muted">"Changed " {ago(row.changed_at)}</span>
                    {(!row.open).then(|| view! { <span class="tag">"Closed"</span> })}
                </p>
            </header>
            {notice_view(notice)}
            {stale}
            {unreadable}
            {stopped}
            {next_step(page, signed_in)}
            {prose}
            {has_nodes.then(|| view! {
                <div class="roadmap-area" class:with-panel=chosen.is_some()>
                    {graph::graph(page)}
                    {chosen.map(|(node, detail)| panel::panel(page, node, detail))}
                </div>
            })}
            // Below the picture, which must not move when something is found.
            {findings::findings(page)}
            {has_nodes.then(|| auto::card(page))}
            {has_nodes.then(|| table::table(page))}
        </main>
    }
    .into_any()
}

/// The way to edit it, or first to upgrade it, for those who may write.
fn edit(page: &ObjectivePage) -> Option<AnyView> {
    let (to, words) = match (page.older, page.row.unreadable.is_some()) {
        _ if !page.can_write => return None,
        (_, true) => return None,
        (true, _) => ("upgrade", "Upgrade roadmap"),
        (false, _) => ("edit", "Edit objective"),
    };
    let to = format!("{}/{to}", page.row.path());
    Some(view! { <a class="button page-act" href=to>{words}</a> }.into_any())
}

/// What can be done now: what became ready, or that nothing is left.
fn next_step(page: &ObjectivePage, signed_in: bool) -> Option<AnyView> {
    let row = &page.row;
    if page.complete && row.open {
        let close = page
            .can_write
            .then(|| command(page, &ObjectiveCommand::Close, None, "Close objective", "button primary"));
        return Some(
            view! {
                <div class="notice done next-step">
                    {icon("check-circle")}
                    <span>"Every node is done or skipped. Closing the objective closes its issue on GitHub."</span>
                    {close}
                </div>
            }
            .into_any(),
        );
    }
    let ready: Vec<_> = page.nodes().filter(|node| node.ready).collect();
    if page.nodes().next().is_none() || !signed_in || !row.open {
        return None;
    }
    if ready.is_empty() {
        // The line stays, so that nothing below it moves.
        let words = "Nothing is ready to plan now.";
        return Some(
            view! {
                <div class="next-step row" id="ready">
                    {stopped_nodes(page)}
                    <span class="muted">{words}</span>
                    {auto::announced(page)}
                </div>
            }
            .into_any(),
        );
    }
    let links = ready.iter().take(8).map(|node| {
        view! { <li><a class="chip" href=to_node(page, &node.id) title=node.description.clone()>{node.id.clone()}</a></li> }
    });
    let more = ready.len().saturating_sub(8);
    let ids: Vec<String> = ready.iter().map(|node| node.id.clone()).collect();
    let all = (page.can_write && ids.len() > 1).then(|| {
        let to = crate::commands::nodes_address(&row.repo, row.number, &ids);
        view! { <a class="button small" href=to>"Plan all that are ready"</a> }
    });
    Some(
        view! {
            <div class="next-step row" id="ready">
                {stopped_nodes(page)}
                <span>"Ready to plan:"</span>
                <ul class="chips" aria-label="Nodes that are ready">{links.collect_view()}</ul>
                {(more > 0).then(|| view! { <span class="muted">"and " {more} " more"</span> })}
                {auto::announced(page)}
                {all}
            </div>
        }
        .into_any(),
    )
}

/// The nodes whose dispatch stopped, each with the way to its dispatch.
fn stopped_nodes(page: &ObjectivePage) -> Option<AnyView> {
    let stopped =
        page.nodes().filter_map(|node| Some((node, node.dispatch.as_ref().filter(|it| it.waits())?)));
    let links: Vec<_> = stopped
        .map(|(node, dispatch)| {
            let label = format!("Resume or undo the dispatch of {}", node.id);
            view! {
                <li><a class="chip" href=format!("/dispatches/{}", dispatch.id) title=label.clone() aria-label=label>{node.id.clone()}</a></li>
            }
        })
        .collect();
    (!links.is_empty()).then(|| {
        view! {
            {stopped_badge()}
            <ul class="chips" aria-label="Nodes whose dispatch stopped">{links}</ul>
        }
        .into_any()
    })
}

/// The address at which a node is chosen.
pub(super) fn to_node(page: &ObjectivePage, id: &str) -> String {
    address(&page.row.path(), [("node", id)])
}

/// A button that carries out a command.
pub(super) fn command(
    page: &ObjectivePage,
    command: &ObjectiveCommand,
    node: Option<&str>,
    words: &str,
    class: &'static str,
) -> AnyView {
    let (action, field) = match command {
        ObjectiveCommand::Refresh => ("refresh", None),
        ObjectiveCommand::Close => ("close", None),
        ObjectiveCommand::Mend { mend } => ("mend", Some(("mend", mend.clone()))),
        ObjectiveCommand::AutoOn { most } => ("auto-on", Some(("most", most.to_string()))),
        ObjectiveCommand::AutoPause => ("auto-pause", None),
        ObjectiveCommand::AutoOff => ("auto-off", None),
        ObjectiveCommand::Veto { node } => ("veto", Some(("node", node.clone()))),
        ObjectiveCommand::Allow { node } => ("allow", Some(("node", node.clone()))),
    };
    let back = node.map(|node| to_node(page, node));
    view! {
        <form method="post" action="/do/objective">
            <input type="hidden" name="repo" value=page.row.repo.to_string()/>
            <input type="hidden" name="number" value=page.row.number.to_string()/>
            <input type="hidden" name="do" value=action/>
            {field.map(|(name, value)| view! { <input type="hidden" name=name value=value/> })}
            {back.map(|back| view! { <input type="hidden" name="back" value=back/> })}
            <button type="submit" class=class>{words.to_owned()}</button>
        </form>
    }
    .into_any()
}
