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
