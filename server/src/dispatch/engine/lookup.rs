//! What a lost operation made: looked up before anything is sent again.
//!
//! Properties kept:
//! - GitHub's lists lag behind its writes, so "not there" is believed only after several looks, a time
//!   after the request can have had its last effect.
//! - Only what carries our marker (or is our branch with our commit, or bears our distinct id) and was made by
//!   one of the people who acted in the dispatch is taken for ours; what merely looks like it is put to a person.

use std::time::Duration;

use serde_json::{Value, json};
use waymark_app::areas::{OperationState, Problem};

use super::carry::Carrying;
use super::clock::now_ms;
use super::rewrite;
use crate::dispatch::describe::{Kind, texts, undo};
use crate::dispatch::journal::{Dispatch, Recorded};
use crate::dispatch::slots::Slot;
use crate::github::{Client, Error, encode};

/// What was found of a lost operation.
#[derive(Clone, Debug)]
pub enum Seen {
    /// It took effect; the answer it would have had.
    Made(Value),
    Absent,
    /// Something is there that may or may not be ours.
    Unclear {
        candidate: Option<Value>,
        words: String,
    },
    /// GitHub took it; its result appears later.
    Accepted,
    /// GitHub could not be asked.
    Unknown(Problem),
}

/// How few looks do not count as looking.
const LOOKS: u32 = 3;

/// Looks until what was made is found, or until it is certain that nothing was.
pub async fn settle(carrying: &mut Carrying<'_>) -> Result<Seen, Problem> {
    let operation = &carrying.operation;
    if operation.candidate.as_ref().is_some_and(|candidate| candidate["accepted"] == true) {
        return Ok(Seen::Accepted);
    }
    let kind = operation.kind;
    let began = now_ms();
    let certain = certain_at(operation, &carrying.app.config, began);
    let mut pause = Duration::from_millis(200);
    for looks in 1.. {
        let seen = look(&carrying.client, &carrying.dispatch, &carrying.operation).await;
        let over = kind.repeatable() || (looks >= LOOKS && now_ms() >= certain);
        match seen {
            Ok(Seen::Made(made)) => return Ok(Seen::Made(made)),
            Ok(seen) if over => return Ok(seen),
            Err(error) if over || refuses(&error) => {
                let mut problem = error.problem("what was made was looked for");
                problem.next.get_or_insert_with(|| "Resume to look again. Nothing is sent twice.".to_owned());
                return Ok(Seen::Unknown(problem));
            }
            _ => {}
        }
        let seconds = (now_ms() - began) / 1_000;
        carrying.operation.state = OperationState::Sending;
        carrying.operation.detail = Some(format!("Looking on GitHub for what was made ({seconds} s)."));
        carrying.record().await?;
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
    Ok(Seen::Absent)
}

/// From when on "not there" means that nothing was made. Epoch milliseconds.
fn certain_at(operation: &Recorded, config: &crate::config::Config, now: i64) -> i64 {
    let lag = i64::try_from(config.lookup_lag.as_millis()).unwrap_or(i64::MAX);
    let flight = i64::try_from(config.lookup_in_flight.as_millis()).unwrap_or(i64::MAX);
    let began = operation.began_at.unwrap_or(now);
    // A label and a branch have their name: a request that arrives late finds it taken.
    let named = matches!(operation.kind, Kind::Label | Kind::Branch);
    let last_effect = match operation.settled || named {
        true => operation.ended_at.unwrap_or(began),
        false => began.saturating_add(flight),
    };
    last_effect.saturating_add(lag)
}

/// The token is no longer good: looking again does not help.
fn refuses(error: &Error) -> bool {
    matches!(error, Error::Answer { status: 401, .. })
}

/// One look.
pub async fn look(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Seen, Error> {
    let path = dispatch.fill(&operation.path);
    match operation.kind {
        Kind::Label => {
            let name = operation.body.as_ref().and_then(|body| body["name"].as_str()).unwrap_or_default();
            found(client.get::<Value>(&format!("{path}/{}", encode(name))).await)
        }
        Kind::Issue => issue(client, dispatch, operation).await,
        Kind::PlanComment | Kind::ObjectiveComment | Kind::Comment => {
            comment(client, dispatch, operation, &path).await
        }
        Kind::Branch => branch(client, dispatch, operation).await,
        Kind::Pull => pull(client, dispatch, operation).await,
        Kind::Run => run(client, dispatch, operation).await,
        kind if kind.rewrites() => match rewrite::applied(client, dispatch, operation, &path).await? {
            true => Ok(Seen::Made(json!({}))),
            false => Ok(Seen::Absent),
        },
        _ => Ok(Seen::Absent),
    }
}

fn found(answer: Result<Value, Error>) -> Result<Seen, Error> {
    match answer {
        Ok(made) => Ok(Seen::Made(made)),
        Err(Error::Answer { status: 404, .. }) => Ok(Seen::Absent),
        Err(error) => Err(error),
    }
}

/// A little before the dispatch, as `since` takes it: clocks differ.
fn since(dispatch: &Dispatch) -> String {
    jiff::Timestamp::from_millisecond(dispatch.created_at - 600_000)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

async fn issue(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Seen, Error> {
    let path = format!(
        "/repos/{}/issues?state=all&sort=created&direction=desc&per_page=100&since={}",
        dispatch.repo,
        since(dispatch)
    );
    let issues: Vec<Value> = client.get_all(&path).await?;
    let title = operation.body.as_ref().map(|body| dispatch.fill(body["title"].as_str().unwrap_or_default()));
    let issues: Vec<Value> = issues.into_iter().filter(|issue| issue["pull_request"].is_null()).collect();
    Ok(choose(dispatch, operation, issues, "issue", |issue| issue["title"].as_str() == title.as_deref()))
}

async fn comment(
    client: &Client,
    dispatch: &Dispatch,
    operation: &Recorded,
    path: &str,
) -> Result<Seen, Error> {
    let comments: Vec<Value> = client.get_all(&format!("{path}?per_page=100")).await?;
    let body = operation.body.as_ref().map(|body| dispatch.fill(body["body"].as_str().unwrap_or_default()));
    let bare = body.unwrap_or_default().replace(&marker(dispatch, operation), "");
    Ok(choose(dispatch, operation, comments, "comment", |comment| {
        comment["body"].as_str().is_some_and(|body| body.trim() == bare.trim())
    }))
}

fn marker(dispatch: &Dispatch, operation: &Recorded) -> String {
    texts::marker(&dispatch.id, &operation.key)
}

/// Ours by its marker, or in doubt because it looks like ours without one.
fn choose(
    dispatch: &Dispatch,
    operation: &Recorded,
    things: Vec<Value>,
    what: &str,
    alike: impl Fn(&Value) -> bool,
) -> Seen {
    let marker = marker(dispatch, operation);
    let recent = operation.began_at.unwrap_or(dispatch.created_at) - 60_000;
    let mut similar = None;
    for thing in things {
        if !by_actor(dispatch, &thing) {
            continue;
        }
        if thing["body"].as_str().is_some_and(|body| body.contains(&marker)) {
            return Seen::Made(thing);
        }
        let marked = thing["body"].as_str().is_some_and(|body| body.contains("<!-- waymark:"));
        if !marked && alike(&thing) && created(&thing).is_some_and(|at| at >= recent) {
            similar = Some(thing);
        }
    }
    match similar {
        Some(thing) => Seen::Unclear {
            words: format!(
                "GitHub holds a {what} that looks like this one but does not carry its marker: {}",
                thing["html_url"].as_str().unwrap_or_default()
            ),
            candidate: Some(thing),
        },
        None => Seen::Absent,
    }
}

/// Whether one of those who acted made it, by the account's number: logins change hands.
fn by_actor(dispatch: &Dispatch, thing: &Value) -> bool {
    thing["user"]["id"].as_i64().is_some_and(|id| dispatch.actors.contains(&id))
}

fn created(thing: &Value) -> Option<i64> {
    let at: jiff::Timestamp = thing["created_at"].as_str()?.parse().ok()?;
    Some(at.as_millisecond())
}

async fn branch(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Seen, Error> {
    let name = dispatch.fill(undo::branch_of(operation).unwrap_or_default());
    let path = format!("/repos/{}/git/ref/heads/{}", dispatch.repo, encode(&name));
    Ok(match found(client.get::<Value>(&path).await)? {
        Seen::Made(branch) if branch["object"]["sha"].as_str() == dispatch.bound(Slot::CommitSha) => {
            Seen::Made(branch)
        }
        Seen::Made(branch) => Seen::Unclear {
            words: format!("The branch {name} exists and points to another commit."),
            candidate: Some(branch),
        },
        seen => seen,
    })
}

async fn pull(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Seen, Error> {
    let branch = operation.body.as_ref().and_then(|body| body["head"].as_str()).unwrap_or_default();
    let branch = dispatch.fill(branch);
    let head = encode(&format!("{}:{branch}", dispatch.repo.owner));
    let path = format!("/repos/{}/pulls?state=all&per_page=100&head={head}", dispatch.repo);
    let mut pulls: Vec<Value> = client.get_all(&path).await?;
    // A fork may have a branch of the same name.
    let repo = |side: &Value| side["repo"]["id"].as_i64();
    pulls.retain(|pull| {
        pull["head"]["ref"].as_str() == Some(branch.as_str())
            && repo(&pull["head"]).is_some_and(|id| repo(&pull["base"]) == Some(id))
    });
    let marker = marker(dispatch, operation);
    let marked = |pull: &&Value| pull["body"].as_str().is_some_and(|body| body.contains(&marker));
    if let Some(ours) = pulls.iter().find(|pull| marked(pull) && by_actor(dispatch, pull)) {
        return Ok(Seen::Made(ours.clone()));
    }
    // One that is closed belongs to an earlier attempt, and stands in nobody's way.
    Ok(match pulls.into_iter().find(|pull| pull["state"] == "open") {
        Some(pull) => Seen::Unclear {
            words: format!(
                "The branch {branch} has an open pull request that does not carry this dispatch's marker: {}",
                pull["html_url"].as_str().unwrap_or_default()
            ),
            candidate: Some(pull),
        },
        None => Seen::Absent,
    })
}

async fn run(client: &Client, dispatch: &Dispatch, operation: &Recorded) -> Result<Seen, Error> {
    // However many runs a busy repository has started since.
    let path = format!(
        "/repos/{}/actions/workflows/{}/runs?event=workflow_dispatch&per_page=100&created={}",
        dispatch.repo,
        dispatch.workflow,
        encode(&format!(">={}", since(dispatch)))
    );
    let runs: Vec<Value> = client.get_all(&path).await?;
    let distinct = dispatch.bound(Slot::DistinctId).unwrap_or_default();
    let id = |run: &Value| {
        let title = run["display_title"].as_str().or(run["name"].as_str()).unwrap_or_default();
        title.rsplit_once(':').map(|(_, id)| id.trim().to_owned()).filter(|id| is_distinct(id))
    };
    if let Some(run) = runs.iter().find(|run| id(run).as_deref() == Some(distinct)) {
        return Ok(Seen::Made(run.clone()));
    }
    // A workflow whose run name was changed hides which run is whose.
    let recent = operation.began_at.unwrap_or(dispatch.created_at) - 60_000;
    let unnamed = runs.iter().find(|run| id(run).is_none() && created(run).is_some_and(|at| at >= recent));
    Ok(match unnamed {
        Some(run) => Seen::Unclear {
            words: format!(
                "A run was started meanwhile whose name does not say for which dispatch: {}",
                run["html_url"].as_str().unwrap_or_default()
            ),
            candidate: Some(run.clone()),
        },
        None => Seen::Absent,
    })
}

/// Six letters and digits.
fn is_distinct(id: &str) -> bool {
    id.len() == 6 && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_ids_are_six_lower_case_letters_and_digits() {
        assert!(is_distinct("x1y2z3"));
        for other in ["x1y2z", "X1Y2Z3", "x1y2z34", "x1-2z3"] {
            assert!(!is_distinct(other), "{other}");
        }
    }
}
