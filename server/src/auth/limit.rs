//! How often one caller may change something or sign in: a person who is signed in, else an address.
//!
//! - The rule is by default: whatever is no reading is limited, and what is not known to be light counts as
//!   a write to GitHub. A new route needs no line here.
//! - A person is counted alone, so that nobody is slowed by others behind the same address.
//! - Counted in memory; a restart forgets the counts.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use serde_json::json;
use waymark_app::areas::{Problem, ProblemKind};

use super::client::ClientAddress;
use super::viewer::Current;
use crate::state::App;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// What may write to GitHub, by person. GitHub takes 80 such requests a minute of one person.
    Write,
    /// What stays here, such as keeping a draft while a person types (once in 0.8 s at most), by person.
    Light,
    /// What somebody changes who is not signed in, by address: twenty people who type at the same time.
    Anonymous,
    /// Leaving for GitHub's sign-in, by address. It costs nothing and keeps nothing, so that a whole office
    /// passes at nine in the morning.
    SignIn,
    /// Coming back from it, by address: each asks GitHub twice. An office of 240 passes at once.
    Callback,
}

impl Limit {
    pub const ALL: [Limit; 5] =
        [Limit::Write, Limit::Light, Limit::Anonymous, Limit::SignIn, Limit::Callback];

    /// How many are taken at once, and how many are given back in a minute.
    pub const fn size(self) -> (u32, u32) {
        match self {
            Limit::Write => (60, 60),
            Limit::Light => (120, 120),
            Limit::Anonymous => (600, 600),
            Limit::SignIn => (1200, 1200),
            Limit::Callback => (240, 120),
        }
    }
}

/// Who is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    Person(i64),
    Address(ClientAddress),
}

/// What a caller has left, also when it was refused. An extension of the answer to a request that counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub limit: Limit,
    /// Requests that would be taken now.
    pub remaining: u32,
    /// Until one more is taken; zero when one would be now.
    pub wait: Duration,
}

type Counts = RateLimiter<Caller, HashMapStateStore<Caller>, DefaultClock, StateInformationMiddleware>;

/// The counts of all callers; cheap to clone.
#[derive(Clone)]
pub struct Limits(Arc<[(Limit, Counts)]>);

impl Default for Limits {
    fn default() -> Self {
        let counts = Limit::ALL.map(|limit| {
            let (burst, minute) = limit.size();
            let at_least_one = |count| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
            let quota = Quota::per_minute(at_least_one(minute)).allow_burst(at_least_one(burst));
            (limit, RateLimiter::hashmap(quota).with_middleware())
        });
        Limits(Arc::new(counts))
    }
}

impl Limits {
    /// Counts one more. `Err` when it is one too many.
    pub fn take(&self, limit: Limit, caller: Caller) -> Result<Allowance, Allowance> {
        let Some((_, counts)) = self.0.iter().find(|(of, _)| *of == limit) else {
            return Ok(Allowance { limit, remaining: 0, wait: Duration::ZERO });
        };
        match counts.check_key(&caller) {
            Ok(left) => {
                Ok(Allowance { limit, remaining: left.remaining_burst_capacity(), wait: Duration::ZERO })
            }
            Err(until) => {
                let wait = until.wait_time_from(DefaultClock::default().now());
                Err(Allowance { limit, remaining: 0, wait })
            }
        }
    }

    /// Forgets callers whose allowance is whole again.
    pub fn sweep(&self) {
        for (_, counts) in self.0.iter() {
            counts.retain_recent();
            counts.shrink_to_fit();
        }
    }
}

/// Server functions and posts of the API that write nothing to GitHub.
const LIGHT: [&str; 24] = [
    "/auth/sign-out",
    "/do/save-draft",
    "/do/save-objective-draft",
    "/do/discard-draft",
    "/do/use-template",
    "/do/preview",
    "/do/preview-plan",
    "/do/preview-objective",
    "/do/import-objective",
    "/do/arrange-objective",
    "/do/check-outline",
    "/do/find-repositories",
    "/do/find-branches",
    "/do/find-plans",
    "/do/revoke-token",
    "/do/end-session",
    "/do/end-other-sessions",
    "/do/admin-sign-out",
    "/do/admin-end-session",
    "/do/admin-revoke",
    "/api/v1/preview",
    "/api/v1/plans/preview",
    "/api/v1/objectives/preview",
    "/api/v1/submissions/check",
];

/// What a request counts as; nothing for reading.
fn rule(method: &Method, path: &str, person: Option<i64>) -> Option<(Limit, Option<i64>)> {
    match path {
        "/auth/github" => return Some((Limit::SignIn, None)),
        "/auth/github/callback" => return Some((Limit::Callback, None)),
        _ => {}
    }
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    Some(match person {
        None => (Limit::Anonymous, None),
        Some(_) if LIGHT.contains(&path) => (Limit::Light, person),
        Some(_) => (Limit::Write, person),
    })
}

/// Puts the [`ClientAddress`] into the request, and refuses with 429 what comes too often.
pub async fn limit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let address = ClientAddress::of(peer, request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(address);
    let viewer = request.extensions().get::<Current>().and_then(|current| current.0.as_ref());
    let person = viewer.map(|viewer| viewer.account_id);
    let Some((limit, person)) = rule(request.method(), request.uri().path(), person) else {
        return next.run(request).await;
    };
    let caller = person.map_or(Caller::Address(address), Caller::Person);
    match app.limits.take(limit, caller) {
        Ok(allowance) => {
            let mut answer = next.run(request).await;
            answer.extensions_mut().insert(allowance);
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                answer.headers_mut().entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("60"));
            }
            answer
        }
        Err(allowance) => {
            let mut answer = refused(allowance);
            answer.extensions_mut().insert(allowance);
            answer
        }
    }
}

fn refused(allowance: Allowance) -> Response {
    let seconds = allowance.wait.as_secs() + 1;
    let words = match allowance.limit {
        Limit::Write | Limit::Light => "You ask for more than Waymark takes from one person in a minute.",
        _ => "More is asked for from your network than Waymark takes in a minute.",
    };
    let problem = Problem::new(ProblemKind::TooMany, words).next(match seconds {
        1 => "Try again in a second.".to_owned(),
        _ => format!("Try again in {seconds} seconds."),
    });
    let wait = [(header::RETRY_AFTER, seconds.to_string())];
    (StatusCode::TOO_MANY_REQUESTS, wait, Json(json!({ "problems": [problem] }))).into_response()
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn each_caller_has_an_allowance_of_its_own() {
        let limits = Limits::default();
        let address = |last| Caller::Address(ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last))));
        let (burst, _) = Limit::Callback.size();
        for left in (0..burst).rev() {
            let taken = limits.take(Limit::Callback, address(1)).expect("within it");
            assert!(taken.remaining >= left, "{taken:?}");
        }
        let refused = limits.take(Limit::Callback, address(1)).expect_err("one too many");
        assert!(refused.wait > Duration::ZERO && refused.wait <= Duration::from_secs(1), "{refused:?}");
        assert!(limits.take(Limit::Callback, address(2)).is_ok());
        assert!(limits.take(Limit::SignIn, address(1)).is_ok());
        assert!(limits.take(Limit::Callback, Caller::Person(1)).is_ok());
    }

    #[test]
    fn what_changes_something_counts_unless_it_is_known_to_be_light_as_a_write() {
        let post = |path, person| rule(&Method::POST, path, person).map(|(limit, _)| limit);
        assert_eq!(post("/do/something-new", Some(1)), Some(Limit::Write));
        assert_eq!(rule(&Method::PUT, "/api/v1/x", Some(1)), Some((Limit::Write, Some(1))));
        assert_eq!(post("/do/save-draft", Some(1)), Some(Limit::Light));
        assert_eq!(post("/do/save-draft", None), Some(Limit::Anonymous));
        assert_eq!(rule(&Method::GET, "/auth/github", Some(1)), Some((Limit::SignIn, None)));
        assert_eq!(rule(&Method::GET, "/plans", None), None);
    }

    #[test]
    fn the_readme_tells_the_limits() {
        let readme = include_str!("../../../README.md");
        let words = |number: u32| match number {
            1000.. => format!("{},{:03}", number / 1000, number % 1000),
            _ => number.to_string(),
        };
        for limit in Limit::ALL {
            let (burst, minute) = limit.size();
            let row = format!(" | {} | {} |", words(burst), words(minute));
            assert!(readme.contains(&row), "{limit:?}: {row}");
        }
    }
}
