//! A form field: label above, help below, the error at the field.

use leptos::prelude::*;

use super::icon;
use crate::areas::Problem;

/// The problem of a field among those of its form.
pub(crate) fn problem_of<'a>(problems: &'a [Problem], field: &str) -> Option<&'a Problem> {
    problems.iter().find(|problem| problem.field.as_deref() == Some(field))
}

/// The ids that describe a field, for `aria-describedby`.
pub(crate) fn described_by(name: &str, help: bool, problem: Option<&Problem>) -> Option<String> {
    let help = help.then(|| format!("help-{name}"));
    let error = problem.map(|_| format!("error-{name}"));
    let ids: Vec<String> = error.into_iter().chain(help).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// Text as the content of a text area. Leptos writes that as it is, so it is escaped here; and the
/// parser drops one line end at its start.
pub(crate) fn area_text(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// The label, control, help and error together. The control's id is `field-{name}`.
pub(crate) fn field(
    name: &str,
    label: &str,
    help: Option<&str>,
    problem: Option<&Problem>,
    control: AnyView,
) -> AnyView {
    let error = problem.map(|problem| {
        let next = problem.next.clone().map(|next| format!(" {next}"));
        view! { <p class="error" id=format!("error-{name}")>{icon("alert")} <span>{problem.message.clone()}{next}</span></p> }
    });
    let help = help.map(|help| view! { <p class="help" id=format!("help-{name}")>{help.to_owned()}</p> });
    view! {
        <div class="field" class:wrong=problem.is_some()>
            <label for=format!("field-{name}")>{label.to_owned()}</label>
            {control}
            {error}
            {help}
        </div>
    }
    .into_any()
}

/// A line of plain text as a field.
pub(crate) fn text_field(
    name: &'static str,
    label: &str,
    help: &str,
    value: &str,
    problems: &[Problem],
) -> AnyView {
    let problem = problem_of(problems, name);
    let control = view! {
        <input
            type="text"
            id=format!("field-{name}")
            name=name
            value=value.to_owned()
            autocomplete="off"
            aria-invalid=problem.map(|_| "true")
            aria-describedby=described_by(name, true, problem)
        />
    };
    field(name, label, Some(help), problem, control.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_text_area() {
        let area = view! { <textarea>{area_text("\na</textarea><script>&lt;")}</textarea> };
        let html = area.to_html();
        assert_eq!(html, "<textarea>\n\na&lt;/textarea&gt;&lt;script&gt;&amp;lt;</textarea>");
    }
}
