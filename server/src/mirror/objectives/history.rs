//! What changed a node, and when.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::{Any, AnyConnection, Executor, Row};
use waymark_app::areas::RepoName;
use waymark_domain::roadmap::{Node, Status};

use super::snapshot::Snapshot;

/// What a history follows of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeState {
    pub status: Status,
    pub plan: Option<String>,
    pub pr: Option<String>,
}

impl From<&Node> for NodeState {
    fn from(node: &Node) -> NodeState {
        let held = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        NodeState { status: node.status, plan: held(&node.plan), pr: held(&node.pr) }
    }
}

/// One recorded change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub node: String,
    /// Epoch milliseconds.
    pub at: i64,
    pub who: Option<String>,
    pub before: NodeState,
    pub after: NodeState,
    pub reason: Option<String>,
}

/// Keeps a change; answers the id of its line.
pub async fn record(
    tx: &mut AnyConnection,
    repo: &RepoName,
    number: i64,
    change: &Recorded,
) -> Result<String, sqlx::Error> {
    let id = hex::encode(rand::random::<[u8; 16]>());
    let json = |state: &NodeState| serde_json::to_string(state).map_err(|e| sqlx::Error::Encode(e.into()));
    sqlx::query(
        "INSERT INTO objective_changes (id, repo, number, node, at, who, before, after, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&id)
    .bind(repo.to_string())
    .bind(number)
    .bind(&change.node)
    .bind(change.at)
    .bind(change.who.clone())
    .bind(json(&change.before)?)
    .bind(json(&change.after)?)
    .bind(change.reason.clone())
    .execute(tx)
    .await?;
    Ok(id)
}

/// Takes a line back, because what it says was not written.
pub async fn forget(tx: &mut AnyConnection, id: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM objective_changes WHERE id = $1").bind(id.to_owned()).execute(tx).await?;
    Ok(())
}

/// The changes of an objective's nodes, or of one of them, oldest first.
pub async fn of_node<'e>(
    db: impl Executor<'e, Database = Any>,
    repo: &RepoName,
    number: i64,
    node: Option<&str>,
) -> Result<Vec<Recorded>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT node, at, who, before, after, reason FROM objective_changes
         WHERE repo = $1 AND number = $2 AND (node = $3 OR $3 = '') ORDER BY at, id",
    )
    .bind(repo.to_string())
    .bind(number)
    .bind(node.unwrap_or_default().to_owned())
    .fetch_all(db)
    .await?;
    let state = |text: String| serde_json::from_str(&text).map_err(|e| sqlx::Error::Decode(e.into()));
    rows.into_iter()
        .map(|row| {
            Ok(Recorded {
                node: row.try_get(0)?,
                at: row.try_get(1)?,
                who: row.try_get(2)?,
                before: state(row.try_get(3)?)?,
                after: state(row.try_get(4)?)?,
                reason: row.try_get(5)?,
            })
        })
        .collect()
}

/// Records what differs between two readings and was not recorded when it was written.
pub(super) async fn seen(
    tx: &mut AnyConnection,
    repo: &RepoName,
    before: &Snapshot,
    after: &Snapshot,
    at: i64,
) -> Result<(), sqlx::Error> {
    let (Ok(before), Ok(now)) = (before.roadmap(), after.roadmap()) else { return Ok(()) };
    let known: HashMap<&str, NodeState> =
        before.nodes.iter().map(|node| (node.id.as_str(), node.into())).collect();
    let number = after.issue.number;
    for node in &now.nodes {
        let Some(before) = known.get(node.id.as_str()) else { continue };
        let after = NodeState::from(node);
        if *before == after {
            continue;
        }
        let recorded = of_node(&mut *tx, repo, number, Some(&node.id)).await?;
        if recorded.last().is_some_and(|last| last.after == after) {
            continue;
        }
        let before = before.clone();
        let change = Recorded { node: node.id.clone(), at, who: None, before, after, reason: None };
        record(tx, repo, number, &change).await?;
    }
    Ok(())
}
