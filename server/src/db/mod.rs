//! The database: SQLite or PostgreSQL, one SQL text for both.
//!
//! Columns hold integers, texts and blobs only; times are epoch milliseconds, yes and no are 1 and 0.
//! What differs between the two databases is in this file alone.

mod migrations;

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyPool, Connection, Executor, Transaction};

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database could not be opened: {0}")]
    Connect(#[from] sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
}

/// The open database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    sqlite: bool,
}

impl Db {
    /// Opens the database of a URL (`sqlite://PATH` or `postgres://...`) and brings it up to date.
    /// A SQLite file is made when it is not there.
    ///
    /// # Errors
    /// No connection, or a migration that fails.
    pub async fn open(url: &str) -> Result<Db, OpenError> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        let url = match sqlite && !url.contains("mode=") {
            true => format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' }),
            false => url.to_owned(),
        };
        let options: AnyConnectOptions = url.parse()?;
        let pool = AnyPoolOptions::new()
            .max_connections(if sqlite { 8 } else { 16 })
            .acquire_timeout(Duration::from_secs(30))
            // A connection that was used a moment ago is there: asking first would cost each query a turn.
            .test_before_acquire(false)
            .before_acquire(|connection, seen| {
                Box::pin(async move {
                    let fresh = seen.idle_for < Duration::from_secs(5);
                    Ok(fresh || connection.ping().await.is_ok())
                })
            })
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if sqlite {
                        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; \
                                        PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 30000";
                        connection.execute(settings).await?;
                    }
                    Ok(())
                })
            })
            .connect_with(options)
            .await?;
        migrations::migrator(sqlite).run(&pool).await?;
        Ok(Db { pool, sqlite })
    }

    /// For reading, and for single statements.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Deletes every row of every table; what brought the tables up to date stays.
    ///
    /// # Errors
    /// A fault of the database; then nothing is deleted.
    #[cfg(feature = "sandbox")]
    pub async fn empty(&self) -> Result<(), sqlx::Error> {
        let tables = match self.sqlite {
            true => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            false => "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()",
        };
        let mut tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&self.pool).await?;
        tables.retain(|table| table != "_sqlx_migrations");
        let mut tx = self.begin().await?;
        if self.sqlite {
            tx.execute("PRAGMA defer_foreign_keys = ON").await?;
            for table in tables {
                tx.execute(sqlx::AssertSqlSafe(format!("DELETE FROM {table}"))).await?;
            }
        } else {
            tx.execute(sqlx::AssertSqlSafe(format!("TRUNCATE {}", tables.join(", ")))).await?;
        }
        tx.commit().await
    }

    /// What to put before a statement to be told how it would be answered.
    pub fn explain(&self) -> &'static str {
        if self.sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" }
    }

    /// A transaction that will write. On SQLite it takes the write lock at once, so that two of them
    /// never deadlock.
    ///
    /// # Errors
    /// No connection within half a minute, or the lock is held for longer.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.pool.begin_with(if self.sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await
    }
}
