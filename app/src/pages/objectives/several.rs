//! `/{owner}/{repo}/objectives/{n}/plan?node=1.1&node=...`: several nodes at once: everything that will be
//! written, in the order in which it is dispatched. Looking writes nothing.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::address::pairs;
use crate::areas::{NewForm, Preview, Problem, ProblemKind, RepoName, Viewer};
use crate::commands::{Notice, nodes_address, notice};
use crate::components::{PageTitle, icon, notice_view, problem_page, words::count};
use crate::context::{areas, query, viewer};
use crate::pages::new::writes;

#[component]
pub(crate) fn SeveralRoute() -> impl IntoView {
    let params = use_params_map().get_untracked();
    let text = |name: &str| params.get(name).unwrap_or_default();
    let repo = RepoName::parse(&format!("{}/{}", text("owner"), text("repo")));
    let number = text("number").parse::<i64>().ok().filter(|number| *number > 0);
    crate::pages::page(async move {
        let (Some(repo), Some(number)) = (repo, number) else {
            return problem_page(Problem::new(ProblemKind::NotFound, "There is no page at this address."));
        };
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Only who is signed in can plan nodes.",
            ));
        };
        let nodes: Vec<String> = pairs(&query())
            .into_iter()
            .filter(|(name, value)| name == "node" && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        let forms = match areas().objectives.forms(&viewer, &repo, number, &nodes).await {
            Ok(forms) => forms,
            Err(problem) => return problem_page(problem),
        };
        let previews = previews(&viewer, &forms).await;
        let batch = areas().dispatches.batch_id();
        view_of(&repo, number, &forms, &previews, &batch, &notice())
    })
}

async fn previews(viewer: &Viewer, forms: &[NewForm]) -> Vec<Result<Preview, Vec<Problem>>> {
    let dispatches = areas().dispatches;
    let mut made = Vec::with_capacity(forms.len());
    for form in forms {
        made.push(dispatches.preview(viewer, form).await);
    }
    made
}

fn view_of(
    repo: &RepoName,
    number: i64,
    forms: &[NewForm],
    previews: &[Result<Preview, Vec<Problem>>],
    batch: &str,
    notice: &Notice,
) -> AnyView {
    let ready = previews.iter().filter(|preview| preview.is_ok()).count();
    let length = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let all: usize = previews.iter().flatten().map(|preview| preview.writes.len()).sum();
    let state = if ready == forms.len() {
        format!(
            "{} in this order, one node after the other. Nothing has been written yet.",
            count(length(all), "write")
        )
    } else {
        format!(
            "{ready} of {} can be planned. Leave the others out, or settle what is in the way.",
            forms.len()
        )
    };
    let back = format!("/{repo}/objectives/{number}");
    let items = forms.iter().zip(previews).map(|(form, preview)| node(repo, number, forms, form, preview));
    let label = format!("Plan {}", count(length(forms.len()), "node"));
    view! {
        <PageTitle text="Plan nodes"/>
        <main id="main" class="page form-page" tabindex="-1">
            <p class="crumbs"><a href=back>{format!("{repo} #{number}")}</a></p>
            <h1>{label.clone()}</h1>
            {notice_view(notice)}
            <p class="notice hint" id="readiness">{icon(if ready == forms.len() { "check" } else { "info" })} <span>{state}</span></p>
            <form method="post" action="/do/plan-nodes" class="stack" id="plan-nodes">
                <input type="hidden" name="batch" value=batch.to_owned()/>
                <input type="hidden" name="repo" value=repo.to_string()/>
                <input type="hidden" name="number" value=number.to_string()/>
                <input type="hidden" name="nodes" value=names(forms)/>
                <ol class="submit-plans">{items.collect_view()}</ol>
                <div class="form-end">
                    <button type="submit" class="button primary" data-busy="Planning" disabled={ready != forms.len()}>{label}</button>
                </div>
            </form>
        </main>
    }
    .into_any()
}

fn names(forms: &[NewForm]) -> String {
    forms.iter().map(|form| form.node.as_str()).collect::<Vec<_>>().join(" ")
}

fn node(
    repo: &RepoName,
    number: i64,
    forms: &[NewForm],
    form: &NewForm,
    preview: &Result<Preview, Vec<Problem>>,
) -> AnyView {
    let title = form.instruction.lines().next().unwrap_or_default().to_owned();
    let others: Vec<String> =
        forms.iter().filter(|other| other.node != form.node).map(|other| other.node.clone()).collect();
    let leave = (!others.is_empty()).then(|| {
        let to = nodes_address(repo, number, &others);
        view! { <a class="small" href=to aria-label=format!("Leave out {}", form.node)>"Leave out"</a> }
    });
    let shown = match preview {
        Ok(preview) => view! {
            <details class="preview">
                <summary>{format!("What will be written: {}", count(i64::try_from(preview.writes.len()).unwrap_or(i64::MAX), "write"))}</summary>
                {writes(preview)}
            </details>
        }
        .into_any(),
        Err(problems) => {
            let lines = problems.iter().map(|problem| view! { <li>{icon("alert")} <span>{problem.message.clone()}</span></li> });
            view! { <ul class="remarks">{lines.collect_view()}</ul> }.into_any()
        }
    };
    view! {
        <li class="submit-plan" id=format!("plan-{}", form.node)>
            <div class="row">
                <h2><span class="node-id">{form.node.clone()}</span> " " {title}</h2>
                {leave}
            </div>
            {shown}
        </li>
    }
    .into_any()
}
