//! A GitHub App asks for its installation and for a token of it, signed as itself.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use serde_json::json;

use super::Place;
use crate::{
    http::{
        body::Body,
        path::Path,
        reply::{Answer, created, ok},
    },
    views,
    world::{World, access::Caller, app, clock::iso, model::InstalledApp, refusal::Refusal},
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/repos/{owner}/{repo}/installation", get(installation))
        .route("/app/installations/{id}/access_tokens", post(token))
}

fn app_only(caller: &Caller) -> Result<(), Refusal> {
    match caller.is_app {
        true => Ok(()),
        false => {
            Err(Refusal::new(axum::http::StatusCode::UNAUTHORIZED, "A JSON web token could not be decoded"))
        }
    }
}

async fn installation(State(w): State<World>, caller: Caller, Path((owner, name)): Place) -> Answer {
    app_only(&caller)?;
    let m = w.lock().await;
    let app = m.installed_app.as_ref().ok_or_else(Refusal::not_found)?;
    let repo = m.repo(&owner, &name).filter(|r| app.repos.contains(&r.id)).ok_or_else(Refusal::not_found)?;
    let account = m.account(&repo.owner).ok_or_else(Refusal::not_found)?;
    let InstalledApp { id, installation, permissions, .. } = app;
    ok(json!({
        "id": installation,
        "account": views::account::simple(&m, &repo.owner),
        "repository_selection": "selected",
        "access_tokens_url": format!("{}/app/installations/{installation}/access_tokens", m.base),
        "repositories_url": format!("{}/installation/repositories", m.base),
        "html_url": format!("{}/organizations/{}/settings/installations/{installation}", m.base, repo.owner),
        "app_id": id,
        "app_slug": "waymark",
        "target_id": account.id,
        "target_type": "Organization",
        "permissions": permissions,
        "events": [],
        "created_at": iso(account.created_at),
        "updated_at": iso(account.created_at),
        "single_file_name": null,
        "suspended_by": null,
        "suspended_at": null,
    }))
}

/// A token for one of the installation's repositories, narrowed to the permissions that are asked for.
async fn token(State(w): State<World>, caller: Caller, Path(id): Path<u64>, body: Body) -> Answer {
    app_only(&caller)?;
    let mut m = w.lock().await;
    let app = m.installed_app.clone().filter(|app| app.installation == id).ok_or_else(Refusal::not_found)?;
    let names = body.0.get("repositories").and_then(|names| names.as_array()).cloned().unwrap_or_default();
    let [name] = names.as_slice() else {
        return Err(Refusal::unprocessable("The sandbox gives tokens for exactly one repository."));
    };
    let named = |r: &&u64| m.repos.get(r).is_some_and(|r| name.as_str() == Some(r.name.as_str()));
    let repo = app.repos.iter().find(named).copied().ok_or_else(|| {
        Refusal::unprocessable("There is at least one repository that does not exist or is not accessible to the parent installation.")
    })?;
    let asked: BTreeMap<String, String> = match body.0.get("permissions") {
        None => app.permissions.clone(),
        Some(asked) => serde_json::from_value(asked.clone())
            .map_err(|_| Refusal::unprocessable("Invalid request.\n\nInvalid property /permissions."))?,
    };
    let granted = |(area, level): (&String, &String)| {
        app.permissions.get(area).is_some_and(|own| own == "write" || own == level)
    };
    if !asked.iter().all(granted) {
        return Err(Refusal::unprocessable(
            "The permissions requested are not granted to this installation.",
        ));
    }
    let (value, token) = app::grant(&mut m, repo, &asked);
    created(json!({
        "token": value,
        "expires_at": token.expires_at.map(iso),
        "permissions": asked,
        "repository_selection": "selected",
    }))
}
