//! What Waymark keeps of connected repositories.

use sqlx::Row;
use waymark_app::areas::{RepoName, RepositoryChoice, RepositoryRow};

use crate::state::App;

/// A connected repository.
pub(super) struct Connected {
    pub repo: RepoName,
    /// Who reads it for the mirror.
    pub login: String,
    pub synced_at: Option<i64>,
    pub stale: Option<String>,
    pub plans: i64,
}

pub(super) async fn connected(app: &App) -> Result<Vec<Connected>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT c.repo, c.login, r.synced_at, r.stale, \
         (SELECT COUNT(*) FROM mirror_plans p WHERE p.repo = c.repo) \
         FROM connections c LEFT JOIN mirror_repositories r ON r.repo = c.repo ORDER BY c.repo",
    )
    .fetch_all(app.db.pool())
    .await?;
    let mut found = Vec::new();
    for row in rows {
        let name: String = row.try_get(0)?;
        if let Some(repo) = RepoName::parse(&name) {
            let login = match app.installations.serves(&repo) {
                true => "the GitHub App".to_owned(),
                false => row.try_get(1)?,
            };
            found.push(Connected {
                repo,
                login,
                synced_at: row.try_get(2)?,
                stale: row.try_get(3)?,
                plans: row.try_get(4)?,
            });
        }
    }
    Ok(found)
}

pub(super) fn row(choice: RepositoryChoice, known: Option<&Connected>) -> RepositoryRow {
    RepositoryRow {
        choice,
        connected: known.is_some(),
        synced_as: known.map(|known| known.login.clone()),
        synced_at: known.and_then(|known| known.synced_at),
        stale: known.and_then(|known| known.stale.clone()),
        plans: known.map_or(0, |known| u32::try_from(known.plans).unwrap_or(u32::MAX)),
    }
}
