//! The world that `waymark serve --sandbox` opens on, made by a script that calls GitHub's API as its people
//! would. What is in it: [`stories`] and [`objectives`].
//!
//! Properties kept: every fact of it is on the sandbox's GitHub, from where the mirror reads it like any other;
//! a world that was not finished is made anew at the next start.

mod hand;
mod objectives;
mod stories;
mod tell;

use serde_json::json;
use waymark_app::areas::{Areas, NewForm, Problem, RepoName};

use crate::auth;
use crate::state::App;
use hand::Hand;

/// The one thing in the bare world: an objective of which nothing is done yet.
///
/// # Errors
/// What the sandbox refused, in words.
pub async fn bare(sandbox: &str) -> Result<(), String> {
    let mut hand = Hand::new(sandbox)?;
    let now = hand.at(0).await?;
    hand.today().await?;
    objectives::write(&mut hand, &objectives::WIDGETS, &now).await.map(drop)
}

/// Makes the world. Webhooks and workflows rest meanwhile: all this is history.
///
/// # Errors
/// What the sandbox refused, in words.
pub async fn make(sandbox: &str) -> Result<(), String> {
    let mut hand = Hand::new(sandbox)?;
    hand.control("saving", json!({"on": false})).await?;
    hand.control("webhooks", json!({"mode": "drop"})).await?;
    settle(&hand).await?;
    let mut written = Vec::new();
    for objective in [&objectives::WIDGETS, &objectives::CHECKOUT] {
        let at = hand.at(objective.ago).await?;
        written.push((objective.repo, objectives::write(&mut hand, objective, &at).await?));
    }
    for story in &stories::STORIES {
        let objective =
            written.iter_mut().find(|(repo, _)| *repo == story.repo).map(|(_, objective)| objective);
        tell::tell(&mut hand, story, objective)
            .await
            .map_err(|error| format!("“{}”: {error}", story.title))?;
    }
    hand.today().await?;
    // Nothing of this starts a workflow or reaches Waymark any more.
    hand.idle().await?;
    for repo in [stories::SHOP, stories::WIDGETS, stories::HANDBOOK] {
        hand.control(&format!("repos/{repo}"), json!({"actions_enabled": true})).await?;
    }
    hand.control("webhooks", json!({"mode": "normal"})).await?;
    hand.control("saving", json!({"on": true})).await.map(drop)
}

/// People and repositories, without anything having happened.
async fn settle(hand: &Hand) -> Result<(), String> {
    hand.at(12 * 24 * 60).await?;
    for (login, name) in stories::PEOPLE {
        hand.control("people", json!({"login": login, "name": name, "organization": "acme"})).await?;
    }
    for repo in &stories::REPOSITORIES {
        let files: serde_json::Map<_, _> =
            repo.files.iter().map(|(path, text)| ((*path).to_owned(), json!(text))).collect();
        let seed = json!({"repo": repo.name, "description": repo.description, "automated": repo.ready, "files": files});
        hand.control("seed", seed).await?;
        if !repo.ready {
            let secrets = json!({"ERK_QUEUE_GH_PAT": "sandbox", "CLAUDE_CODE_OAUTH_TOKEN": "sandbox"});
            hand.control(&format!("repos/{}", repo.name), json!({"secrets": secrets})).await?;
        }
    }
    for repo in [stories::SHOP, stories::WIDGETS, stories::HANDBOOK] {
        let roles: serde_json::Map<_, _> =
            stories::PEOPLE.iter().map(|(login, _)| ((*login).to_owned(), json!("write"))).collect();
        hand.control(&format!("repos/{repo}"), json!({"roles": roles, "actions_enabled": false})).await?;
    }
    Ok(())
}

/// Connects the three repositories as the administrator would; a second time changes nothing.
///
/// # Errors
/// What was refused, in words.
pub async fn connect(app: &App, areas: &Areas) -> Result<(), String> {
    let told = |problem: Problem| problem.message;
    let mut hand = Hand::new(app.config.github())?;
    let admin = auth::arrive(app, hand.enter("admin").await?).await.map_err(told)?;
    for repo in [stories::SHOP, stories::WIDGETS, stories::HANDBOOK] {
        let repo = RepoName::parse(repo).ok_or("a name")?;
        areas.repositories.connect(&admin, &repo).await.map_err(told)?;
    }
    Ok(())
}

/// Dispatches what moves in the first minute.
///
/// # Errors
/// What was refused, in words.
pub async fn dispatch(app: &App, areas: &Areas) -> Result<(), String> {
    let told = |problem: Problem| problem.message;
    let mut hand = Hand::new(app.config.github())?;
    let (repo, login, instruction) = stories::LIVE;
    let who = auth::arrive(app, hand.enter(login).await?).await.map_err(told)?;
    let form = NewForm { repo: repo.to_owned(), instruction: instruction.to_owned(), ..NewForm::default() };
    let dispatched = areas.dispatches.dispatch(&who, None, &form).await;
    dispatched.map(drop).map_err(|problems| problems.into_iter().map(told).collect::<Vec<_>>().join(" "))
}
