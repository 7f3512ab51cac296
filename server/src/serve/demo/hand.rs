//! The hand that makes the demo world: GitHub's API as a person, and the sandbox's controls.

use std::collections::HashMap;
use std::time::Duration;

use http::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use crate::github::{Client, GitHub};

pub(super) struct Hand {
    sandbox: Url,
    http: reqwest::Client,
    github: GitHub,
    people: HashMap<String, (SecretString, Client)>,
    /// When the script began; every time of the world is told from here.
    now: jiff::Timestamp,
}

impl Hand {
    pub fn new(sandbox: &str) -> Result<Hand, String> {
        let sandbox = Url::parse(sandbox).map_err(|error| error.to_string())?;
        Ok(Hand {
            http: reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?,
            github: GitHub::new(sandbox.clone(), Duration::from_secs(30)),
            sandbox,
            people: HashMap::new(),
            now: jiff::Timestamp::now(),
        })
    }

    /// Turns a control of the sandbox.
    pub async fn control(&self, path: &str, body: Value) -> Result<Value, String> {
        let told = |error: reqwest::Error| format!("/_sandbox/{path}: {}", error.without_url());
        let at = self.sandbox.join(&format!("_sandbox/{path}")).map_err(|error| error.to_string())?;
        let answer = self.http.post(at).json(&body).send().await.map_err(told)?;
        let refused = !answer.status().is_success();
        let answer: Value = answer.json().await.map_err(told)?;
        if refused { Err(format!("/_sandbox/{path}: {}", answer["error"])) } else { Ok(answer) }
    }

    /// Gives a person a token to write with.
    pub async fn enter(&mut self, login: &str) -> Result<SecretString, String> {
        if let Some((token, _)) = self.people.get(login) {
            return Ok(token.clone());
        }
        let answer = self.control("token", json!({"login": login})).await?;
        let token: SecretString = answer["token"].as_str().unwrap_or_default().into();
        let client = self.github.client(token.clone());
        self.people.insert(login.to_owned(), (token.clone(), client));
        Ok(token)
    }

    fn client(&self, login: &str) -> Result<&Client, String> {
        self.people.get(login).map(|(_, client)| client).ok_or_else(|| format!("{login} is not there"))
    }

    /// Calls GitHub's API as this person.
    pub async fn send(&self, who: &str, method: Method, path: &str, body: Value) -> Result<Value, String> {
        let body = (method != Method::GET).then_some(&body);
        let answer = self.client(who)?.send::<Value>(method, path, body).await;
        answer.map(|answer| answer.body).map_err(|error| format!("{path}: {error}"))
    }

    pub async fn post(&self, who: &str, path: &str, body: Value) -> Result<Value, String> {
        self.send(who, Method::POST, path, body).await
    }

    pub async fn patch(&self, who: &str, path: &str, body: Value) -> Result<Value, String> {
        self.send(who, Method::PATCH, path, body).await
    }

    /// Sets the sandbox's clock to so many minutes before the script began, and tells that time.
    pub async fn at(&self, minutes: i64) -> Result<String, String> {
        let then = self.now - jiff::SignedDuration::from_mins(minutes);
        let then = then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.control("clock", json!({"set": then})).await?;
        Ok(then)
    }

    /// Waits until every event is told.
    pub async fn idle(&self) -> Result<(), String> {
        let at = self.sandbox.join("_sandbox/idle?wait=30").map_err(|error| error.to_string())?;
        let answer = self.http.get(at).send().await.map_err(|error| error.without_url().to_string())?;
        answer.error_for_status().map(drop).map_err(|error| error.without_url().to_string())
    }

    /// Lets the sandbox's clock go with the machine's again.
    pub async fn today(&self) -> Result<(), String> {
        let clock = self.control("clock", json!({"advance_seconds": 0})).await?;
        let back = -clock["offset_seconds"].as_i64().unwrap_or_default();
        self.control("clock", json!({"advance_seconds": back})).await.map(drop)
    }
}
