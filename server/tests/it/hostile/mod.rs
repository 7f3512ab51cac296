//! Hostile text in everything that a page shows: from GitHub, people, agents and addresses. Whatever it says, a
//! page holds only elements, attributes and addresses of ours, in its head as in its body.

pub mod dom;
mod fill;
mod foreign;
mod payloads;
mod real;

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use waymark_server::auth::entry::{Entry, Rule};

use crate::support::{Browser, Page, World, until, world_with};
use fill::Filled;
use foreign::Ours;

/// Payloads that stand in a field together.
const TOGETHER: usize = 42;
/// A page has its turn once in so many: to read all of them each time takes minutes.
const TURNS: usize = 4;
/// As many stand in an address, where there is no room for more, and in a form.
const FEW: usize = 12;
/// What stands in every field when nothing is hostile.
const HARMLESS: &str = "Zebra";
/// The names that pages look for in an address.
const NAMES: [&str; 33] = [
    "author",
    "base",
    "cols",
    "conflict",
    "days",
    "draft",
    "edit",
    "instruction",
    "label",
    "made",
    "mode",
    "model",
    "name",
    "needs",
    "node",
    "notice",
    "objective",
    "owner",
    "page",
    "parts",
    "phase",
    "plan",
    "problem",
    "q",
    "ready",
    "repo",
    "scope",
    "show",
    "shown",
    "sort",
    "template",
    "title",
    "to",
];

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// A page to visit.
struct Visit {
    /// The same for every text.
    name: String,
    route: String,
    address: String,
    signed_in: bool,
}

/// Every page that the router has, each as it is and with the text in its address.
fn visits(routes: &[String], filled: &Filled, text: &str) -> Vec<Visit> {
    let query: Vec<String> = NAMES.iter().map(|name| format!("{name}={}", encoded(text))).collect();
    let query = query.join("&");
    let mut all = Vec::new();
    let mut add = |route: &str, what: &str, address: String| {
        for signed_in in [true, false] {
            // What people see who are not signed in is the same page or less of it; their own is the way in.
            if signed_in || what == "0 with a query" {
                let name = format!("{route} {what}{}", if signed_in { "" } else { " signed out" });
                all.push(Visit { name, route: route.to_owned(), address: address.clone(), signed_in });
            }
        }
    };
    for route in routes {
        for (at, values) in filled.of_route(route).into_iter().enumerate() {
            let (mut plain, mut hostile) = (route.clone(), route.clone());
            for (name, value) in values {
                plain = plain.replace(&format!("{{{name}}}"), &value);
                hostile = hostile.replace(&format!("{{{name}}}"), &encoded(text));
            }
            add(route, &at.to_string(), plain.clone());
            if at == 0 {
                add(route, "0 with a query", format!("{plain}?{query}"));
                if hostile != plain {
                    add(route, "elsewhere", hostile);
                }
            }
        }
    }
    for (at, (route, address)) in filled.more().into_iter().enumerate() {
        add(route, &format!("more {at}"), address);
    }
    add("no page", "0 with a query", format!("/{}/nothing?{query}", encoded(text)));
    // Where one goes on to after signing in must be an address that a browser sends.
    let local: String = text.chars().filter(|c| c.is_ascii_graphic() && *c != '\\').collect();
    for problem in ["", "&problem=declined"] {
        let to = format!("/sign-in?to={}{problem}", encoded(&format!("/{local}")));
        all.push(Visit {
            name: format!("/sign-in to{problem}"),
            route: "/sign-in".into(),
            address: to,
            signed_in: false,
        });
    }
    all
}

async fn visited(world: &World, writer: &Browser, all: Vec<Visit>) -> Vec<(Visit, Page)> {
    let nobody = &world.anonymous();
    let visits = all.into_iter().map(async |visit| {
        let browser = if visit.signed_in { writer } else { nobody };
        let page = browser.get(&visit.address).await;
        (visit, page)
    });
    futures::stream::iter(visits).buffer_unordered(4).collect().await
}

/// What a page says beside the bar on top, which has the name of the person on every page.
fn main(page: &Page) -> &str {
    page.body.split_once("<main").map_or("", |(_, main)| main)
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_stays_text_on_every_page() {
    if std::env::var("WAYMARK_TEST_DATABASE").is_ok() {
        return; // The pages are the same; the fields are found in SQLite's own catalogue.
    }
    let quiet = |config: &mut waymark_server::config::Config| {
        // Nothing but this test changes what the mirror holds.
        config.reconcile_every = std::time::Duration::from_secs(24 * 60 * 60);
        config.webhook_secret = "another".to_owned().into();
        // GitHub answers all pages at once, on any machine.
        config.github_timeout = std::time::Duration::from_secs(60);
        config.entry.admins = vec![Rule::User("admin".into())];
    };
    world_with(quiet, async |world| {
        let admin = world.sign_in("admin").await;
        let filled = Filled::new(world, &admin).await;
        let routes = leptos_axum::generate_route_list(waymark_app::App);
        let routes: Vec<String> = routes.iter().map(|route| route.path().to_owned()).collect();
        assert!(routes.len() >= 20, "{routes:?}");

        let mut ours = Ours::default();
        let mut telling: BTreeSet<String> = BTreeSet::new();
        let mut silent: BTreeSet<&str> = routes.iter().map(String::as_str).collect();
        filled.with(world, &[HARMLESS.to_owned()]).await;
        for (visit, page) in visited(world, &admin, visits(&routes, &filled, HARMLESS)).await {
            assert!(page.status.as_u16() < 500, "{}: {page:?}", visit.name);
            ours.learn(&visit.name, &page.body);
            if main(&page).contains(HARMLESS) {
                silent.remove(visit.route.as_str());
                // Nothing hostile is the name of a repository, so those pages say less of it.
                if !visit.name.ends_with("elsewhere") {
                    telling.insert(visit.name);
                }
            }
        }
        assert!(silent.is_empty(), "nothing is tried on {silent:?}");
        assert!(telling.contains("no page 0 with a query signed out"), "{telling:?}");

        let payloads = payloads::all();
        assert!(payloads.len() >= 500);
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for (turn, together) in payloads.chunks(TOGETHER).enumerate() {
            filled.with(world, together).await;
            // Addresses take turns: another part of the texts each time.
            let few = together.chunks(FEW).cycle().nth(turn).map(|texts| texts.join(" "));
            let mut all = visits(&routes, &filled, &few.unwrap_or_default());
            // So do the pages: every text is on every fourth, and on every page is every fourth part of them.
            let mut at = turn;
            all.retain(|_| {
                at += 1;
                at % TURNS == 0
            });
            for (Visit { name, .. }, page) in visited(world, &admin, all).await {
                assert!(page.status.as_u16() < 500 && page.status != 429, "{name}: {page:?}");
                let told = !telling.contains(&name) || main(&page).contains("evil");
                let first = (!told).then(|| "nothing of the text".to_owned());
                if let Some(first) = first.or_else(|| ours.foreign(&name, &page.body).into_iter().next()) {
                    found.entry(name).or_insert_with(|| format!("{first}\n{together:?}"));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        world.github.writes().await;
    })
    .await;
}

/// Names of fields that forms have, and those of numbers.
const FIELDS: [&str; 24] = [
    "action",
    "back",
    "base",
    "days",
    "do",
    "document",
    "draft",
    "how",
    "instruction",
    "key",
    "model",
    "node",
    "objective",
    "operation",
    "outline",
    "parts",
    "phase",
    "prose",
    "scope",
    "template",
    "text",
    "then",
    "title",
    "version",
];

/// What a form with this text in every field leads to: the answer, and the page that a browser goes on to.
async fn sent(browser: &Browser, path: &str, known: &[(&str, &str)], text: &str) -> Vec<Page> {
    let rest = FIELDS.iter().filter(|name| known.iter().all(|(other, _)| other != *name));
    let fields: Vec<(&str, &str)> = rest.map(|name| (*name, text)).chain(known.iter().copied()).collect();
    let answer = browser.form(path, &fields).await;
    match answer.location().map(str::to_owned) {
        Some(to) => vec![answer, browser.visit(&to).await],
        None => vec![answer],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_comes_back_as_text() {
    let private = |config: &mut waymark_server::config::Config| {
        config.entry = Entry { private: true, ..Entry::default() };
    };
    world_with(private, async |world| {
        let (writer, nobody) = (world.sign_in("writer").await, world.anonymous());
        let functions = leptos::server_fn::axum::server_fn_paths();
        let functions: BTreeSet<String> = functions.map(|(path, _)| path.to_owned()).collect();
        assert!(functions.len() >= 30, "{functions:?}");
        let payloads = payloads::all();
        let mut ours = Ours::default();
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut kept = BTreeSet::new();
        for hostile in [false, true] {
            // Each form has other texts than the one before, so that together they have all.
            let mut rest = payloads.chunks(FEW).map(|texts| texts.join(" ")).cycle();
            let mut next = || rest.next().filter(|_| hostile).unwrap_or_else(|| HARMLESS.to_owned());
            let mut pages: Vec<(String, Page)> = Vec::new();
            let wrong = format!("acme/{}", if hostile { "widgets\"><x-evil>" } else { HARMLESS });
            for path in &functions {
                for (who, browser, repo, number) in [
                    ("a person", &writer, Some(wrong.as_str()), Some("7")),
                    ("a stranger", &nobody, None, None),
                ] {
                    let text = next();
                    let fields = [("repo", repo.unwrap_or(&text)), ("number", number.unwrap_or(&text))];
                    let answers = sent(browser, path, &fields, &text).await;
                    pages.extend(answers.into_iter().map(|page| (format!("{path} by {who}"), page)));
                }
            }
            for path in ["preview", "preview-plan", "preview-objective", "use-template", "arrange-objective"]
            {
                let path = format!("/do/{path}");
                for page in sent(&writer, &path, &[("repo", "acme/widgets")], &next()).await {
                    pages.push((format!("{path} in a repository"), page));
                }
            }
            if hostile {
                // Until it is too much.
                let text = next();
                let act = async || writer.form("/do/act", &[("repo", &*text), ("action", &*text)]).await;
                let page = until(act, |page| page.status == 429).await;
                pages.push(("too much".to_owned(), page));
            }
            // The gate sends strangers to sign in and remembers where they were going.
            let to = nobody.visit(&format!("/{}?q={}", encoded(&next()), encoded(&next()))).await;
            pages.push(("the gate".to_owned(), to));
            for (name, page) in pages {
                assert!(page.status != 500, "{name}: {page:?}");
                // What a script gets is JSON; where it holds a part of a page, that is looked at.
                let page_or_part = match page.header("content-type").is_some_and(|kind| kind.contains("json"))
                {
                    true => page.json().as_str().unwrap_or_default().to_owned(),
                    false => page.body.clone(),
                };
                if !hostile {
                    ours.learn("", &page_or_part);
                } else if let Some(first) = ours.foreign(&name, &page_or_part).into_iter().next() {
                    found.entry(name.clone()).or_insert(first);
                }
                if page.body.contains("evil") {
                    kept.insert((page.status.as_u16(), page.body.contains("data-refused")));
                }
            }
        }
        assert!(found.is_empty(), "{found:#?}");
        for case in [(401, true), (422, false), (429, true)] {
            assert!(kept.contains(&case), "no {case:?} showed what was typed: {kept:?}");
        }
        assert!(world.github.writes().await.is_empty());
    })
    .await;
}
