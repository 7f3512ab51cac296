//! The one process that works with a PostgreSQL database: whoever holds an advisory lock, on a connection of its own
//! that is watched. A lost lock is taken again; where another process was quicker, this one is told.

use std::time::Duration;

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, Connection};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::place::{LOCK_PAUSE, LOCK_TRIES};
use super::{OpenError, Place};

/// How often the connection is looked at, and how long an answer may take.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A lost lock that cannot be taken for so long is another's. The database may need a moment to see that our
/// connection is gone.
const PATIENCE: Duration = Duration::from_secs(15);

/// The lock of this process.
#[derive(Debug)]
pub(super) struct Owner {
    place: Place,
    watching: AbortHandle,
    lock: watch::Receiver<Lock>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Held,
    Lost,
    /// Another process has it.
    Taken,
}

impl Drop for Owner {
    /// The connection closes, and with it goes the lock.
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Owner {
    /// Takes the database for this process.
    ///
    /// # Errors
    /// `InUse` when another has it.
    #[expect(clippy::disallowed_methods, reason = "it ends with this, and `lock` tells of it")]
    pub(super) async fn take(
        place: &Place,
        options: &AnyConnectOptions,
        mut connection: AnyConnection,
    ) -> Result<Owner, OpenError> {
        for _ in 0..LOCK_TRIES {
            let locked = lock(&mut connection).await;
            if locked.map_err(|error| OpenError::Connect(place.clone(), error))? {
                let (told, lock) = watch::channel(Lock::Held);
                let keeping = keep(place.clone(), options.clone(), connection, told);
                let watching = tokio::spawn(keeping).abort_handle();
                return Ok(Owner { place: place.clone(), watching, lock });
            }
            sleep(LOCK_PAUSE).await;
        }
        Err(OpenError::InUse(place.clone()))
    }

    /// Whether nobody else can have the database now, as far as is known.
    pub(super) fn holds(&self) -> bool {
        *self.lock.borrow() == Lock::Held
    }

    /// Waits until another process has the database.
    pub(super) async fn taken(&self) -> OpenError {
        // An error means that nobody watches any more.
        let _ = self.lock.clone().wait_for(|lock| *lock == Lock::Taken).await;
        OpenError::InUse(self.place.clone())
    }
}

/// Asks for the lock. A database may hold several Waymarks, each in a schema of its own.
async fn lock(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let ask = "SELECT CASE WHEN pg_try_advisory_lock(1467774577, hashtext(CAST(current_schema() AS TEXT))) \
               THEN 1 ELSE 0 END";
    sqlx::query_scalar::<_, i32>(ask).fetch_one(connection).await.map(|locked| locked == 1)
}

/// Watches the connection, and takes the lock again when it is lost.
async fn keep(
    place: Place,
    options: AnyConnectOptions,
    mut connection: AnyConnection,
    told: watch::Sender<Lock>,
) {
    loop {
        while let Ok(Ok(())) = timeout(ANSWERS_WITHIN, connection.ping()).await {
            sleep(LOOK_EVERY).await;
        }
        tracing::error!(%place, "the lock that keeps other processes away is lost; it is taken again");
        told.send_replace(Lock::Lost);
        let mut refused = None;
        connection = loop {
            match again(&options).await {
                Ok(Some(connection)) => break connection,
                // It counts from when the database answers again.
                Ok(None) if refused.get_or_insert_with(Instant::now).elapsed() > PATIENCE => {
                    tracing::error!(%place, "another process works with the database");
                    told.send_replace(Lock::Taken);
                    return;
                }
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "the database does not answer"),
            }
            sleep(LOCK_PAUSE * 10).await;
        };
        told.send_replace(Lock::Held);
        tracing::info!(%place, "the lock is taken again");
    }
}

/// A new connection with the lock; nothing when another has it.
async fn again(options: &AnyConnectOptions) -> Result<Option<AnyConnection>, sqlx::Error> {
    let connected = timeout(ANSWERS_WITHIN, AnyConnection::connect_with(options)).await;
    let mut connection = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(lock(&mut connection).await?.then_some(connection))
}
