//! The journal: every operation is recorded before it is sent and its answer after.
//!
//! Properties kept:
//! - One active dispatch per plan, and one dispatch per draft, are constraints of the database.
//! - The answer of an operation and what it binds are recorded in one transaction.
//! - The state of a dispatch changes only from a state it was expected in, so that the engine never
//!   overrides what a person has chosen meanwhile.

pub mod batches;
mod drafts;
mod record;

pub use drafts::{
    Kept, Refused, delete as delete_draft, load as load_draft, of_account, room, save as save_draft,
};
pub use record::{Dispatch, Recorded};
use serde_json::Value;
use sqlx::{AnyConnection, Row};
use waymark_app::areas::{DispatchState, DispatchesQuery, RepoName};

use record::{json, word};

/// Records a dispatch with its operations, before anything is sent.
pub async fn insert(
    db: &mut AnyConnection,
    dispatch: &Dispatch,
    operations: &[Recorded],
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO dispatches (id, draft_id, repo, issue, account_id, acts_as, dispatched_by, workflow, mode, title, \
         instruction, slots, bindings, state, active, created_at, changed_at, actors, objective, node, claims_node) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17, $18, $19, $20)",
    )
    .bind(&dispatch.id)
    .bind(&dispatch.draft_id)
    .bind(dispatch.repo.to_string())
    .bind(dispatch.issue)
    .bind(dispatch.account_id)
    .bind(&dispatch.acts_as)
    .bind(&dispatch.dispatched_by)
    .bind(&dispatch.workflow)
    .bind(word(dispatch.mode)?)
    .bind(&dispatch.title)
    .bind(&dispatch.instruction)
    .bind(json(&dispatch.slots)?)
    .bind(json(&dispatch.bindings)?)
    .bind(word(dispatch.state)?)
    .bind(i64::from(dispatch.active))
    .bind(dispatch.created_at)
    .bind(json(&dispatch.actors)?)
    .bind(dispatch.node.as_ref().map(|(objective, _)| *objective))
    .bind(dispatch.node.as_ref().map(|(_, node)| node))
    .bind(i64::from(dispatch.node.is_some()))
    .execute(&mut *db)
    .await?;
    add(db, operations).await
}

/// Records further operations of a dispatch.
pub async fn add(db: &mut AnyConnection, operations: &[Recorded]) -> Result<(), sqlx::Error> {
    for operation in operations {
        sqlx::query(
            "INSERT INTO operations (dispatch_id, seq, key, kind, title, best_effort, method, path, body, \
             expected, args, state, lost, settled) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(&operation.dispatch_id)
        .bind(operation.seq)
        .bind(&operation.key)
        .bind(word(operation.kind)?)
        .bind(&operation.title)
        .bind(i64::from(operation.best_effort))
        .bind(&operation.method)
        .bind(&operation.path)
        .bind(operation.body.as_ref().map(|body| body.to_string()))
        .bind(&operation.expected)
        .bind(operation.args.as_ref().map(|args| args.to_string()))
        .bind(word(operation.state)?)
        .bind(i64::from(operation.lost))
        .bind(i64::from(operation.settled))
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

pub async fn load(db: &mut AnyConnection, id: &str) -> Result<Option<Dispatch>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM dispatches WHERE id = $1").bind(id).fetch_optional(db).await?;
    row.as_ref().map(record::dispatch).transpose()
}

/// The dispatches that a list asks for, of every repository, newest first.
pub async fn fitting(
    db: &mut AnyConnection,
    query: &DispatchesQuery,
) -> Result<Vec<(String, RepoName)>, sqlx::Error> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT id, repo FROM dispatches WHERE ($1 = '' OR state = $1) AND ($2 = 0 OR issue = $2) \
         AND ($3 = '' OR lower(dispatched_by) = $3) ORDER BY created_at DESC, id",
    )
    .bind(query.state.map(word).transpose()?.unwrap_or_default())
    .bind(query.plan.unwrap_or_default())
    .bind(query.by.trim().to_lowercase())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().filter_map(|(id, repo)| Some((id, RepoName::parse(&repo)?))).collect())
}

/// The dispatch of a draft that is not undone.
pub async fn of_draft(db: &mut AnyConnection, draft: &str) -> Result<Option<Dispatch>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM dispatches WHERE draft_id = $1 AND state <> 'undone'")
        .bind(draft)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(record::dispatch).transpose()
}

/// Every dispatch of a plan, oldest first.
pub async fn of_plan(
    db: &mut AnyConnection,
    repo: &RepoName,
    issue: i64,
) -> Result<Vec<Dispatch>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM dispatches WHERE repo = $1 AND issue = $2 ORDER BY created_at, id")
        .bind(repo.to_string())
        .bind(issue)
        .fetch_all(db)
        .await?;
    rows.iter().map(record::dispatch).collect()
}

/// An account's dispatches that stopped before GitHub had their issue, newest first.
pub async fn stopped_before_issue(
    db: &mut AnyConnection,
    account: i64,
) -> Result<Vec<Dispatch>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT * FROM dispatches WHERE account_id = $1 AND state = 'stopped' AND issue IS NULL \
         ORDER BY created_at DESC, id",
    )
    .bind(account)
    .fetch_all(db)
    .await?;
    rows.iter().map(record::dispatch).collect()
}

/// The dispatches that were under way when the process ended.
pub async fn under_way(db: &mut AnyConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM dispatches WHERE state IN ('running', 'undoing') ORDER BY created_at")
        .fetch_all(db)
        .await
}

/// The dispatches for nodes of an objective that are not over, with the node of each.
pub async fn nodes_under_way(
    db: &mut AnyConnection,
    repo: &RepoName,
    objective: i64,
) -> Result<Vec<(String, Dispatch)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT d.*, o.args AS marks FROM dispatches d
         LEFT JOIN operations o ON o.dispatch_id = d.id AND o.key = 'mark-node' AND o.path = $2
         WHERE d.repo = $1 AND d.state IN ('running', 'undoing', 'stopped')
         AND (d.objective = $3 OR o.args IS NOT NULL) ORDER BY d.created_at",
    )
    .bind(repo.to_string())
    .bind(format!("/repos/{repo}/issues/{objective}"))
    .bind(objective)
    .fetch_all(db)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let dispatch = record::dispatch(row)?;
        // Older dispatches name their node in the operation that marks it alone.
        let marks = row.try_get::<Option<String>, _>("marks")?;
        let marked = || Some(serde_json::from_str::<Value>(&marks?).ok()?["node"].as_str()?.to_owned());
        let node = dispatch.node.as_ref().map(|(_, node)| node.clone()).or_else(marked);
        found.extend(node.map(|node| (node, dispatch)));
    }
    Ok(found)
}

/// The objectives for nodes of which dispatches are not over.
pub async fn objectives_under_way(db: &mut AnyConnection) -> Result<Vec<(String, i64)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT DISTINCT repo, objective FROM dispatches
         WHERE state IN ('running', 'undoing', 'stopped') AND objective IS NOT NULL AND node IS NOT NULL",
    )
    .fetch_all(db)
    .await
}

/// The dispatch that holds a node.
pub async fn claim_of_node(
    db: &mut AnyConnection,
    repo: &RepoName,
    objective: i64,
    node: &str,
) -> Result<Option<Dispatch>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT * FROM dispatches WHERE repo = $1 AND objective = $2 AND node = $3 AND claims_node = 1",
    )
    .bind(repo.to_string())
    .bind(objective)
    .bind(node)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(record::dispatch).transpose()
}

/// Lets the node of `next` go where nothing speaks against another dispatch for it: the one that held it is
/// undone, or was over before `seen_at`, when GitHub was read for `next`, or is of the same plan.
pub async fn release_node(db: &mut AnyConnection, next: &Dispatch, seen_at: i64) -> Result<(), sqlx::Error> {
    let Some((objective, node)) = &next.node else { return Ok(()) };
    sqlx::query(
        "UPDATE dispatches SET claims_node = 0
         WHERE repo = $1 AND objective = $2 AND node = $3 AND claims_node = 1
         AND (state = 'undone' OR state = 'sent' AND changed_at < $4 OR active = 0 AND issue = $5)",
    )
    .bind(next.repo.to_string())
    .bind(*objective)
    .bind(node)
    .bind(seen_at)
    .bind(next.issue)
    .execute(db)
    .await?;
    Ok(())
}

/// The operations of a dispatch, in order.
pub async fn operations(db: &mut AnyConnection, id: &str) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM operations WHERE dispatch_id = $1 ORDER BY seq")
        .bind(id)
        .fetch_all(db)
        .await?;
    rows.iter().map(record::operation).collect()
}

/// Records where an operation stands.
pub async fn save(db: &mut AnyConnection, operation: &Recorded) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE operations SET state = $3, lost = $4, settled = $5, candidate = $6, detail = $7, url = $8, \
         problem = $9, began_at = $10, ended_at = $11 WHERE dispatch_id = $1 AND key = $2",
    )
    .bind(&operation.dispatch_id)
    .bind(&operation.key)
    .bind(word(operation.state)?)
    .bind(i64::from(operation.lost))
    .bind(i64::from(operation.settled))
    .bind(operation.candidate.as_ref().map(|candidate| candidate.to_string()))
    .bind(&operation.detail)
    .bind(&operation.url)
    .bind(operation.problem.as_ref().map(json).transpose()?)
    .bind(operation.began_at)
    .bind(operation.ended_at)
    .execute(db)
    .await?;
    Ok(())
}

/// Records what is known of a dispatch now. Its state is changed only by [`turn`].
pub async fn bind(db: &mut AnyConnection, dispatch: &Dispatch, now: i64) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE dispatches SET issue = $2, bindings = $3, active = $4, changed_at = $5 WHERE id = $1",
    )
    .bind(&dispatch.id)
    .bind(dispatch.issue)
    .bind(json(&dispatch.bindings)?)
    .bind(i64::from(dispatch.active))
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Changes the state of a dispatch if it is in one of `from`; answers whether it was.
pub async fn turn(
    db: &mut AnyConnection,
    id: &str,
    from: &[DispatchState],
    to: DispatchState,
    now: i64,
) -> Result<bool, sqlx::Error> {
    for state in from {
        let turned =
            sqlx::query("UPDATE dispatches SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2")
                .bind(id)
                .bind(word(*state)?)
                .bind(word(to)?)
                .bind(now)
                .execute(&mut *db)
                .await?;
        if turned.rows_affected() > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// From now on the operations of a dispatch are sent as `account`.
pub async fn act_as(db: &mut AnyConnection, id: &str, account: i64, login: &str) -> Result<(), sqlx::Error> {
    let known = load(db, id).await?.map(|dispatch| dispatch.actors);
    let mut actors = known.unwrap_or_default();
    actors.insert(account);
    sqlx::query("UPDATE dispatches SET account_id = $2, acts_as = $3, actors = $4 WHERE id = $1")
        .bind(id)
        .bind(account)
        .bind(login)
        .bind(json(&actors)?)
        .execute(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use waymark_app::areas::{Draft, Mode, NewForm, OperationState};

    use super::*;
    use crate::db::in_memory;
    use crate::dispatch::describe::{Kind, Operation};
    use crate::dispatch::slots::{Bindings, Slot, Slots};

    fn dispatch(id: &str, draft: Option<&str>, issue: Option<i64>) -> Dispatch {
        Dispatch {
            id: id.to_owned(),
            draft_id: draft.map(str::to_owned),
            repo: RepoName::parse("acme/widgets").expect("a name"),
            issue,
            node: None,
            account_id: 1,
            actors: [1].into(),
            acts_as: "writer".to_owned(),
            dispatched_by: "writer".to_owned(),
            workflow: "one-shot.yml".to_owned(),
            mode: Mode::PlanFirst,
            title: "One-shot: x".to_owned(),
            instruction: None,
            slots: Slots::avoiding(&[]),
            bindings: Bindings::from([(Slot::Now, "t".to_owned())]),
            state: DispatchState::Running,
            active: true,
            created_at: 5,
        }
    }

    fn operation(id: &str) -> Recorded {
        let described = Operation::new("create-issue", Kind::Issue, "Create", "POST", "/x".to_owned())
            .body(json!({"b": 1, "a": [2]}));
        Recorded::waiting(id, 1, described)
    }

    #[tokio::test]
    async fn what_is_recorded_is_read_back() {
        let pool = in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let mut kept = dispatch("a", Some("d"), None);
        let mut step = operation("a");
        insert(&mut db, &kept, std::slice::from_ref(&step)).await.expect("recorded");
        assert_eq!(load(&mut db, "a").await.expect("read"), Some(kept.clone()));
        assert_eq!(operations(&mut db, "a").await.expect("read"), [step.clone()]);

        step.state = OperationState::Failed;
        step.lost = true;
        step.problem = Some(crate::dispatch::engine::fault(sqlx::Error::PoolClosed));
        step.candidate = Some(json!({"accepted": true}));
        step.began_at = Some(7);
        save(&mut db, &step).await.expect("saved");
        kept.issue = Some(12);
        kept.bindings.insert(Slot::Issue, "12".to_owned());
        bind(&mut db, &kept, 9).await.expect("bound");
        assert_eq!(operations(&mut db, "a").await.expect("read"), [step]);
        assert_eq!(of_plan(&mut db, &kept.repo, 12).await.expect("read"), [kept]);
    }

    #[tokio::test]
    async fn one_active_dispatch_per_plan_and_one_per_draft() {
        let pool = in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let first = dispatch("a", Some("d"), Some(12));
        insert(&mut db, &first, &[]).await.expect("recorded");
        for second in [dispatch("b", None, Some(12)), dispatch("c", Some("d"), None)] {
            let refused = insert(&mut db, &second, &[]).await.expect_err("a constraint");
            assert!(refused.as_database_error().is_some_and(|error| error.is_unique_violation()));
        }
        // No longer active and undone, it is in nobody's way.
        bind(&mut db, &Dispatch { active: false, ..first.clone() }, 6).await.expect("bound");
        turn(&mut db, "a", &[DispatchState::Running], DispatchState::Undone, 7).await.expect("turned");
        insert(&mut db, &dispatch("b", Some("d"), Some(12)), &[]).await.expect("recorded");
    }

    /// Whether another dispatch holds the node.
    async fn taken(db: &mut AnyConnection, next: &Dispatch, seen_at: i64) -> bool {
        release_node(db, next, seen_at).await.expect("asked");
        insert(db, next, &[]).await.is_err()
    }

    #[tokio::test]
    async fn a_node_is_held_until_what_its_dispatch_wrote_was_seen() {
        let pool = in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let of_node =
            |id, node: &str| Dispatch { node: Some((5, node.to_owned())), ..dispatch(id, None, None) };
        insert(&mut db, &of_node("a", "1.1"), &[]).await.expect("recorded");
        assert!(taken(&mut db, &of_node("b", "1.1"), i64::MAX).await, "the first one runs");
        assert!(!taken(&mut db, &of_node("c", "1.2"), 0).await, "another node");
        let (from, to) = (DispatchState::Running, DispatchState::Sent);
        assert!(turn(&mut db, "a", &[from], to, 50).await.expect("turned"));
        assert!(taken(&mut db, &of_node("b", "1.1"), 50).await, "GitHub was read before it was over");
        assert!(!taken(&mut db, &of_node("b", "1.1"), 51).await, "and after");
        let repo = &of_node("b", "1.1").repo;
        let holder = claim_of_node(&mut db, repo, 5, "1.1").await.expect("read").expect("held");
        assert_eq!(holder.id, "b");
        let under_way = nodes_under_way(&mut db, repo, 5).await.expect("read");
        assert_eq!(under_way.len(), 2);
    }

    #[tokio::test]
    async fn a_state_changes_only_from_an_expected_one() {
        let pool = in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        insert(&mut db, &dispatch("a", None, None), &[]).await.expect("recorded");
        let (running, stopped) = (DispatchState::Running, DispatchState::Stopped);
        assert_eq!(under_way(&mut db).await.expect("read"), ["a"]);
        assert!(turn(&mut db, "a", &[running], DispatchState::Undoing, 1).await.expect("turned"));
        assert!(!turn(&mut db, "a", &[running], stopped, 2).await.expect("asked"));
        assert_eq!(under_way(&mut db).await.expect("read"), ["a"]);
        assert!(turn(&mut db, "a", &[stopped, DispatchState::Undoing], stopped, 3).await.expect("turned"));
        assert!(under_way(&mut db).await.expect("read").is_empty());
    }

    #[tokio::test]
    async fn a_draft_keeps_its_first_owner() {
        let pool = in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let form = NewForm { instruction: "  typed \u{e9} ".to_owned(), ..NewForm::default() };
        let kept = |account_id, saved_at| Kept {
            account_id,
            address: None,
            draft: Draft { id: "d".to_owned(), form: form.clone(), saved_at },
        };
        for (account, at) in [(None, 1), (Some(3), 2), (Some(4), 3)] {
            save_draft(&mut db, &kept(account, at)).await.expect("saved");
        }
        let read = load_draft(&mut db, "d").await.expect("read").expect("there");
        assert_eq!((read.account_id, read.draft.form, read.draft.saved_at), (Some(3), form, 3));
        assert_eq!(of_account(&mut db, 3).await.expect("read").len(), 1);
        let mut begun = dispatch("a", Some("d"), None);
        insert(&mut db, &begun, &[]).await.expect("recorded");
        assert_eq!(of_account(&mut db, 3).await.expect("read").len(), 1, "it has no plan yet");
        begun.issue = Some(7);
        bind(&mut db, &begun, 4).await.expect("bound");
        assert!(of_account(&mut db, 3).await.expect("read").is_empty());
    }
}
