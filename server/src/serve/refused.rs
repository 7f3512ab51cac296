//! A form that is refused before its command is carried out, or that cannot be kept, comes back as a page
//! with everything that was typed and a button that sends it again. Programs get JSON.

use std::borrow::Cow;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use html_escape::{encode_double_quoted_attribute, encode_text};
use serde::Deserialize;
use waymark_app::areas::{Problem, ProblemKind};

/// As the pages' own policy, without any script.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";
/// The largest answer that is looked into.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// Gives a browser a page for what would be a refusal in JSON. `largest` is what a form may have.
pub async fn keep_what_was_typed(request: Request, next: Next, largest: usize) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let html = accepts.is_some_and(|accept| accept.contains("text/html"));
    let path = request.uri().path();
    let posted = request.method() == Method::POST;
    if !html || !(posted || path.starts_with("/auth/")) {
        return next.run(request).await;
    }
    let action = request.uri().path_and_query().map_or(path, |whole| whole.as_str()).to_owned();
    let (parts, body) = request.into_parts();
    let body = match to_bytes(body, largest).await {
        Ok(body) => body,
        Err(_) => {
            let words = "This is more than Waymark takes at once. Go back in your browser, shorten it, then send \
                         it again.\n";
            return (StatusCode::PAYLOAD_TOO_LARGE, words).into_response();
        }
    };
    let answer = next.run(Request::from_parts(parts, Body::from(body.clone()))).await;
    let (mut head, content) = answer.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if head.status.is_success()
        || head.status.is_redirection()
        || kind.is_some_and(|kind| kind.contains("text/html"))
    {
        return Response::from_parts(head, content);
    }
    let refusal = to_bytes(content, LARGEST_REFUSAL).await.unwrap_or_default();
    let problem = problem(&refusal);
    let typed = if posted { &body[..] } else { &[] };
    let page = page(&action, posted, problem, typed);
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        head.headers.insert(name, HeaderValue::from_static(value));
    }
    if head.status == StatusCode::TOO_MANY_REQUESTS {
        head.headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("60"));
    }
    // A refused server function also says where it would have sent the browser.
    head.headers.remove(header::LOCATION);
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(page))
}

/// A problem as the API or a server function writes it.
fn problem(json: &[u8]) -> Option<Problem> {
    #[derive(Deserialize)]
    struct Refusal {
        problems: Vec<Problem>,
    }
    let listed =
        serde_json::from_slice(json).ok().and_then(|refusal: Refusal| refusal.problems.into_iter().next());
    listed.or_else(|| serde_json::from_slice(json).ok())
}

fn page(action: &str, posted: bool, problem: Option<Problem>, typed: &[u8]) -> String {
    let message = problem.as_ref().map_or("Waymark could not take this now.", |problem| &problem.message);
    let next =
        problem.as_ref().and_then(|problem| problem.next.as_deref()).unwrap_or("Try again in a moment.");
    // The form stays in this tab.
    let sign_in = match problem.as_ref().map(|problem| problem.kind) {
        Some(ProblemKind::SignedOut) => {
            "<p><a class=\"button\" href=\"/sign-in\" target=\"_blank\">Sign in in another tab</a></p>"
        }
        _ => "",
    };
    let fields: String =
        url::form_urlencoded::parse(typed).map(|(name, value)| field(&name, &value)).collect();
    let (method, kept) = match posted {
        true => ("post", "<p>Nothing you typed is lost: it is all in this form.</p>"),
        false => ("get", ""),
    };
    // The query of an address is lost when a form is sent by GET, so it becomes fields.
    let (action, query) = action.split_once('?').filter(|_| !posted).unwrap_or((action, ""));
    let asked: String =
        url::form_urlencoded::parse(query.as_bytes()).map(|(name, value)| field(&name, &value)).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Not done · Waymark</title>\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\
         <body><main id=\"main\" class=\"page narrow\" tabindex=\"-1\" data-refused><h1>Not done</h1><p role=\"alert\"><strong>{}</strong> {}</p>{kept}{sign_in}\
         <form method=\"{method}\" action=\"{}\" class=\"stack\">{fields}{asked}\
         <div class=\"form-end\"><button type=\"submit\" class=\"button primary\">Try again</button></div></form>\
         </main></body></html>\n",
        encode_text(message),
        encode_text(next),
        encode_double_quoted_attribute(action),
    )
}

/// A text that a person wrote is shown; the rest travels along.
fn field(name: &str, value: &str) -> String {
    let attribute = encode_double_quoted_attribute(name);
    if value.contains('\n') || value.len() > 80 {
        // The parser drops the first line end of a text area.
        let (label, value): (Cow<'_, str>, _) = (encode_text(name), encode_text(value));
        format!(
            "<div class=\"field\"><label>{label}<textarea name=\"{attribute}\" rows=\"8\">\n{value}</textarea></label></div>"
        )
    } else {
        format!(
            "<input type=\"hidden\" name=\"{attribute}\" value=\"{}\">",
            encode_double_quoted_attribute(value)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_typed_is_in_the_page_and_nothing_of_it_is_markup() {
        let problem = Problem::new(ProblemKind::TooMany, "Too <often>.").next("Wait & see.");
        let typed = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("repo", "acme/\"><script>x</script>")
            .append_pair("instruction", "\nFirst </textarea><script>y</script>\nsecond")
            .finish();
        let page = page("/do/dispatch", true, Some(problem), typed.as_bytes());
        assert!(!page.contains("<script") && page.matches("</textarea>").count() == 1, "{page}");
        assert!(page.contains("\n\nFirst &lt;/textarea&gt;"), "{page}");
        assert!(page.contains("Too &lt;often&gt;.") && page.contains("action=\"/do/dispatch\""), "{page}");
    }

    #[test]
    fn a_problem_is_read_in_both_forms() {
        let one = Problem::new(ProblemKind::Internal, "one");
        let alone = serde_json::to_vec(&one).expect("json");
        let listed = serde_json::to_vec(&serde_json::json!({ "problems": [one] })).expect("json");
        for json in [alone, listed] {
            assert_eq!(problem(&json).expect("a problem").message, "one");
        }
        assert!(problem(b"").is_none());
    }
}
