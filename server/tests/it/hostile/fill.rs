//! A world in which every text is the same one, and can be another the next moment.

use serde_json::{Value, json};
use sqlx::{AnyPool, Row};
use waymark_app::areas::{BatchWork, NewForm, Problem, ProblemKind, SubmitForm, Viewer};
use waymark_domain::block;
use waymark_domain::roadmap::{self, Node, PhaseKey, Status};
use waymark_server::github::model::{
    CheckRun, Comment, End, Issue, Job, JobStep, Label, Pull, Review, Run, User,
};
use waymark_server::mirror::access::{self, Level};
use waymark_server::mirror::snapshot::{LogTail, Snapshot};
use waymark_server::mirror::{facts, objectives, store};

use super::HARMLESS;
use super::real::Real;
use crate::plans::repo;
use crate::support::{Browser, World, until};

/// A plan under way, one that failed, one that waits for its dispatch, one without a text.
const PLANS: [i64; 4] = [901, 902, 903, 904];
const JOB: i64 = 77;
pub const WHEN: &str = "2026-01-15T14:30:00Z";

/// A field of a table that holds the text.
struct Field {
    table: String,
    column: String,
    row: i64,
    text: String,
}

pub struct Filled {
    dispatch: String,
    /// Of an instruction, of an objective, and of the text of a plan.
    drafts: [String; 3],
    fields: Vec<Field>,
    real: Real,
}

/// The texts one after the other, without those that a place does not take.
pub fn fitting(texts: &[String], takes: impl Fn(&str) -> bool) -> String {
    let all = texts.join(" ");
    if takes(&all) {
        return all;
    }
    let fit: Vec<&str> = texts.iter().map(String::as_str).filter(|text| takes(text)).collect();
    let all = fit.join(" ");
    assert!(takes(&all) && 2 * fit.len() > texts.len(), "a place takes hardly any of {texts:?}");
    all
}

pub fn on_one_line(text: &str) -> String {
    text.replace(['\n', '|', '\0'], " ")
}

fn user(text: &str) -> Option<User> {
    Some(User { login: text.to_owned() })
}

fn address(text: &str) -> String {
    format!("https://github.example/{text}")
}

fn mapping(value: Value) -> block::Mapping {
    value.as_object().cloned().unwrap_or_default()
}

/// A plan with this text in every field that GitHub fills.
fn snapshot(number: i64, objective: i64, texts: &[String]) -> Snapshot {
    let text = &texts.join(" ");
    let rendered = |key: &str, data: &dyn Fn(&str) -> Value| {
        let render = |text: &str| block::render(key, &mapping(data(text)));
        render(&fitting(texts, |text| render(text).is_ok())).expect("it fits")
    };
    let header = rendered("plan-header", &|text| {
        json!({
            "schema_version": "2", "created_at": WHEN, "created_by": text, "branch_name": text,
            "objective_issue": objective, "node_id": text, "last_dispatched_by": text,
            "last_session_gist_url": address(text), "worktree_name": text,
        })
    });
    let plan = |text: &str| {
        let plan = format!("# {text}\n\n{text}\n\n- [ ] {text}\n- [x] `{text}`\n\n## {text}\n\n1. {text}\n");
        block::render_content("plan-body", &plan)
    };
    let plan = plan(&fitting(texts, |text| plan(text).is_ok())).expect("it fits");
    let status = |text: &str| {
        json!({
            "status": "failed", "message": text, "branch_name": text, "current_step": text, "error": text,
            "reason": text, "completed_steps": 1, "total_steps": 3, "timestamp": WHEN,
        })
    };
    let comment = |id: i64, body: String| Comment {
        id,
        body: Some(body),
        html_url: address(text),
        user: user(text),
        created_at: WHEN.into(),
        updated_at: WHEN.into(),
        author_association: "MEMBER".into(),
    };
    let mut comments = vec![comment(1, text.to_owned())];
    for key in ["erk-implementation-status", "workflow-started", "submission-queued"] {
        comments.push(comment(2, rendered(key, &status)));
    }
    if number != 904 {
        comments.push(comment(3, plan));
    }
    let failed = number == 902;
    let conclusion = Some(if failed { "failure" } else { "success" }.to_owned());
    let step = JobStep {
        number: 1,
        name: text.into(),
        status: "completed".into(),
        conclusion: conclusion.clone(),
        started_at: Some(WHEN.into()),
        completed_at: Some(WHEN.into()),
    };
    let job = Job {
        id: JOB,
        name: text.into(),
        html_url: Some(address(text)),
        status: "completed".into(),
        conclusion: conclusion.clone(),
        started_at: Some(WHEN.into()),
        completed_at: Some(WHEN.into()),
        steps: vec![step],
    };
    let run = Run {
        id: 5,
        name: Some(text.into()),
        path: ".github/workflows/plan-implement.yml".into(),
        display_title: format!("{number}:{text}"),
        html_url: address(text),
        status: Some(if number == 901 { "in_progress" } else { "completed" }.into()),
        conclusion: conclusion.clone().filter(|_| number != 901),
        created_at: WHEN.into(),
        updated_at: WHEN.into(),
        jobs: vec![job],
        ..Run::default()
    };
    let pull = Pull {
        number: 55,
        html_url: address(text),
        title: text.into(),
        body: Some(format!("{text}\n\nCloses #{number}")),
        state: "open".into(),
        user: user(text),
        labels: vec![Label { name: text.into() }],
        requested_reviewers: user(text).into_iter().collect(),
        head: End { name: text.into(), sha: text.into(), repo: None },
        base: End { name: text.into(), sha: text.into(), repo: None },
        created_at: WHEN.into(),
        mergeable: Some(false),
        mergeable_state: Some(text.into()),
        ..Pull::default()
    };
    let review = |state: &str| Review {
        user: user(text),
        state: state.into(),
        html_url: address(text),
        submitted_at: Some(WHEN.into()),
    };
    let check = CheckRun {
        name: text.into(),
        status: "completed".into(),
        conclusion: conclusion.clone(),
        html_url: Some(address(text)),
    };
    let worked = matches!(number, 901 | 902);
    Snapshot {
        issue: Issue {
            number,
            title: text.into(),
            body: Some(format!("{text}\n\n{header}")),
            state: "open".into(),
            html_url: address(text),
            user: user(text),
            labels: vec![Label { name: "erk-plan".into() }, Label { name: text.into() }],
            created_at: WHEN.into(),
            updated_at: WHEN.into(),
            author_association: "MEMBER".into(),
            ..Issue::default()
        },
        comments,
        pull: Some(pull).filter(|_| worked),
        reviews: vec![review("APPROVED"), review("CHANGES_REQUESTED"), review(text)],
        threads: Some((1, 2)),
        runs: if worked { vec![run] } else { Vec::new() },
        checks: vec![check],
        log: failed.then(|| LogTail { job: JOB, text: text.into() }),
        progress: Some(text.into()),
        ..Snapshot::default()
    }
}

/// The texts of an objective with these texts in every field.
pub fn objective_texts(texts: &[String]) -> roadmap::Composed {
    let nodes = |text: &str| {
        let node = |id: &str, plan: Option<&str>| Node {
            id: id.to_owned(),
            description: text.to_owned(),
            status: if plan.is_some() { Status::InProgress } else { Status::Pending },
            plan: plan.map(str::to_owned),
            pr: None,
            depends_on: None,
            slug: Some(text.to_owned()),
            comment: Some(text.to_owned()),
            phase: PhaseKey::of(id),
        };
        vec![node("1.1", Some("#901")), node("1.2", None), node("2.1", None)]
    };
    let compose = |text: &str| {
        let line = on_one_line(text);
        let names = [("1.1", &line), ("2.1", &line)].map(|(id, name)| (PhaseKey::of(id), name.clone()));
        let roadmap = roadmap::assemble(nodes(&line), &names.into_iter().collect());
        roadmap::compose(text, &roadmap, WHEN, &line)
    };
    compose(&fitting(texts, |text| compose(text).is_ok())).expect("it fits")
}

/// An objective with these texts in every field.
fn objective(number: i64, texts: &[String]) -> objectives::Snapshot {
    let text = &texts.join(" ");
    let found = objective_texts(texts);
    let comment = Comment {
        id: 9,
        body: Some(found.comment),
        html_url: address(text),
        user: user(text),
        created_at: WHEN.into(),
        updated_at: WHEN.into(),
        author_association: "MEMBER".into(),
    };
    let issue = Issue {
        number,
        title: text.into(),
        body: Some(format!("{text}\n\n{}", found.body)),
        state: "open".into(),
        html_url: address(text),
        user: user(text),
        labels: vec![Label { name: "erk-objective".into() }],
        created_at: WHEN.into(),
        updated_at: WHEN.into(),
        author_association: "MEMBER".into(),
        ..Issue::default()
    };
    objectives::Snapshot { issue, comment: Some(comment) }
}

impl Filled {
    /// Fills what people and agents type through Waymark itself where that is quick, else the tables.
    pub async fn new(world: &World, browser: &Browser) -> Filled {
        let real = Real::new(world).await;
        let app = world.app();
        let pool = app.db.pool();
        let widgets = repo("acme/widgets");
        let (id, login): (i64, String) =
            sqlx::query_as("SELECT id, login FROM accounts").fetch_one(pool).await.expect("an account");
        let viewer = Viewer { account_id: id, login, name: None, avatar_url: None };
        let known = access::require(app, Some(&viewer), &widgets, Level::Read).await.expect("read");
        let mut tx = app.db.begin().await.expect("a transaction");
        let connection = store::Connection { repo: widgets.clone(), account_id: id, login: HARMLESS.into() };
        store::connect(&mut tx, &connection, 1, true).await.expect("connected");
        store::put_repository(&mut tx, &widgets, &known).await.expect("kept");
        tx.commit().await.expect("committed");

        // A dispatch that stops at its first write.
        let fault = json!({"method": "POST", "path": "/issues$", "status": 403, "times": 1, "body": {"message": HARMLESS}});
        world.github.set("faults", fault).await;
        let form = NewForm {
            repo: "acme/widgets".into(),
            base: "main".into(),
            instruction: HARMLESS.into(),
            model: HARMLESS.into(),
            ..NewForm::default()
        };
        let areas = waymark_server::serve::areas(app);
        let dispatch = areas.dispatches.dispatch(&viewer, None, &form).await.expect("dispatched");
        until(
            async || areas.dispatches.get(&viewer, &dispatch).await.expect("a dispatch").state,
            |state| *state == waymark_app::areas::DispatchState::Stopped,
        )
        .await;

        let mut drafts = Vec::new();
        for (path, fields) in [
            ("/do/save-draft", ["repo", "base", "instruction", "model", "objective", "node"].as_slice()),
            ("/do/save-objective-draft", &["repo", "title", "prose", "outline"]),
            ("/do/edit-plan", &["text", "version"]),
        ] {
            let mut fields: Vec<(&str, &str)> = fields.iter().map(|name| (*name, HARMLESS)).collect();
            if path == "/do/edit-plan" {
                fields.extend([("repo", "acme/widgets"), ("number", "901")]);
            }
            browser.form(path, &fields).await;
            let known: Vec<String> =
                sqlx::query_scalar("SELECT id FROM drafts").fetch_all(pool).await.expect("drafts");
            let draft = known.into_iter().find(|id| !drafts.contains(id));
            drafts.push(draft.unwrap_or_else(|| panic!("{path} kept nothing")));
        }
        browser.form("/do/create-token", &[("name", HARMLESS), ("scope", "read"), ("days", "7")]).await;

        let problem = |field| Problem::new(ProblemKind::Invalid, HARMLESS).next(HARMLESS).field(field);
        let submit = SubmitForm { repo: "acme/widgets".into(), number: real.plan, ..SubmitForm::default() };
        sqlx::query("INSERT INTO batches (id, account_id, login, created_at) VALUES ('b1', $1, $2, 1)")
            .bind(id)
            .bind(HARMLESS)
            .execute(pool)
            .await
            .expect("a batch");
        for (seq, work) in [(1_i64, BatchWork::OneShot { form }), (2, BatchWork::Submit(submit))] {
            sqlx::query(
                "INSERT INTO batch_items (batch_id, seq, work, state, problems) VALUES ('b1', $1, $2, 'refused', $3)",
            )
            .bind(seq)
            .bind(serde_json::to_string(&work).expect("JSON"))
            .bind(serde_json::to_string(&[problem("repo")]).expect("JSON"))
            .execute(pool)
            .await
            .expect("an item");
        }
        let of = real.objective;
        let told = serde_json::to_string(&problem("repo")).expect("JSON");
        for sql in [
            "INSERT INTO mirror_logs (repo, job, text, cut, read_at) VALUES ('acme/widgets', 77, \
             '##[group]Run Zebra' || char(10) || 'Zebra' || char(10) || '##[error]Zebra', 0, 1)",
            "INSERT INTO objective_changes (id, repo, number, node, at, who, before, after, reason) VALUES \
             ('c1', 'acme/widgets', {of}, '1.1', 1, 'Zebra', '{change}', '{change}', 'Zebra')",
            "INSERT INTO objective_auto (repo, number, account_id, login, most, paused, reason, enabled_at) \
             VALUES ('acme/widgets', {of}, 0, 'Zebra', 1, 1, 'Zebra', 1)",
            "INSERT INTO objective_starts (repo, number, node, due_at, state, detail) \
             VALUES ('acme/widgets', {of}, '1.2', 1, 'failed', 'Zebra')",
            "UPDATE accounts SET name = 'Zebra', login = 'Zebra', avatar_url = 'https://avatars.example/Zebra'",
            "UPDATE mirror_repositories SET description = 'Zebra', stale = 'Zebra'",
            "UPDATE operations SET detail = 'Zebra', problem = '{problem}', url = 'https://github.example/Zebra'",
        ] {
            let change = json!({"status": "pending", "plan": HARMLESS, "pr": HARMLESS}).to_string();
            let sql =
                sql.replace("{of}", &of.to_string()).replace("{change}", &change).replace("{problem}", &told);
            let done = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).execute(pool).await;
            done.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        let fields = fields(pool).await;
        assert!(fields.len() >= 25, "only {} fields hold the text", fields.len());
        let drafts = drafts.try_into().expect("three drafts");
        Filled { dispatch, drafts, fields, real }
    }

    /// Puts these texts everywhere.
    pub async fn with(&self, world: &World, texts: &[String]) {
        self.real.with(world, texts).await;
        let text = &texts.join(" ");
        let app = world.app();
        let widgets = repo("acme/widgets");
        let mut tx = app.db.begin().await.expect("a transaction");
        for number in PLANS {
            let snapshot = snapshot(number, self.real.objective, texts);
            let view = facts::view(&snapshot, 1_768_500_000_000);
            let row = facts::row(&widgets, &snapshot, &view, 1_768_500_000_000);
            let version = store::next_version(&mut tx, &widgets).await.expect("a version");
            store::put_plan(&mut tx, version, &row, &view, &snapshot).await.expect("kept");
        }
        let objective = objective(self.real.objective, texts);
        let row = objectives::row(&widgets, &objective, 1_768_500_000_000);
        objectives::store::put(&mut tx, &row, &objective).await.expect("kept");
        for Field { table, column, row, text: known } in &self.fields {
            let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET {column} = $1 WHERE rowid = $2"));
            let value = replaced(known, text);
            sqlx::query(sql).bind(value).bind(row).execute(&mut *tx).await.expect("set");
        }
        tx.commit().await.expect("committed");
    }

    /// The things that a route of the router may be about: names of its parameters with their values.
    pub fn of_route(&self, route: &str) -> Vec<Vec<(String, String)>> {
        let numbers = match route.contains("/objectives/") {
            true if route.ends_with("/upgrade") => vec![self.real.older],
            true => vec![self.real.objective],
            false if route.contains("{number}") => PLANS.to_vec(),
            false => vec![0],
        };
        let of = |number: i64| {
            let names = route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
            let value = |name: &str| match name {
                "owner" => "acme".to_owned(),
                "repo" => "widgets".to_owned(),
                "number" => number.to_string(),
                "job" => JOB.to_string(),
                "id" if route.starts_with("/dispatches/") => self.dispatch.clone(),
                "id" if route.starts_with("/batches/") => "b1".to_owned(),
                other => panic!("say what {other} in {route} stands for"),
            };
            names.map(|name| (name.to_owned(), value(name))).collect()
        };
        numbers.into_iter().map(of).collect()
    }

    /// Pages with more on them than their address alone shows, each with its route.
    pub fn more(&self) -> Vec<(&'static str, String)> {
        let [instruction, objective, edit] = &self.drafts;
        let Real { objective: number, plan, .. } = self.real;
        const OBJECTIVE: &str = "/{owner}/{repo}/objectives/{number}";
        let of = format!("/acme/widgets/objectives/{number}");
        vec![
            ("/new", format!("/new?draft={instruction}")),
            ("/new", format!("/new?draft={instruction}&repo=acme/widgets&base=&show=preview")),
            ("/new", format!("/new?draft={instruction}&show=preview")),
            ("/plans/new", format!("/plans/new?draft={instruction}")),
            ("/plans/new", format!("/plans/new?draft={instruction}&repo=acme/widgets&show=preview")),
            ("/objectives/new", format!("/objectives/new?draft={objective}")),
            ("/objectives/new", format!("/objectives/new?draft={objective}&show=preview")),
            ("/{owner}/{repo}/plans/{number}", format!("/acme/widgets/plans/901?edit={edit}&conflict=1")),
            (OBJECTIVE, format!("{of}?node=1.1")),
            (OBJECTIVE, format!("{of}?node=1.2&view=table")),
            ("/{owner}/{repo}/objectives/{number}/plan", format!("{of}/plan?node=1.2&node=2.1")),
            ("/{owner}/{repo}/objectives/{number}/edit", format!("{of}/edit?show=preview")),
            ("/submit", format!("/submit?plan=acme/widgets/{plan}")),
            (
                "/",
                "/?cols=title&cols=author&cols=branch&cols=objective&cols=labels&cols=run&cols=pr".to_owned(),
            ),
        ]
    }
}

/// The known text with another one in place of the harmless one; JSON stays JSON.
fn replaced(known: &str, text: &str) -> String {
    fn within(value: &mut Value, text: &str) {
        match value {
            Value::String(known) => *known = known.replace(HARMLESS, text),
            Value::Array(list) => list.iter_mut().for_each(|value| within(value, text)),
            Value::Object(map) => map.values_mut().for_each(|value| within(value, text)),
            _ => {}
        }
    }
    match serde_json::from_str::<Value>(known) {
        Ok(mut value @ (Value::Object(_) | Value::Array(_))) => {
            within(&mut value, text);
            value.to_string()
        }
        _ => known.replace(HARMLESS, text),
    }
}

/// Every field of every table that holds the text now.
async fn fields(pool: &AnyPool) -> Vec<Field> {
    let mut fields = Vec::new();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(pool).await.expect("tables");
    for table in tables {
        let columns = "SELECT name FROM pragma_table_info($1) WHERE type = 'TEXT'";
        let columns: Vec<String> =
            sqlx::query_scalar(columns).bind(&table).fetch_all(pool).await.expect("columns");
        for column in columns {
            let sql = format!("SELECT rowid, {column} FROM {table} WHERE {column} LIKE '%{HARMLESS}%'");
            for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await.expect("rows") {
                let (row, text) = (row.get(0), row.get(1));
                fields.push(Field { table: table.clone(), column: column.clone(), row, text });
            }
        }
    }
    fields
}
