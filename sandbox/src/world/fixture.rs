//! The world every sandbox starts with: four people, one organisation, four repositories.

use std::{io, path::Path};

use super::{
    Held,
    git::Signature,
    ids,
    model::{
        Account, AccountKind, Hook, Label, MergeMethods, Model, Repo, Role, Secret, Time, Token, TokenKind,
    },
};
use crate::{Options, WebhookTarget};

/// Path, mode and content of a file of a repository.
pub type File<'a> = (&'a str, &'a str, &'a str);

const PROJECT: &[File] = &[
    (".gitignore", "100644", include_str!("../../fixture/widgets/.gitignore")),
    ("README.md", "100644", include_str!("../../fixture/widgets/README.md")),
    ("check.sh", "100755", include_str!("../../fixture/widgets/check.sh")),
    ("src/widgets.sh", "100644", include_str!("../../fixture/widgets/src/widgets.sh")),
    ("tests/widgets_test.sh", "100644", include_str!("../../fixture/widgets/tests/widgets_test.sh")),
];

/// Instruction templates that this team has written.
const TEMPLATES: &[File] = &[
    (
        ".waymark/templates/fix-a-bug.md",
        "100644",
        include_str!("../../fixture/widgets/.waymark/templates/fix-a-bug.md"),
    ),
    (
        ".waymark/templates/write-documentation.md",
        "100644",
        include_str!("../../fixture/widgets/.waymark/templates/write-documentation.md"),
    ),
];

/// What connecting a repository installs; its configuration names the demo agent.
const AUTOMATION: &[File] = &[
    (
        ".github/workflows/check.yml",
        "100644",
        include_str!("../../fixture/widgets/.github/workflows/check.yml"),
    ),
    (".github/workflows/one-shot.yml", "100644", include_str!("../../../workflows/one-shot.yml")),
    (".github/workflows/plan-implement.yml", "100644", include_str!("../../../workflows/plan-implement.yml")),
    (".waymark/config.toml", "100644", include_str!("../../demo-agent/config.toml")),
    (".waymark/setup.sh", "100755", include_str!("../../../workflows/setup.sh")),
    (".waymark/prompts/plan.md", "100644", include_str!("../../../workflows/prompts/plan.md")),
    (".waymark/prompts/implement.md", "100644", include_str!("../../../workflows/prompts/implement.md")),
    (".waymark/prompts/summarise.md", "100644", include_str!("../../../workflows/prompts/summarise.md")),
];

/// GitHub's own default labels and erk's, as name, colour and description.
const LABELS: &[(&str, &str, &str)] = &[
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("enhancement", "a2eeef", "New feature or request"),
    ("erk-objective", "5319E7", "Multi-phase objective with roadmap"),
    ("erk-plan", "0E8A16", "Implementation plan for manual execution"),
    ("no-changes", "FFA500", "Implementation produced no code changes"),
];

const PEOPLE: &[(&str, &str, Option<Role>)] = &[
    ("admin", "Ada Admin", Some(Role::Admin)),
    ("writer", "Wren Writer", Some(Role::Write)),
    ("reader", "Rhea Reader", Some(Role::Read)),
    ("outsider", "Otis Outsider", None),
];

/// The login of the actor behind a job's own token.
pub const BOT: &str = "github-actions[bot]";

/// What makes one repository of the fixture differ from the next.
struct Plan {
    name: &'static str,
    description: &'static str,
    private: bool,
    archived: bool,
    automated: bool,
}

const REPOS: &[Plan] = &[
    Plan {
        name: "widgets",
        description: "Counts and names widgets",
        private: false,
        archived: false,
        automated: true,
    },
    Plan {
        name: "secret",
        description: "Counts and names secret widgets",
        private: true,
        archived: false,
        automated: true,
    },
    Plan {
        name: "archived",
        description: "Widgets of the past",
        private: false,
        archived: true,
        automated: true,
    },
    Plan {
        name: "bare",
        description: "Without workflows, secrets or labels",
        private: false,
        archived: false,
        automated: false,
    },
];

/// Replaces the whole world by the fixture. Ids go on, so that what is still on its way from the world
/// before cannot be taken for something of this one.
pub async fn build(held: &mut Held<'_>, options: &Options) -> io::Result<()> {
    let (base, last_id) = (held.base.clone(), held.last_id.max(1000));
    let before: Vec<u64> = held.repos.keys().copied().collect();
    **held = Model { base, last_id, ..Model::default() };
    for repo in before {
        tokio::fs::remove_dir_all(held.git(repo).dir()).await.ok();
    }
    follow(held, options);
    let now = held.now();
    for (login, name, _) in PEOPLE {
        add_account(held, login, name, AccountKind::User, now);
    }
    add_account(held, BOT, "github-actions", AccountKind::Bot, now);
    add_account(held, "acme", "Acme Corporation", AccountKind::Organization, now);
    if let Some(acme) = held.accounts.get_mut("acme") {
        acme.members = [("admin", "admin"), ("writer", "member"), ("reader", "member")]
            .map(|(l, r)| (l.to_owned(), r.to_owned()))
            .into();
        acme.teams = [("core".to_owned(), vec!["writer".to_owned()])].into();
    }
    for plan in REPOS {
        make(held, options, plan).await?;
    }
    Ok(())
}

/// The app's credentials and the address of the installed webhook are those of this start.
pub fn follow(m: &mut Model, options: &Options) {
    m.app.client_id.clone_from(&options.oauth_client_id);
    m.app.client_secret.clone_from(&options.oauth_client_secret);
    let installed = m.repos.values_mut().flat_map(|r| r.hooks.values_mut()).filter(|h| h.installed);
    for (hook, target) in installed.zip(options.webhook.iter().cycle()) {
        hook.url.clone_from(&target.url);
        hook.secret = Some(target.secret.clone());
    }
}

/// One repository with its content, labels, roles, secrets and webhook.
async fn make(held: &mut Held<'_>, options: &Options, plan: &Plan) -> io::Result<()> {
    let id = add_repo(held, "acme", plan.name, plan.description, plan.private);
    let files: Vec<File<'_>> = match plan.automated {
        true => PROJECT.iter().chain(AUTOMATION).chain(TEMPLATES).copied().collect(),
        false => PROJECT.to_vec(),
    };
    commit_files(held, id, "main", "Count and name widgets", &files).await.map_err(io::Error::other)?;
    settle(held, options, id, plan.automated);
    if let Some(repo) = held.repos.get_mut(&id) {
        repo.archived = plan.archived;
    }
    Ok(())
}

/// Labels, roles, secrets and the webhook.
fn settle(held: &mut Held<'_>, options: &Options, id: u64, automated: bool) {
    let now = held.now();
    let queue = automated.then(|| add_token(held, "admin", &["repo", "gist", "workflow"]));
    let hook = options.webhook.as_ref().map(|target| hook_to(held.fresh_id(), target, now));
    let labels: Vec<Label> = LABELS
        .iter()
        .filter(|(name, ..)| automated || !name.contains('-'))
        .map(|(name, color, about)| Label {
            id: held.fresh_id(),
            name: (*name).to_owned(),
            color: (*color).to_owned(),
            description: Some((*about).to_owned()),
        })
        .collect();
    let Some(repo) = held.repos.get_mut(&id) else { return };
    repo.labels = labels;
    repo.roles = PEOPLE.iter().filter_map(|(l, _, role)| Some(((*l).to_owned(), (*role)?))).collect();
    if let Some(queue) = queue {
        let secret = |value: &str| Secret { value: value.to_owned(), created_at: now, updated_at: now };
        repo.secrets = [
            ("ERK_QUEUE_GH_PAT", queue.as_str()),
            ("ANTHROPIC_API_KEY", "sandbox-has-no-model"),
            ("CLAUDE_CODE_OAUTH_TOKEN", "sandbox-has-no-model"),
        ]
        .map(|(name, value)| (name.to_owned(), secret(value)))
        .into();
    }
    if let Some(hook) = hook {
        repo.hooks.insert(hook.id, hook);
    }
}

/// What a repository is to become.
pub struct Seed<'a> {
    pub owner: &'a str,
    pub name: &'a str,
    pub description: &'a str,
    pub private: bool,
    /// With all that remote work needs: workflows, secrets, labels.
    pub automated: bool,
    pub content: Content<'a>,
}

/// Where the content of a repository comes from.
pub enum Content<'a> {
    Fixture,
    /// The branches and tags of a git repository on this machine.
    Copy(&'a Path),
    Files(Vec<File<'a>>),
}

/// Gives a repository its content. It is made when it is not there; of one that is, issues and pull
/// requests stay.
pub async fn seed(held: &mut Held<'_>, options: &Options, seed: Seed<'_>) -> io::Result<()> {
    let Seed { owner, name, automated, .. } = seed;
    if held.account(owner).is_none() {
        return Err(io::Error::other(format!("there is no account {owner}")));
    }
    let known = held.repo(owner, name).map(|r| r.id);
    let id = known.unwrap_or_else(|| add_repo(held, owner, name, seed.description, seed.private));
    let automation = if automated { AUTOMATION } else { &[] };
    let (message, files) = match seed.content {
        Content::Copy(path) => {
            copy(held, id, path).await.map_err(io::Error::other)?;
            ("", Vec::new())
        }
        Content::Fixture => {
            ("Count and name widgets", PROJECT.iter().chain(automation).chain(TEMPLATES).copied().collect())
        }
        Content::Files(files) => ("Begin", automation.iter().copied().chain(files).collect()),
    };
    if !files.is_empty() {
        commit_files(held, id, "main", message, &files).await.map_err(io::Error::other)?;
    }
    if known.is_none() {
        settle(held, options, id, automated);
    }
    Ok(())
}

async fn copy(held: &mut Held<'_>, id: u64, from: &Path) -> Result<(), super::git::GitError> {
    let head = super::git::Git::at(from).text(&["symbolic-ref", "--short", "HEAD"]).await?;
    let git = held.git(id);
    if git.dir().exists() {
        tokio::fs::remove_dir_all(git.dir()).await?;
    }
    git.init(&head).await?;
    let from = from.to_string_lossy();
    git.run(&["fetch", "--quiet", &from, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).await?;
    let refs = git.refs().await?;
    if let Some(repo) = held.repos.get_mut(&id) {
        repo.default_branch = head;
        repo.refs = refs;
    }
    Ok(())
}

/// A webhook for every event, as the settings of a GitHub App would have it.
fn hook_to(id: u64, target: &WebhookTarget, now: Time) -> Hook {
    Hook {
        id,
        url: target.url.clone(),
        secret: Some(target.secret.clone()),
        content_type: "json".to_owned(),
        insecure_ssl: "0".to_owned(),
        events: vec!["*".to_owned()],
        active: true,
        installed: true,
        created_at: now,
        updated_at: now,
        last_response: (None, Some("unused".to_owned()), None),
    }
}

pub fn add_account(m: &mut Model, login: &str, name: &str, kind: AccountKind, now: Time) {
    let id = m.fresh_id();
    let mailbox = login.replace("[bot]", "-bot");
    let account = Account {
        id,
        login: login.to_owned(),
        kind,
        name: name.to_owned(),
        email: format!("{id}+{mailbox}@users.noreply.example.com"),
        created_at: now,
        members: Default::default(),
        teams: Default::default(),
    };
    m.accounts.insert(login.to_owned(), account);
}

/// A classic personal access token.
pub fn add_token(m: &mut Model, login: &str, scopes: &[&str]) -> String {
    let value = ids::secret("ghp_", 36);
    let token = Token {
        login: login.to_owned(),
        kind: TokenKind::Personal,
        scopes: scopes.iter().map(|s| (*s).to_owned()).collect(),
        created_at: m.now(),
        expires_at: None,
    };
    m.tokens.insert(value.clone(), token);
    value
}

/// A repository without content; its bare git repository is not made here.
pub fn add_repo(m: &mut Model, owner: &str, name: &str, description: &str, private: bool) -> u64 {
    let (id, now) = (m.fresh_id(), m.now());
    let repo = Repo {
        id,
        owner: owner.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        private,
        archived: false,
        has_issues: true,
        default_branch: "main".to_owned(),
        created_at: now,
        updated_at: now,
        pushed_at: now,
        merge_methods: MergeMethods { merge: true, squash: true, rebase: true, delete_branch: false },
        actions_enabled: true,
        roles: Default::default(),
        labels: Vec::new(),
        last_number: 0,
        issues: Default::default(),
        comments: Default::default(),
        reviews: Default::default(),
        review_comments: Default::default(),
        hooks: Default::default(),
        deliveries: Default::default(),
        statuses: Vec::new(),
        check_runs: Default::default(),
        secrets: Default::default(),
        variables: Default::default(),
        refs: Default::default(),
    };
    m.repos.insert(id, repo);
    id
}

/// Starts the repository's history with one commit by `admin`; tells nobody.
async fn commit_files(
    held: &mut Held<'_>,
    repo: u64,
    branch: &str,
    message: &str,
    files: &[File<'_>],
) -> Result<(), super::git::GitError> {
    let git = held.git(repo);
    if git.dir().exists() {
        tokio::fs::remove_dir_all(git.dir()).await?;
    }
    git.init(branch).await?;
    git.start(branch, message, &held.signature("admin"), files).await?;
    let refs = git.refs().await?;
    if let Some(repo) = held.repos.get_mut(&repo) {
        repo.refs = refs;
    }
    Ok(())
}

impl Model {
    /// How an account signs commits now.
    pub fn signature(&self, login: &str) -> Signature {
        let (name, email) = self.account(login).map_or_else(
            || (login.to_owned(), format!("{login}@users.noreply.example.com")),
            |a| (a.name.clone(), a.email.clone()),
        );
        Signature { name, email, seconds: self.now(), offset: 0 }
    }

    /// A job's own token for one repository, with permissions by area (`contents` to `write`); it ends
    /// after `lifetime` seconds or when [`Model::revoke`]d.
    pub fn job_token(
        &mut self,
        repo: u64,
        permissions: std::collections::BTreeMap<String, String>,
        lifetime: i64,
    ) -> String {
        let value = ids::secret("ghs_", 36);
        let now = self.now();
        let token = Token {
            login: BOT.to_owned(),
            kind: TokenKind::Job { repo, permissions },
            scopes: Vec::new(),
            created_at: now,
            expires_at: Some(now + lifetime),
        };
        self.tokens.insert(value.clone(), token);
        value
    }

    pub fn revoke(&mut self, token: &str) {
        self.tokens.remove(token);
    }
}
