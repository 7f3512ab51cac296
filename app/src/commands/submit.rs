//! Submitting plans: nothing is written while anything is in the way of any of them.

use leptos::prelude::*;

use super::reply::{answer, person};
use crate::address::address;
use crate::areas::{BatchWork, Existing, Problem, ProblemKind, SubmitForm};
use crate::context::areas;

/// Checks every plan, then submits them one after the other. `batch` makes a repeated request the same
/// batch.
#[server(prefix = "/do", endpoint = "submit")]
pub async fn submit(
    #[server(default)] batch: String,
    #[server(default)] plan: Vec<String>,
    #[server(default)] existing: Vec<String>,
    #[server(default)] base: Vec<String>,
) -> Result<(), Problem> {
    let one = |list: &[String], at: usize| list.get(at).cloned().unwrap_or_default();
    let forms: Vec<SubmitForm> = plan
        .iter()
        .enumerate()
        .filter_map(|(at, name)| submit_form(name, &one(&existing, at), &one(&base, at)))
        .collect();
    let back = submit_address(&forms);
    let result = async {
        let viewer = person()?;
        let dispatches = areas().dispatches;
        if !batch.is_empty() && dispatches.batch(&viewer, &batch).await.is_ok() {
            // Sent twice: the first one counts.
            return Ok(batch.clone());
        }
        let checks = dispatches.check_submit(&viewer, &forms).await;
        let in_the_way = checks
            .iter()
            .filter(|check| check.as_ref().map_or(true, |check| check.preview.is_none()))
            .count();
        if in_the_way > 0 {
            let words =
                format!("{in_the_way} of {} cannot be submitted now; nothing was written.", forms.len());
            let next = "See below what is in the way of each. Settle it, or leave that plan out.";
            return Err(Problem::new(ProblemKind::Conflict, words).next(next));
        }
        let work = forms.iter().cloned().map(BatchWork::Submit).collect();
        dispatches.begin_batch(&viewer, super::draft::some(&batch), work).await
    }
    .await;
    answer(result.map(|id| (format!("/batches/{id}"), None)).map_err(|problem: Problem| vec![problem]), &back)
}

/// A plan as addresses and forms name it: `owner/repo/12`.
pub(crate) fn submit_form(name: &str, existing: &str, base: &str) -> Option<SubmitForm> {
    let (repo, number) = name.trim().rsplit_once('/')?;
    let number = number.parse::<i64>().ok().filter(|number| *number > 0)?;
    let existing = match existing {
        "use" => Existing::Use,
        "replace" => Existing::Replace,
        _ => Existing::Ask,
    };
    Some(SubmitForm {
        repo: repo.to_owned(),
        number,
        base: base.trim().to_owned(),
        existing,
        ..SubmitForm::default()
    })
}

/// The word of a choice in addresses and forms.
pub(crate) fn existing_word(existing: Existing) -> &'static str {
    match existing {
        Existing::Ask => "",
        Existing::Use => "use",
        Existing::Replace => "replace",
    }
}

/// The address of the page that submits these plans.
pub(crate) fn submit_address(forms: &[SubmitForm]) -> String {
    let names: Vec<String> = forms.iter().map(|form| format!("{}/{}", form.repo, form.number)).collect();
    let pairs = forms.iter().zip(&names).flat_map(|(form, name)| {
        [("plan", name.as_str()), ("existing", existing_word(form.existing)), ("base", form.base.as_str())]
    });
    address("/submit", pairs)
}

/// The plans of an address; what follows a plan belongs to it. Fields of a form carry their place:
/// `plan[0]`.
pub(crate) fn submit_forms(query: &str) -> Vec<SubmitForm> {
    let mut forms: Vec<SubmitForm> = Vec::new();
    for (name, value) in crate::address::pairs(query) {
        let name = name.split('[').next().unwrap_or_default();
        match (name, forms.last_mut()) {
            ("plan", _) => {
                let new = submit_form(&value, "", "");
                let new = new
                    .filter(|new| forms.iter().all(|old| (&old.repo, old.number) != (&new.repo, new.number)));
                forms.extend(new);
            }
            ("existing", Some(form)) => {
                form.existing = submit_form("a/1", &value, "").map(|form| form.existing).unwrap_or_default();
            }
            ("base", Some(form)) => form.base = value.trim().to_owned(),
            _ => {}
        }
    }
    forms.truncate(50);
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_read_back_from_their_address() {
        let forms = [
            submit_form("acme/widgets/12", "replace", "next"),
            submit_form("acme/gears/7", "", ""),
            submit_form("acme/gears/9", "use", ""),
        ];
        let forms: Vec<SubmitForm> = forms.into_iter().flatten().collect();
        let address = submit_address(&forms);
        let (_, query) = address.split_once('?').expect("a query");
        assert_eq!(submit_forms(query), forms);
        let form =
            "plan%5B0%5D=acme/widgets/12&existing%5B0%5D=use&base%5B0%5D=&plan%5B1%5D=acme/widgets/12&plan=x";
        assert_eq!(submit_forms(form), [submit_form("acme/widgets/12", "use", "").expect("a plan")]);
    }
}
