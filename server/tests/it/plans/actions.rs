//! What the buttons of a plan's page do on GitHub; those that begin work have tests of their own.

use reqwest::Method;
use serde_json::json;
use waymark_domain::block;
use waymark_domain::lifecycle::Phase;

use super::Person;
use super::stopped::plan_with_pull;
use crate::support::world;

#[tokio::test(flavor = "multi_thread")]
async fn each_button_does_to_github_what_it_says_and_once() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let (number, pull) = plan_with_pull(world).await;
        // The work is done, as its progress says.
        let done = json!({"status": "complete", "completed_steps": 1, "total_steps": 1});
        let done = block::render("erk-implementation-status", done.as_object().expect("a mapping"));
        let comments = format!("/repos/acme/widgets/issues/{number}/comments");
        let comment = json!({"body": done.expect("a block")});
        world.github.send("admin", Method::POST, &comments, comment).await;
        let run = json!({
            "repo": "acme/widgets", "workflow": "plan-implement.yml", "by": "writer", "conclusion": "success",
            "inputs": {"issue_number": number.to_string(), "distinct_id": "abc123"},
        });
        world.github.set("runs", run).await;
        writer.until(number, Phase::Stuck).await;
        let browser = world.sign_in("writer").await;
        let number_text = number.to_string();
        let issue = format!("/repos/acme/widgets/issues/{number}");
        let pull = format!("/repos/acme/widgets/pulls/{pull}");
        for (action, method, path, field, wanted) in [
            ("mark-ready", "", &pull, "draft", json!(false)),
            ("close-plan", "completed", &issue, "state_reason", json!("completed")),
            ("reopen", "", &issue, "state_reason", json!("reopened")),
            ("merge", "squash", &pull, "merged", json!(true)),
        ] {
            let fields =
                [("repo", "acme/widgets"), ("number", &*number_text), ("action", action), ("method", method)];
            let before = world.github.writes().await.len();
            for _ in 0..2 {
                let answer = browser.form("/do/act", &fields).await;
                assert_eq!(answer.status, 303, "{action}: {answer:?}");
            }
            assert_eq!(world.github.get("admin", path).await[field], wanted, "{action}");
            assert_eq!(world.github.writes().await.len(), before + 1, "{action} is sent once");
        }
        writer.until(number, Phase::Merged).await;
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}
