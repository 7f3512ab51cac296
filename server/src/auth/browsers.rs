//! The sessions of a person as rows: to be looked at, and ended. Who may do that is asked before.

use sqlx::Row;
use sqlx::any::AnyRow;
use waymark_app::areas::{BrowserSessions, Problem, ProblemKind, SessionRow, Viewer};

use crate::db::Db;
use crate::mirror::{fault, now_ms};

/// The area on the database.
pub struct BrowserArea {
    db: Db,
}

impl BrowserArea {
    pub fn new(db: &Db) -> Self {
        BrowserArea { db: db.clone() }
    }
}

#[async_trait::async_trait]
impl BrowserSessions for BrowserArea {
    async fn list(&self, viewer: &Viewer) -> Result<Vec<SessionRow>, Problem> {
        let rows = of_accounts(&self.db, Some(viewer.account_id)).await.map_err(fault)?;
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    async fn end(&self, viewer: &Viewer, id: &str) -> Result<(), Problem> {
        end(&self.db, viewer.account_id, id).await
    }

    async fn end_others(&self, viewer: &Viewer, this: &str) -> Result<u64, Problem> {
        let delete = sqlx::query("DELETE FROM sessions WHERE account_id = $1 AND id <> $2");
        let done = delete.bind(viewer.account_id).bind(this).execute(self.db.pool()).await.map_err(fault)?;
        Ok(done.rows_affected())
    }
}

/// The sessions of an account, or of all, with the account of each; used last first, at most 20,000.
///
/// # Errors
/// The database's.
pub(super) async fn of_accounts(
    db: &Db,
    account: Option<i64>,
) -> Result<Vec<(i64, SessionRow)>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT account_id, id, created_at, seen_at, browser FROM sessions
         WHERE account_id IS NOT NULL AND expires_at > $1 AND ($2 = 0 OR account_id = $3)
         ORDER BY COALESCE(seen_at, created_at, 0) DESC, id LIMIT 20000",
    )
    .bind(now_ms())
    .bind(i64::from(account.is_some()))
    .bind(account.unwrap_or_default())
    .fetch_all(db.pool())
    .await?;
    let read = |row: &AnyRow| {
        let session = SessionRow {
            id: row.try_get(1)?,
            since: row.try_get(2)?,
            seen_at: row.try_get(3)?,
            browser: row.try_get(4)?,
        };
        Ok((row.try_get(0)?, session))
    };
    rows.iter().map(read).collect()
}

/// Ends a session of an account.
///
/// # Errors
/// `NotFound` when it is another's, or over.
pub(super) async fn end(db: &Db, account: i64, id: &str) -> Result<(), Problem> {
    let delete = sqlx::query("DELETE FROM sessions WHERE id = $1 AND account_id = $2");
    let done = delete.bind(id).bind(account).execute(db.pool()).await.map_err(fault)?;
    if done.rows_affected() > 0 {
        return Ok(());
    }
    Err(Problem::new(ProblemKind::NotFound, "There is no such session.").next("It may have ended already."))
}

/// The browser of a `User-Agent` in short words. Nothing of what was sent is kept.
pub(super) fn in_words(agent: &str) -> String {
    // In this order: most name several others as well.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi/", "Vivaldi"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |among: &[(&str, &'static str)]| {
        among.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    match (first(&browsers), first(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) => one.to_owned(),
        (None, Some(system)) => format!("a browser on {system}"),
        (None, None) => "another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_in_short_words() {
        for (agent, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "another program"),
            ("</title><script>", "another program"),
            ("", "another program"),
        ] {
            assert_eq!(in_words(agent), words, "{agent}");
        }
    }
}
