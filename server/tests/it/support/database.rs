//! A database of its own for each test.

use std::path::Path;

use sqlx::{AnyConnection, Connection};

pub struct Database {
    url: String,
    /// Server and name of a PostgreSQL database that is dropped in the end.
    postgres: Option<(String, String)>,
}

impl Database {
    pub async fn fresh(folder: &Path) -> Database {
        sqlx::any::install_default_drivers();
        let Ok(server) = std::env::var("WAYMARK_TEST_DATABASE") else {
            let url = format!("sqlite://{}", folder.join("waymark.db").display());
            return Database { url, postgres: None };
        };
        let name = format!("waymark_{:016x}", rand::random::<u64>());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let (base, _) = server.rsplit_once('/').expect("an address with a database");
        Database { url: format!("{base}/{name}"), postgres: Some((server, name)) }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub async fn drop(self) {
        if let Some((server, name)) = self.postgres {
            execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn execute(server: &str, sql: String) {
    let mut connection = AnyConnection::connect(server).await.expect("WAYMARK_TEST_DATABASE is reached");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("the statement works");
    connection.close().await.expect("closes");
}
