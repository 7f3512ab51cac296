//! Ten thousand plans in forty repositories, the same each time. The test of the statements fills its
//! database with them as well.

use waymark_app::areas::RepoName;
use waymark_server::github::model::{Comment, End, Issue, Label, Pull, Run, User};
use waymark_server::mirror::access::{Access, Level};
use waymark_server::mirror::snapshot::Snapshot;
use waymark_server::mirror::{facts, store};
use waymark_server::state::App;

pub const REPOSITORIES: i64 = 40;
/// 2026-01-01T00:00:00Z in epoch milliseconds.
const START: i64 = 1_767_225_600_000;
const PEOPLE: [&str; 7] = ["ada", "grace", "linus", "margaret", "ken", "barbara", "edsger"];
const VERBS: [&str; 6] = ["Add", "Remove", "Rename", "Document", "Speed up", "Test"];
const THINGS: [&str; 9] = [
    "greeting",
    "importer",
    "widget cache",
    "login page",
    "retry loop",
    "parser",
    "index",
    "glossary",
    "report",
];

pub fn repository(index: i64) -> RepoName {
    RepoName { owner: "acme".into(), name: format!("repository-{index:02}") }
}

fn pick<'a>(list: &[&'a str], at: i64) -> &'a str {
    usize::try_from(at).ok().and_then(|at| list.get(at % list.len())).copied().unwrap_or_default()
}

fn time(minutes: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(START + minutes * 60_000).unwrap_or_default();
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn user(login: &str) -> Option<User> {
    Some(User { login: login.to_owned() })
}

/// The plan with this index: every eighth failed, some run, most are merged, as in a team's history.
fn snapshot(index: i64) -> Snapshot {
    let number = index / REPOSITORIES + 1;
    let repo = repository(index % REPOSITORIES);
    let author = pick(&PEOPLE, index / 3);
    let title = format!("{} the {} number {index}", pick(&VERBS, index), pick(&THINGS, index / 7));
    let (created, updated) = (time(index), time(index + index % 977));
    let branch = format!("P{number}-{}-01-02-0304", title.to_lowercase().replace(' ', "-"));
    let header = format!(
        "<!-- erk:metadata-block:plan-header -->\n<details>\n<summary><code>plan-header</code></summary>\n\n```yaml\n\nschema_version: '2'\nbranch_name: {branch}\nobjective_issue: {}\n\n```\n\n</details>\n<!-- /erk:metadata-block:plan-header -->",
        index % 25 + 1
    );
    let merged = index % 8 < 5;
    let failed = index % 8 == 5;
    let issue = Issue {
        number,
        title,
        body: Some(header),
        state: if merged { "closed" } else { "open" }.into(),
        html_url: format!("https://github.com/{repo}/issues/{number}"),
        user: user(author),
        labels: vec![Label { name: "erk-plan".into() }, Label { name: format!("area-{}", index % 11) }],
        created_at: created.clone(),
        updated_at: updated.clone(),
        author_association: "MEMBER".into(),
        ..Issue::default()
    };
    let plan = format!(
        "<!-- erk:metadata-block:plan-body -->\n<details open>\n<summary>plan</summary>\n\n# Plan\n\n{}\n\n</details>\n<!-- /erk:metadata-block:plan-body -->",
        "- [ ] Do a part of the work.\n".repeat(40)
    );
    let comment = Comment {
        id: index,
        body: Some(plan),
        user: user(author),
        created_at: created.clone(),
        updated_at: created.clone(),
        author_association: "MEMBER".into(),
        ..Comment::default()
    };
    let pull = (index % 8 != 7).then(|| Pull {
        number: number + 100_000,
        html_url: format!("https://github.com/{repo}/pull/{}", number + 100_000),
        state: if merged { "closed" } else { "open" }.into(),
        merged_at: merged.then(|| updated.clone()),
        head: End { name: branch, sha: format!("{index:040x}"), repo: None },
        base: End { name: "main".into(), ..End::default() },
        created_at: created.clone(),
        ..Pull::default()
    });
    let run = Run {
        id: 1_000_000 + index,
        path: ".github/workflows/plan-implement.yml".into(),
        display_title: format!("{number}:abc123"),
        html_url: format!("https://github.com/{repo}/actions/runs/{}", 1_000_000 + index),
        status: Some("completed".into()),
        conclusion: Some(if failed { "failure" } else { "success" }.into()),
        created_at: created,
        updated_at: updated,
        ..Run::default()
    };
    Snapshot { issue, comments: vec![comment], pull, runs: vec![run], ..Snapshot::default() }
}

/// Fills the mirror with this many plans.
///
/// # Errors
/// The database's.
pub async fn fill(app: &App, plans: i64) -> Result<(), sqlx::Error> {
    let access = Access {
        name: repository(0),
        level: Level::Write,
        private: false,
        archived: false,
        default_branch: "main".into(),
        description: None,
        methods: vec!["squash".into()],
    };
    let mut tx = app.db.begin().await?;
    for index in 0..REPOSITORIES {
        let repo = repository(index);
        let access = Access { name: repo.clone(), ..access.clone() };
        store::put_repository(&mut tx, &repo, &access).await?;
        app.access.set_public(&repo, true);
    }
    for index in 0..plans {
        let snapshot = snapshot(index);
        let now = START + plans * 60_000;
        let view = facts::view(&snapshot, now);
        let row = facts::row(&repository(index % REPOSITORIES), &snapshot, &view, now);
        let version = store::next_version(&mut tx, &row.repo).await?;
        store::put_plan(&mut tx, version, &row, &view, &snapshot).await?;
    }
    tx.commit().await
}
