//! What is sent is what the preview showed, byte for byte, and nothing else.

use serde_json::Value;
use waymark_app::areas::{DispatchState, Mode, NewForm};

use super::bench::Bench;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_preview_filled_in_is_what_is_sent() {
    let bench = Bench::start().await;
    let instructions = [
        "Add a short contributing guide.".to_owned(),
        "Keep {this}.\r\n\r\n```yaml\na: '2026-01-15'\n```\n\"quoted\\\" \u{1F980} Closes #1".to_owned(),
        "word ".repeat(12_000),
    ];
    for instruction in instructions {
        for mode in [Mode::OneShot, Mode::PlanFirst] {
            bench.reset().await;
            let form = NewForm { instruction: instruction.clone(), mode, ..bench.form() };
            let preview = bench.area.preview(&bench.viewer(), &form).await.expect("a preview");
            assert!(bench.writes().await.is_empty(), "a preview writes nothing");
            let id = bench.area.dispatch(&bench.viewer(), None, &form).await.expect("a dispatch");
            let view = bench.rest(&id).await;
            assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
            let sent = bench.writes().await;
            let known = values(&bench, &id, &sent).await;
            let explained: Vec<&str> = preview.placeholders.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(explained, known.iter().map(|(name, _)| *name).collect::<Vec<_>>());
            let fill = |text: &str| {
                known
                    .iter()
                    .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
            };
            assert_eq!(sent.len(), preview.writes.len());
            for (sent, planned) in sent.iter().zip(&preview.writes) {
                assert_eq!(sent["method"], planned.method.as_str());
                assert_eq!(sent["path"], fill(&planned.path));
                assert_eq!(
                    sent["body"].as_str(),
                    Some(fill(&planned.json).as_str()),
                    "{}",
                    planned.operation
                );
            }
        }
    }
}

/// What the placeholders stood for, as GitHub has it.
async fn values(bench: &Bench, id: &str, sent: &[Value]) -> Vec<(&'static str, String)> {
    let json = |entry: &Value, part: &str| -> Value {
        serde_json::from_str(entry[part].as_str().unwrap_or("null")).unwrap_or_default()
    };
    let of = |end: &str| {
        let entry = sent.iter().find(|entry| entry["path"].as_str().is_some_and(|path| path.ends_with(end)));
        entry.map(|entry| (json(entry, "body"), json(entry, "response"))).unwrap_or_default()
    };
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let (commit, _) = of("/git/commits");
    let (branch, _) = of("/git/refs");
    let (tree, _) = of("/git/trees");
    let (_, issue) = of("/issues");
    let (_, comment) = of("/comments");
    let (_, pull) = of("/pulls");
    let (dispatch, _) = of("/dispatches");
    let runs = bench.api("/repos/acme/widgets/actions/runs").await;
    let run = &runs["workflow_runs"][0];
    let name = text(&branch["ref"]);
    vec![
        ("dispatch", id.to_owned()),
        ("distinct_id", text(&dispatch["inputs"]["distinct_id"])),
        ("now", text(&commit["author"]["date"])),
        ("stamp", name[name.len() - 10..].to_owned()),
        ("base_sha", text(&commit["parents"][0])),
        ("base_tree", text(&tree["base_tree"])),
        ("issue", text(&issue["number"])),
        ("plan_comment", text(&comment["id"])),
        ("tree_sha", text(&commit["tree"])),
        ("commit_sha", text(&branch["sha"])),
        ("pr", text(&pull["number"])),
        ("run_id", text(&run["id"])),
        ("run_url", text(&run["html_url"])),
        ("run_node", text(&run["node_id"])),
    ]
}
