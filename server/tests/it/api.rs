//! Who may do what, by form, by server function and by direct HTTP alike.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::objectives;
use crate::support::{Browser, Page, World, until, world};

fn form(repo: &str) -> Value {
    json!({ "repo": repo, "base": "main", "instruction": "Say hello in the README", "mode": "one-shot" })
}

/// Asks for a dispatch in each of the three ways.
async fn dispatch(browser: &Browser, repo: &str) -> [Page; 3] {
    let fields = [("repo", repo), ("base", "main"), ("instruction", "Say hello in the README")];
    let page = browser.form("/do/dispatch", &fields).await;
    let headers = [
        ("accept", "application/json"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let function = browser.send(Method::POST, "/do/dispatch", &headers, body).await;
    let direct = browser.json(Method::POST, "/api/v1/dispatches", &form(repo)).await;
    [page, function, direct]
}

async fn refused(world: &World, browser: &Browser, repo: &str, status: StatusCode) {
    let [page, function, direct] = dispatch(browser, repo).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{page:?}");
    let to = page.location().unwrap_or_default();
    assert!(!to.starts_with("/dispatches/"), "{repo}: {to}");
    assert_eq!(function.status, status, "{repo}: {function:?}");
    assert_eq!(direct.status, status, "{repo}: {direct:?}");
    let preview = browser.json(Method::POST, "/api/v1/preview", &form(repo)).await;
    assert_eq!(preview.status, status, "{repo}: {preview:?}");
    assert!(world.github.writes().await.is_empty());
}

#[tokio::test]
async fn only_those_who_may_write_dispatch() {
    world(async |world| {
        refused(world, &world.anonymous(), "acme/widgets", StatusCode::UNAUTHORIZED).await;
        let reader = world.sign_in("reader").await;
        refused(world, &reader, "acme/widgets", StatusCode::FORBIDDEN).await;
        refused(world, &reader, "acme/secret", StatusCode::FORBIDDEN).await;
        let outsider = world.sign_in("outsider").await;
        refused(world, &outsider, "acme/widgets", StatusCode::FORBIDDEN).await;
        refused(world, &outsider, "acme/secret", StatusCode::NOT_FOUND).await;
    })
    .await;
}

#[tokio::test]
async fn a_repository_one_may_not_see_answers_like_none() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let connected =
            writer.json(Method::PUT, "/api/v1/repositories/acme/secret/connection", &json!({})).await;
        assert_eq!(connected.status, StatusCode::NO_CONTENT, "{connected:?}");
        let seen = writer.get("/api/v1/repositories/acme/secret").await;
        assert_eq!(seen.status, StatusCode::OK, "{seen:?}");

        let outsider = world.sign_in("outsider").await;
        let nobody = world.anonymous();
        for browser in [&outsider, &nobody] {
            for path in [
                "/api/v1/repositories/acme/REPO",
                "/api/v1/repositories/acme/REPO/branches",
                "/api/v1/repositories/acme/REPO/plans/1",
                "/acme/REPO/plans/1",
                "/acme/REPO/settings",
            ] {
                let hidden = browser.get(&path.replace("REPO", "secret")).await;
                let absent = browser.get(&path.replace("REPO", "absent")).await;
                assert_eq!(hidden.status, absent.status, "{path}");
                assert_ne!(hidden.status, StatusCode::OK, "{path}");
                let (hidden, absent) = (bare(&hidden.body, "secret"), bare(&absent.body, "absent"));
                assert_eq!(hidden, absent, "{path}");
            }
        }
        for page in ["/", "/repos", "/runs", "/api/v1/plans", "/api/v1/repositories?q=secret"] {
            let body = outsider.get(page).await.body;
            assert!(!body.contains("acme/secret"), "{page}: {body}");
        }
        assert!(world.github.writes().await.iter().all(|write| write.path.ends_with("/hooks")));
    })
    .await;
}

/// A body without what differs from one request to the next anyway: the name asked for, nonces, ids.
fn bare(body: &str, name: &str) -> String {
    let text = body.replace(name, "NAME");
    let nonce = text.split_once("nonce=\"").and_then(|(_, rest)| rest.split('"').next());
    let bare = nonce.map_or(text.clone(), |nonce| text.replace(nonce, "NONCE"));
    let uuid = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    bare.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .filter(|word| !uuid(word.trim_end_matches(|c: char| !c.is_ascii_hexdigit())))
        .collect()
}

#[tokio::test]
async fn what_cannot_be_read_is_a_problem() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        for (method, path, body, status) in [
            (
                Method::POST,
                "/api/v1/preview",
                json!({ "mode": "sideways" }),
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            (
                Method::POST,
                "/api/v1/dispatches/1/commands",
                json!({ "do": "dance" }),
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
            (Method::GET, "/api/v1/plans?phase=nowhere", Value::Null, StatusCode::UNPROCESSABLE_ENTITY),
            (Method::GET, "/api/v1/nothing", Value::Null, StatusCode::NOT_FOUND),
            (Method::GET, "/api/v1/repositories/acme/a%20b", Value::Null, StatusCode::NOT_FOUND),
        ] {
            let page = writer.json(method, path, &body).await;
            assert_eq!(page.status, status, "{path}: {page:?}");
            let message = page.json()["problems"][0]["message"].as_str().map(str::to_owned);
            assert!(message.is_some_and(|message| !message.is_empty()), "{path}: {page:?}");
        }
    })
    .await;
}

/// What of a value its schema does not say, or says otherwise.
fn differences(api: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let schema = api.pointer(name.trim_start_matches('#')).expect("a schema");
        return differences(api, schema, value, at);
    }
    let fits = |schema: &Value| differences(api, schema, value, at);
    for (key, all) in [("anyOf", false), ("oneOf", false), ("allOf", true)] {
        if let Some(schemas) = schema[key].as_array() {
            let found: Vec<Vec<String>> = schemas.iter().map(fits).collect();
            return match all {
                true => found.concat(),
                false => found.into_iter().min_by_key(Vec::len).unwrap_or_default(),
            };
        }
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if schema["type"] != kind {
        return vec![format!("{at} is {kind}, not {}", schema["type"])];
    }
    match value {
        Value::String(text) => match schema["enum"].as_array() {
            Some(names) if !names.contains(value) => vec![format!("{at} is {text:?}")],
            _ => Vec::new(),
        },
        Value::Array(items) => {
            let schema_of = |index: usize| match schema["prefixItems"].get(index) {
                Some(schema) => schema,
                None => &schema["items"],
            };
            let each = items.iter().enumerate();
            each.flat_map(|(n, item)| differences(api, schema_of(n), item, &format!("{at}[{n}]"))).collect()
        }
        Value::Object(fields) => {
            let required = schema["required"].as_array().into_iter().flatten();
            let missing = required.filter_map(Value::as_str).filter(|name| !fields.contains_key(*name));
            let mut found: Vec<String> = missing.map(|name| format!("{at}.{name} is missing")).collect();
            for (name, value) in fields {
                match schema["properties"].get(name) {
                    Some(schema) => found.extend(differences(api, schema, value, &format!("{at}.{name}"))),
                    None => found.push(format!("{at}.{name} is not described")),
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Asserts that this address answers a reader as the description of its path says.
pub async fn is_as_described(world: &World, place: &str, path: &str) {
    let api = world.anonymous().get("/api/v1/openapi.json").await.json();
    let page = world.sign_in("reader").await.get(&format!("/api/v1{place}")).await;
    assert_eq!(page.status, StatusCode::OK, "{place}: {page:?}");
    let schema = &api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(differences(&api, schema, &page.json(), place), Vec::<String>::new(), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_described() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let api = world.anonymous().get("/api/v1/openapi.json").await.json();
        let body = "# A plan\n\nDo it.";
        let issue = json!({ "title": "Describe", "body": body, "labels": ["erk-plan"] });
        let made = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
        let number = made["number"].as_i64().expect("a number");
        writer.json(Method::PUT, "/api/v1/repositories/acme/widgets/connection", &Value::Null).await;
        until(async || writer.get("/api/v1/plans").await.json()["total"].clone(), |total| *total == 1).await;
        let needs = ["1.1"].as_slice();
        let nodes = vec![objectives::node("1.1", Some(&[])), objectives::node("1.2", Some(needs))];
        let objective = objectives::write(world, nodes).await;
        let place = format!("/api/v1/repositories/acme/widgets/objectives/{objective}");
        let seen = async || writer.get(&place).await.status;
        until(seen, |status| *status == StatusCode::OK).await;
        let commands = format!("{place}/commands");
        for (command, status) in [
            (json!({"do": "auto-on", "most": 0}), StatusCode::UNPROCESSABLE_ENTITY),
            (json!({"do": "veto", "node": "1.1"}), StatusCode::CONFLICT),
            (json!({"do": "auto-on", "most": 1}), StatusCode::NO_CONTENT),
        ] {
            let page = writer.json(Method::POST, &commands, &command).await;
            assert_eq!(page.status, status, "{command}: {page:?}");
        }
        let announced = async || writer.get(&place).await.json()["auto"]["nodes"].clone();
        until(announced, |nodes| nodes[0]["state"]["is"] == "announced").await;
        let veto = json!({"do": "veto", "node": "1.1"});
        assert_eq!(writer.json(Method::POST, &commands, &veto).await.status, StatusCode::NO_CONTENT);
        let mut start = form("acme/widgets");
        (start["objective"], start["node"]) = (json!(objective.to_string()), json!("1.1"));
        let started = writer.json(Method::POST, "/api/v1/preview", &start).await.body;
        assert!(started.contains("Mark node 1.1"), "a node is started by an ordinary dispatch: {started}");
        let repository = "/repositories/{owner}/{name}";
        let submit = json!([{ "repo": "acme/widgets", "number": number }]);
        for (method, path, template, sent) in [
            (Method::GET, "/viewer", "/viewer".to_owned(), Value::Null),
            (Method::GET, "/repositories", "/repositories".to_owned(), Value::Null),
            (Method::GET, "/repositories/acme/widgets", repository.to_owned(), Value::Null),
            (Method::GET, "/plans?sort=repo", "/plans".to_owned(), Value::Null),
            (Method::GET, &format!("/plans/find?to={number}"), "/plans/find".to_owned(), Value::Null),
            (
                Method::GET,
                &format!("/repositories/acme/widgets/plans/{number}"),
                format!("{repository}/plans/{{number}}"),
                Value::Null,
            ),
            (Method::GET, "/objectives?shown=all", "/objectives".to_owned(), Value::Null),
            (
                Method::GET,
                &format!("/repositories/acme/widgets/objectives/{objective}?node=1.1"),
                format!("{repository}/objectives/{{number}}"),
                Value::Null,
            ),
            (Method::POST, "/preview", "/preview".to_owned(), form("acme/widgets")),
            (Method::POST, "/plans/preview", "/plans/preview".to_owned(), form("acme/widgets")),
            (Method::POST, "/submissions/check", "/submissions/check".to_owned(), submit),
        ] {
            let page = writer.json(method.clone(), &format!("/api/v1{path}"), &sent).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
            let operation = &api["paths"][&template][method.as_str().to_lowercase()];
            let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
            assert_eq!(differences(&api, schema, &page.json(), path), Vec::<String>::new(), "{}", page.body);
        }
        let refused = writer.json(Method::DELETE, "/api/v1/plans", &Value::Null).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
        let schema = json!({ "$ref": "#/components/schemas/Refusal" });
        assert_eq!(differences(&api, &schema, &refused.json(), "refusal"), Vec::<String>::new());
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_can_be_no_branch_is_refused_at_its_field_and_never_sent() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let issue = json!({ "title": "A plan", "body": "# A plan\n\n1. Do it.", "labels": ["erk-plan"] });
        let plan = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
        world.github.writes().await;
        for base in ["../../../../user", "main/../../x", "a..b", "-x", "a b", "x.lock", "%2e%2e/\u{7f}"] {
            let form = json!({ "repo": "acme/widgets", "base": base, "instruction": "Say hello" });
            let submit = json!([{ "repo": "acme/widgets", "number": plan["number"], "base": base }]);
            for (path, body) in [
                ("/api/v1/dispatches", &form),
                ("/api/v1/preview", &form),
                ("/api/v1/submissions/check", &submit),
            ] {
                let page = writer.json(Method::POST, path, body).await;
                let told =
                    page.body.contains("cannot be the name of a branch") && page.body.contains("\"base\"");
                assert!(told, "{path} {base}: {page:?}");
            }
            let fields = [("repo", "acme/widgets"), ("base", base), ("instruction", "Say hello")];
            let page = writer.form("/do/dispatch", &fields).await;
            let shown = writer.get(page.location().expect("a page")).await.body;
            assert!(shown.contains("cannot be the name of a branch"), "{base}: {shown}");
        }
        let asked: Vec<String> = world.github.journal().await.into_iter().map(|entry| entry.path).collect();
        assert!(asked.iter().all(|path| !path.contains("..") && !path.contains("/branches/-")), "{asked:?}");
    })
    .await;
}

#[tokio::test]
async fn a_repository_is_one_whatever_the_case_of_its_name() {
    world(async |world| {
        let writer = world.sign_in("writer").await;
        let place = |name: &str| format!("/api/v1/repositories/{name}/connection");
        writer.json(Method::PUT, &place("acme/widgets"), &Value::Null).await;
        writer.json(Method::PUT, &place("ACME/widgets"), &Value::Null).await;
        let objective = objectives::write(world, vec![objectives::node("1.1", None)]).await;
        let issue = json!({ "title": "A plan", "body": "# A plan\n\n1. Do it.", "labels": ["erk-plan"] });
        let plan = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
        let plan = plan["number"].as_i64().expect("a number");
        world.github.writes().await;
        let made = writer.json(Method::POST, "/api/v1/dispatches", &form("Acme/Widgets")).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let dispatch = made.location().expect("a place").to_owned();
        until(async || writer.get(&dispatch).await.json()["state"].clone(), |state| state == "sent").await;
        world.github.idle().await;
        for path in [
            format!("/REPO/plans/{plan}"),
            format!("/REPO/objectives/{objective}"),
            format!("/REPO/objectives/{objective}/edit"),
            "/REPO/settings".to_owned(),
            "/?repo=REPO".to_owned(),
            "/export/plans.json?repo=REPO".to_owned(),
            format!("/api/v1/repositories/REPO/plans/{plan}"),
            "/api/v1/plans?repo=REPO".to_owned(),
            format!("/api/v1/repositories/REPO/objectives/{objective}"),
            "/api/v1/objectives?repo=REPO".to_owned(),
            "/api/v1/repositories/REPO".to_owned(),
            "/api/v1/repositories/REPO/branches".to_owned(),
            "/api/v1/dispatches?repo=REPO".to_owned(),
        ] {
            let read = async |name: &str| {
                let page = writer.get(&path.replace("REPO", name)).await;
                let (status, body) = (page.status, page.body);
                // A page says where it is and when; the rest is the same.
                let names = [("Acme/Widgets", "acme/widgets"), ("Acme%2FWidgets", "acme%2Fwidgets")];
                let body = names.iter().fold(body, |body, (asked, own)| body.replace(asked, own));
                (
                    status,
                    body.contains("acme/widgets"),
                    if path.contains("/api/") { body } else { String::new() },
                )
            };
            let own = until(async || read("acme/widgets").await, |own| own.0 == StatusCode::OK).await;
            let asked = until(async || read("Acme/Widgets").await, |asked| asked.0 == own.0).await;
            assert_eq!((asked.0, asked.1), (own.0, own.1), "{path}");
        }
        let action = format!("/api/v1/repositories/Acme/Widgets/plans/{plan}/actions");
        let done = writer.json(Method::POST, &action, &json!({ "action": "refresh" })).await;
        assert!(done.status.is_success(), "{done:?}");
        let held: Vec<String> = sqlx::query_scalar("SELECT repo FROM mirror_repositories")
            .fetch_all(world.app().db.pool())
            .await
            .expect("rows");
        assert_eq!(held, ["acme/widgets"]);
        for table in ["connections", "dispatches", "mirror_plans", "mirror_objectives"] {
            let other = format!("SELECT COUNT(*) FROM {table} WHERE repo <> 'acme/widgets'");
            let other: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(other))
                .fetch_one(world.app().db.pool())
                .await
                .expect("a number");
            assert_eq!(other, 0, "{table}");
        }
        let admin = world.sign_in("admin").await;
        let over = admin.json(Method::DELETE, &place("ACME/Widgets"), &Value::Null).await;
        assert_eq!(over.status, StatusCode::OK, "{over:?}");
        assert_eq!(admin.get("/api/v1/plans").await.json()["total"], 0);
        world.github.writes().await;
    })
    .await;
}
