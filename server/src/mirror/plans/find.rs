//! From an issue, a branch, a pull request or a run back to its plan.
//!
//! Only plans of repositories that the viewer may see are found. What the mirror does not know is
//! asked of GitHub when the text names its repository, or when there is only one.

use serde::Deserialize;
use serde_json::Value;
use sqlx::Row;
use waymark_app::areas::{PlanRow, Problem, RepoName, Viewer};
use waymark_domain::branch;

use super::overview::rows_of;
use crate::github::Client;
use crate::github::model::{Pull, Run};
use crate::mirror::{access, all_visible, fault, refresh_plan, store};
use crate::state::App;

/// Plans that are answered at most.
const MOST: usize = 20;

/// What a text points to.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pointer {
    /// An issue, a pull request or a run.
    Number(i64),
    Run(i64),
    Branch(String),
}

/// Reads what was typed; nothing when it is none of these.
fn read(text: &str) -> Option<(Option<RepoName>, Pointer)> {
    let text = text.trim();
    if let Some(found) = address(text) {
        return Some(found);
    }
    if let Some((repo, number)) = text.rsplit_once('#')
        && let Some(number) = positive(number)
    {
        return match repo {
            "" => Some((None, Pointer::Number(number))),
            repo => Some((Some(RepoName::parse(repo)?), Pointer::Number(number))),
        };
    }
    if let Some(number) = positive(text) {
        return Some((None, Pointer::Number(number)));
    }
    branch_name(text).map(|name| (None, Pointer::Branch(name)))
}

fn positive(text: &str) -> Option<i64> {
    text.parse().ok().filter(|number| *number > 0)
}

/// A text without spaces that git would take as a branch.
fn branch_name(text: &str) -> Option<String> {
    let name = text.strip_prefix("refs/heads/").or_else(|| text.strip_prefix("origin/")).unwrap_or(text);
    let odd = |c: char| c.is_whitespace() || c.is_control() || "~^:?*[\\".contains(c);
    (!name.is_empty() && !name.contains(odd)).then(|| name.to_owned())
}

/// An address of GitHub or of Waymark, with or without its host.
fn address(text: &str) -> Option<(Option<RepoName>, Pointer)> {
    let path = text.split(['?', '#']).next()?;
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => path.trim_start_matches('/'),
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    // Without a scheme the host may stand in front.
    for from in 0..=1_usize.min(parts.len()) {
        let (owner, name, rest) = match &parts[from..] {
            [owner, name, rest @ ..] if !rest.is_empty() => (owner, name, rest),
            _ => continue,
        };
        let repo = RepoName::parse(&format!("{owner}/{name}"));
        let pointer = match rest {
            ["issues" | "pull" | "pulls" | "plans", number, ..] => positive(number).map(Pointer::Number),
            ["actions", "runs", id, ..] => positive(id).map(Pointer::Run),
            ["tree", name @ ..] if !name.is_empty() => branch_name(&name.join("/")).map(Pointer::Branch),
            _ => None,
        };
        if let (Some(repo), Some(pointer)) = (repo, pointer) {
            return Some((Some(repo), pointer));
        }
    }
    None
}

/// The plans that a text leads to, the likeliest first.
pub(super) async fn find(app: &App, viewer: Option<&Viewer>, text: &str) -> Result<Vec<PlanRow>, Problem> {
    let Some((named, pointer)) = read(text) else { return Ok(Vec::new()) };
    let mut repos: Vec<RepoName> = all_visible(app, viewer).await?.names().cloned().collect();
    if let Some(named) = &named {
        let name = named.to_string();
        repos.retain(|repo| repo.to_string().eq_ignore_ascii_case(&name));
    }
    let mut plans = known(app, &repos, &pointer).await.map_err(fault)?;
    if let (true, Some(viewer), [repo]) = (plans.is_empty(), viewer, repos.as_slice()) {
        let client = access::client(app, Some(viewer)).await?;
        if let Some(number) = asked(&client, repo, &pointer).await
            && refresh_plan(app, repo, number).await.is_ok()
        {
            plans.push((repo.clone(), number));
        }
    }
    plans.truncate(MOST);
    rows_of(app, viewer, &plans).await.map_err(fault)
}

/// The plans that the mirror has for a pointer.
async fn known(
    app: &App,
    repos: &[RepoName],
    pointer: &Pointer,
) -> Result<Vec<(RepoName, i64)>, sqlx::Error> {
    let mut found: Vec<(String, i64)> = Vec::new();
    let (number, links): (Option<i64>, Vec<(&str, String)>) = match pointer {
        Pointer::Number(n) => (Some(*n), vec![("pull", n.to_string()), ("run", n.to_string())]),
        Pointer::Run(n) => (None, vec![("run", n.to_string())]),
        Pointer::Branch(name) => (issue_of(name), vec![("branch", name.clone())]),
    };
    let mut numbered = Vec::new();
    if let Some(number) = number {
        let rows =
            sqlx::query("SELECT repo, number FROM mirror_plans WHERE number = $1 ORDER BY changed_at DESC")
                .bind(number)
                .fetch_all(app.db.pool())
                .await?;
        for row in rows {
            numbered.push((row.try_get(0)?, row.try_get(1)?));
        }
    }
    for (kind, value) in links {
        found.extend(store::linked_anywhere(app.db.pool(), kind, &value).await?);
    }
    // A number is first of all an issue's; a branch first of all its own plan's.
    match pointer {
        Pointer::Number(_) => found.splice(0..0, numbered).for_each(drop),
        _ if found.is_empty() => found = numbered,
        _ => {}
    }
    let mut plans: Vec<(RepoName, i64)> = Vec::new();
    for (repo, number) in found {
        let seen = repos.iter().find(|known| known.to_string() == repo);
        if let Some(plan) = seen.map(|repo| (repo.clone(), number)).filter(|plan| !plans.contains(plan)) {
            plans.push(plan);
        }
    }
    Ok(plans)
}

fn issue_of(name: &str) -> Option<i64> {
    branch::recognise(name)?.issue.and_then(|issue| i64::try_from(issue).ok())
}

/// The number of the plan as GitHub tells it.
async fn asked(client: &Client, repo: &RepoName, pointer: &Pointer) -> Option<i64> {
    #[derive(Deserialize)]
    struct Issue {
        pull_request: Option<Value>,
    }
    match pointer {
        Pointer::Branch(name) => issue_of(name),
        Pointer::Run(id) => {
            #[derive(Deserialize)]
            struct Of {
                head_branch: Option<String>,
                #[serde(flatten)]
                run: Run,
            }
            let of: Of = client.get(&format!("/repos/{repo}/actions/runs/{id}")).await.ok()?;
            let titled = of.run.display_title.split(':').next().and_then(positive);
            titled.or_else(|| issue_of(&of.head_branch?))
        }
        Pointer::Number(number) => match client.get(&format!("/repos/{repo}/issues/{number}")).await {
            Ok(Issue { pull_request: None }) => Some(*number),
            Ok(Issue { pull_request: Some(_) }) => {
                let pull: Pull = client.get(&format!("/repos/{repo}/pulls/{number}")).await.ok()?;
                let closes = pull.body.as_deref().unwrap_or_default().lines();
                let closes =
                    closes.filter_map(|line| line.trim().strip_prefix("Closes #")).find_map(positive);
                issue_of(&pull.head.name).or(closes).or(Some(*number))
            }
            Err(_) => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_work_is_read() {
        let widgets = || RepoName::parse("acme/widgets");
        let number = |n| Pointer::Number(n);
        for (text, repo, pointer) in [
            ("12", None, number(12)),
            (" #12 ", None, number(12)),
            ("acme/widgets#12", widgets(), number(12)),
            ("https://github.com/acme/widgets/issues/12#issuecomment-1", widgets(), number(12)),
            ("https://github.com/acme/widgets/pull/12/files?w=1", widgets(), number(12)),
            ("github.com/acme/widgets/pull/12", widgets(), number(12)),
            ("/acme/widgets/plans/12", widgets(), number(12)),
            ("http://127.0.0.1:3000/acme/widgets/plans/12", widgets(), number(12)),
            ("https://x/acme/widgets/actions/runs/99/job/5", widgets(), Pointer::Run(99)),
            ("https://github.com/acme/widgets/tree/plan/a-b", widgets(), Pointer::Branch("plan/a-b".into())),
            ("origin/P12-x-01-02-0304", None, Pointer::Branch("P12-x-01-02-0304".into())),
        ] {
            assert_eq!(read(text), Some((repo, pointer)), "{text}");
        }
        for text in ["", "   ", "add a greeting", "a/b c#3", "-#x y"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
