//! Plans that people wrote: created, submitted one or many, on branches that are there or not, submitted
//! again during a run, gone on with after a failed step.

use reqwest::Method;
use serde_json::{Value, json};
use waymark_app::areas::{
    ActionKind, BatchView, BatchWork, Existing, ItemState, NewForm, PlanPage, PrState, StepState, SubmitForm,
};
use waymark_domain::lifecycle::Phase;

use super::{Person, repo};
use crate::support::{World, until, world};

const PLAN: &str =
    "# Plan: Write the rules down\n\n## Steps\n\n1. Write the first rule.\n2. Write the second rule.";

/// A plan of the older form, whose text is the issue's body.
async fn written(world: &World, text: &str) -> i64 {
    let issue = json!({"title": "[erk-plan] Write the rules down", "body": text, "labels": ["erk-plan"]});
    let made = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", issue).await;
    made["number"].as_i64().expect("a number")
}

fn form(number: i64, existing: Existing) -> SubmitForm {
    SubmitForm { repo: "acme/widgets".into(), number, existing, ..SubmitForm::default() }
}

/// Submits in a batch and waits until nothing waits or works any more.
async fn submitted(person: &Person<'_>, forms: Vec<SubmitForm>) -> BatchView {
    let dispatches = &person.areas.dispatches;
    let work = forms.into_iter().map(BatchWork::Submit).collect();
    let id = dispatches.begin_batch(&person.viewer, None, work).await.expect("begun");
    over(person, &id).await
}

async fn over(person: &Person<'_>, id: &str) -> BatchView {
    let ask = async || person.areas.dispatches.batch(&person.viewer, id).await.expect("the batch");
    let rests = |state| !matches!(state, ItemState::Waiting | ItemState::Working);
    until(ask, |batch: &BatchView| batch.items.iter().all(|item| rests(item.state))).await
}

fn states(batch: &BatchView) -> Vec<ItemState> {
    batch.items.iter().map(|item| item.state).collect()
}

async fn get(world: &World, path: &str) -> Value {
    world.github.get("admin", &format!("/repos/acme/widgets/{path}")).await
}

async fn branches(world: &World, number: i64) -> Vec<String> {
    let refs = get(world, &format!("git/matching-refs/heads/P{number}-")).await;
    let refs = refs.as_array().cloned().unwrap_or_default();
    refs.iter().map(|one| one["ref"].as_str().unwrap_or_default().replace("refs/heads/", "")).collect()
}

/// What the latest dispatch of `plan-implement` was given.
async fn inputs(world: &World) -> Value {
    let writes = world.github.writes().await;
    let sent = writes.iter().rev().find(|entry| entry.path.ends_with("/plan-implement.yml/dispatches"));
    let body = sent.and_then(|entry| entry.body.clone()).unwrap_or_default();
    serde_json::from_str::<Value>(&body).unwrap_or_default()["inputs"].take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_created_from_text_and_repaired_when_its_comment_was_refused() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let dispatches = &writer.areas.dispatches;
        let form = NewForm {
            repo: "acme/widgets".into(),
            instruction: PLAN.into(),
            plan: Some(0),
            ..NewForm::default()
        };
        let empty = NewForm { instruction: " \n".into(), repo: "acme/nowhere".into(), ..form.clone() };
        let found = dispatches.preview_plan(&writer.viewer, &empty).await.expect_err("refused");
        assert_eq!(found.len(), 2, "everything at once: {found:#?}");
        let preview = dispatches.preview_plan(&writer.viewer, &form).await.expect("a preview");
        let keys: Vec<&str> = preview.writes.iter().map(|write| write.operation.as_str()).collect();
        assert!(keys.ends_with(&["create-issue", "comment-plan", "link-plan-comment"]), "{keys:?}");
        assert!(world.github.writes().await.is_empty(), "a preview writes nothing");

        let refused =
            json!({"method": "POST", "path": "/issues/[0-9]+/comments$", "status": 403, "times": 1});
        world.github.set("faults", refused).await;
        let id = dispatches.create_plan(&writer.viewer, None, &form).await.expect("begun");
        let ask = async || dispatches.get(&writer.viewer, &id).await.expect("the dispatch");
        let stopped = until(ask, |view| view.state == waymark_app::areas::DispatchState::Stopped).await;
        let number = stopped.issue.expect("the issue was made");
        writer.until(number, Phase::Stopped).await;
        let page = writer.plan(number).await;
        let trouble = page.trouble.expect("it is told");
        assert_eq!(trouble.repair.as_deref(), Some(id.as_str()));
        let resume = waymark_app::areas::DispatchCommand::Resume;
        dispatches.command(&writer.viewer, &id, resume).await.expect("repaired");
        writer.until(number, Phase::Created).await;
        let can = |page: &PlanPage, kind| page.actions.iter().any(|o| o.kind == kind && o.refused.is_none());
        let whole = |page: &PlanPage| page.plan.is_some() && can(page, ActionKind::Submit);
        let page = until(async || writer.plan(number).await, whole).await;
        assert!(!can(&page, ActionKind::Resubmit));
        assert_eq!((page.title.as_str(), page.plan.as_deref()), ("Write the rules down", Some(PLAN)));
        let issue = get(world, &format!("issues/{number}")).await;
        assert_eq!(issue["title"], "[erk-plan] Write the rules down");
        assert!(!issue["body"].as_str().unwrap_or_default().contains("plan_comment_id: null"));
        assert!(page.attempts.is_empty(), "creating is no attempt: {:#?}", page.attempts);

        // Without Waymark's own record the text is written on the page.
        let bare = json!({"title": "[erk-plan] Bare", "body": issue["body"], "labels": ["erk-plan"]});
        let bare = world.github.send("admin", Method::POST, "/repos/acme/widgets/issues", bare).await;
        let bare = bare["number"].as_i64().expect("a number");
        writer.until(bare, Phase::PlanMissing).await;
        let version = writer.plan(bare).await.plan_version.expect("it can be written");
        let plans = &writer.areas.plans;
        plans.edit(&writer.viewer, &repo("acme/widgets"), bare, &version, PLAN).await.expect("written");
        assert_eq!(writer.plan(bare).await.plan.as_deref(), Some(PLAN));
        let header = get(world, &format!("issues/{bare}")).await;
        let comments = get(world, &format!("issues/{bare}/comments")).await;
        let linked = format!("plan_comment_id: {}", comments[0]["id"]);
        assert!(header["body"].as_str().unwrap_or_default().contains(&linked), "{header}");
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_checked_first_and_one_that_fails_leaves_the_others() {
    world(async |world| {
        let settings = json!({"variables": {"CLAUDE_ENABLED": "false"}});
        world.github.set("repos/acme/widgets", settings).await;
        let writer = Person::signed_in(world, "writer").await;
        let reader = Person::signed_in(world, "reader").await;
        let dispatches = &writer.areas.dispatches;
        let mut numbers = Vec::new();
        for _ in 0..3 {
            numbers.push(written(world, PLAN).await);
        }
        let closed = written(world, PLAN).await;
        let path = format!("/repos/acme/widgets/issues/{closed}");
        world.github.send("admin", Method::PATCH, &path, json!({"state": "closed", "labels": []})).await;
        let before = world.github.writes().await.len();

        let bad = SubmitForm { base: "gone".into(), ..form(closed, Existing::Ask) };
        let missing = form(999_999, Existing::Ask);
        let asked = [form(numbers[0], Existing::Ask), bad.clone(), missing];
        let checks = dispatches.check_submit(&writer.viewer, &asked).await;
        let first = checks[0].as_ref().expect("looked at");
        assert!(first.findings.is_empty() && first.preview.is_some(), "{first:#?}");
        let words: Vec<&str> =
            checks[1].as_ref().expect("looked at").findings.iter().map(|p| p.message.as_str()).collect();
        for part in ["label erk-plan", "is closed", "no branch “gone”"] {
            assert!(words.iter().any(|word| word.contains(part)), "{part}: {words:?}");
        }
        assert!(checks[2].is_err());
        assert!(dispatches.submit(&writer.viewer, &bad).await.is_err());
        let refused = dispatches.check_submit(&reader.viewer, &[form(numbers[0], Existing::Ask)]).await;
        assert!(refused[0].as_ref().is_ok_and(|check| check.preview.is_none() && check.findings[0].message.contains("not write")));
        assert_eq!(world.github.writes().await.len(), before, "looking writes nothing");

        let fault = json!({"method": "POST", "path": "/dispatches$", "status": 403, "skip": 1, "times": 1});
        world.github.set("faults", fault).await;
        let forms = numbers.iter().map(|number| form(*number, Existing::Ask)).collect();
        let batch = submitted(&writer, forms).await;
        use ItemState::{Done, Failed};
        assert_eq!(states(&batch), [Done, Failed, Done], "{batch:#?}");
        dispatches.retry_item(&writer.viewer, &batch.id, 2).await.expect("tried again");
        assert_eq!(states(&over(&writer, &batch.id).await), [Done, Done, Done]);
        for number in &numbers {
            let [branch] = &branches(world, *number).await[..] else { panic!("one branch of {number}") };
            let pulls = get(world, &format!("pulls?state=all&head=acme:{branch}")).await;
            let [pull] = &pulls.as_array().cloned().unwrap_or_default()[..] else { panic!("{pulls}") };
            let body = pull["body"].as_str().unwrap_or_default();
            assert_eq!(body.matches(&format!("Closes #{number}\n")).count(), 1, "{body}");
            assert_eq!((&pull["draft"], &pull["title"]), (&json!(true), &json!("[WIP] Write the rules down")));
            for name in ["plan.md", "progress.md", "issue.json", "plan-ref.json", "README.md"] {
                get(world, &format!("contents/.worker-impl/{name}?ref={branch}")).await;
            }
        }
        let runs = get(world, "actions/workflows/plan-implement.yml/runs").await;
        assert_eq!(runs["total_count"], 3);
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn branches_of_earlier_attempts_are_used_or_replaced() {
    world(async |world| {
        world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
        let writer = Person::signed_in(world, "writer").await;
        let dispatches = &writer.areas.dispatches;
        let number = written(world, PLAN).await;
        let look = async |existing| {
            let checks = dispatches.check_submit(&writer.viewer, &[form(number, existing)]).await;
            checks.into_iter().next().expect("one").expect("looked at")
        };
        // A branch without a pull request: from an attempt that somebody made by hand.
        let head = get(world, "git/ref/heads/main").await["object"]["sha"].take();
        let old = format!("P{number}-by-hand-01-15-1430");
        let made = json!({"ref": format!("refs/heads/{old}"), "sha": head});
        world.github.send("admin", Method::POST, "/repos/acme/widgets/git/refs", made).await;
        let asked = look(Existing::Ask).await;
        assert_eq!(asked.existing.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), [old.as_str()]);
        assert!(asked.preview.is_none() && asked.findings[0].next.is_some(), "{asked:#?}");

        assert_eq!(states(&submitted(&writer, vec![form(number, Existing::Use)]).await), [ItemState::Done]);
        assert_eq!(branches(world, number).await, std::slice::from_ref(&old));
        get(world, &format!("contents/.worker-impl/plan.md?ref={old}")).await;
        let first = inputs(world).await;
        assert_eq!(first["branch_name"], old.as_str());
        world.github.idle().await;

        // With its pull request it is dispatched alone.
        let used = look(Existing::Use).await.preview.expect("ready");
        assert_eq!(used.writes[0].operation, "dispatch-run", "{:#?}", used.writes);
        assert_eq!(states(&submitted(&writer, vec![form(number, Existing::Use)]).await), [ItemState::Done]);
        assert_eq!(inputs(world).await["pr_number"], first["pr_number"]);
        world.github.idle().await;

        assert_eq!(
            states(&submitted(&writer, vec![form(number, Existing::Replace)]).await),
            [ItemState::Done]
        );
        let now = branches(world, number).await;
        assert_eq!(now.len(), 1);
        assert_ne!(now, [old]);
        let pull = first["pr_number"].as_str().expect("a number");
        assert_eq!(get(world, &format!("pulls/{pull}")).await["state"], "closed");
        assert_ne!(inputs(world).await["pr_number"], pull);
        let comments = get(world, &format!("issues/{pull}/comments")).await;
        assert!(
            comments[0]["body"].as_str().is_some_and(|body| body.contains("submitted plan")),
            "{comments}"
        );
        world.github.idle().await;
        let page = writer.page(number, |page| page.attempts.len() == 3).await;
        assert_eq!(page.pr.map(|pr| pr.summary.state), Some(PrState::Draft));
        world.github.writes().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn submitting_again_cancels_the_run_and_a_failed_step_is_gone_on_from() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let number = written(world, &format!("{PLAN}\n\ndemo:slow 120")).await;
        submitted(&writer, vec![form(number, Existing::Ask)]).await;
        let working = |page: &PlanPage| page.phase == Phase::Implementing;
        writer.page(number, working).await;

        let path = format!("/repos/acme/widgets/issues/{number}");
        let body = format!("{PLAN}\n\ndemo:fail-step 2");
        world.github.send("admin", Method::PATCH, &path, json!({"body": body})).await;
        let again = submitted(&writer, vec![form(number, Existing::Replace)]).await;
        assert_eq!(states(&again), [ItemState::Done], "{again:#?}");
        writer.until(number, Phase::Failed).await;
        let over = |page: &PlanPage| {
            let ended = |run: &waymark_app::areas::Run| run.status == "completed";
            page.attempts.len() == 2 && page.attempts.iter().all(|one| one.run.as_ref().is_some_and(ended))
        };
        let page = writer.page(number, over).await;
        let ends: Vec<_> =
            page.attempts.iter().map(|one| one.run.as_ref().and_then(|run| run.conclusion.clone())).collect();
        assert_eq!(ends, [Some("cancelled".to_owned()), Some("failure".to_owned())]);
        let steps: Vec<_> = page.steps.iter().map(|step| step.state).collect();
        assert_eq!(steps, [StepState::Done, StepState::Failed]);
        let trouble = page.trouble.expect("it is told");
        assert!(trouble.step.is_some() && trouble.log_tail.is_some_and(|log| log.contains("demo:fail-step")));

        let go_on = ActionKind::Continue;
        let plans = &writer.areas.plans;
        plans.act(&writer.viewer, &repo("acme/widgets"), number, go_on, None).await.expect("gone on");
        writer.until(number, Phase::Complete).await;
        assert_eq!(inputs(world).await["from_step"], "2");
        let page = writer.page(number, |page| page.attempts.len() == 3).await;
        assert_eq!(page.steps.len(), 2, "{:#?}", page.steps);
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}

/// A plan with the header that a one-shot leaves, the branch of a first attempt noted in it.
async fn with_header(world: &World, text: &str) -> i64 {
    let mut header = waymark_domain::plan::header("2026-01-15T14:30:00+00:00", "writer", None::<i64>);
    header["branch_name"] = json!("P0-gone-01-15-1430");
    let block =
        waymark_domain::block::render_with_warning("plan-header", header.as_object().expect("fields"));
    let number = written(world, &block.expect("renders")).await;
    let plan = waymark_domain::block::render_content("plan-body", text).expect("renders");
    let path = format!("/repos/acme/widgets/issues/{number}/comments");
    world.github.send("admin", Method::POST, &path, json!({"body": plan})).await;
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_attempt_shows_the_new_pull_request_and_using_it_again_starts_over() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        let number = with_header(world, PLAN).await;
        submitted(&writer, vec![form(number, Existing::Ask)]).await;
        writer.until(number, Phase::Complete).await;
        world.github.idle().await;
        let first = inputs(world).await;
        let named = async || {
            let issue = get(world, &format!("issues/{number}")).await;
            let body = issue["body"].as_str().unwrap_or_default().to_owned();
            waymark_domain::block::first(&body, "plan-header").expect("a header")["branch_name"].clone()
        };
        assert_eq!(named().await, first["branch_name"]);

        // Without any run the dispatch alone must say which branch counts.
        world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": "false"}})).await;
        submitted(&writer, vec![form(number, Existing::Replace)]).await;
        world.github.idle().await;
        let second = inputs(world).await;
        assert_ne!(second["pr_number"], first["pr_number"]);
        assert_eq!(named().await, second["branch_name"]);
        let pull = second["pr_number"].as_str().and_then(|pr| pr.parse::<i64>().ok());
        let page = writer.page(number, |page| page.pr.as_ref().map(|pr| pr.summary.number) == pull).await;
        assert_eq!(page.branch.as_deref(), second["branch_name"].as_str());

        world.github.set("repos/acme/widgets", json!({"variables": {"CLAUDE_ENABLED": null}})).await;
        submitted(&writer, vec![form(number, Existing::Use)]).await;
        assert_eq!(inputs(world).await["from_step"], "1", "it starts afresh on the branch there is");
        writer.until(number, Phase::Complete).await;
        world.github.idle().await;
        world.github.writes().await;
    })
    .await;
}
