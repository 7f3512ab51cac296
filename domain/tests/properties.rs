//! What holds for every input: nothing panics, what is written is read back, nothing else changes.

use proptest::prelude::*;
use serde_json::{Map, Value};
use waymark_domain::block::{self, Content, WARNING};
use waymark_domain::progress::Progress;
use waymark_domain::{branch, inspect, lint, plan, roadmap, runbook, yaml};

/// Text with everything in it that is special to YAML, to Markdown or to blocks.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,8}",
        2 => any::<String>(),
        3 => prop::sample::select(vec![
            "\n", "\r\n", " \n", "\n ", "\t", ": ", " #", "- ", "'", "\"", "\\", "```", "```yaml\n", "</details>",
            "<details>", "<summary>", "</summary>", "<!-- erk:metadata-block:a -->", "<!-- /erk:metadata-block:a -->",
            "<!-- /erk:metadata-block -->", "<!-- /erk:metadata-block:plan-body -->", WARNING, "---\n", "| a | b |\n", "### Phase 1: x\n", "yes", "0123", "1:30",
            "2026-01-15", "null", "~", "\u{2028}", "\u{85}", "\u{a0}", "\u{feff}", "\u{200b}", "é", "🚀", "$0", "\\g<0>",
            "&x", "*x", "!t", "{", "}", "[", "]", ",", "|", ">", "%", "@", "`", "## Step 1: x\n", "1. x\n", "- [x] 1. x\n",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn mapping() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((text(), value()), 0..5).prop_map(|pairs| pairs.into_iter().collect())
}

/// A body with a block of the key somewhere in it, and no other marker of blocks.
fn around() -> impl Strategy<Value = (String, String)> {
    let side = || text().prop_map(|text| text.replace("erk:metadata-block", "erk").replace(WARNING, ""));
    (side(), side())
}

/// What is kept of a text whose closing markers would end its block.
fn harmless(key: &str, text: &str) -> String {
    let closes = ["<!-- /erk:metadata-block -->".to_owned(), format!("<!-- /erk:metadata-block:{key} -->")];
    closes.iter().fold(text.to_owned(), |text, close| text.replace(close, &close.replace('<', "&lt;")))
}

const YAML_KEYS: [&str; 6] = [
    "plan-header",
    "objective-header",
    "objective-roadmap",
    "submission-queued",
    "workflow-started",
    "erk-implementation-status",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn data_is_read_back_from_its_block(data in mapping(), key in prop::sample::select(&YAML_KEYS[..])) {
        let block = block::render_with_warning(key, &data);
        prop_assert!(block.is_ok(), "{block:?}");
        let found = block::read(&block.unwrap_or_default());
        prop_assert_eq!(found.errors, []);
        prop_assert_eq!(found.blocks.len(), 1);
        prop_assert_eq!(found.blocks[0].data(), Some(&data));
    }

    #[test]
    fn text_is_read_back_from_its_block(text in text(), key in prop::sample::select(&block::CONTENT_KEYS[..])) {
        let found = block::read(&block::render_content(key, &text).unwrap_or_default());
        let wanted = harmless(key, text.trim());
        prop_assert_eq!(found.text(key), Some(wanted.as_str()));
    }

    #[test]
    fn an_update_keeps_every_other_byte((before, after) in around(), old in mapping(), changes in mapping(), warnings in 0..3usize) {
        let body = format!("{before}\n{}{}{after}", format!("{WARNING}\n").repeat(warnings), block::render("a-key", &old).unwrap_or_default());
        let changed = block::update(&body, "a-key", &changes).unwrap_or_default();
        let mut wanted = old;
        wanted.extend(changes);
        let block = block::render_with_warning("a-key", &wanted).unwrap_or_default();
        prop_assert_eq!(changed, format!("{before}\n{block}{after}"));
    }

    #[test]
    fn nothing_panics(text in text(), other in text()) {
        let found = block::read(&text);
        for block in &found.blocks {
            prop_assert!(text[block.span.clone()].starts_with("<!-- erk:metadata-block:"));
            if let Content::Data(data) = &block.content {
                let _ = block::validate(&block.key, data);
            }
        }
        let _ = inspect::inspect(&text);
        let _ = yaml::parse(&text);
        let _ = block::update(&text, "a", &Map::new());
        if let Ok(map) = roadmap::read(&text, Some(&other)) {
            let _ = map.to_json();
            let once = roadmap::redraw(&other, &map);
            prop_assert_eq!(roadmap::redraw(&once, &map), once);
        }
        let _ = roadmap::check(["erk-objective"], &text);
        let _ = plan::text(&text, &[(1, &other)]);
        let _ = plan::text_of_pull(&text);
        let _ = plan::is_pull_backed(&other, &[], &text);
        let _ = (plan::steps(&text), plan::heading(&text), plan::kind(&text), plan::plain_title(&text));
        let _ = (lint::lint(&text), branch::recognise(&text), runbook::parse(&text, Some("x")));
    }

    #[test]
    fn yaml_of_any_shape_never_panics(text in "[-a-c:#'\"\\[\\]{},|>&*!%@`?~ \n\t0-3]{0,60}") {
        let _ = yaml::parse(&text);
    }

    #[test]
    fn progress_is_read_back(steps in prop::collection::vec(text(), 0..5), done in 0..6usize) {
        let progress = Progress::begin(&steps, done);
        let read = Progress::parse(&progress.render());
        prop_assert_eq!(read.done(), progress.done());
        prop_assert_eq!(read.steps.len(), progress.steps.len());
        prop_assert_eq!(Progress::parse(&read.render()), read);
    }

    #[test]
    fn branch_names_are_valid_references(issue in any::<u64>(), objective in any::<Option<u64>>(), text in any::<String>()) {
        let at = jiff::civil::date(2026, 2, 3).at(4, 5, 6, 0);
        let name = branch::name(issue, objective, &text, at);
        prop_assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{}", name);
        prop_assert!(!name.contains("--") && name.ends_with("-02-03-0405"), "{}", name);
        prop_assert_eq!(branch::recognise(&name).and_then(|branch| branch.issue), Some(issue));
    }

    #[test]
    fn a_plan_of_any_length_is_read_back(text in text(), times in 1..4000usize) {
        let plan = text.repeat(times);
        let bodies = plan::comments(&plan).unwrap_or_default();
        prop_assert!(bodies.iter().all(|body| body.chars().count() < 65_000));
        let numbered: Vec<(u64, &str)> = (1..).zip(bodies.iter().map(String::as_str)).collect();
        let wanted = harmless("plan-body", &plan.trim().replace("\r\n", "\n"));
        let read = plan::text("", &numbered).map(|found| found.text).unwrap_or_default();
        prop_assert!(read == wanted, "{} of {}", read.len(), wanted.len());
    }
}
