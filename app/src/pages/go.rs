//! `/go?to=`: from a number, a branch, a pull request, a run or an address to its plan. With one
//! answer the browser is sent there; otherwise the page shows what there is, or what can be typed.

use leptos::prelude::*;

use crate::address::{address, value};
use crate::areas::PlanRow;
use crate::components::{PageTitle, icon, phase_badge, problem_page};
use crate::context::{areas, query, see_other, set_status, viewer};

#[component]
pub(crate) fn GoPage() -> impl IntoView {
    super::page(async {
        let to = value(&query(), "to").map(|to| to.trim().to_owned()).unwrap_or_default();
        if to.is_empty() {
            return body(&to, &[]);
        }
        match areas().plans.find(viewer().as_ref(), &to).await {
            Ok(found) => {
                match found.as_slice() {
                    [only] => see_other(&format!("/{}/plans/{}", only.repo, only.number)),
                    [] => set_status(404),
                    _ => {}
                }
                body(&to, &found)
            }
            Err(problem) => problem_page(problem),
        }
    })
}

fn body(to: &str, found: &[PlanRow]) -> AnyView {
    let items = found.iter().map(|row| {
        let name = format!("{} #{}", row.repo, row.number);
        view! {
            <li>
                {phase_badge(row.phase)}
                <a class="grow" href=format!("/{}/plans/{}", row.repo, row.number)>{row.title.clone()}</a>
                <span class="muted">{name}</span>
            </li>
        }
    });
    let several =
        (!found.is_empty()).then(|| view! { <ul class="run-rows" id="found">{items.collect_view()}</ul> });
    let none = (found.is_empty() && !to.is_empty()).then(|| {
        let search = address("/", [("q", to)]);
        view! {
            <p class="notice hint" id="none">
                {icon("question")}
                <span>
                    "No plan that you may see belongs to “" {to.to_owned()} "”. Its repository may not be connected, or you may not be signed in. "
                    <a href=search>"Search the plans for these words"</a> "."
                </span>
            </p>
        }
    });
    view! {
        <PageTitle text="Go to a plan"/>
        <main id="main" class="page narrow" tabindex="-1">
            <h1>"Go to a plan"</h1>
            <form method="get" action="/go" class="filters" role="search" aria-label="Go to a plan">
                <label class="sr" for="go-to">"Number, branch, pull request, run or address"</label>
                <input type="search" id="go-to" name="to" value=to.to_owned() aria-describedby="go-help" autocomplete="off"/>
                <button type="submit" class="button primary">"Go"</button>
            </form>
            <p class="help" id="go-help">
                "The number of an issue, pull request or run, a branch, owner/name#12, or an address on GitHub."
            </p>
            {none}
            {several}
        </main>
    }
    .into_any()
}
