//! Paging as GitHub does it: `page` and `per_page`, and a `Link` header whose addresses name the
//! repository by its number (`/repositories/{id}/...`), which clients must follow as they are.

use std::collections::BTreeMap;

use axum::{
    Json,
    http::header::LINK,
    response::{IntoResponse, Response},
};
use serde_json::Value;

/// A request's query, last value of each name.
pub type Query = axum::extract::Query<BTreeMap<String, String>>;

/// Which part of a list was asked for.
#[derive(Debug, Clone)]
pub struct Page {
    page: usize,
    per_page: usize,
    query: BTreeMap<String, String>,
}

impl Page {
    pub fn of(query: &BTreeMap<String, String>) -> Self {
        let number = |key: &str| query.get(key).and_then(|v| v.parse::<usize>().ok());
        Self {
            page: number("page").unwrap_or(1).max(1),
            per_page: number("per_page").unwrap_or(30).clamp(1, 100),
            query: query.clone(),
        }
    }

    /// The part, and the headers that lead to the others; `at` is the list's address.
    pub fn cut<T>(&self, at: &str, all: Vec<T>) -> (Vec<T>, Option<String>) {
        let last = all.len().div_ceil(self.per_page).max(1);
        let part: Vec<T> =
            all.into_iter().skip((self.page - 1) * self.per_page).take(self.per_page).collect();
        let to = |page: usize, rel: &str| {
            let mut out = url::form_urlencoded::Serializer::new(String::new());
            for (k, v) in self.query.iter().filter(|(k, _)| *k != "page") {
                out.append_pair(k, v);
            }
            out.append_pair("page", &page.to_string());
            format!("<{at}?{}>; rel=\"{rel}\"", out.finish())
        };
        let mut links = Vec::new();
        if self.page > 1 {
            links.push(to(self.page - 1, "prev"));
        }
        if self.page < last {
            links.push(to(self.page + 1, "next"));
            links.push(to(last, "last"));
        }
        if self.page > 1 {
            links.push(to(1, "first"));
        }
        (part, (!links.is_empty()).then(|| links.join(", ")))
    }

    /// The part as an array.
    pub fn list(&self, at: &str, all: Vec<Value>) -> Response {
        let (part, link) = self.cut(at, all);
        with_link(Value::Array(part), link)
    }

    /// The part in an object with `total_count`, under a name.
    pub fn counted(&self, at: &str, name: &str, all: Vec<Value>) -> Response {
        let total = all.len();
        let (part, link) = self.cut(at, all);
        with_link(serde_json::json!({ "total_count": total, name: part }), link)
    }
}

fn with_link(body: Value, link: Option<String>) -> Response {
    match link {
        Some(link) => ([(LINK, link)], Json(body)).into_response(),
        None => Json(body).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_the_query_and_change_the_page() {
        let query = [("state", "all"), ("per_page", "2"), ("page", "2")];
        let query = query.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let (part, link) = Page::of(&query).cut("http://x/repositories/1/issues", vec![1, 2, 3, 4, 5]);
        assert_eq!(part, [3, 4]);
        let link = link.expect("a link");
        assert!(link.contains("<http://x/repositories/1/issues?per_page=2&state=all&page=3>; rel=\"next\""));
        assert!(link.contains("page=1>; rel=\"prev\"") && link.contains("page=3>; rel=\"last\""));
    }

    #[test]
    fn one_page_has_no_links() {
        let (part, link) = Page::of(&BTreeMap::new()).cut("http://x", vec![1]);
        assert_eq!((part, link), (vec![1], None));
    }
}
