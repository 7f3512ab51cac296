//! Gists.

use std::collections::BTreeMap;

use axum::{Router, extract::State, routing::get};
use serde_json::Value;

use crate::{
    http::{
        body::Body,
        page::{Page, Query},
        path::Path,
        reply::{Answer, created, no_content, ok},
    },
    views,
    world::{World, access::Caller, ids, model::Gist, refusal::Refusal},
};

pub fn router() -> Router<World> {
    Router::new()
        .route("/gists", get(list).post(create))
        .route("/gists/{id}", get(one).patch(change).delete(remove))
        .route("/gist/{owner}/{id}/raw/{file}", get(raw))
}

fn files(body: &Body) -> Result<BTreeMap<String, Option<String>>, Refusal> {
    let missing = || Refusal::field("Gist", "missing_field", "files");
    let given = body.0.get("files").and_then(Value::as_object).ok_or_else(missing)?;
    let mut files = BTreeMap::new();
    for (name, file) in given {
        match (file, file["content"].as_str()) {
            (Value::Null, _) => files.insert(name.clone(), None),
            (_, Some(content)) if !content.is_empty() => files.insert(name.clone(), Some(content.to_owned())),
            _ => return Err(Refusal::field("Gist", "missing_field", "files")),
        };
    }
    if files.is_empty() { Err(missing()) } else { Ok(files) }
}

async fn list(State(w): State<World>, caller: Caller, query: Query) -> Answer {
    let login = caller.person()?.to_owned();
    let m = w.lock().await;
    let all = m
        .gists
        .values()
        .filter(|g| g.owner == login && (g.public || caller.has_scope("gist")))
        .filter(|g| w.controls().hidden.listed("gist", &g.id))
        .map(|g| {
            let mut v = views::gist::gist(&m, g);
            for file in v["files"].as_object_mut().into_iter().flat_map(|f| f.values_mut()) {
                if let Value::Object(file) = file {
                    file.retain(|k, _| !matches!(k.as_str(), "content" | "truncated" | "encoding"));
                }
            }
            v
        })
        .collect();
    Ok(Page::of(&query).list(&format!("{}/gists", m.base), all))
}

async fn create(State(w): State<World>, caller: Caller, body: Body) -> Answer {
    let owner = caller.person()?.to_owned();
    if !caller.has_scope("gist") {
        return Err(Refusal::not_found());
    }
    let mut m = w.lock().await;
    let now = m.now();
    let gist = Gist {
        id: ids::hex32(),
        owner,
        description: body.text("description")?,
        public: body.0.get("public").is_some_and(|p| p == true || p == "true"),
        files: files(&body)?.into_iter().filter_map(|(n, c)| Some((n, c?))).collect(),
        created_at: now,
        updated_at: now,
    };
    w.controls().hidden.created("gist", &gist.id);
    m.gists.insert(gist.id.clone(), gist.clone());
    created(views::gist::gist(&m, &gist))
}

async fn one(State(w): State<World>, _caller: Caller, Path(id): Path<String>) -> Answer {
    let m = w.lock().await;
    let gist = m.gists.get(&id).ok_or_else(Refusal::not_found)?;
    ok(views::gist::gist(&m, gist))
}

async fn change(State(w): State<World>, caller: Caller, Path(id): Path<String>, body: Body) -> Answer {
    let login = caller.person()?.to_owned();
    let mut m = w.lock().await;
    let now = m.now();
    let changed = if body.has("files") { files(&body)? } else { BTreeMap::new() };
    let description = body.text("description")?;
    let gist = m.gists.get_mut(&id).filter(|g| g.owner == login && caller.has_scope("gist"));
    let gist = gist.ok_or_else(Refusal::not_found)?;
    gist.description = description.or_else(|| gist.description.clone());
    gist.updated_at = now;
    for (name, content) in changed {
        match content {
            Some(content) => gist.files.insert(name, content),
            None => gist.files.remove(&name),
        };
    }
    let gist = gist.clone();
    ok(views::gist::gist(&m, &gist))
}

async fn remove(State(w): State<World>, caller: Caller, Path(id): Path<String>) -> Answer {
    let login = caller.person()?.to_owned();
    let mut m = w.lock().await;
    m.gists
        .get(&id)
        .filter(|g| g.owner == login && caller.has_scope("gist"))
        .ok_or_else(Refusal::not_found)?;
    m.gists.remove(&id);
    no_content()
}

async fn raw(
    State(w): State<World>,
    Path((_, id, file)): Path<(String, String, String)>,
) -> Result<String, Refusal> {
    let m = w.lock().await;
    m.gists.get(&id).and_then(|g| g.files.get(&file)).cloned().ok_or_else(Refusal::not_found)
}
