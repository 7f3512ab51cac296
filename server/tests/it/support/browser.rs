//! A browser without JavaScript: cookies, forms, and the headers that browsers send by themselves.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// An answer. Redirects are not followed.
#[derive(Debug)]
pub struct Page {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub struct Browser {
    base: String,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    pub fn new(base: &str) -> Self {
        let client = super::client();
        Browser { base: base.to_owned(), client, cookies: Mutex::default() }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Sends exactly these headers, beside the cookies.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Page {
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let mut request = self.client.request(method, format!("{}{path}", self.base)).body(body);
        for (name, value) in headers {
            request = request.header(
                HeaderName::from_bytes(name.as_bytes()).expect("a header"),
                HeaderValue::from_str(value).expect("a value"),
            );
        }
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        let answer = request.send().await.expect("the server answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.keep(&headers);
        Page { status, headers, body: answer.text().await.expect("a body") }
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if line.contains("Max-Age=0") || value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        let headers = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
        self.send(Method::GET, path, &headers, String::new()).await
    }

    /// Opens a page, following redirects on this site.
    pub async fn visit(&self, path: &str) -> Page {
        let mut page = self.get(path).await;
        for _ in 0..5 {
            let Some(to) = page.location().filter(|to| to.starts_with('/')).map(str::to_owned) else { break };
            page = self.get(&to).await;
        }
        page
    }

    /// Sends a form as a browser does.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let headers = [
            ("accept", "text/html"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", self.base.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(Method::POST, path, &headers, encoded(fields)).await
    }

    /// Calls the JSON API as a script on a page does.
    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Page {
        let headers = [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("origin", self.base.as_str()),
            ("sec-fetch-site", "same-origin"),
        ];
        self.send(method, path, &headers, body.to_string()).await
    }

    /// Begins a sign-in, consents as `login` on GitHub's page, and answers what the callback answered.
    pub async fn sign_in(&self, login: &str, to: &str) -> Page {
        let callback = self.consent(login, to).await;
        self.get(&callback).await
    }

    /// Begins a sign-in and consents; answers the path of the callback without opening it.
    pub async fn consent(&self, login: &str, to: &str) -> String {
        let begun = self.get(&format!("/auth/github?{}", encoded(&[("to", to)]))).await;
        let authorize = begun.location().unwrap_or_else(|| panic!("no way to GitHub: {begun:?}")).to_owned();
        let consent =
            self.client.get(&authorize).send().await.expect("the consent page").text().await.expect("it");
        assert!(consent.contains(&format!("value=\"{login}\"")), "no button for {login} on {consent}");
        let mut fields = hidden(&consent);
        fields.push(("login".to_owned(), login.to_owned()));
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let post = authorize.split('?').next().unwrap_or_default();
        let answer = self
            .client
            .post(post)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&pairs))
            .send()
            .await
            .expect("the consent is taken");
        let back = answer.headers().get("location").and_then(|to| to.to_str().ok()).expect("a way back");
        back.strip_prefix(&self.base).unwrap_or_else(|| panic!("{back} is elsewhere")).to_owned()
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// Names and values of the hidden fields of a page.
fn hidden(page: &str) -> Vec<(String, String)> {
    let value = |field: &str, name: &str| {
        let (_, rest) = field.split_once(&format!("{name}=\""))?;
        let text = rest.split('"').next()?;
        Some(text.replace("&quot;", "\"").replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    };
    page.split("<input type=\"hidden\"")
        .skip(1)
        .filter_map(|field| Some((value(field, "name")?, value(field, "value")?)))
        .collect()
}
