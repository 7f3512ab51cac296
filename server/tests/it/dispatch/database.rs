//! The database goes away for a while: what was under way goes on by itself when it is back.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use waymark_app::areas::DispatchState;

use super::bench::{Bench, Write};
use crate::support::{logs, until};

async fn rename(db: &mut AnyConnection, from: &str, to: &str) {
    let sql = format!("ALTER TABLE {from} RENAME TO {to}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(db).await.expect("renamed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispatch_outlives_a_fault_of_the_database() {
    logs::capture();
    let bench = Bench::start().await;
    let write = Write::ALL.into_iter().find(|write| write.key == "create-pull").expect("a write");
    let id = bench.dispatch_with_fault(&write, &json!({"hold": true, "when": "after"})).await;
    let held = |entry: &Value| entry["method"] == "POST" && entry["path"] == "/repos/acme/widgets/pulls";
    until(async || bench.journal().await, |journal| journal.iter().any(held)).await;
    let mut db =
        AnyConnection::connect(bench.app.config.database_url.expose_secret()).await.expect("reached");
    rename(&mut db, "operations", "operations_away").await;
    bench.control("release", json!({})).await;
    let told = format!("dispatch={id}");
    until(
        async || logs::text(),
        |log| log.lines().any(|line| line.contains(&told) && line.contains("tries again")),
    )
    .await;
    rename(&mut db, "operations_away", "operations").await;
    let view = bench.rest(&id).await;
    assert_eq!(view.state, DispatchState::Sent, "{view:#?}");
    bench.assert_made_once(&view, "without a database for a while").await;
}
