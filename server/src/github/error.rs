//! What GitHub refused, or why no answer came, in words for people.

use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind};

use super::Wait;

/// Why a call gave no usable answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// GitHub answered with a refusal.
    #[error("GitHub answered {status}: {message}")]
    Answer {
        status: u16,
        message: String,
        /// `code` of the first entry of `errors`, such as `already_exists`.
        code: Option<String>,
        /// `field` of the first entry of `errors`.
        field: Option<String>,
        /// GitHub's own request id, for its support.
        request_id: Option<String>,
        /// Seconds until the same may be tried again, where GitHub says so.
        retry_after_s: Option<u64>,
        rate_limited: bool,
    },
    /// No answer: the connection failed, was cut, or the time limit passed.
    #[error("GitHub could not be reached")]
    Unreachable { timed_out: bool },
    /// Nothing was sent, or GitHub passed it on without doing anything; why, as a clause.
    #[error("nothing was sent to GitHub: {0}")]
    NotSent(&'static str),
    /// An answer that does not have the documented shape.
    #[error("GitHub's answer could not be read")]
    Unreadable,
    /// Not sent: what is left of GitHub's limits is kept for what people do.
    #[error("reading waits for GitHub's limit")]
    Reserved(Wait),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: String,
    errors: Vec<serde_json::Value>,
}

impl Error {
    /// Reads a refusal from its status, headers and body.
    pub(super) fn from_answer(status: u16, headers: &http::HeaderMap, body: &[u8], now_s: u64) -> Error {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
        let of_first = |name: &str| {
            refusal.errors.first().and_then(|error| error.get(name)?.as_str().map(str::to_owned))
        };
        let retry_after = text("retry-after").and_then(|value| value.parse().ok());
        let exhausted = text("x-ratelimit-remaining") == Some("0");
        let reset = text("x-ratelimit-reset").and_then(|value| value.parse::<u64>().ok());
        let secondary = refusal.message.to_ascii_lowercase().contains("secondary rate limit");
        let rate_limited =
            status == 429 || (status == 403 && (exhausted || retry_after.is_some() || secondary));
        let detail = of_first("message").or_else(|| refusal.errors.first()?.as_str().map(str::to_owned));
        let message = match detail {
            Some(detail) if !refusal.message.contains(&detail) => format!("{}: {detail}", refusal.message),
            _ => refusal.message.clone(),
        };
        Error::Answer {
            status,
            message,
            code: of_first("code"),
            field: of_first("field"),
            request_id: text("x-github-request-id").map(str::to_owned),
            retry_after_s: retry_after
                .or_else(|| reset.filter(|_| exhausted).map(|at| at.saturating_sub(now_s)))
                .filter(|_| rate_limited),
            rate_limited,
        }
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Error::Answer { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether GitHub says that it is not there, which may also mean "not allowed".
    pub fn is_not_found(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }

    /// Whether GitHub refuses this token the thing, or the token itself.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Error::Answer { status: 401 | 403 | 404 | 410 | 451, rate_limited: false, .. })
    }

    /// Whether GitHub's limits are why there is no answer.
    pub fn is_limit(&self) -> bool {
        matches!(self, Error::Answer { rate_limited: true, .. } | Error::Reserved(_))
    }

    /// Whether a write that ended so may have taken effect all the same.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Error::Answer { status, .. } => *status >= 500,
            Error::NotSent(_) => false,
            Error::Unreachable { .. } | Error::Unreadable => true,
            Error::Reserved(_) => false,
        }
    }

    /// The refusal in words. `doing` completes "when ...", such as "the branch was created".
    pub fn problem(&self, doing: &str) -> Problem {
        match self {
            Error::Answer { rate_limited: true, retry_after_s, .. } => {
                let wait = match retry_after_s {
                    Some(seconds) if *seconds > 90 => format!("about {} minutes", seconds.div_ceil(60)),
                    Some(seconds) => format!("{seconds} seconds"),
                    None => "a minute".to_owned(),
                };
                Problem::new(ProblemKind::TooMany, format!("GitHub's rate limit was reached when {doing}."))
                    .next(format!("Try again in {wait}."))
            }
            Error::Answer { status, message, .. } => refused(*status, message, doing),
            Error::Unreachable { timed_out: true } => {
                Problem::new(ProblemKind::GitHub, format!("GitHub did not answer in time when {doing}."))
                    .next("Whether it happened is looked up before anything is sent again. Try again.")
            }
            Error::Unreachable { timed_out: false } => Problem::new(
                ProblemKind::GitHub,
                format!("GitHub could not be reached, or the connection was cut, when {doing}."),
            )
            .next("Look at GitHub's status page, then try again."),
            Error::NotSent(why) => {
                Problem::new(ProblemKind::GitHub, format!("Nothing was done when {doing}: {why}."))
                    .next("See on GitHub whether the repository was renamed or moved, then try again.")
            }
            Error::Reserved(wait) => wait.problem(),
            Error::Unreadable => {
                Problem::new(ProblemKind::GitHub, format!("GitHub's answer could not be read when {doing}."))
                    .next("Try again; if it stays so, look at the thing on GitHub itself.")
            }
        }
    }
}

fn refused(status: u16, message: &str, doing: &str) -> Problem {
    let said = match message.trim().trim_end_matches('.') {
        "" => String::new(),
        message => format!(" (“{}”)", message.chars().take(200).collect::<String>()),
    };
    let answered = |kind, meaning: &str| {
        Problem::new(
            kind,
            format!("GitHub answered {status} when {doing}{said}. {meaning}").trim().to_owned(),
        )
    };
    match status {
        401 => answered(ProblemKind::SignedOut, "The sign-in with GitHub is no longer valid.")
            .next("Sign in again, then go on."),
        403 => answered(ProblemKind::Forbidden, "The permission is missing, or an organisation must approve Waymark.")
            .next("Ask an administrator of the repository for write access, or to approve Waymark for the organisation."),
        404 | 410 => answered(ProblemKind::NotFound, "It is not there, or you are not allowed to see it.")
            .next("Check that it still exists and that you have access."),
        409 => answered(ProblemKind::Conflict, "Something changed there at the same time.")
            .next("Look at the present state, then try again."),
        400 | 405 | 422 => answered(ProblemKind::Invalid, "GitHub did not accept what was sent.")
            .next("The text above is GitHub's reason; mend it and try again."),
        _ if status >= 500 => answered(ProblemKind::GitHub, "This is a fault on GitHub's side.")
            .next("Wait a little, then try again."),
        _ => answered(ProblemKind::GitHub, "Waymark does not know this answer.")
            .next("Look at the thing on GitHub itself, then try again."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Error {
        let mut map = http::HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, http::HeaderValue::from_static(value));
        }
        Error::from_answer(status, &map, body.as_bytes(), 1_000)
    }

    #[test]
    fn a_validation_error_keeps_code_and_field() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"already_exists","field":"name"}]}"#;
        let Error::Answer { code, field, rate_limited, .. } = read(422, &[], body) else {
            panic!("an answer")
        };
        assert_eq!(
            (code.as_deref(), field.as_deref(), rate_limited),
            (Some("already_exists"), Some("name"), false)
        );
    }

    #[test]
    fn a_403_is_a_limit_only_where_the_headers_or_the_text_say_so() {
        let limited = |error: &Error| matches!(error, Error::Answer { rate_limited: true, .. });
        assert!(!limited(&read(403, &[("x-ratelimit-remaining", "12")], "{}")));
        let reset = read(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1060")], "{}");
        assert!(limited(&reset));
        assert!(matches!(reset, Error::Answer { retry_after_s: Some(60), .. }));
        assert!(limited(&read(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#)));
        assert!(limited(&read(429, &[("retry-after", "7")], "")));
    }

    #[test]
    fn every_refusal_says_what_to_do() {
        for status in [400, 401, 403, 404, 405, 409, 410, 418, 422, 429, 500, 502, 503] {
            let problem = read(status, &[], r#"{"message":"No."}"#).problem("the branch was created");
            assert!(problem.message.contains("the branch was created"), "{problem:?}");
            assert!(problem.next.is_some(), "{problem:?}");
        }
    }

    #[test]
    fn only_lost_and_5xx_answers_leave_doubt() {
        assert!(read(502, &[], "").may_have_happened());
        assert!(Error::Unreachable { timed_out: true }.may_have_happened());
        assert!(!read(422, &[], "").may_have_happened());
        assert!(!Error::NotSent("the address cannot be asked").may_have_happened());
    }
}
