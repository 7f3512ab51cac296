//! Pages of lists: `page` and `per_page`, and `Link` headers that lead on until there is no more.

use axum::Json;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use waymark_app::areas::{Problem, ProblemKind};

use super::reply::Refusal;

/// Items of a page at most, and those of one that does not say.
pub(super) const MOST: u32 = 100;
pub(super) const USUAL: u32 = 50;

/// The items of a page.
///
/// # Errors
/// Fewer than one, or more than a page may have.
pub(super) fn per_page(asked: Option<u32>) -> Result<u32, Refusal> {
    match asked.unwrap_or(USUAL) {
        number @ 1..=MOST => Ok(number),
        _ => Err(Problem::new(ProblemKind::Invalid, format!("A page has from 1 to {MOST} items."))
            .field("per_page")
            .into()),
    }
}

/// The answer with links to the pages around it. A page beyond the last leads to the last and nowhere on.
pub(super) fn paged<T: Serialize>(public: &str, uri: &Uri, page: u32, pages: u32, body: T) -> Response {
    let mut response = Json(body).into_response();
    let at = |number: u32, rel: &str| format!("<{public}{}>; rel=\"{rel}\"", with_page(uri, number));
    let mut links = Vec::new();
    if page > 1 {
        links.push(at(1, "first"));
        links.push(at((page - 1).min(pages), "prev"));
    }
    if page < pages {
        links.push(at(page + 1, "next"));
    }
    links.push(at(pages, "last"));
    if let Ok(value) = HeaderValue::from_str(&links.join(", ")) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}

/// The address as asked for, with another page.
fn with_page(uri: &Uri, page: u32) -> String {
    let query = uri.query().unwrap_or_default();
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    kept.extend_pairs(url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "page"));
    format!("{}?{}", uri.path(), kept.append_pair("page", &page.to_string()).finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_on_until_there_is_no_more() {
        let uri: Uri = "/api/v1/plans?q=a%20b&page=2".parse().expect("an address");
        let links = |page, pages| {
            let answer = paged("https://w.example", &uri, page, pages, ());
            answer.headers()[header::LINK].to_str().expect("text").to_owned()
        };
        let middle = links(2, 3);
        assert!(middle.contains("<https://w.example/api/v1/plans?q=a+b&page=3>; rel=\"next\""), "{middle}");
        assert!(
            middle.contains("page=1>; rel=\"prev\"") && middle.contains("page=3>; rel=\"last\""),
            "{middle}"
        );
        assert!(!links(3, 3).contains("next"));
        assert!(!links(99, 3).contains("next") && links(99, 3).contains("page=3>; rel=\"prev\""));
        assert!(!links(1, 1).contains("prev"));
        assert_eq!(per_page(None).ok(), Some(50));
        assert!(per_page(Some(0)).is_err() && per_page(Some(101)).is_err());
    }
}
