//! Whether a person may come in, and whether they administer this Waymark: asked of GitHub with the person's own
//! token.
//!
//! - An answer is believed for at most five minutes: whoever leaves the organisation is out by then.
//! - Where GitHub cannot be asked, nobody comes in.
//! - A login is asked for each time, so that whoever takes over an abandoned login is not let in as its old owner.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::SecretString;
use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind, Viewer};

use super::accounts::Person;
use super::entry::{Entry, Rule};
use crate::github::{Client, Error};
use crate::state::App;

/// So long whoever is on a list stays on it.
const ADMITTED: Duration = Duration::from_secs(5 * 60);
/// So long whoever is not on it, or cannot be asked about, is refused without asking again.
const REFUSED: Duration = Duration::from_secs(10);
/// More answers than this are not kept.
const MOST: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum List {
    Allow,
    Admins,
}

type Answers = HashMap<(i64, List), (Instant, Result<bool, Problem>)>;

/// The answers that are remembered; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Door(Arc<Mutex<Answers>>);

impl Door {
    fn get(&self, account: i64, list: List) -> Option<Result<bool, Problem>> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, answer) = answers.get(&(account, list))?;
        let life = if *answer == Ok(true) { ADMITTED } else { REFUSED };
        (at.elapsed() < life).then(|| answer.clone())
    }

    fn put(&self, account: i64, list: List, answer: Result<bool, Problem>) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= MOST {
            answers.clear();
        }
        answers.insert((account, list), (Instant::now(), answer));
    }

    /// Whether the viewer administers this Waymark as far as it was asked.
    pub fn known_to_administer(&self, viewer: &Viewer) -> bool {
        self.get(viewer.account_id, List::Admins) == Some(Ok(true))
    }

    /// Asks anew with the next use.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

/// What somebody is told who is outside the list.
pub fn outside(entry: &Entry) -> Problem {
    let message = "This Waymark is open to certain people only, and your GitHub account is not among them.";
    Problem::new(ProblemKind::Forbidden, message).next(whom_to_ask(entry))
}

fn whom_to_ask(entry: &Entry) -> String {
    match entry.admins.as_slice() {
        [] => "Ask the people who run it to let you in.".to_owned(),
        admins => {
            let names: Vec<String> = admins.iter().map(ToString::to_string).collect();
            format!("Ask its administrators to let you in: {}.", names.join(", "))
        }
    }
}

/// Whether the person who has just been given this token may come in.
///
/// # Errors
/// GitHub's, when it could not be asked.
pub(super) async fn admits(app: &App, person: &Person, token: SecretString) -> Result<bool, Error> {
    let entry = &app.config.entry;
    if entry.allow.is_empty() {
        return Ok(true);
    }
    let client = app.github.client(token);
    let admitted = on_lists(&client, &person.login, rules(entry, List::Allow)).await?;
    app.door.put(person.id, List::Allow, Ok(admitted));
    Ok(admitted)
}

/// Asks that the viewer may be here at all.
///
/// # Errors
/// `Forbidden` outside the list, `SignedOut` when they must sign in, and why GitHub could not be asked.
pub async fn admit(app: &App, viewer: &Viewer) -> Result<(), Problem> {
    let entry = &app.config.entry;
    if entry.allow.is_empty() || listed(app, viewer, List::Allow).await? {
        return Ok(());
    }
    Err(outside(entry))
}

/// Whether the viewer administers this Waymark.
///
/// # Errors
/// Why GitHub could not be asked.
pub async fn administers(app: &App, viewer: &Viewer) -> Result<bool, Problem> {
    Ok(!app.config.entry.admins.is_empty() && listed(app, viewer, List::Admins).await?)
}

async fn listed(app: &App, viewer: &Viewer, list: List) -> Result<bool, Problem> {
    if let Some(answer) = app.door.get(viewer.account_id, list) {
        return answer;
    }
    let answer = ask(app, viewer, list).await;
    app.door.put(viewer.account_id, list, answer.clone());
    answer
}

async fn ask(app: &App, viewer: &Viewer, list: List) -> Result<bool, Problem> {
    let client = app.github.client(app.tokens.of(viewer.account_id).await?);
    let entry = &app.config.entry;
    let asked = async {
        let person: Person = client.get("/user").await?;
        Ok::<bool, Error>(
            person.id == viewer.account_id && on_lists(&client, &person.login, rules(entry, list)).await?,
        )
    };
    match asked.await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            if matches!(error, Error::Answer { status: 401, .. }) {
                app.tokens.refused(viewer.account_id, &client).await;
            }
            tracing::warn!(account = viewer.account_id, %error, "GitHub did not say who may come in");
            Err(error.problem("your membership was checked"))
        }
    }
}

/// Who is on a list; administrators are always let in.
fn rules(entry: &Entry, list: List) -> Vec<Rule> {
    match list {
        List::Allow => [entry.allow.clone(), entry.admins.clone()].concat(),
        List::Admins => entry.admins.clone(),
    }
}

async fn on_lists(client: &Client, login: &str, rules: Vec<Rule>) -> Result<bool, Error> {
    let mut failed = None;
    for rule in rules {
        let path = match rule {
            Rule::User(user) if user.eq_ignore_ascii_case(login) => return Ok(true),
            Rule::User(_) => continue,
            Rule::Organization(organization) => format!("/user/memberships/orgs/{organization}"),
            Rule::Team { organization, slug } => {
                format!("/orgs/{organization}/teams/{slug}/memberships/{login}")
            }
        };
        match client.get::<Membership>(&path).await {
            Ok(membership) if membership.state == "active" => return Ok(true),
            // Invited, but not yet a member.
            Ok(_) => {}
            // No member, or the organisation keeps this App or token out: either way GitHub does not vouch.
            Err(Error::Answer { status: 403 | 404, rate_limited: false, .. }) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(false), Err)
}
