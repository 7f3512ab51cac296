//! The commands that work on files alone, as people and scripts run them: every conformance vector
//! through the program, with its exact output.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The lines of a file of vectors.
fn vectors(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Standard output of the program; its standard error where it ends with exit code 1.
fn ran(arguments: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_waymark"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    // A program that ends before it has read everything closes its end.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    let done = child.wait_with_output().expect("its output");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    match done.status.code() {
        Some(0) => Ok(text(done.stdout)),
        code => {
            assert_eq!((code, done.stdout.is_empty()), (Some(1), true), "{arguments:?}");
            Err(text(done.stderr))
        }
    }
}

fn json(arguments: &[&str], input: &str) -> Value {
    serde_json::from_str(&ran(arguments, input).expect("exit code 0")).expect("JSON")
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{} has no {name}", vector["name"]))
}

#[test]
fn inspect_reads_every_vector() {
    for vector in vectors(include_str!("../../domain/tests/vectors/blocks.jsonl")) {
        let found = json(&["inspect", "-"], text(&vector, "input"));
        let errors = found["errors"].as_array().expect("errors");
        assert!(errors.iter().all(|error| error["line"].is_u64() && error["message"].is_string()));
        let keys: Vec<Value> = errors.iter().map(|error| json!({"key": error["key"]})).collect();
        assert_eq!(
            json!({"blocks": found["blocks"], "errors": keys}),
            vector["expect"],
            "{}",
            vector["name"]
        );
    }
}

#[test]
fn inspect_writes_and_changes_every_vector() {
    let read = |block: &str, key: &str| {
        let found = json(&["inspect", "-"], block);
        assert_eq!(found["blocks"][0]["key"], key, "{block}");
        found["blocks"][0]["data"].clone()
    };
    for file in [
        include_str!("../../domain/tests/vectors/render.jsonl"),
        include_str!("../../domain/tests/vectors/render_dropped.jsonl"),
    ] {
        for vector in vectors(file) {
            let key = text(&vector, "key");
            let block = ran(&["inspect", "--render", key], &vector["data"].to_string()).expect("a block");
            assert_eq!(read(&block, key), vector["data"], "{}", vector["name"]);
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("body.md");
    let path = file.to_str().expect("a path");
    for vector in vectors(include_str!("../../domain/tests/vectors/update.jsonl")) {
        std::fs::write(&file, text(&vector, "body")).expect("a file");
        let key = text(&vector, "key");
        let new = ran(&["inspect", "--update", key, path], &vector["changes"].to_string()).expect("a body");
        let block = new
            .strip_prefix(text(&vector, "expect_prefix"))
            .and_then(|rest| rest.strip_suffix(text(&vector, "expect_suffix")))
            .unwrap_or_else(|| panic!("{}: {new}", vector["name"]));
        assert_eq!(read(block, key), vector["expect_data"], "{}", vector["name"]);
    }
    let refused = ran(&["inspect", "--update", "no-such-key", path], "{}").expect_err("no such block");
    assert_eq!(refused, "waymark: there is no block \"no-such-key\"\n");
}

#[test]
fn roadmap_reads_and_checks_every_vector() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("comment.md");
    let path = file.to_str().expect("a path");
    for vector in vectors(include_str!("../../domain/tests/vectors/roadmap.jsonl")) {
        let body = text(&vector, "body");
        if vector["expect_error"] == true {
            assert!(ran(&["roadmap", "-"], body).is_err(), "{}", vector["name"]);
            continue;
        }
        std::fs::write(&file, vector["comment"].as_str().unwrap_or_default()).expect("a file");
        let mut found = json(&["roadmap", "-", "--comment", path], body);
        assert!(
            found.as_object_mut().expect("an object").remove("errors").is_some_and(|list| list.is_array())
        );
        assert_eq!(found, vector["expect"], "{}", vector["name"]);
    }
    for vector in vectors(include_str!("../../domain/tests/vectors/objective_check.jsonl")) {
        let mut arguments = vec!["roadmap", "--check", "-"];
        for label in vector["labels"].as_array().expect("labels") {
            arguments.extend(["--label", label.as_str().expect("a text")]);
        }
        let mut found = json(&arguments, text(&vector, "body"));
        for check in found["checks"].as_array_mut().expect("checks") {
            assert!(check.as_object_mut().and_then(|check| check.remove("description")).is_some());
        }
        assert_eq!(found, json!({"checks": vector["expect"]}), "{}", vector["name"]);
    }
}

#[test]
fn branch_name_names_every_vector() {
    for vector in vectors(include_str!("../../domain/tests/vectors/branch.jsonl")) {
        let (issue, objective) = (vector["issue"].to_string(), vector["objective"].to_string());
        let mut arguments = vec!["branch-name", "--issue", &issue, "--at", text(&vector, "at")];
        if objective != "null" {
            arguments.extend(["--objective", &objective]);
        }
        arguments.push(text(&vector, "text"));
        assert_eq!(ran(&arguments, "").as_deref(), Ok(&*format!("{}\n", text(&vector, "expect"))));
    }
}
