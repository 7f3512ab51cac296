//! Who sees and may do what.

use serde_json::json;

use crate::harness::{Box, options};

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let options = waymark_sandbox::Options { addr: ([0, 0, 0, 0], 0).into(), ..options() };
    let refused = waymark_sandbox::start(options).await.err().expect("refused");
    assert!(refused.to_string().contains("loopback"), "{refused}");
}

#[tokio::test]
async fn roles_decide() {
    let b = Box::new().await;
    let (admin, writer) = (b.person("admin").await, b.person("writer").await);
    let (reader, outsider) = (b.person("reader").await, b.person("outsider").await);
    let nobody = b.nobody();
    let secret = "/repos/acme/secret";
    for (person, status) in [(&admin, 200), (&writer, 200), (&reader, 200), (&outsider, 404), (&nobody, 404)]
    {
        person.get(secret).await.is(status);
        person.get("/repos/acme/widgets").await.is(200);
    }
    for (person, status) in [(&admin, 201), (&writer, 201), (&reader, 403), (&outsider, 403), (&nobody, 401)]
    {
        let name = format!("label-{status}-{}", person.token.as_deref().unwrap_or(""));
        person.post("/repos/acme/widgets/labels", json!({ "name": name })).await.is(status);
    }
    let level = admin.get("/repos/acme/widgets/collaborators/writer/permission").await.is(200);
    assert_eq!(level["permission"], "write");
    reader.get("/repos/acme/widgets/actions/secrets").await.is(403);
    let secrets = writer.get("/repos/acme/widgets/actions/secrets").await.is(200);
    assert_eq!(secrets["total_count"], 3);
    assert!(!secrets.to_string().contains("sandbox-has-no-model"));
    writer.get("/repos/acme/widgets/hooks").await.is(404);
    admin.get("/repos/acme/widgets/hooks").await.is(200);
    writer.post("/repos/acme/archived/issues", json!({ "title": "x" })).await.is(403);
    let mine = outsider.get("/user/repos").await.is(200);
    assert_eq!(mine, json!([]));
    b.clean().await;
}

#[tokio::test]
async fn tokens_reach_as_far_as_their_scopes() {
    let b = Box::new().await;
    let public = b.with_scopes("writer", "public_repo").await;
    public.get("/repos/acme/secret").await.is(404);
    public.post("/repos/acme/widgets/issues", json!({ "title": "one" })).await.is(201);
    public.post("/gists", json!({ "files": { "a": { "content": "x" } } })).await.is(404);
    let narrow = b.with_scopes("writer", "gist").await;
    narrow.post("/repos/acme/widgets/issues", json!({ "title": "two" })).await.is(404);
    narrow.get("/user/memberships/orgs/acme").await.is(403);
    let answer = narrow.get("/user").await;
    assert_eq!(answer.header("x-oauth-scopes"), "gist");
    let mut wrong = b.nobody();
    wrong.token = Some("gho_wrong".to_owned());
    let refused = wrong.get("/repos/acme/widgets").await;
    assert_eq!(refused.is(401)["message"], "Bad credentials");
    b.control("revoke", json!({ "login": "writer" })).await;
    narrow.get("/user").await.is(401);
    b.clean().await;
}

#[tokio::test]
async fn workflow_files_need_their_scope() {
    let b = Box::new().await;
    let body = json!({ "message": "add", "content": "eA==", "branch": "main" });
    let plain = b.with_scopes("admin", "repo").await;
    plain.put("/repos/acme/widgets/contents/.github/workflows/x.yml", body.clone()).await.is(404);
    let full = b.with_scopes("admin", "repo,workflow").await;
    full.put("/repos/acme/widgets/contents/.github/workflows/x.yml", body).await.is(201);
    b.clean().await;
}

#[tokio::test]
async fn answers_can_be_asked_for_again() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    let first = writer.get("/repos/acme/widgets").await;
    let (tag, left) = (first.header("etag").to_owned(), first.header("x-ratelimit-remaining").to_owned());
    assert!(!first.header("x-github-request-id").is_empty());
    let request = writer.request(reqwest::Method::GET, "/repos/acme/widgets").header("if-none-match", &tag);
    let again = crate::harness::Answer::of(request.send().await.expect("an answer")).await;
    assert_eq!((again.status, again.header("etag")), (304, tag.as_str()));
    assert_eq!(again.header("x-ratelimit-remaining"), left, "a 304 is free");
    b.clean().await;
}

#[tokio::test]
async fn what_leads_nowhere_is_not_found() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    writer.get("/repos/acme/widgets/issues/one").await.is(404);
    writer.delete("/repos/acme/widgets/branches").await.is(404);
    let bare = b.http.get(format!("{}/repos/acme/widgets", b.sandbox.url()));
    let refused = crate::harness::Answer::of(bare.send().await.expect("an answer")).await.is(403);
    assert!(refused["message"].as_str().is_some_and(|m| m.contains("User-Agent")));
    b.sandbox.shutdown().await;
}

#[tokio::test]
async fn links_lead_to_pages_of_public_repositories() {
    let b = Box::new().await;
    let writer = b.person("writer").await;
    for repo in ["widgets", "secret"] {
        let path = format!("/repos/acme/{repo}/issues");
        let made = writer.post(&path, json!({ "title": "<b>", "body": "plain" })).await.is(201);
        let page = b.nobody().get(made["html_url"].as_str().expect("a url")).await;
        assert_eq!(page.status, if repo == "widgets" { 200 } else { 404 });
        assert!(!page.body.to_string().contains("<b>"));
    }
    b.clean().await;
}
