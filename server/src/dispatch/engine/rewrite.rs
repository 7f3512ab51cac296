//! Changing a text that others may change too.
//!
//! Properties kept:
//! - What is written is what the preview showed, if the text still is what the preview knew; else only our
//!   change is applied to what is there now, every other byte kept.
//! - The text is read when its turn to be written has come, right before it is written, and right after; a
//!   change in between is seen, and the third one in a row is put to a person.
//! - Whoever waits for the account's turn keeps nobody else from writing the text.

use serde_json::{Value, json};
use waymark_app::areas::{Problem, ProblemKind};

use super::carry::{Carrying, Flow};
use super::send::Sent;
use crate::dispatch::describe::{Kind, roadmap, texts};
use crate::dispatch::journal::{Dispatch, Recorded};
use crate::dispatch::slots::{Slot, Slots};
use crate::github::{Client, Error};

const TRIES: usize = 3;

/// Carries out a rewrite, as the only writer of this text inside Waymark.
pub async fn rewrite(carrying: &mut Carrying<'_>) -> Result<Flow, Problem> {
    let path = carrying.path();
    let mut tries = 0;
    while tries < TRIES {
        let Some(mut turn) = carrying.turn().await? else { return Ok(Flow::Next) };
        let writer = carrying.engine.writer_of(&path);
        let _one = writer.lock().await;
        let (around, before, url) = match read_all(carrying, &path).await {
            Ok(read) => read,
            Err(error) => return carrying.failed(error.problem(carrying.doing()), false).await,
        };
        let after = match change(&carrying.dispatch, &carrying.operation, &before, around.as_deref()) {
            Ok(Some(after)) => after,
            Ok(None) => return carrying.done(&json!({"html_url": url})).await,
            Err(words) => {
                let problem =
                    Problem::new(ProblemKind::Conflict, words).next("Mend it on GitHub, then try again.");
                return carrying.failed(problem, false).await;
            }
        };
        match carrying.write_in(&mut turn, Some(&json!({"body": after}))).await? {
            Sent::Not => return Ok(Flow::Next),
            // By the next turn the text may be another.
            Sent::Limited => continue,
            Sent::Answered(Ok(_)) => tries += 1,
            Sent::Answered(Err(error)) => return carrying.gave_up(error).await,
        }
        drop(turn);
        let changed = |text: &str| change(&carrying.dispatch, &carrying.operation, text, around.as_deref());
        match read(&carrying.client, &path).await {
            Ok((now, _)) if matches!(changed(&now), Ok(Some(_))) => {}
            _ => return carrying.done(&json!({"html_url": url})).await,
        }
    }
    let problem = Problem::new(
        ProblemKind::Conflict,
        "Somebody else keeps changing this text on GitHub: it changed three times in a row.",
    )
    .next("Try again in a moment.");
    carrying.failed(problem, false).await
}

/// What the change depends on, the text, and its address; the text last, because it is what is written.
async fn read_all(
    carrying: &Carrying<'_>,
    path: &str,
) -> Result<(Option<String>, String, Option<String>), Error> {
    let around = around(&carrying.client, &carrying.dispatch, &carrying.operation).await?;
    let (text, url) = read(&carrying.client, path).await?;
    Ok((around, text, url))
}

/// Whether the change is in the text already.
pub async fn applied(
    client: &Client,
    dispatch: &Dispatch,
    operation: &Recorded,
    path: &str,
) -> Result<bool, Error> {
    let (text, _) = read(client, path).await?;
    let around = around(client, dispatch, operation).await?;
    Ok(change(dispatch, operation, &text, around.as_deref()) == Ok(None))
}

/// The body of the objective whose tables are redrawn: what they say follows from it.
async fn around(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Option<String>, Error> {
    let objective = operation.args.as_ref().and_then(|args| args["objective"].as_i64());
    match (operation.kind, objective) {
        (Kind::Table | Kind::RestoreTable, Some(objective)) => {
            let path = format!("/repos/{}/issues/{objective}", dispatch.repo);
            read(client, &path).await.map(|(body, _)| Some(body))
        }
        _ => Ok(None),
    }
}

async fn read(client: &Client, path: &str) -> Result<(String, Option<String>), Error> {
    let holder: Value = client.get(path).await?;
    let text = holder["body"].as_str().unwrap_or_default().to_owned();
    Ok((text, holder["html_url"].as_str().map(str::to_owned)))
}

/// The text with the operation's change; nothing when it is there already.
///
/// # Errors
/// Why the change cannot be applied, in words.
fn change(
    dispatch: &Dispatch,
    operation: &Recorded,
    now: &str,
    around: Option<&str>,
) -> Result<Option<String>, &'static str> {
    if let Some(objective) = around {
        return Ok(waymark_domain::roadmap::redrawn(objective, now));
    }
    let described =
        operation.body.as_ref().and_then(|body| body["body"].as_str()).map(|text| dispatch.fill(text));
    let expected = operation.expected.as_ref().map(|text| dispatch.fill(text));
    if described.as_deref() == Some(now) {
        return Ok(None);
    }
    if expected.as_deref() == Some(now) {
        return Ok(described);
    }
    let bound = |slot: Slot| dispatch.bound(slot).unwrap_or_default().to_owned();
    let args = operation.args.as_ref().map(|args| Slots::map(args, &|text| dispatch.fill(text)));
    let node = args.as_ref().and_then(|args| args["node"].as_str()).unwrap_or_default();
    match operation.kind {
        Kind::Link | Kind::RunFacts if !texts::has_header(now) => {
            Err("The plan issue no longer holds its plan-header block, so nothing can be noted in it.")
        }
        Kind::Node if roadmap::status(now, node).is_none() => {
            Err("The objective's roadmap no longer holds this node.")
        }
        Kind::Link => {
            let comment = dispatch.number(Slot::PlanComment).unwrap_or_default();
            Ok(texts::with_plan_comment(now, comment, &bound(Slot::Issue)))
        }
        Kind::ObjectiveLink => {
            let comment = dispatch.number(Slot::Comment).unwrap_or_default();
            match waymark_domain::roadmap::with_comment(now, comment) {
                Ok(linked) => Ok(Some(linked).filter(|linked| linked != now)),
                Err(_) => Err(
                    "The issue was changed on GitHub meanwhile and holds no objective-header block, so nothing can be noted in it.",
                ),
            }
        }
        Kind::RunFacts => {
            let facts = texts::RunFacts {
                run_id: bound(Slot::RunId),
                node_id: bound(Slot::RunNode),
                at: bound(Slot::Now),
                branch: args.as_ref().and_then(|args| args["branch"].as_str()).map(str::to_owned),
            };
            Ok(texts::with_run_facts(now, &facts))
        }
        Kind::RunLine => Ok(texts::with_run_line(now, &bound(Slot::RunUrl))),
        Kind::Node => {
            let pull = args.as_ref().and_then(|args| args["pull"].as_str()).unwrap_or_default();
            Ok(roadmap::marked(now, node, pull))
        }
        Kind::RestoreNode => Ok(args.as_ref().and_then(|args| roadmap::restored(now, args))),
        _ => Ok(None),
    }
}
