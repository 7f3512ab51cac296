//! The overview over HTTP: every view has an address, and what can be done to several rows at once.

#[path = "../../benches/overview/plans.rs"]
mod many;

use reqwest::{Method, StatusCode};
use serde_json::json;
use waymark_app::areas::{Overview, OverviewQuery};
use waymark_server::mirror::store;
use waymark_server::serve;

use crate::support::{Browser, World, until, world};

/// Bodies of plans as erk of every generation left them, and some that no program should have made.
fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
    let mut samples: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the samples")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    samples.sort();
    samples
}

/// Makes an issue with the label of plans, past Waymark.
async fn plan(world: &World, title: &str, body: &str) -> i64 {
    plan_in(world, "widgets", title, body).await
}

async fn plan_in(world: &World, repo: &str, title: &str, body: &str) -> i64 {
    let issue = json!({ "title": title, "body": body, "labels": ["erk-plan"] });
    let path = format!("/repos/acme/{repo}/issues");
    let made = world.github.send("writer", Method::POST, &path, issue).await;
    made["number"].as_i64().expect("a number")
}

/// Signs in, connects the repository and waits until its plans are there.
async fn connected(world: &World, plans: usize) -> Browser {
    connected_to(world, "widgets", plans).await
}

async fn connected_to(world: &World, repo: &str, plans: usize) -> Browser {
    let writer = world.sign_in("writer").await;
    let path = format!("/api/v1/repositories/acme/{repo}/connection");
    let connected = writer.json(Method::PUT, &path, &json!({})).await;
    assert_eq!(connected.status, StatusCode::NO_CONTENT, "{connected:?}");
    let total = async || writer.get("/api/v1/plans").await.json()["total"].clone();
    until(total, |total| *total == json!(plans)).await;
    writer
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_of_every_generation_are_shown() {
    world(async |world| {
        let samples = samples();
        assert!(samples.len() > 20);
        let mut numbers = Vec::new();
        for (name, body) in &samples {
            numbers.push(plan(world, &format!("[erk-plan] {name}"), body).await);
        }
        let writer = connected(world, samples.len()).await;
        let first = writer.get("/").await;
        for ((name, _), number) in samples.iter().zip(&numbers) {
            assert!(first.body.contains(&format!("/acme/widgets/plans/{number}\"")), "{name} is listed");
            let page = writer.get(&format!("/acme/widgets/plans/{number}")).await;
            assert_eq!(page.status, StatusCode::OK, "{name}: {page:?}");
            assert!(page.body.contains(name.as_str()), "{name} keeps its title");
            let read = writer.get(&format!("/api/v1/repositories/acme/widgets/plans/{number}")).await.json();
            assert_ne!(read["phase"], "unknown", "{name}: {read}");
            let plan = read["plan"].as_str().unwrap_or_default();
            // What never was a block is text like any other.
            let broken = name.starts_with("bad-");
            assert!(broken || !plan.contains("erk:metadata-block"), "{name} shows no markers: {plan}");
            assert!(read["evidence"].as_array().is_some_and(|facts| !facts.is_empty()), "{name}: {read}");
        }
        assert!(world.github.writes().await.iter().all(|w| !w.path.contains("/comments")));
    })
    .await;
}

const HEADER: &str = "<!-- erk:metadata-block:plan-header -->\n<details>\n<summary><code>plan-header</code></summary>\n\n```yaml\n\nschema_version: '2'\nbranch_name: P9-colour-the-widgets-01-02-0304\nobjective_issue: 77\n\n```\n\n</details>\n<!-- /erk:metadata-block:plan-header -->";

#[tokio::test(flavor = "multi_thread")]
async fn every_view_has_an_address() {
    world(async |world| {
        let mut numbers = Vec::new();
        for title in ["=HYPERLINK(\"http://x\")", "Sort 100% of the widgets", "Colour the widgets"] {
            let body = if title.starts_with('C') { HEADER } else { "# A plan\n\nDo it." };
            numbers.push(plan(world, title, body).await);
        }
        let numbers = numbers.as_slice();
        let writer = connected(world, 3).await;
        let listed = async |path: &str| {
            let page = writer.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}: {page:?}");
            let row = |number: &&i64| page.body.contains(&format!("id=\"plan-acme/widgets-{number}\""));
            let mut found: Vec<(usize, i64)> = numbers
                .iter()
                .filter(row)
                .map(|n| (page.body.find(&format!("id=\"plan-acme/widgets-{n}\"")).unwrap_or_default(), *n))
                .collect();
            found.sort_unstable();
            found.into_iter().map(|(_, number)| number).collect::<Vec<_>>()
        };
        let [a, b, c] = [numbers[0], numbers[1], numbers[2]];
        assert_eq!(listed("/?sort=number").await, [c, b, a]);
        assert_eq!(listed("/?sort=number&reverse=1").await, [a, b, c]);
        for page in [99, u32::MAX] {
            let path = format!("/?sort=number&page={page}");
            assert_eq!(listed(&path).await, [c, b, a], "a page beyond the last is the last");
        }
        assert_eq!(listed("/?q=100%25").await, [b]);
        assert_eq!(listed("/?q=%25").await, [b], "a wildcard means itself");
        assert_eq!(listed(&format!("/?q=%23{c}")).await, [c]);
        assert_eq!(listed("/?objective=77").await, [c]);
        assert_eq!(listed("/?repo=ACME/widgets&sort=number").await, [c, b, a]);
        assert_eq!(listed("/?repo=acme/secret").await, [0; 0]);
        assert_eq!(listed("/?author=Writer&sort=number").await, [c, b, a]);
        assert_eq!(listed("/?mine=1&sort=number").await, [c, b, a]);
        assert_eq!(listed("/?label=erk-plan&sort=number").await, [c, b, a]);
        assert_eq!(listed("/?label=erk").await, [0; 0], "a label is named whole");
        let counts = writer.get("/api/v1/plans?q=widgets").await.json()["counts"].clone();
        let total: i64 =
            counts.as_array().expect("counts").iter().filter_map(|count| count[1].as_i64()).sum();
        assert_eq!(total, 2, "{counts}");
        for sort in ["changed", "phase", "repo", "author"] {
            assert_eq!(listed(&format!("/?sort={sort}")).await.len(), 3, "{sort}");
        }

        // Columns: named in the address, remembered afterwards.
        assert!(!writer.get("/").await.body.contains("cell-branch"));
        let wide = writer.get("/?cols=title&cols=branch&cols=objective").await.body;
        assert!(wide.contains("P9-colour-the-widgets") && !wide.contains("cell-author"), "{wide}");
        assert_eq!(writer.cookie("columns").as_deref(), Some("title-objective-branch"));
        assert!(writer.get("/").await.body.contains("cell-branch"));
        assert!(!world.anonymous().get("/").await.body.contains("cell-branch"));

        // The same view as a file.
        let csv = writer.get("/export/plans.csv?sort=number&reverse=1").await;
        assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"plans.csv\""));
        let lines: Vec<&str> = csv.body.split("\r\n").collect();
        assert_eq!(lines.len(), 5, "{csv:?}");
        assert!(lines[1].contains("\"'=HYPERLINK(\"\"http://x\"\")\""), "{}", lines[1]);
        let rows = writer.get("/export/plans.json?q=colour").await.json();
        assert_eq!(rows[0]["number"], json!(c), "{rows}");
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_needs_somebody_is_counted_and_can_be_shown() {
    world(async |world| {
        // More than the region holds itself.
        for index in 0..52 {
            let title = if index % 5 == 0 { "A fifth" } else { "Another" };
            plan(world, &format!("{title} {index}"), HEADER).await;
        }
        let writer = connected(world, 52).await;
        let region = async |path: &str| {
            let page = writer.get(path).await.body;
            let (_, region) = page.split_once("id=\"needs-you\"").expect("the region");
            let (region, _) = region.split_once("</section>").expect("its end");
            (region.matches("id=\"needs-acme/widgets").count(), region.to_owned())
        };
        let (shown, all) = region("/").await;
        assert_eq!(shown, 10);
        assert!(all.contains("Show all 52") && all.contains("href=\"/?needs=1\""), "{all}");
        assert!(
            all.contains("The plan&#x27;s text is missing") || all.contains("The plan's text is missing")
        );
        let (shown, some) = region("/?q=fifth").await;
        assert!(shown == 11 && some.contains("Show all 11") && !some.contains("<a href=\"/?"), "{some}");
        assert!(writer.get("/?needs=1").await.body.contains("Page 1 of 2"));
        assert!(!writer.get("/?q=nothing").await.body.contains("id=\"needs-you\""));
        assert!(!world.anonymous().get("/").await.body.contains("id=\"needs-you\""));
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_plans_are_closed_each_with_its_own_result() {
    world(async |world| {
        let mut numbers = Vec::new();
        for title in ["One", "Two", "Three"] {
            numbers.push(plan(world, title, "# A plan\n\nDo it.").await);
        }
        let writer = connected(world, 3).await;
        let page = writer.get("/").await.body;
        assert!(page.contains("name=\"plan[]\"") && page.contains("form=\"selection\""));
        assert!(!world.anonymous().get("/").await.body.contains("form=\"selection\""));
        let names: Vec<String> = numbers.iter().map(|n| format!("acme/widgets/{n}")).collect();

        // The second is closed already, past Waymark.
        let second = format!("/repos/acme/widgets/issues/{}", numbers[1]);
        world.github.send("writer", Method::PATCH, &second, json!({ "state": "closed" })).await;
        let fields: Vec<(&str, &str)> = names.iter().map(|name| ("plan[]", name.as_str())).collect();
        let close = [fields.as_slice(), &[("action", "close-plan"), ("back", "/?mine=1")]].concat();
        let answer = writer.form("/do/selected", &close).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        let back = answer.location().expect("a way back").to_owned();
        assert!(back.starts_with("/?mine=1&notice="), "{back}");
        let told = writer.get(&back).await.body;
        assert!(
            told.contains(&format!("Closed acme/widgets #{}, acme/widgets #{}.", numbers[0], numbers[2]))
        );
        assert!(
            told.contains(&format!("acme/widgets #{}: The plan is closed already.", numbers[1])),
            "{told}"
        );
        let closed =
            world.github.get("admin", "/repos/acme/widgets/issues?state=closed&labels=erk-plan").await;
        assert_eq!(closed.as_array().map(Vec::len), Some(3));

        let submit = [fields.as_slice(), &[("action", "submit")]].concat();
        let to = writer.form("/do/selected", &submit).await.location().map(str::to_owned).unwrap_or_default();
        let plans: Vec<String> = url::form_urlencoded::parse(to.trim_start_matches("/submit?").as_bytes())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(plans, names.iter().map(|name| format!("plan={name}")).collect::<Vec<_>>());

        let none = writer.form("/do/selected", &[("action", "close-plan"), ("back", "//evil.example")]).await;
        let to = none.location().unwrap_or_default().to_owned();
        assert!(to.starts_with("/?notice="), "{to}");
        let signed_out = world.anonymous().form("/do/selected", &close).await;
        assert!(signed_out.location().is_some_and(|to| to.starts_with("/sign-in")), "{signed_out:?}");
        let reader = world.sign_in("reader").await;
        let refused = reader.form("/do/selected", &close).await;
        let told = reader.get(refused.location().unwrap_or_default()).await.body;
        assert!(told.contains("this needs write access"), "{told}");
        let closes = world.github.writes().await;
        let closes = closes.iter().filter(|w| w.method == "PATCH" && w.path.contains("/issues/"));
        assert_eq!(closes.count(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_trace_of_work_leads_to_its_plan() {
    world(async |world| {
        let number = plan(world, "Colour the widgets", HEADER).await;
        let writer = connected(world, 1).await;
        let plan_page = format!("/acme/widgets/plans/{number}");
        let go = async |browser: &Browser, to: &str| {
            let to: String = url::form_urlencoded::byte_serialize(to.as_bytes()).collect();
            let page = browser.get(&format!("/go?to={to}")).await;
            (page.status, page.location().map(str::to_owned), page.body)
        };
        let github = &world.github.url;
        for text in [
            number.to_string(),
            format!("#{number}"),
            format!("acme/widgets#{number}"),
            format!("{github}/acme/widgets/issues/{number}"),
            plan_page.clone(),
            "P9-colour-the-widgets-01-02-0304".to_owned(),
            format!("{github}/acme/widgets/tree/P9-colour-the-widgets-01-02-0304"),
        ] {
            let (status, to, _) = go(&writer, &text).await;
            assert_eq!((status, to.as_deref()), (StatusCode::SEE_OTHER, Some(plan_page.as_str())), "{text}");
        }
        let (status, _, body) = go(&writer, "no-such-branch").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(body.contains("No plan that you may see belongs to"), "{body}");
        assert_eq!(go(&writer, "").await.0, StatusCode::OK);
        // What the viewer may not see is not found.
        let secret = plan_in(world, "secret", "A secret", HEADER).await;
        connected_to(world, "secret", 2).await;
        let name = format!("acme/secret#{secret}");
        assert_eq!(go(&writer, &name).await.0, StatusCode::SEE_OTHER);
        for browser in [&world.anonymous(), &world.sign_in("outsider").await] {
            let (status, _, body) = go(browser, &name).await;
            assert_eq!(status, StatusCode::NOT_FOUND);
            assert!(!body.contains("A secret"));
        }
        let (_, _, both) = go(&writer, "P9-colour-the-widgets-01-02-0304").await;
        assert!(both.contains("A secret") && both.contains("Colour the widgets"), "{both}");
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_was_written_since_is_found_by_an_index() {
    world(async |world| {
        let app = world.app();
        many::fill(app, 2_000).await.expect("filled");
        if std::env::var("WAYMARK_TEST_DATABASE").is_ok() {
            sqlx::query("ANALYZE mirror_plans").execute(app.db.pool()).await.expect("analyzed");
        }
        let newest = "SELECT version FROM mirror_repositories WHERE repo = 'acme/repository-07'";
        let newest: i64 = sqlx::query_scalar(newest).fetch_one(app.db.pool()).await.expect("a version");
        let plan = waymark_server::mirror::explain(app, &many::repository(7), newest - 1).await;
        let plan = plan.expect("a plan").join("\n");
        assert!(plan.contains("mirror_plans_by_version"), "{plan}");
        assert!(!plan.contains("SCAN mirror_plans") && !plan.contains("Seq Scan"), "{plan}");
    })
    .await;
}

#[tokio::test]
async fn a_page_shows_what_the_database_has_at_that_moment() {
    world(async |world| {
        let app = world.app();
        let areas = serve::areas(app);
        let page = async || {
            let query = OverviewQuery { repo: "acme/repository-07".into(), ..OverviewQuery::default() };
            areas.plans.overview(None, &query).await.expect("a page")
        };
        many::fill(app, 200).await.expect("filled");
        let repo = many::repository(7);
        assert_eq!(page().await.total, 5);
        let change = async |number: i64, why: Option<&str>| {
            let mut tx = app.db.begin().await.expect("a transaction");
            let version = store::next_version(&mut tx, &repo).await.expect("a version");
            let done = match why {
                Some(why) => store::set_plan_stale(&mut tx, version, &repo, number, why).await,
                None => store::remove_plan(&mut tx, version, &repo, number).await,
            };
            assert!(done.expect("done"));
            tx.commit().await.expect("committed");
        };
        change(2, Some("GitHub is away")).await;
        let stale = |page: &Overview| {
            page.rows.iter().filter_map(|row| Some((row.number, row.stale.clone()?))).collect::<Vec<_>>()
        };
        assert_eq!(stale(&page().await), [(2, "GitHub is away".to_owned())]);
        change(3, None).await;
        assert_eq!(page().await.total, 4);
        assert!(page().await.rows.iter().all(|row| row.number != 3));
        futures::future::join_all(
            (0..20).map(async |at| change([1, 2, 4, 5][at % 4], Some(&format!("reason {at}"))).await),
        )
        .await;
        for (number, why) in stale(&page().await) {
            let now = store::row(app.db.pool(), &repo, number).await.expect("read").expect("there");
            assert_eq!(now.0.stale, Some(why), "plan {number}");
        }
        let mut tx = app.db.begin().await.expect("a transaction");
        store::drop_all(&mut tx).await.expect("dropped");
        tx.commit().await.expect("committed");
        assert_eq!((page().await.total, page().await.connected), (0, false));
        many::fill(app, 120).await.expect("filled");
        assert_eq!((page().await.total, stale(&page().await)), (3, Vec::new()));
    })
    .await;
}
