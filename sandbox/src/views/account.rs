//! Users, organisations, bots.

use serde_json::{Value, json};

use crate::world::{
    clock::iso,
    ids::node_id,
    model::{Account, AccountKind, Model, Repo},
};

fn kind(account: &Account) -> &'static str {
    match account.kind {
        AccountKind::User => "User",
        AccountKind::Organization => "Organization",
        AccountKind::Bot => "Bot",
    }
}

/// GitHub's `simple-user`; an account that is gone shows as `ghost`.
pub fn simple(m: &Model, login: &str) -> Value {
    let ghost = Account {
        id: 10137,
        login: "ghost".to_owned(),
        kind: AccountKind::User,
        name: "Deleted user".to_owned(),
        email: "ghost@users.noreply.example.com".to_owned(),
        created_at: 0,
        teams: Default::default(),
        members: Default::default(),
    };
    let a = m.account(login).unwrap_or(&ghost);
    let (b, l) = (&m.base, &a.login);
    let web = l.trim_end_matches("[bot]");
    json!({
        "login": l,
        "id": a.id,
        "node_id": node_id("U", a.id),
        "avatar_url": format!("{b}/avatars/u/{}?v=4", a.id),
        "gravatar_id": "",
        "url": format!("{b}/users/{l}"),
        "html_url": format!("{b}/{web}"),
        "followers_url": format!("{b}/users/{l}/followers"),
        "following_url": format!("{b}/users/{l}/following{{/other_user}}"),
        "gists_url": format!("{b}/users/{l}/gists{{/gist_id}}"),
        "starred_url": format!("{b}/users/{l}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{b}/users/{l}/subscriptions"),
        "organizations_url": format!("{b}/users/{l}/orgs"),
        "repos_url": format!("{b}/users/{l}/repos"),
        "events_url": format!("{b}/users/{l}/events{{/privacy}}"),
        "received_events_url": format!("{b}/users/{l}/received_events"),
        "type": kind(a),
        "user_view_type": "public",
        "site_admin": false,
    })
}

/// GitHub's `public-user`, as `GET /user` answers it.
pub fn full(m: &Model, a: &Account) -> Value {
    let mut v = simple(m, &a.login);
    let extra = json!({
        "name": a.name,
        "company": null,
        "blog": "",
        "location": null,
        "email": a.email,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "notification_email": a.email,
        "public_repos": m.repos.values().filter(|r| r.owner == a.login && !r.private).count(),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": iso(a.created_at),
        "updated_at": iso(a.created_at),
    });
    super::extend(&mut v, extra);
    v
}

/// GitHub's `organization-simple`.
pub fn organization(m: &Model, a: &Account) -> Value {
    let (b, l) = (&m.base, &a.login);
    json!({
        "login": l,
        "id": a.id,
        "node_id": node_id("O", a.id),
        "url": format!("{b}/orgs/{l}"),
        "repos_url": format!("{b}/orgs/{l}/repos"),
        "events_url": format!("{b}/orgs/{l}/events"),
        "hooks_url": format!("{b}/orgs/{l}/hooks"),
        "issues_url": format!("{b}/orgs/{l}/issues"),
        "members_url": format!("{b}/orgs/{l}/members{{/member}}"),
        "public_members_url": format!("{b}/orgs/{l}/public_members{{/member}}"),
        "avatar_url": format!("{b}/avatars/u/{}?v=4", a.id),
        "description": a.name,
    })
}

/// The organisation that owns the repository, if one does.
pub fn organization_of(m: &Model, repo: &Repo) -> Option<Value> {
    let owner = m.account(&repo.owner)?;
    (owner.kind == AccountKind::Organization).then(|| organization(m, owner))
}
