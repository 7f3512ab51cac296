//! `/submit?plan=owner/repo/12&plan=...`: what is in the way of submitting plans, what becomes of the
//! branches that earlier attempts left, and what will be written. Looking writes nothing.

use leptos::prelude::*;

use super::new::writes;
use super::plan::pr_state;
use crate::areas::{Existing, ExistingBranch, Problem, ProblemKind, SubmitCheck, SubmitForm};
use crate::commands::{existing_word, notice, submit_address, submit_forms};
use crate::components::{PageTitle, ago, icon, notice_view, problem_page, words::count};
use crate::context::{areas, query, set_status, viewer};

#[component]
pub(crate) fn SubmitPage() -> impl IntoView {
    super::page(async {
        let Some(viewer) = viewer() else {
            return problem_page(Problem::new(
                ProblemKind::SignedOut,
                "Only who is signed in can submit plans.",
            ));
        };
        let forms = submit_forms(&query());
        if forms.is_empty() {
            let problem = Problem::new(ProblemKind::Invalid, "No plan is chosen.");
            return problem_page(
                problem.next("Open a plan and choose Submit there, or select rows among the plans."),
            );
        }
        let dispatches = areas().dispatches;
        let checks = dispatches.check_submit(&viewer, &forms).await;
        let notice = notice();
        if let Some(problem) = notice.problems.first() {
            set_status(problem.kind.status());
        }
        view_of(&forms, &checks, &dispatches.batch_id(), &notice)
    })
}

fn view_of(
    forms: &[SubmitForm],
    checks: &[Result<SubmitCheck, Problem>],
    batch: &str,
    notice: &crate::commands::Notice,
) -> AnyView {
    let ready =
        checks.iter().filter(|check| check.as_ref().is_ok_and(|check| check.preview.is_some())).count();
    let all = forms.len();
    let number = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let state = match (ready == all, all) {
        (true, 1) => "Nothing is in the way. Nothing has been written yet.".to_owned(),
        (true, _) => format!("Nothing is in the way. All {all} are submitted in this order."),
        (false, 1) => "Something is in the way. Nothing has been written.".to_owned(),
        (false, _) => {
            format!(
                "{ready} of {all} can be submitted. Settle what is in the way of the others, or leave them out."
            )
        }
    };
    let plans: Vec<_> = forms
        .iter()
        .zip(checks)
        .enumerate()
        .map(|(at, (form, check))| plan(forms, at, form, check))
        .collect();
    let label =
        if all == 1 { "Submit plan".to_owned() } else { format!("Submit {}", count(number(all), "plan")) };
    view! {
        <PageTitle text="Submit"/>
        <main id="main" class="page form-page" tabindex="-1">
            <h1>"Submit " {if all == 1 { "plan".to_owned() } else { count(number(all), "plan") }}</h1>
            <p class="lead">"An agent implements the plan in GitHub Actions and opens a pull request for review."</p>
            {notice_view(notice)}
            <p class="notice hint" id="readiness">{icon(if ready == all { "check" } else { "info" })} <span>{state}</span></p>
            <form method="post" action="/do/submit" class="stack" id="submit-form">
                <input type="hidden" name="batch" value=batch.to_owned()/>
                <ol class="submit-plans">{plans}</ol>
                <div class="form-end">
                    <button type="submit" class="button" formmethod="get" formaction="/submit">"Check again"</button>
                    <button type="submit" class="button primary" data-busy="Submitting" disabled={ready != all}>{label}</button>
                </div>
            </form>
        </main>
    }
    .into_any()
}

fn plan(forms: &[SubmitForm], at: usize, form: &SubmitForm, check: &Result<SubmitCheck, Problem>) -> AnyView {
    let name = format!("{}/{}", form.repo, form.number);
    let title = check.as_ref().map(|check| check.title.clone()).unwrap_or_else(|_| "Not readable".to_owned());
    let findings: Vec<Problem> = match check {
        Ok(check) => check.findings.clone(),
        Err(problem) => vec![problem.clone()],
    };
    let findings = findings.into_iter().map(|problem| {
        let next = problem.next.map(|next| view! { " " <span class="next">{next}</span> });
        view! { <li>{icon("alert")} <span>{problem.message}{next}</span></li> }
    });
    let existing = check.as_ref().map(|check| check.existing.clone()).unwrap_or_default();
    let running = check.as_ref().map(|check| check.running.clone()).unwrap_or_default();
    let running = running.into_iter().map(|run| {
        view! { <li>{icon("info")} <span>{format!("Run {run} is not over: it is cancelled first. What it pushed stays.")}</span></li> }
    });
    let preview = check.as_ref().ok().and_then(|check| check.preview.as_ref()).map(|preview| {
        let words = count(i64::try_from(preview.writes.len()).unwrap_or(i64::MAX), "write");
        view! {
            <details class="preview">
                <summary>{format!("What will be written: {words}, starting from {}", preview.base)}</summary>
                {writes(preview)}
            </details>
        }
    });
    let others: Vec<SubmitForm> = forms.iter().filter(|other| *other != form).cloned().collect();
    let leave = (!others.is_empty()).then(|| {
        view! { <a class="small" href=submit_address(&others) aria-label=format!("Leave out {title}")>"Leave out"</a> }
    });
    view! {
        <li class="submit-plan" id=format!("submit-{}", at + 1)>
            <div class="row">
                <h2><a href=format!("/{}/plans/{}", form.repo, form.number)>{title}</a></h2>
                <span class="muted">{format!("{}#{}", form.repo, form.number)}</span>
                {leave}
            </div>
            <input type="hidden" name=format!("plan[{at}]") value=name/>
            <ul class="remarks findings">{findings.collect_view()} {running.collect_view()}</ul>
            {branches(at, form, &existing)}
            {base(at, form)}
            {preview}
        </li>
    }
    .into_any()
}

/// The branches of earlier attempts, and what each choice does with them.
fn branches(at: usize, form: &SubmitForm, existing: &[ExistingBranch]) -> AnyView {
    let name = format!("existing[{at}]");
    let Some(newest) = existing.first() else {
        return view! { <input type="hidden" name=name value=existing_word(form.existing)/> }.into_any();
    };
    let items = existing.iter().map(|branch| {
        let pr = branch.pr.map(|(number, state)| view! { " " {pr_state(state)} {format!(" #{number}")} });
        let at = branch
            .committed_at
            .map(|at| view! { <span class="muted small">" · last commit " {ago(at)}</span> });
        view! { <li><code>{branch.name.clone()}</code> {pr} {at}</li> }
    });
    let open = |branch: &&ExistingBranch| {
        matches!(branch.pr, Some((_, crate::areas::PrState::Draft | crate::areas::PrState::Open)))
    };
    let using = match newest.pr.filter(|_| open(&newest)) {
        Some((number, _)) => {
            format!("Use {}: the work goes on there, on pull request #{number}.", newest.name)
        }
        None => format!(
            "Use {}: the plan is committed on top of it and a draft pull request is opened.",
            newest.name
        ),
    };
    let closed: Vec<String> =
        existing.iter().filter(open).filter_map(|branch| Some(format!("#{}", branch.pr?.0))).collect();
    let closed = if closed.is_empty() { String::new() } else { format!("closes {}, ", closed.join(", ")) };
    let replacing = format!(
        "Replace: {closed}deletes {} and starts on a new branch from the base.",
        if existing.len() == 1 { newest.name.clone() } else { format!("these {} branches", existing.len()) }
    );
    let option = |value: Existing, words: String| {
        view! { <option value=existing_word(value) selected=form.existing == value>{words}</option> }
    };
    let id = format!("field-existing-{at}");
    view! {
        <div class="field">
            <p class="label">"Branches of earlier attempts"</p>
            <ul class="facts">{items.collect_view()}</ul>
            <label for=id.clone()>"What becomes of them"</label>
            <select id=id name=name>
                {option(Existing::Ask, "Choose\u{2026}".to_owned())}
                {option(Existing::Use, using)}
                {option(Existing::Replace, replacing)}
            </select>
        </div>
    }
    .into_any()
}

fn base(at: usize, form: &SubmitForm) -> AnyView {
    let id = format!("field-base-{at}");
    view! {
        <div class="field">
            <label for=id.clone()>"Base branch"</label>
            <input type="text" id=id.clone() name=format!("base[{at}]") value=form.base.clone() autocomplete="off" aria-describedby=format!("help-{id}")/>
            <p class="help" id=format!("help-{id}")>"Empty for the default branch. A pull request that is used keeps its own."</p>
        </div>
    }
    .into_any()
}
