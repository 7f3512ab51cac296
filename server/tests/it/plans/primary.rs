//! The one button that leads on from each state of a plan, as the page shows it.

use reqwest::Method;
use serde_json::json;
use waymark_app::areas::{ActionKind, Mode, SubmitForm};
use waymark_domain::lifecycle::Phase;

use super::{Person, repo};
use crate::support::{Browser, World, world};

/// The words on the primary button of the state's panel.
fn primary(page: &str) -> Option<String> {
    let (_, state) = page.split_once("id=\"state\"")?;
    let (state, _) = state.split_once("</section>")?;
    let (_, button) = state.split_once("class=\"button primary\"")?;
    let (_, words) = button.split_once('>')?;
    let ends = ["</button>", "</summary>", "</a>"].iter().filter_map(|end| words.find(end)).min()?;
    let mut text = String::new();
    let mut tag = false;
    for letter in words[..ends].chars() {
        match letter {
            '<' => tag = true,
            '>' => tag = false,
            _ if !tag => text.push(letter),
            _ => {}
        }
    }
    Some(text.trim().to_owned())
}

async fn created(world: &World, text: &str) -> i64 {
    let text = format!("# Rules\n\n## Steps\n\n1. Write a rule.\n\n{text}");
    let issue = json!({"title": "[erk-plan] Rules", "body": text, "labels": ["erk-plan"]});
    let made = world.github.send("writer", Method::POST, "/repos/acme/widgets/issues", issue).await;
    made["number"].as_i64().expect("a number")
}

async fn shown(browser: &Browser, number: i64) -> (Option<String>, bool) {
    let page = browser.get(&format!("/acme/widgets/plans/{number}")).await.body;
    (primary(&page), page.contains("value=\"mark-ready\""))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_has_the_button_that_leads_on() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let browser = world.sign_in("writer").await;
        let widgets = repo("acme/widgets");
        let written = created(world, "demo:slow 120").await;
        writer.until(written, Phase::Created).await;
        assert_eq!(shown(&browser, written).await, (Some("Submit plan".to_owned()), false));

        let unplanned = writer.dispatch_of(Mode::OneShot, "Say hello. demo:fail-plan").await;
        let broken = writer.dispatch_of(Mode::OneShot, "Say hello in the README. demo:fail-step 2").await;
        let first = writer.dispatch(Mode::PlanFirst).await;
        let whole = writer.dispatch(Mode::OneShot).await;
        for (number, phase, button) in [
            (unplanned, Phase::Failed, "Run failed jobs again"),
            (broken, Phase::Failed, "Retry from step 2"),
            (first, Phase::NeedsApproval, "Approve plan"),
            (whole, Phase::Complete, "Merge pull request"),
        ] {
            writer.until(number, phase).await;
            let offered = |page: &waymark_app::areas::PlanPage| {
                page.actions.iter().any(|offer| offer.refused.is_none() && offer.label == button)
            };
            writer.page(number, offered).await;
            assert_eq!(shown(&browser, number).await, (Some(button.to_owned()), false), "{phase:?}");
        }
        let act = async |number, action| {
            writer.areas.plans.act(&writer.viewer, &widgets, number, action, None).await.expect("done");
        };
        act(whole, ActionKind::Merge).await;
        writer.until(whole, Phase::Merged).await;
        assert_eq!(shown(&browser, whole).await, (None, false));

        let form = SubmitForm { repo: widgets.to_string(), number: written, ..SubmitForm::default() };
        writer.areas.dispatches.submit(&writer.viewer, &form).await.expect("submitted");
        writer.until(written, Phase::Implementing).await;
        assert_eq!(shown(&browser, written).await, (None, false));
        act(written, ActionKind::CancelRun).await;
        writer.until(written, Phase::Cancelled).await;
        let again = |page: &waymark_app::areas::PlanPage| {
            page.actions.iter().any(|offer| offer.refused.is_none() && offer.kind == ActionKind::Continue)
        };
        writer.page(written, again).await;
        assert_eq!(shown(&browser, written).await, (Some("Retry from step 1".to_owned()), false));
        world.github.idle().await;
        assert!(!world.github.writes().await.is_empty());
    })
    .await;
}
