//! Where the world is kept.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{Box, options};

/// The way to a folder from the current one.
fn relative(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().expect("a current folder");
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    up.join(folder.strip_prefix("/").expect("an absolute path"))
}

#[tokio::test]
async fn a_relative_data_folder_is_as_good_as_an_absolute_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = Some(relative(folder.path()));
    let b = Box::with(waymark_sandbox::Options { data_dir, ..options() }).await;
    let admin = b.person("admin").await;
    let head = admin.get("/repos/acme/widgets/git/ref/heads/main").await.is(200);
    let base = head["object"]["sha"].as_str().expect("a commit").to_owned();
    let tree = json!({ "base_tree": base, "tree": [{ "path": "a.txt", "mode": "100644", "type": "blob", "content": "a" }] });
    let made = admin.post("/repos/acme/widgets/git/trees", tree).await.is(201);
    assert!(made["tree"].as_array().is_some_and(|tree| tree.iter().any(|entry| entry["path"] == "a.txt")));
    b.clean().await;
}

#[tokio::test]
async fn what_git_cannot_do_is_no_fault_of_the_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = Some(folder.path().to_owned());
    let b = Box::with(waymark_sandbox::Options { data_dir, ..options() }).await;
    let admin = b.person("admin").await;
    // A repository that is gone from the disk is the sandbox's own trouble.
    std::fs::remove_dir_all(folder.path().join("repos")).expect("removed");
    let tree = json!({ "tree": [{ "path": "a", "mode": "100644", "type": "blob", "content": "a" }] });
    admin.post("/repos/acme/widgets/git/trees", tree).await.is(500);
    b.sandbox.shutdown().await;
}
