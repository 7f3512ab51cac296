//! The database: SQLite or PostgreSQL, one SQL text for both.
//!
//! Columns hold integers, texts and blobs only; times are epoch milliseconds, yes and no are 1 and 0.
//! What differs between the two databases is in this folder alone.

mod backup;
mod health;
mod migrations;
mod owner;
mod place;
mod private;

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::MigrateError;
use sqlx::{Any, AnyConnection, AnyPool, Connection, Executor, Transaction};

pub use backup::backup;
use health::Health;
#[cfg(test)]
pub(crate) use migrations::in_memory;
use owner::Owner;
pub use place::{Place, absolute, sqlite_url};

/// A database that does not answer for so long at start is not there.
const REACHED_WITHIN: Duration = Duration::from_secs(5);

/// Why the database could not be opened. Names the place, never a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0} could not be opened: {1}")]
    Connect(Place, sqlx::Error),
    #[error("{0} does not answer within seconds")]
    Silent(Place),
    #[error("{0} could not be brought up to date: {1}")]
    Migrate(Place, MigrateError),
    #[error("another Waymark works with {0}: end that one first, or give this one a database of its own")]
    InUse(Place),
    #[error("{0} could not be locked: {1}")]
    Lock(Place, std::io::Error),
}

/// The open database.
#[derive(Clone, Debug)]
pub struct Db {
    pool: AnyPool,
    sqlite: bool,
    health: Arc<Health>,
    /// Held as long as the database is open here: the first on SQLite, the second on PostgreSQL.
    _lock: Option<Arc<File>>,
    owner: Option<Arc<Owner>>,
}

impl Db {
    /// Opens the database of a URL (`sqlite://PATH` or `postgres://...`) and brings it up to date.
    /// A SQLite file is made when it is not there. The database belongs to this process until it ends.
    ///
    /// # Errors
    /// No connection within seconds, a migration that fails, or another process that has the database.
    pub async fn open(url: &str) -> Result<Db, OpenError> {
        sqlx::any::install_default_drivers();
        let place = Place::of(url);
        let sqlite = url.starts_with("sqlite:");
        let url = match sqlite && !url.contains("mode=") {
            true => format!("{url}{}mode=rwc", if url.contains('?') { '&' } else { '?' }),
            false => url.to_owned(),
        };
        let lock = place.lock().await?;
        if let Place::File(path) = &place {
            private::keep(path, url.contains("mode=rwc"))
                .map_err(|error| OpenError::Connect(place.clone(), error.into()))?;
        }
        let options: AnyConnectOptions =
            url.parse().map_err(|error| OpenError::Connect(place.clone(), error))?;
        // The pool tries again until its time is over and then forgets why; one connection says why at once.
        let first = tokio::time::timeout(REACHED_WITHIN, AnyConnection::connect_with(&options)).await;
        let first = first
            .map_err(|_| OpenError::Silent(place.clone()))?
            .map_err(|error| OpenError::Connect(place.clone(), error))?;
        let owner = if sqlite {
            let _ = first.close().await;
            None
        } else {
            Some(Arc::new(Owner::take(&place, &options, first).await?))
        };
        let pool = pool(sqlite)
            .connect_with(options)
            .await
            .map_err(|error| OpenError::Connect(place.clone(), error))?;
        migrations::migrator(sqlite).run(&pool).await.map_err(|error| OpenError::Migrate(place, error))?;
        Ok(Db { pool, sqlite, health: Arc::default(), _lock: lock.map(Arc::new), owner })
    }

    /// Waits until another process works with the database, which must end this one; why, in words.
    pub async fn taken(&self) -> OpenError {
        match &self.owner {
            Some(owner) => owner.taken().await,
            None => std::future::pending().await,
        }
    }

    /// Asks that no other process works with the database: while that is in doubt nothing is sent to GitHub.
    ///
    /// # Errors
    /// When it is in doubt. It ends within seconds, or the process does.
    pub fn ours(&self) -> Result<(), sqlx::Error> {
        match &self.owner {
            Some(owner) if !owner.holds() => {
                Err(sqlx::Error::Protocol("the lock of the database is lost".into()))
            }
            _ => Ok(()),
        }
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
    /// No connection in time, or the lock is held for longer than half a minute.
    pub async fn begin(&self) -> Result<Transaction<'static, Any>, sqlx::Error> {
        self.pool.begin_with(if self.sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" }).await
    }
}

/// The one place where connections are made, and where those that failed are thrown away.
fn pool(sqlite: bool) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(if sqlite { 8 } else { 16 })
        .acquire_timeout(Duration::from_secs(if sqlite { 30 } else { 10 }))
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
        // On a full disk SQLite ends a transaction by itself; the ROLLBACK that sqlx sends for it then fails,
        // and sqlx counts the transaction as open for ever. Such a connection begins nothing any more.
        .after_release(move |connection, _| {
            Box::pin(async move {
                if sqlite {
                    // Waits for the rollback that a dropped transaction left in the queue.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `max_page_count` is SQLite's own full disk: the statement fails with SQLITE_FULL.
    #[tokio::test]
    async fn a_connection_that_met_a_full_disk_is_not_used_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = sqlite_url(&folder.path().join("waymark.db"));
        let db = Db::open(&url).await.expect("opened");
        let insert = "INSERT INTO drafts (id, form, saved_at) VALUES ($1, $2, 1)";
        for turn in 0..8 {
            let mut tx = db.begin().await.expect("begun");
            let pages: i64 =
                sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *tx).await.expect("a number");
            // The limit is the connection's own and goes with it.
            let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
            sqlx::query(limit).execute(&mut *tx).await.expect("set");
            let full = sqlx::query(insert).bind(format!("{turn}")).bind("x".repeat(400_000));
            assert!(full.execute(&mut *tx).await.is_err(), "the disk is full");
            drop(tx);
        }
        for turn in 0..16 {
            let mut tx = db.begin().await.expect("a whole connection");
            let kept = sqlx::query(insert).bind(format!("later {turn}")).bind("x");
            kept.execute(&mut *tx).await.expect("written");
            tx.commit().await.expect("kept");
        }
        assert!(db.ready().await.is_ok());
    }

    #[tokio::test]
    async fn a_sqlite_file_belongs_to_one_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = sqlite_url(&folder.path().join("waymark.db"));
        let first = Db::open(&url).await.expect("opened");
        let second = Db::open(&url).await.expect_err("in use").to_string();
        assert!(second.contains("another Waymark works with") && second.contains("waymark.db"), "{second}");
        first.pool().close().await;
        drop(first);
        assert!(Db::open(&url).await.is_ok());
    }

    #[tokio::test]
    async fn a_database_that_refuses_is_named_within_seconds_without_its_password() {
        let began = std::time::Instant::now();
        let said =
            Db::open("postgres://ada:canary@127.0.0.1:1/waymark").await.expect_err("refused").to_string();
        assert!(began.elapsed() < REACHED_WITHIN * 2, "{:?}", began.elapsed());
        assert!(said.contains("127.0.0.1:1") && said.contains("refused"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
