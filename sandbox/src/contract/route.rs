//! Which operation of the description a request is. Literal segments win; refs, paths and branches may
//! contain slashes.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::schemas::{REST, step};

pub struct Route {
    /// `GET /repos/{owner}/{repo}`.
    pub name: String,
    method: String,
    path: Regex,
    literals: usize,
    /// Where the operation is in the document.
    pub pointer: String,
    /// Of its names in the query, the JSON pointer of each parameter.
    pub query: Vec<(String, String)>,
}

const WITH_SLASHES: &[&str] = &["ref", "path", "branch", "basehead", "tree_sha"];

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let paths = REST.document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().into_iter().flatten().filter_map(|(m, o)| read(path, m, o))
        })
        .collect()
});

fn read(path: &str, method: &str, operation: &Value) -> Option<Route> {
    let mut pattern = String::from("^");
    let mut literals = 0;
    for segment in path.split('/').skip(1) {
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some("path") => pattern.push_str("(?:/.*)?"),
            Some(name) if WITH_SLASHES.contains(&name) => pattern.push_str("/.+"),
            Some(_) => pattern.push_str("/[^/]+"),
            None => {
                literals += 1;
                pattern.push('/');
                pattern.push_str(&regex::escape(segment));
            }
        }
    }
    pattern.push_str("/?$");
    let method = method.to_uppercase();
    let pointer = format!("/paths/{}/{}", step(path), method.to_lowercase());
    let mut query = Vec::new();
    for (at, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
        let here = match parameter["$ref"].as_str() {
            Some(to) => to.trim_start_matches('#').to_owned(),
            None => format!("{pointer}/parameters/{at}"),
        };
        let parameter = REST.resolve(parameter);
        if parameter["in"] == "query" {
            query.push((parameter["name"].as_str()?.to_owned(), here));
        }
    }
    Some(Route {
        name: format!("{method} {path}"),
        method,
        path: Regex::new(&pattern).ok()?,
        literals,
        pointer,
        query,
    })
}

/// Whether the path belongs to the REST API, rather than to web pages, git or the sandbox itself.
pub fn is_api(path: &str) -> bool {
    const FIRST: &[&str] =
        &["repos", "user", "users", "orgs", "gists", "rate_limit", "applications", "repositories"];
    path.split('/').nth(1).is_some_and(|first| FIRST.contains(&first))
}

pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    let fits = ROUTES.iter().filter(|r| r.method == method && r.path.is_match(path));
    fits.max_by_key(|r| r.literals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_belong_to_refs() {
        fn name(method: &str, path: &str) -> Option<&'static str> {
            find(method, path).map(|r| r.name.as_str())
        }
        let repo = "/repos/acme/widgets";
        assert_eq!(
            name("GET", &format!("{repo}/commits/heads/a/b/check-runs")),
            Some("GET /repos/{owner}/{repo}/commits/{ref}/check-runs")
        );
        assert_eq!(
            name("GET", &format!("{repo}/git/ref/heads/a/b")),
            Some("GET /repos/{owner}/{repo}/git/ref/{ref}")
        );
        assert_eq!(
            name("GET", &format!("{repo}/contents/")),
            Some("GET /repos/{owner}/{repo}/contents/{path}")
        );
        assert_eq!(
            name("GET", &format!("{repo}/issues/comments/1")),
            Some("GET /repos/{owner}/{repo}/issues/comments/{comment_id}")
        );
        assert_eq!(name("PUT", &format!("{repo}/issues/1/lock")), None);
    }
}
