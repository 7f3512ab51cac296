//! One token's way to GitHub. Reads are conditional (a 304 costs nothing of the rate limit); a
//! write is sent once, whatever becomes of its answer.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use http_body_util::BodyExt;
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::cache::Owned;
use super::segment::stays;
use super::{Budget, Error, Wait};

/// Bodies larger than this are not read.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;
/// Pages of a list that are followed at most.
const MOST_PAGES: usize = 200;

/// The answer to a write.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    pub status: u16,
    pub body: T,
}

/// Hears what GitHub refuses: the path and the status.
type OnRefusal = Arc<dyn Fn(&str, u16) -> BoxFuture<'static, ()> + Send + Sync>;

/// A client that acts with one token.
#[derive(Clone)]
pub struct Client {
    rest: Arc<Octocrab>,
    /// GraphQL lives beside `/api/v3` on GitHub Enterprise Server, so it has a client of its own.
    graphql: Arc<Octocrab>,
    timeout: Duration,
    /// The API's root: a token goes nowhere else.
    api: Arc<Url>,
    token: Option<SecretString>,
    on_refusal: Option<OnRefusal>,
    budget: Budget,
    /// Whether nobody waits for what it reads.
    background: bool,
}

struct Raw {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    pub(super) fn new(
        api: &Url,
        token: Option<SecretString>,
        timeout: Duration,
        mut cache: Option<Owned>,
    ) -> Self {
        let mut graphql = api.clone();
        let path = api.path().trim_end_matches('/').to_owned();
        graphql.set_path(path.strip_suffix("/v3").unwrap_or(&path));
        let mut of = |base: &Url, cached: bool| {
            let builder = Octocrab::builder()
                .add_retry_config(RetryConfig::None)
                .set_connect_timeout(Some(timeout))
                .base_uri(base.as_str().trim_end_matches('/'))
                .unwrap_or_else(|_| Octocrab::builder());
            let builder = match cache.take().filter(|_| cached) {
                Some(cache) => builder.cache(cache),
                None => builder,
            };
            match token.clone() {
                Some(token) => builder.user_access_token(token),
                None => builder,
            }
            .build()
        };
        let built = of(api, true).and_then(|rest| Ok((rest, of(&graphql, false)?)));
        let (rest, graphql) = built.unwrap_or_default();
        let mut api = api.clone();
        api.set_path(&path);
        Client {
            rest: Arc::new(rest),
            graphql: Arc::new(graphql),
            timeout,
            api: Arc::new(api),
            token,
            on_refusal: None,
            budget: Budget::default(),
            background: false,
        }
    }

    /// The token it acts with.
    pub fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// The same client, which tells of each refusal before it answers it.
    pub(crate) fn on_refusal(
        mut self,
        hear: impl Fn(&str, u16) -> BoxFuture<'static, ()> + Send + Sync + 'static,
    ) -> Client {
        self.on_refusal = Some(Arc::new(hear));
        self
    }

    /// The same client for what nobody waits for: it leaves people their part of GitHub's limits.
    pub fn in_background(&self) -> Client {
        Client { background: true, ..self.clone() }
    }

    /// Whether a reading may begin: always, when somebody waits for it.
    ///
    /// # Errors
    /// Until when reading in the background waits.
    pub fn may_begin(&self) -> Result<(), Wait> {
        if self.background { self.budget.background() } else { Ok(()) }
    }

    /// Reads one thing. `path` starts with `/`.
    ///
    /// # Errors
    /// GitHub's refusal, no answer within the time limit, or an answer of another shape.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let raw = self.call(&self.rest, Method::GET, path, None).await?;
        read(&raw.body)
    }

    /// Reads a whole list, page by page as GitHub's `Link` headers say. Knows plain arrays and
    /// wrapped ones (`{"total_count": 2, "jobs": [...]}`).
    pub async fn get_all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..MOST_PAGES {
            let Some(path) = next.take() else { break };
            let raw = self.call(&self.rest, Method::GET, &path, None).await?;
            let page: Value = read(&raw.body)?;
            let list = match page {
                Value::Array(list) => list,
                Value::Object(map) => map
                    .into_iter()
                    .find_map(|(_, value)| if let Value::Array(list) = value { Some(list) } else { None })
                    .ok_or(Error::Unreadable)?,
                _ => return Err(Error::Unreadable),
            };
            for item in list {
                items.push(serde_json::from_value(item).map_err(|_| Error::Unreadable)?);
            }
            next = next_page(&raw.headers).and_then(|link| self.within(&link));
        }
        Ok(items)
    }

    /// Sends a write, once.
    ///
    /// # Errors
    /// As [`Client::get`]; [`Error::may_have_happened`] tells whether it may have taken effect.
    pub async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer<T>, Error> {
        let raw = self.call(&self.rest, method, path, body).await?;
        let text: &[u8] = if raw.body.is_empty() { b"null" } else { &raw.body };
        Ok(Answer { status: raw.status, body: read(text)? })
    }

    /// Sends a GraphQL document. Errors arrive with status 200; the first one becomes the refusal.
    pub async fn graphql<T: DeserializeOwned>(&self, document: &str, variables: Value) -> Result<T, Error> {
        let request = json!({"query": document, "variables": variables});
        let raw = self.call(&self.graphql, Method::POST, "/graphql", Some(&request)).await?;
        let mut answer: Value = read(&raw.body)?;
        if let Some(error) = answer["errors"].as_array().and_then(|errors| errors.first()) {
            let kind = error["type"].as_str().unwrap_or_default();
            return Err(Error::Answer {
                status: match kind {
                    "NOT_FOUND" => 404,
                    "FORBIDDEN" | "INSUFFICIENT_SCOPES" => 403,
                    "RATE_LIMITED" => 429,
                    _ => 422,
                },
                message: error["message"].as_str().unwrap_or_default().to_owned(),
                code: Some(kind.to_owned()).filter(|kind| !kind.is_empty()),
                field: None,
                request_id: None,
                retry_after_s: None,
                rate_limited: kind == "RATE_LIMITED",
            });
        }
        serde_json::from_value(answer["data"].take()).map_err(|_| Error::Unreadable)
    }

    /// Reads a text that GitHub keeps elsewhere, such as a job's log: the redirect is followed
    /// without the token.
    pub async fn text(&self, path: &str) -> Result<String, Error> {
        let raw = self.call(&self.rest, Method::GET, path, None).await?;
        Ok(String::from_utf8_lossy(&raw.body).into_owned())
    }

    /// The scopes of the token as GitHub states them; none for tokens without scopes.
    pub async fn scopes(&self) -> Result<Option<Vec<String>>, Error> {
        let raw = self.call(&self.rest, Method::GET, "/user", None).await?;
        let scopes = raw.headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok());
        Ok(scopes.map(|list| {
            list.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty()).collect()
        }))
    }

    /// An address that GitHub answered, as a path for this client; nothing when it leads elsewhere.
    fn within(&self, link: &str) -> Option<String> {
        let url = self.api.join(link).ok().filter(|url| url.origin() == self.api.origin())?;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        Some(path.strip_prefix(self.api.path().trim_end_matches('/')).unwrap_or(path).to_owned())
    }

    async fn call(
        &self,
        crab: &Octocrab,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Raw, Error> {
        let _under_way = match self.background {
            true => Some(self.budget.begin().map_err(Error::Reserved)?),
            false => None,
        };
        let answered = self.follow(crab, method, path, body);
        let raw = tokio::time::timeout(self.timeout, answered)
            .await
            .map_err(|_| Error::Unreachable { timed_out: true })??;
        self.budget.saw(raw.status, &raw.headers);
        if (200..300).contains(&raw.status) {
            return Ok(raw);
        }
        let now = jiff::Timestamp::now().as_second().unsigned_abs();
        let error = Error::from_answer(raw.status, &raw.headers, &raw.body, now);
        if let Error::Answer { rate_limited: true, retry_after_s, .. } = &error {
            self.budget.refused(*retry_after_s);
        }
        if let Some(hear) = self.on_refusal.as_ref().filter(|_| error.is_refusal()) {
            hear(path, raw.status).await;
        }
        Err(error)
    }

    /// Sends a request, and once more where GitHub redirects it within its API, as it does when a
    /// repository has another name now. It keeps its method and its body: a redirected write had no
    /// effect yet.
    async fn follow(
        &self,
        crab: &Octocrab,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Raw, Error> {
        let first = self.execute(crab, &method, path, body).await?;
        let Some(location) = redirect(&first) else { return Ok(first) };
        let reads = method == Method::GET;
        if reads && first.status == StatusCode::FOUND.as_u16() {
            return elsewhere(&location).await;
        }
        let Some(path) = self.within(&location) else {
            return Err(Error::NotSent("GitHub's answer leads to another host, where nothing is sent"));
        };
        let second = self.execute(crab, &method, &path, body).await?;
        match redirect(&second) {
            Some(_) => Err(Error::NotSent("GitHub keeps redirecting the request")),
            None => Ok(second),
        }
    }

    async fn execute(
        &self,
        crab: &Octocrab,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Raw, Error> {
        let unsent = Error::NotSent("the address cannot be asked");
        if !stays(path) {
            return Err(unsent);
        }
        let uri: Uri = path.parse().map_err(|_| unsent.clone())?;
        let request = http::request::Builder::new()
            .method(method)
            .uri(uri)
            .header(header::ACCEPT, "application/vnd.github+json");
        let request = crab.build_request(request, body).map_err(|_| unsent)?;
        let answer = crab.execute(request).await.map_err(unreachable)?;
        let (parts, body) = answer.into_parts();
        let body = http_body_util::Limited::new(body, LARGEST_ANSWER);
        let body = body.collect().await.map_err(|_| Error::Unreachable { timed_out: false })?;
        Ok(Raw { status: parts.status.as_u16(), headers: parts.headers, body: body.to_bytes().to_vec() })
    }
}

/// Where an answer sends the request.
fn redirect(answer: &Raw) -> Option<String> {
    let redirects = matches!(answer.status, 301 | 302 | 307 | 308);
    let location = answer.headers.get(header::LOCATION).filter(|_| redirects)?;
    location.to_str().ok().map(str::to_owned)
}

/// Reads what GitHub keeps in a store of its own, such as a job's log. The address is a key by itself: the token stays here.
async fn elsewhere(address: &str) -> Result<Raw, Error> {
    let lost = |error: reqwest::Error| {
        tracing::debug!(error = %error.without_url(), "no answer from GitHub's store");
        Error::Unreachable { timed_out: false }
    };
    let client = reqwest::Client::builder().build().map_err(lost)?;
    let mut answer = client.get(address).send().await.map_err(lost)?;
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Error::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Raw { status, headers, body })
}

fn unreachable(error: octocrab::Error) -> Error {
    tracing::debug!(%error, "no answer from GitHub");
    Error::Unreachable { timed_out: false }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        tracing::warn!(%error, "an answer of GitHub has another shape than expected");
        Error::Unreadable
    })
}

fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(header::LINK)?.to_str().ok()?;
    links.split(',').find_map(|link| {
        let (address, attributes) = link.split_once('>')?;
        attributes.contains("rel=\"next\"").then(|| address.trim().trim_start_matches('<').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_elsewhere_is_not_a_path_of_the_api() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let _entered = runtime.enter();
        let api = "https://ghe.example/api/v3".parse().expect("an address");
        let client = Client::new(&api, None, Duration::from_secs(1), None);
        let path = Some("/repositories/100/issues?page=2".to_owned());
        assert_eq!(client.within("https://ghe.example/api/v3/repositories/100/issues?page=2"), path);
        assert_eq!(client.within("/api/v3/repositories/100/issues?page=2"), path);
        for other in ["https://collector.example/issues", "http://ghe.example/issues", "//collector.example/"]
        {
            assert_eq!(client.within(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_page_is_read_from_the_link_header() {
        let mut headers = HeaderMap::new();
        let links = "<https://api.github.com/repositories/1/issues?page=1>; rel=\"prev\", \
                     <https://api.github.com/repositories/1/issues?page=3>; rel=\"next\"";
        headers.insert(header::LINK, links.parse().expect("a header"));
        assert_eq!(
            next_page(&headers).as_deref(),
            Some("https://api.github.com/repositories/1/issues?page=3")
        );
        headers.insert(header::LINK, "<https://x/?page=1>; rel=\"last\"".parse().expect("a header"));
        assert_eq!(next_page(&headers), None);
    }
}
