//! The administration area: refused to everybody but administrators, in one place.

use futures::StreamExt;
use sqlx::Row;
use waymark_app::areas::{
    Administration, ApiToken, ConnectionRow, Household, LimitRow, PersonRow, Problem, ProblemKind, RepoName,
    TokenRow, TokenScope, Viewer,
};

use super::sessions::Sessions;
use super::{browsers, door};
use crate::mirror;
use crate::state::App;

/// The area on the database and GitHub.
pub struct Area {
    app: App,
}

#[derive(serde::Deserialize)]
struct Rates {
    rate: Rate,
}

#[derive(serde::Deserialize)]
struct Rate {
    limit: u64,
    remaining: u64,
    /// Epoch seconds.
    reset: i64,
}

fn fault(error: sqlx::Error) -> Problem {
    tracing::error!(%error, "the administration's tables could not be used");
    Problem::new(ProblemKind::Internal, "Waymark could not use its database.").next("Try again.")
}

impl Area {
    pub fn new(app: App) -> Self {
        Area { app }
    }

    async fn require(&self, viewer: &Viewer) -> Result<(), Problem> {
        if door::administers(&self.app, viewer).await? {
            return Ok(());
        }
        let words = "This needs an administrator of this Waymark.";
        Err(Problem::new(ProblemKind::Forbidden, words)
            .next("Administrators are named in WAYMARK_ADMINS by whoever runs it."))
    }

    async fn people(&self) -> Result<Vec<PersonRow>, sqlx::Error> {
        let mut sessions = browsers::of_accounts(&self.app.db, None).await?;
        let sql = "SELECT id, login, name, signed_in_at, seen_at FROM accounts
                   ORDER BY COALESCE(seen_at, signed_in_at) DESC, id LIMIT 500";
        let rows = sqlx::query(sql).fetch_all(self.app.db.pool()).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let account_id = row.try_get(0)?;
            let theirs = sessions.extract_if(.., |(account, _)| *account == account_id);
            Ok(PersonRow {
                account_id,
                login: row.try_get(1)?,
                name: row.try_get(2)?,
                signed_in_at: row.try_get(3)?,
                seen_at: row.try_get(4)?,
                sessions: theirs.map(|(_, session)| session).collect(),
            })
        };
        rows.iter().map(read).collect()
    }

    async fn tokens(&self) -> Result<Vec<TokenRow>, sqlx::Error> {
        let sql = "SELECT a.login, t.id, t.name, t.writes, t.created_at, t.expires_at, t.used_at
                   FROM api_tokens t JOIN accounts a ON a.id = t.account_id
                   ORDER BY t.created_at DESC, t.id LIMIT 500";
        let rows = sqlx::query(sql).fetch_all(self.app.db.pool()).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let writes: i64 = row.try_get(3)?;
            let token = ApiToken {
                id: row.try_get(1)?,
                name: row.try_get(2)?,
                scope: if writes == 0 { TokenScope::Read } else { TokenScope::Write },
                created_at: row.try_get(4)?,
                expires_at: row.try_get(5)?,
                used_at: row.try_get(6)?,
            };
            Ok(TokenRow { login: row.try_get(0)?, token })
        };
        rows.iter().map(read).collect()
    }

    async fn connections(&self) -> Result<Vec<(i64, ConnectionRow)>, sqlx::Error> {
        let sql = "SELECT c.repo, c.login, c.connected_at, r.synced_at, r.stale, c.account_id
                   FROM connections c LEFT JOIN mirror_repositories r ON r.repo = c.repo ORDER BY c.repo";
        let rows = sqlx::query(sql).fetch_all(self.app.db.pool()).await?;
        let mut found = Vec::new();
        for row in rows {
            let Some(repo) = RepoName::parse(&row.try_get::<String, _>(0)?) else { continue };
            let connection = ConnectionRow {
                repo,
                login: row.try_get(1)?,
                connected_at: row.try_get(2)?,
                synced_at: row.try_get(3)?,
                stale: row.try_get(4)?,
            };
            found.push((row.try_get(5)?, connection));
        }
        Ok(found)
    }

    /// What GitHub still takes of one person. Asking costs nothing.
    async fn limit(&self, account: i64, login: String) -> LimitRow {
        let rate = match self.app.tokens.of(account).await {
            Ok(token) => self.app.github.client(token).get::<Rates>("/rate_limit").await.ok(),
            Err(_) => None,
        };
        let calls = rate.map(|Rates { rate }| (rate.limit, rate.remaining, rate.reset.saturating_mul(1000)));
        LimitRow { login, calls }
    }
}

#[async_trait::async_trait]
impl Administration for Area {
    async fn household(&self, viewer: &Viewer) -> Result<Household, Problem> {
        self.require(viewer).await?;
        let connections = self.connections().await.map_err(fault)?;
        let mut readers: Vec<(i64, String)> =
            connections.iter().map(|(account, row)| (*account, row.login.clone())).collect();
        readers.sort();
        readers.dedup_by_key(|(account, _)| *account);
        let asked: Vec<_> = readers.into_iter().map(|(account, login)| self.limit(account, login)).collect();
        Ok(Household {
            people: self.people().await.map_err(fault)?,
            tokens: self.tokens().await.map_err(fault)?,
            connections: connections.into_iter().map(|(_, row)| row).collect(),
            limits: futures::stream::iter(asked).buffered(4).collect().await,
        })
    }

    async fn sign_out(&self, viewer: &Viewer, account: i64) -> Result<(), Problem> {
        self.require(viewer).await?;
        Sessions::new(&self.app.db).end_all(account).await.map_err(fault)?;
        tracing::info!(by = viewer.login, account, "an administrator ended the sessions of a person");
        Ok(())
    }

    async fn end_session(&self, viewer: &Viewer, account: i64, id: &str) -> Result<(), Problem> {
        self.require(viewer).await?;
        browsers::end(&self.app.db, account, id).await?;
        tracing::info!(by = viewer.login, account, "an administrator ended a session of a person");
        Ok(())
    }

    async fn revoke(&self, viewer: &Viewer, token: &str) -> Result<(), Problem> {
        self.require(viewer).await?;
        let delete = sqlx::query("DELETE FROM api_tokens WHERE id = $1").bind(token);
        if delete.execute(self.app.db.pool()).await.map_err(fault)?.rows_affected() > 0 {
            tracing::info!(by = viewer.login, token, "an administrator revoked a token");
            return Ok(());
        }
        Err(Problem::new(ProblemKind::NotFound, "There is no such token.").next("It may be revoked already."))
    }

    async fn disconnect(&self, viewer: &Viewer, repo: &RepoName) -> Result<Option<String>, Problem> {
        self.require(viewer).await?;
        mirror::disconnect(&self.app, viewer, repo).await
    }
}
