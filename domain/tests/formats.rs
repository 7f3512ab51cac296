//! The conformance vectors, each file completely. Their expected values were obtained by running erk.

use serde_json::{Value, json};
use waymark_domain::block::{self, Content};
use waymark_domain::branch;
use waymark_domain::roadmap::{self, RoadmapError};

fn vectors(text: &str) -> Vec<Value> {
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(!lines.is_empty());
    lines
}

fn object(value: &Value) -> block::Mapping {
    value.as_object().expect("an object").clone()
}

#[test]
fn blocks_are_read() {
    for vector in vectors(include_str!("vectors/blocks.jsonl")) {
        let reading = block::read(vector["input"].as_str().expect("a text"));
        let blocks: Vec<Value> = reading
            .blocks
            .iter()
            .map(|found| match &found.content {
                Content::Data(data) => json!({"key": found.key, "data": data}),
                Content::Text(text) => json!({"key": found.key, "text": text}),
            })
            .collect();
        let errors: Vec<Value> = reading.errors.iter().map(|error| json!({"key": error.key})).collect();
        assert_eq!(json!({"blocks": blocks, "errors": errors}), vector["expect"], "{}", vector["name"]);
    }
}

#[test]
fn what_is_written_is_read_back() {
    for text in [include_str!("vectors/render.jsonl"), include_str!("vectors/render_dropped.jsonl")] {
        for vector in vectors(text) {
            let key = vector["key"].as_str().expect("a key");
            let body = block::render_with_warning(key, &object(&vector["data"])).expect("it renders");
            let read = block::first(&body, key).map(Value::Object);
            assert_eq!(read.as_ref(), Some(&vector["data"]), "{}\n{body}", vector["name"]);
        }
    }
}

#[test]
fn an_update_changes_the_block_alone() {
    for vector in vectors(include_str!("vectors/update.jsonl")) {
        let text = |name: &str| vector[name].as_str().expect("a text");
        let new = block::update(text("body"), text("key"), &object(&vector["changes"])).expect("it is there");
        let rest = new.strip_prefix(text("expect_prefix")).expect("the prefix stays");
        let block = rest.strip_suffix(text("expect_suffix")).expect("the suffix stays");
        assert_eq!(block.matches(block::WARNING).count(), 1, "{}", vector["name"]);
        assert!(block.starts_with(block::WARNING), "{}", vector["name"]);
        let read = block::first(block, text("key")).map(Value::Object);
        assert_eq!(read.as_ref(), Some(&vector["expect_data"]), "{}", vector["name"]);
    }
}

#[test]
fn branches_are_named() {
    for vector in vectors(include_str!("vectors/branch.jsonl")) {
        let at = vector["at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
        let issue = vector["issue"].as_u64().expect("a number");
        let text = vector["text"].as_str().expect("a text");
        let name = branch::name(issue, vector["objective"].as_u64(), text, at);
        assert_eq!(Some(name.as_str()), vector["expect"].as_str(), "{}", vector["name"]);
        let known = branch::recognise(&name).expect("our own name");
        assert_eq!((known.issue, known.objective), (Some(issue), vector["objective"].as_u64()));
    }
}

#[test]
fn roadmaps_are_read() {
    for vector in vectors(include_str!("vectors/roadmap.jsonl")) {
        let read = roadmap::read(vector["body"].as_str().expect("a body"), vector["comment"].as_str());
        if vector["expect_error"].as_bool() == Some(true) {
            assert!(matches!(read, Err(RoadmapError::Unusable { .. })), "{}", vector["name"]);
            continue;
        }
        let mut json = read.expect("a roadmap").to_json();
        json.as_object_mut().expect("an object").remove("errors");
        assert_eq!(json, vector["expect"], "{}", vector["name"]);
    }
}

#[test]
fn objectives_are_checked() {
    for vector in vectors(include_str!("vectors/objective_check.jsonl")) {
        let labels = vector["labels"].as_array().expect("labels").iter().filter_map(Value::as_str);
        let checks = roadmap::check(labels, vector["body"].as_str().expect("a body"));
        let checks: Vec<Value> =
            checks.iter().map(|done| json!({"check": done.check, "passed": done.passed})).collect();
        assert_eq!(Value::Array(checks), vector["expect"], "{}", vector["name"]);
    }
}
