//! Background work: what goes on for as long as the process does, and what ends by itself. Beside the lock of
//! a database nothing else in this program starts a task without waiting for it, so that the log tells of each that
//! failed.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;

/// The first and the longest pause before work that ended is started again.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// Starts work that is not to end. When it ends or panics all the same, that is logged and it is started again,
/// each time after a longer pause.
pub fn spawn<F, W>(name: &'static str, work: W)
where
    W: Fn() -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    detach(name, keep_up(name, work, FIRST));
}

/// Starts work that ends by itself and that nobody waits for. A panic is logged.
#[expect(clippy::disallowed_methods, reason = "its end is seen here")]
pub fn detach(name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!(name, "background work panicked");
        }
    });
}

async fn keep_up<F, W>(name: &'static str, work: W, first: Duration)
where
    W: Fn() -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let mut pause = first;
    loop {
        let begun = tokio::time::Instant::now();
        let turn = work();
        match AssertUnwindSafe(turn).catch_unwind().await {
            Ok(()) => tracing::error!(name, "background work ended; it is started again"),
            Err(_) => tracing::error!(name, "background work panicked; it is started again"),
        }
        if begun.elapsed() > LONGEST {
            pause = first;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_started_again() {
        let (times, fourth) = (Arc::new(AtomicU32::new(0)), Arc::new(Notify::new()));
        let (count, notify) = (times.clone(), fourth.clone());
        let work = move || {
            let (count, notify) = (count.clone(), notify.clone());
            async move {
                if count.fetch_add(1, Ordering::SeqCst) < 3 {
                    panic!("once more");
                }
                notify.notify_one();
                std::future::pending().await
            }
        };
        detach("test", keep_up("test", work, Duration::from_millis(1)));
        fourth.notified().await;
        assert_eq!(times.load(Ordering::SeqCst), 4);
    }
}
