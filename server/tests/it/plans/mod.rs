//! Plans as people see them while real work goes on: the mirror, the overview, the page, the actions.

mod access;
mod actions;
mod catching_up;
mod editing;
mod installation;
mod life;
mod limits;
mod primary;
mod runs;
mod stopped;
mod submit;
mod visibility;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use waymark_app::areas::{Areas, DispatchState, Mode, NewForm, PlanPage, RepoName, Viewer};
use waymark_domain::lifecycle::Phase;
use waymark_server::serve;

use crate::support::{PATIENCE, World};

/// A person who has signed in, with what they use.
pub struct Person<'a> {
    pub world: &'a World,
    pub viewer: Viewer,
    pub areas: Arc<Areas>,
}

pub fn repo(name: &str) -> RepoName {
    RepoName::parse(name).expect("a name")
}

impl<'a> Person<'a> {
    pub async fn signed_in(world: &'a World, login: &str) -> Person<'a> {
        world.sign_in(login).await;
        let id: i64 = sqlx::query_scalar("SELECT id FROM accounts WHERE login = $1")
            .bind(login)
            .fetch_one(world.app().db.pool())
            .await
            .expect("an account");
        let viewer = Viewer { account_id: id, login: login.to_owned(), name: None, avatar_url: None };
        Person { world, viewer, areas: Arc::new(serve::areas(world.app())) }
    }

    /// Dispatches an instruction on `acme/widgets` and answers the number of the plan.
    pub async fn dispatch(&self, mode: Mode) -> i64 {
        self.dispatch_of(mode, "Say hello in the README").await
    }

    /// The same with an instruction.
    pub async fn dispatch_of(&self, mode: Mode, instruction: &str) -> i64 {
        self.dispatch_form(&NewForm {
            repo: "acme/widgets".into(),
            base: "main".into(),
            instruction: instruction.into(),
            mode,
            ..NewForm::default()
        })
        .await
    }

    /// Dispatches a form and answers the number of the plan.
    pub async fn dispatch_form(&self, form: &NewForm) -> i64 {
        let mut changes = Box::pin(self.world.app().events.subscribe());
        let id = self.areas.dispatches.dispatch(&self.viewer, None, form).await.expect("dispatched");
        let sent = async {
            loop {
                let dispatch = self.areas.dispatches.get(&self.viewer, &id).await.expect("the dispatch");
                assert_ne!(dispatch.state, DispatchState::Stopped, "{:#?}", dispatch.operations);
                if let (DispatchState::Sent, Some(issue)) = (dispatch.state, dispatch.issue) {
                    return issue;
                }
                let _ = tokio::time::timeout(Duration::from_secs(1), changes.next()).await;
            }
        };
        tokio::time::timeout(PATIENCE, sent).await.expect("the dispatch is sent")
    }

    pub async fn plan(&self, number: i64) -> PlanPage {
        let page = self.areas.plans.plan(Some(&self.viewer), &repo("acme/widgets"), number).await;
        page.expect("the plan is seen")
    }

    /// Waits, moved by live updates alone, for a page that fits.
    pub async fn page(&self, number: i64, fits: impl Fn(&PlanPage) -> bool) -> PlanPage {
        let mut changes = Box::pin(self.world.app().events.subscribe());
        let found = async {
            loop {
                let page = self.plan(number).await;
                if fits(&page) {
                    return page;
                }
                changes.next().await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("the page comes to fit")
    }

    /// Waits, moved by live updates alone, until the plan is in a phase; answers every phase on the way.
    pub async fn until(&self, number: i64, wanted: Phase) -> Vec<Phase> {
        let mut changes = Box::pin(self.world.app().events.subscribe());
        let mut seen: Vec<Phase> = Vec::new();
        let reached = async {
            loop {
                let page = self.plan(number).await;
                if seen.last() != Some(&page.phase) {
                    check(&page);
                    seen.push(page.phase);
                }
                if page.phase == wanted {
                    return;
                }
                changes.next().await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, reached).await;
        assert!(in_time.is_ok(), "{wanted:?} is not reached, only {seen:?}");
        seen
    }
}

/// What holds for every page.
fn check(page: &PlanPage) {
    use waymark_app::areas::StageState;
    let current: Vec<_> = page.stages.iter().filter(|stage| stage.state == StageState::Current).collect();
    assert_eq!(current.len(), 1, "{:#?}", page.stages);
    assert_eq!(current[0].phase, page.phase);
    assert!(!page.evidence.is_empty(), "{:?} is shown by something", page.phase);
    assert!(page.evidence.iter().all(|evidence| evidence.seen_at > 0 && !evidence.source.is_empty()));
    assert_eq!(page.actions.len(), waymark_app::areas::ActionKind::ALL.len());
}
