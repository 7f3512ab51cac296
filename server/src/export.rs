//! A view of the overview as a file: `/export/plans.csv` and `/export/plans.json`, with the filters of
//! the page in the address.
//!
//! No cell of the CSV is taken for a formula by a spreadsheet: one that begins like one gets an
//! apostrophe in front.

use axum::extract::RawQuery;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use waymark_app::areas::{Areas, PlanRow, Problem};
use waymark_app::read_overview_query;

use crate::api::Refusal;
use crate::auth::Current;
use crate::state::App;

pub fn routes(areas: &Areas) -> Router<App> {
    Router::new()
        .route("/export/plans.csv", get(as_csv))
        .route("/export/plans.json", get(as_json))
        .layer(Extension(areas.clone()))
}

async fn rows(areas: &Areas, current: &Current, query: Option<&str>) -> Result<Vec<PlanRow>, Problem> {
    areas.plans.export(current.0.as_ref(), &read_overview_query(query.unwrap_or_default())).await
}

async fn as_csv(
    Extension(areas): Extension<Areas>,
    Extension(current): Extension<Current>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let csv = csv(&rows(&areas, &current, query.as_deref()).await?);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"plans.csv\""),
    ];
    Ok((headers, csv).into_response())
}

async fn as_json(
    Extension(areas): Extension<Areas>,
    Extension(current): Extension<Current>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    let rows = rows(&areas, &current, query.as_deref()).await?;
    let headers = [(header::CONTENT_DISPOSITION, "attachment; filename=\"plans.json\"")];
    Ok((headers, Json(rows)).into_response())
}

const HEAD: &str = "repository,number,title,phase,steps_done,steps,pull_request,pull_request_state,review,\
     checks_passed,checks_failed,checks_pending,author,labels,objective,node,branch,run,comments,\
     conversations_resolved,conversations,changed_at,read_at\r\n";

fn csv(rows: &[PlanRow]) -> String {
    let mut out = HEAD.to_owned();
    for row in rows {
        let pr = row.pr.as_ref();
        let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
        let cells = [
            row.repo.to_string(),
            row.number.to_string(),
            row.title.clone(),
            row.phase.label().to_owned(),
            number(row.steps.map(|(done, _)| done)),
            number(row.steps.map(|(_, steps)| steps)),
            pr.map(|pr| pr.url.clone()).unwrap_or_default(),
            pr.map(|pr| name(&pr.state)).unwrap_or_default(),
            pr.map(|pr| name(&pr.review)).unwrap_or_default(),
            number(pr.map(|pr| pr.checks.passed)),
            number(pr.map(|pr| pr.checks.failed)),
            number(pr.map(|pr| pr.checks.pending)),
            row.author.clone(),
            row.labels.join(" "),
            row.objective.map(|objective| objective.to_string()).unwrap_or_default(),
            row.node.clone().unwrap_or_default(),
            row.branch.clone().unwrap_or_default(),
            row.run.as_ref().map(|run| run.url.clone()).unwrap_or_default(),
            row.comments.to_string(),
            number(row.threads.map(|(resolved, _)| resolved)),
            number(row.threads.map(|(_, threads)| threads)),
            time(row.changed_at),
            time(row.as_of),
        ];
        out.push_str(&cells.map(|text| cell(&text)).join(","));
        out.push_str("\r\n");
    }
    out
}

/// The name of a state as the API writes it.
fn name(state: &impl serde::Serialize) -> String {
    match serde_json::to_value(state) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| at.to_string()).unwrap_or_default()
}

/// A cell by RFC 4180, never a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n', ';', '\'']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, safe) in [
            ("plain", "plain"),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("two\nlines", "\"two\nlines\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), safe, "{text:?}");
        }
    }
}
