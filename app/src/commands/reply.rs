//! How a command answers.
//!
//! A browser is sent on with 303; what there is to say travels in a cookie that only the page named
//! in its key reads. A program gets the problem as JSON with the status of its kind. Nobody who is
//! signed out loses a form: they are sent to sign in and back.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use serde::{Deserialize, Serialize};

use crate::address::{address, value, with};
use crate::areas::{Problem, ProblemKind, Viewer};
use crate::context::{cookie, installation, now, query, set_status, viewer, wants_html};

/// What the next page says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub problems: Vec<Problem>,
    pub done: Option<String>,
}

/// Browsers keep at least 4,096 bytes of a cookie; percent-encoding may triple a text.
const LONGEST: usize = 1_200;
const SECONDS: u32 = 900;

/// The notice that the address of this request names.
pub(crate) fn notice() -> Notice {
    value(&query(), "notice")
        .and_then(|key| cookie(&name(&key)))
        .and_then(|text| read(&text))
        .unwrap_or_default()
}

/// The person who asks, or the problem that nobody is signed in.
pub(super) fn person() -> Result<Viewer, Problem> {
    viewer().ok_or_else(|| {
        Problem::new(ProblemKind::SignedOut, "You are not signed in.")
            .next("Sign in with GitHub, then try again.")
    })
}

/// Answers a command: on to `to` when it went well (with a word about it), else back to `back`.
pub(super) fn answer(
    result: Result<(String, Option<String>), Vec<Problem>>,
    back: &str,
) -> Result<(), Problem> {
    match result {
        Ok((to, None)) => {
            see(&to);
            Ok(())
        }
        Ok((to, done)) => {
            see(&keep(&to, &Notice { problems: Vec::new(), done }));
            Ok(())
        }
        Err(problems) => {
            let first = problems
                .first()
                .cloned()
                .unwrap_or_else(|| Problem::new(ProblemKind::Internal, "It failed without a reason."));
            set_status(first.kind.status());
            if !wants_html() {
                return Err(first);
            }
            if first.kind == ProblemKind::SignedOut {
                see(&address("/sign-in", [("to", back)]));
            } else {
                see(&keep(back, &Notice { problems, done: None }));
            }
            Ok(())
        }
    }
}

/// Answers a command that did some things and was refused others.
pub(super) fn report(to: &str, done: Option<String>, problems: Vec<Problem>) -> Result<(), Problem> {
    match problems.first() {
        None => answer(Ok((to.to_owned(), done)), to),
        Some(_) if done.is_none() => answer(Err(problems), to),
        Some(first) if !wants_html() => {
            set_status(first.kind.status());
            Err(first.clone())
        }
        Some(_) => {
            see(&keep(to, &Notice { problems, done }));
            Ok(())
        }
    }
}

/// Sends the browser on.
fn see(to: &str) {
    let Some(options) = use_context::<ResponseOptions>() else { return };
    if let Ok(to) = HeaderValue::from_str(to)
        && wants_html()
    {
        options.insert_header(header::LOCATION, to);
        options.set_status(StatusCode::SEE_OTHER);
    }
}

/// Keeps a notice in a cookie and names it in the address.
fn keep(to: &str, notice: &Notice) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let key = format!("{:x}{:x}", now(), COUNT.fetch_add(1, Ordering::Relaxed) & 0xfff);
    let secure = if installation().public_url.starts_with("https:") { "; Secure" } else { "" };
    let line = format!(
        "{}={}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}",
        name(&key),
        write(notice)
    );
    if let (Some(options), Ok(line)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&line)) {
        options.append_header(header::SET_COOKIE, line);
    }
    with(to, &[("notice", key.as_str())])
}

fn name(key: &str) -> String {
    let key: String = key.chars().filter(char::is_ascii_hexdigit).take(24).collect();
    format!("notice-{key}")
}

/// Writes a notice in characters that a cookie may hold, shortening it until it fits.
fn write(notice: &Notice) -> String {
    for (problems, letters) in [(8, 400), (4, 240), (2, 160), (1, 80)] {
        let short = |text: &String| shortened(text, letters);
        let mut notice = notice.clone();
        notice.problems.truncate(problems);
        notice.done = notice.done.as_ref().map(short);
        for problem in &mut notice.problems {
            problem.message = short(&problem.message);
            problem.next = problem.next.as_ref().map(short);
        }
        let json = serde_json::to_string(&notice).unwrap_or_default();
        if json.len() <= LONGEST {
            return form_urlencoded::byte_serialize(json.as_bytes()).collect();
        }
    }
    String::new()
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters - 1).chain(['…']).collect()
}

fn read(text: &str) -> Option<Notice> {
    let json = form_urlencoded::parse(text.as_bytes()).next()?.0;
    serde_json::from_str(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_back_from_its_cookie() {
        let problem = Problem::new(ProblemKind::Invalid, "Base branch “x; y=1&z” is gone.").field("base");
        let notice = Notice { problems: vec![problem], done: None };
        let cookie = write(&notice);
        assert!(cookie.chars().all(|c| c.is_ascii_graphic() && !matches!(c, ';' | ',' | '"' | '\\')));
        assert_eq!(read(&cookie), Some(notice));
    }

    #[test]
    fn a_long_notice_is_shortened_until_a_cookie_holds_it() {
        let long = Problem::new(ProblemKind::GitHub, "é".repeat(9_000)).next("ü".repeat(9_000));
        let cookie = write(&Notice { problems: vec![long; 20], done: Some("x".repeat(9_000)) });
        assert!(cookie.len() <= 3 * LONGEST);
        assert!(read(&cookie).is_some_and(|notice| !notice.problems.is_empty()));
    }
}
