//! The bare repositories, through the `git` command line. No user or system configuration reaches it,
//! and every commit's identity and date is an argument.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::LazyLock,
};

use tokio::{io::AsyncWriteExt, process::Command};

/// One bare repository.
#[derive(Debug, Clone)]
pub struct Git {
    dir: PathBuf,
}

/// What a bare repository is set to: pushes over HTTP, no deletion of the default branch, no upkeep in the
/// background.
const CONFIG: &str = "[http]\n\treceivepack = true\n[receive]\n\tdenyDeleteCurrent = refuse\n[uploadpack]\n\t\
    allowFilter = true\n\tallowAnySHA1InWant = true\n[gc]\n\tauto = 0\n[core]\n\tfsync = none\n";

/// Who made a commit and when (`seconds` since the epoch).
#[derive(Debug, Clone)]
pub struct Signature {
    pub name: String,
    pub email: String,
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset: i32,
}

/// What git said when it refused: its exit code and standard error.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    #[error("git exited with {code}: {stderr}")]
    Refused { code: i32, stdout: Vec<u8>, stderr: String },
    #[error("git could not be run: {0}")]
    Io(#[from] io::Error),
}

/// Where git is. A program named by its whole path is started without copying this process's page tables.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("git")).find(|file| file.is_file());
    found.unwrap_or_else(|| PathBuf::from("git"))
});

/// `git` with a clean environment: only `PATH` and `HOME` survive.
pub fn command() -> Command {
    let mut c = Command::new(&*PROGRAM);
    c.env_clear();
    for name in ["PATH", "HOME", "TMPDIR"] {
        if let Some(value) = std::env::var_os(name) {
            c.env(name, value);
        }
    }
    c.env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C.UTF-8")
        .kill_on_drop(true);
    c
}

impl Signature {
    fn date(&self) -> String {
        let m = self.offset.abs();
        let sign = if self.offset < 0 { '-' } else { '+' };
        format!("{} {sign}{:02}{:02}", self.seconds, m / 60, m % 60)
    }
}

impl Git {
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes an empty bare repository whose HEAD names `branch`.
    pub async fn init(&self, branch: &str) -> Result<(), GitError> {
        tokio::fs::create_dir_all(&self.dir).await?;
        self.run(&["init", "--quiet", "--bare", "--template=", "--initial-branch", branch, "."]).await?;
        let config = self.dir.join("config");
        let mut text = tokio::fs::read_to_string(&config).await?;
        text.push_str(CONFIG);
        tokio::fs::write(&config, text).await?;
        let hook = self.dir.join("hooks").join("pre-receive");
        tokio::fs::create_dir_all(self.dir.join("hooks")).await?;
        tokio::fs::write(&hook, crate::smart_http::PRE_RECEIVE).await?;
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        tokio::fs::set_permissions(&hook, mode).await?;
        Ok(())
    }

    pub async fn run(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        self.feed(args, b"", &[]).await
    }

    /// Standard output as text without its last newline.
    pub async fn text(&self, args: &[&str]) -> Result<String, GitError> {
        let out = self.run(args).await?;
        Ok(String::from_utf8_lossy(&out).trim_end_matches('\n').to_owned())
    }

    /// Runs git with something on standard input and more in the environment.
    pub async fn feed(&self, args: &[&str], stdin: &[u8], env: &[(&str, &str)]) -> Result<Vec<u8>, GitError> {
        let mut child = command()
            .args(args)
            .envs(env.iter().copied())
            .current_dir(&self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let pipe = child.stdin.take();
        let input = stdin.to_vec();
        let writing = async move {
            if let Some(mut pipe) = pipe {
                // A git that has read enough closes its end; what it says then decides.
                pipe.write_all(&input).await.ok();
            }
        };
        let (out, ()) = tokio::join!(child.wait_with_output(), writing);
        let out = out?;
        if out.status.success() {
            return Ok(out.stdout);
        }
        Err(GitError::Refused {
            code: out.status.code().unwrap_or(-1),
            stdout: out.stdout,
            stderr: String::from_utf8_lossy(&out.stderr).trim().to_owned(),
        })
    }

    /// The object a name stands for, peeled to a commit; `None` when there is none.
    pub async fn commit_of(&self, name: &str) -> Option<String> {
        if name.starts_with('-') {
            return None;
        }
        let spec = format!("{name}^{{commit}}");
        self.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).await.ok()
    }

    /// `commit`, `tree`, `blob` or `tag`.
    pub async fn kind_of(&self, sha: &str) -> Option<String> {
        let full = sha.len() == 40 && sha.bytes().all(|b| b.is_ascii_hexdigit());
        if !full {
            return None;
        }
        self.text(&["cat-file", "-t", sha]).await.ok()
    }

    /// Every ref under `refs/heads` and `refs/tags` with its object.
    pub async fn refs(&self) -> Result<std::collections::BTreeMap<String, String>, GitError> {
        let format = "--format=%(refname) %(objectname)";
        let text = self.text(&["for-each-ref", format, "refs/heads", "refs/tags"]).await?;
        Ok(text
            .lines()
            .filter_map(|l| l.split_once(' '))
            .map(|(r, o)| (r.to_owned(), o.to_owned()))
            .collect())
    }

    /// Content of a file at a commit; `None` when it is absent or not a file.
    pub async fn file(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let spec = format!("{commit}:{path}");
        self.run(&["cat-file", "blob", &spec]).await.ok()
    }

    /// Paths of the files below a folder at a commit, without the folder's name.
    pub async fn files_under(&self, commit: &str, folder: &str) -> Vec<String> {
        let spec = format!("{commit}:{}", folder.trim_matches('/'));
        let text = self.text(&["ls-tree", "-r", "-z", "--name-only", &spec]).await.unwrap_or_default();
        text.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect()
    }

    pub async fn write_blob(&self, content: &[u8]) -> Result<String, GitError> {
        let out = self.feed(&["hash-object", "-w", "--stdin"], content, &[]).await?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// A tree made of another one and changes to it: path to mode and blob, or to nothing to remove it.
    pub async fn write_tree(
        &self,
        base: Option<&str>,
        changes: &[(String, Option<(String, String)>)],
    ) -> Result<String, GitError> {
        let index = self.dir.join(format!("index-{}", super::ids::hex32()));
        let shown = index.to_string_lossy().into_owned();
        let env = [("GIT_INDEX_FILE", shown.as_str())];
        let result = self.write_tree_in(base, changes, &env).await;
        tokio::fs::remove_file(&index).await.ok();
        result
    }

    async fn write_tree_in(
        &self,
        base: Option<&str>,
        changes: &[(String, Option<(String, String)>)],
        env: &[(&str, &str)],
    ) -> Result<String, GitError> {
        match base {
            Some(tree) => self.feed(&["read-tree", tree], b"", env).await?,
            None => self.feed(&["read-tree", "--empty"], b"", env).await?,
        };
        let mut lines = Vec::new();
        for (path, entry) in changes {
            match entry {
                Some((mode, sha)) => lines.extend(format!("{mode} {sha}\t{path}\0").bytes()),
                None => lines.extend(format!("0 {}\t{path}\0", "0".repeat(40)).bytes()),
            }
        }
        self.feed(&["update-index", "-z", "--index-info"], &lines, env).await?;
        let out = self.feed(&["write-tree"], b"", env).await?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    pub async fn write_commit(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        author: &Signature,
        committer: &Signature,
    ) -> Result<String, GitError> {
        let mut args = vec!["commit-tree", tree];
        for parent in parents {
            args.extend(["-p", parent]);
        }
        let (ad, cd) = (author.date(), committer.date());
        let env = [
            ("GIT_AUTHOR_NAME", author.name.as_str()),
            ("GIT_AUTHOR_EMAIL", author.email.as_str()),
            ("GIT_AUTHOR_DATE", ad.as_str()),
            ("GIT_COMMITTER_NAME", committer.name.as_str()),
            ("GIT_COMMITTER_EMAIL", committer.email.as_str()),
            ("GIT_COMMITTER_DATE", cd.as_str()),
        ];
        let out = self.feed(&args, message.as_bytes(), &env).await?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }

    /// Starts a branch with one commit of these files: path, mode and content.
    pub async fn start(
        &self,
        branch: &str,
        message: &str,
        who: &Signature,
        files: &[(&str, &str, &str)],
    ) -> Result<(), GitError> {
        let (name, email, date) = (&who.name, &who.email, who.date());
        let mut stream = format!("commit refs/heads/{branch}\ncommitter {name} <{email}> {date}\n");
        stream += &format!("data {}\n{message}\n", message.len());
        for (path, mode, content) in files {
            stream += &format!("M {mode} inline {path}\ndata {}\n{content}\n", content.len());
        }
        self.feed(&["fast-import", "--quiet", "--date-format=raw"], stream.as_bytes(), &[]).await?;
        Ok(())
    }

    /// Points a ref at an object, or removes it.
    pub async fn set_ref(&self, name: &str, sha: Option<&str>) -> Result<(), GitError> {
        match sha {
            Some(sha) => self.run(&["update-ref", name, sha]).await?,
            None => self.run(&["update-ref", "-d", name]).await?,
        };
        Ok(())
    }

    /// Whether `old` is `new` or an ancestor of it.
    pub async fn is_ancestor(&self, old: &str, new: &str) -> bool {
        self.run(&["merge-base", "--is-ancestor", old, new]).await.is_ok()
    }

    /// Commits of `to` that `from` lacks, oldest first.
    pub async fn between(&self, from: &str, to: &str) -> Vec<String> {
        let range = format!("{from}..{to}");
        let text = self.text(&["rev-list", "--reverse", "--topo-order", &range]).await.unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}
