//! Whether the database answers, and whether it still takes writes.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Db;

/// An answer is good for so long, so that asking is cheap however many ask.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// A database that needs longer is down.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a readiness check writes: more than a page, so that a full disk shows.
const WRITTEN: usize = 16 * 1024;

/// The last answers.
#[derive(Debug, Default)]
pub(super) struct Health {
    answers: Mutex<Option<(Instant, bool)>>,
    takes_writes: Mutex<Option<(Instant, bool)>>,
}

/// The database does not do what was asked; the log says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database does not answer")]
pub struct Down;

impl Db {
    /// Whether the database answers a question, as of a second ago.
    ///
    /// # Errors
    /// It does not, within two seconds.
    pub async fn answers(&self) -> Result<(), Down> {
        remembered(&self.health.answers, async {
            sqlx::query("SELECT 1").execute(self.pool()).await.map(drop)
        })
        .await
    }

    /// Whether queries need not wait for a server that is away. A file is never away.
    pub async fn is_reachable(&self) -> bool {
        self.sqlite || self.answers().await.is_ok()
    }

    /// Whether the database takes a write, as of a second ago. It writes one row.
    ///
    /// # Errors
    /// It does not, within two seconds.
    pub async fn ready(&self) -> Result<(), Down> {
        remembered(&self.health.takes_writes, async {
            let mut tx = self.begin().await?;
            sqlx::query(
                "INSERT INTO readiness (id, filler, at) VALUES (1, $1, $2) \
                 ON CONFLICT (id) DO UPDATE SET filler = excluded.filler, at = excluded.at",
            )
            .bind("x".repeat(WRITTEN))
            .bind(jiff::Timestamp::now().as_millisecond())
            .execute(&mut *tx)
            .await?;
            tx.commit().await
        })
        .await
    }
}

/// Asks, unless somebody else has just asked; all who wait share the answer.
async fn remembered(
    last: &Mutex<Option<(Instant, bool)>>,
    ask: impl Future<Output = Result<(), sqlx::Error>>,
) -> Result<(), Down> {
    let mut last = last.lock().await;
    let well = match *last {
        Some((at, well)) if at.elapsed() < GOOD_FOR => well,
        _ => {
            let well = match tokio::time::timeout(PATIENCE, ask).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(%error, "the database does not answer");
                    false
                }
                Err(_) => {
                    tracing::error!("the database does not answer within {PATIENCE:?}");
                    false
                }
            };
            *last = Some((Instant::now(), well));
            well
        }
    };
    if well { Ok(()) } else { Err(Down) }
}
