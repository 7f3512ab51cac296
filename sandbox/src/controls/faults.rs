//! Faults: the next so many matching requests fail as told, before or after their effect.

use std::{future::Future, sync::Mutex};

use axum::{
    Json,
    body::Body,
    http::{HeaderName, HeaderValue, Method, Response, StatusCode},
    response::IntoResponse,
};
use regex::Regex;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

#[derive(Debug, Clone)]
pub struct Fault {
    /// Any method when `None`.
    pub method: Option<Method>,
    /// Matched against path and query.
    pub path: Regex,
    pub status: Option<StatusCode>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Value>,
    /// The connection ends without an answer.
    pub cut: bool,
    /// Before the effect, rather than after it.
    pub before: bool,
    /// The answer waits until it is released.
    pub hold: bool,
    /// Matching requests that go through first.
    pub skip: u64,
    /// Matching requests still to be hit.
    pub times: u64,
}

#[derive(Debug)]
pub struct Faults {
    all: Mutex<Vec<Fault>>,
    releases: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { all: Mutex::default(), releases: watch::Sender::new(0) }
    }
}

impl Fault {
    /// Reads `{method, path, status, cut, hold, when, skip, times, headers, body}`; says what is wrong.
    pub fn read(body: &Map<String, Value>) -> Result<Self, String> {
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let flag = |key: &str| body.get(key).and_then(Value::as_bool).unwrap_or(false);
        let known = [
            "method",
            "path",
            "status",
            "cut",
            "hold",
            "when",
            "skip",
            "times",
            "headers",
            "body",
            "retry_after",
        ];
        if let Some(key) = body.keys().find(|k| !known.contains(&k.as_str())) {
            return Err(format!("unknown field {key}"));
        }
        let method = text("method").filter(|m| *m != "*").map(|m| m.to_uppercase().parse());
        let status = body.get("status").and_then(Value::as_u64).map(|s| StatusCode::from_u16(s as u16));
        let mut headers = Vec::new();
        for (name, value) in body.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            headers.push((
                name.parse().map_err(|_| format!("{name} is not a header"))?,
                value.parse().map_err(|_| format!("{value} is not a header's value"))?,
            ));
        }
        let fault = Self {
            method: method.transpose().map_err(|_| "method is not a method")?,
            path: Regex::new(text("path").unwrap_or("")).map_err(|e| e.to_string())?,
            status: status.transpose().map_err(|_| "status is not a status")?,
            headers,
            body: body.get("body").cloned(),
            cut: flag("cut"),
            before: text("when").unwrap_or("before") == "before" && !flag("hold"),
            hold: flag("hold"),
            skip: body.get("skip").and_then(Value::as_u64).unwrap_or(0),
            times: body.get("times").and_then(Value::as_u64).unwrap_or(1),
        };
        match fault.status.is_some() || fault.cut || fault.hold {
            true => Ok(fault),
            false => Err("one of status, cut and hold is needed".to_owned()),
        }
    }

    /// What the fault answers instead, if it answers.
    pub fn answer(&self) -> Option<Response<Body>> {
        let status = self.status?;
        let usual = json!({
            "message": status.canonical_reason().unwrap_or("Error"),
            "documentation_url": "https://docs.github.com/rest",
            "status": status.as_u16().to_string(),
        });
        let mut response = (status, Json(self.body.clone().unwrap_or(usual))).into_response();
        response.headers_mut().extend(self.headers.iter().cloned());
        Some(response)
    }
}

impl Faults {
    pub fn add(&self, fault: Fault) {
        self.all.lock().unwrap_or_else(|e| e.into_inner()).push(fault);
    }

    pub fn clear(&self) {
        self.all.lock().unwrap_or_else(|e| e.into_inner()).clear();
        self.release();
    }

    /// The first fault that hits this request; it counts as used.
    pub fn take(&self, method: &Method, path_and_query: &str) -> Option<Fault> {
        let mut all = self.all.lock().unwrap_or_else(|e| e.into_inner());
        let hit = all.iter_mut().find(|f| {
            f.times > 0 && f.method.as_ref().is_none_or(|m| m == method) && f.path.is_match(path_and_query)
        })?;
        if hit.skip > 0 {
            hit.skip -= 1;
            return None;
        }
        hit.times -= 1;
        let hit = hit.clone();
        all.retain(|f| f.times > 0);
        Some(hit)
    }

    /// Lets all held answers go.
    pub fn release(&self) {
        self.releases.send_modify(|n| *n += 1);
    }

    /// Done at the next release after this call.
    pub fn released(&self) -> impl Future<Output = ()> + use<> {
        let mut releases = self.releases.subscribe();
        async move {
            releases.changed().await.ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(value: Value) -> Result<Fault, String> {
        Fault::read(value.as_object().expect("an object"))
    }

    #[test]
    fn a_fault_hits_as_often_as_told() {
        let faults = Faults::default();
        faults.add(
            fault(json!({"method": "post", "path": "/issues$", "status": 502, "times": 2})).expect("valid"),
        );
        let path = "/repos/acme/widgets/issues";
        assert!(faults.take(&Method::GET, path).is_none());
        assert!(faults.take(&Method::POST, path).is_some());
        assert!(faults.take(&Method::POST, path).is_some());
        assert!(faults.take(&Method::POST, path).is_none());
        faults.add(fault(json!({"path": "/issues$", "status": 502, "skip": 1})).expect("valid"));
        assert!(faults.take(&Method::POST, path).is_none());
        assert!(faults.take(&Method::POST, path).is_some());
    }

    #[test]
    fn a_fault_without_an_effect_is_refused() {
        assert!(fault(json!({"path": "x"})).is_err());
        assert!(fault(json!({"path": "x", "status": 500, "wen": "after"})).is_err());
    }
}
