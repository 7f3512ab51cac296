//! The timeline of an issue: its events, comments, reviews and commits in the order of time.

use serde_json::{Value, json};

use crate::world::{
    clock::iso,
    ids::node_id,
    model::{Issue, Model, Repo, TimelineEvent},
};

/// One event, as `GET .../events` shows it.
pub fn event(m: &Model, r: &Repo, e: &TimelineEvent) -> Value {
    let mut v = json!({
        "id": e.id,
        "node_id": node_id("EV", e.id),
        "url": format!("{}/repos/{}/issues/events/{}", m.base, r.full_name(), e.id),
        "actor": super::account::simple(m, &e.actor),
        "event": e.event,
        "commit_id": e.commit_id,
        "commit_url": e.commit_id.as_ref().map(|c| format!("{}/repos/{}/commits/{c}", m.base, r.full_name())),
        "created_at": iso(e.at),
        "performed_via_github_app": null,
    });
    super::extend(&mut v, e.extra.clone());
    v
}

pub fn timeline(m: &Model, r: &Repo, i: &Issue) -> Vec<Value> {
    let mut all: Vec<(i64, u64, Value)> = Vec::new();
    for e in &i.timeline {
        let v = if e.event == "cross-referenced" {
            let source = e.extra["source"].as_u64().and_then(|n| r.issues.get(&n));
            let Some(source) = source else { continue };
            let mut shown = super::issue::issue(m, r, source);
            shown["repository"] = super::repo::plain(m, r);
            json!({
                "event": "cross-referenced",
                "actor": super::account::simple(m, &e.actor),
                "created_at": iso(e.at),
                "updated_at": iso(e.at),
                "source": { "type": "issue", "issue": shown },
            })
        } else {
            event(m, r, e)
        };
        all.push((e.at, e.id, v));
    }
    for c in r.comments.values().filter(|c| c.issue == i.number) {
        let mut v = super::issue::comment(m, r, c);
        v["event"] = json!("commented");
        v["actor"] = v["user"].clone();
        all.push((c.created_at, c.id, v));
    }
    for review in r.reviews.values().filter(|review| review.pull == i.number) {
        let mut v = super::pull::review(m, r, review);
        v["event"] = json!("reviewed");
        all.push((review.submitted_at, review.id, v));
    }
    all.sort_by_key(|(at, id, _)| (*at, *id));
    all.into_iter().map(|(_, _, v)| v).collect()
}
