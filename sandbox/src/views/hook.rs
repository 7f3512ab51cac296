//! Webhooks and their deliveries.

use serde_json::{Value, json};

use crate::world::{
    clock::iso,
    model::{Delivery, Hook, Model, Repo},
};

pub fn hook(m: &Model, r: &Repo, h: &Hook) -> Value {
    let url = format!("{}/repos/{}/hooks/{}", m.base, r.full_name(), h.id);
    let (code, status, message) = &h.last_response;
    let mut config = json!({ "content_type": h.content_type, "insecure_ssl": h.insecure_ssl, "url": h.url });
    if h.secret.is_some() {
        config["secret"] = json!("********");
    }
    json!({
        "type": "Repository",
        "id": h.id,
        "name": "web",
        "active": h.active,
        "events": h.events,
        "config": config,
        "updated_at": iso(h.updated_at),
        "created_at": iso(h.created_at),
        "url": url,
        "test_url": format!("{url}/test"),
        "ping_url": format!("{url}/pings"),
        "deliveries_url": format!("{url}/deliveries"),
        "last_response": { "code": code, "status": status, "message": message },
    })
}

/// GitHub's `hook-delivery-item`, as in lists.
pub fn delivery_item(r: &Repo, d: &Delivery) -> Value {
    json!({
        "id": d.id,
        "guid": d.guid,
        "delivered_at": iso(d.delivered_at),
        "redelivery": d.redelivery,
        "duration": d.duration,
        "status": d.status,
        "status_code": d.status_code,
        "event": d.event,
        "action": d.action,
        "installation_id": null,
        "repository_id": r.id,
        "throttled_at": null,
    })
}

/// GitHub's `hook-delivery`, with what was sent and answered.
pub fn delivery(r: &Repo, d: &Delivery, url: &str, payload: Value) -> Value {
    let mut v = delivery_item(r, d);
    super::extend(
        &mut v,
        json!({
            "url": url,
            "request": { "headers": d.request_headers, "payload": payload },
            "response": { "headers": d.response_headers, "payload": d.response_body },
        }),
    );
    v
}
