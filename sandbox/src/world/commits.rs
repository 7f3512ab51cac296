//! Reading commits and the files they change.

use super::git::{Git, GitError};
use crate::views::git::{Commit, Person};

/// A file that differs between two trees.
#[derive(Debug, Clone)]
pub struct Change {
    pub path: String,
    /// `A`, `M`, `D`, `T`.
    pub letter: char,
    pub additions: u64,
    pub deletions: u64,
    /// Blob after the change, or before it when the file is gone.
    pub sha: String,
}

const FORMAT: &str = "--format=%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%at%x1f%cn%x1f%ce%x1f%ct%x1f%B";

/// git's name of the empty tree.
pub const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

impl Git {
    /// Commits that `git log` finds with these arguments, in its order.
    pub async fn log(&self, args: &[&str]) -> Result<Vec<Commit>, GitError> {
        let mut all = vec!["log", "-z", FORMAT];
        all.extend(args);
        let text = self.text(&all).await?;
        Ok(text.split('\0').filter_map(read).collect())
    }

    pub async fn commit(&self, sha: &str) -> Option<Commit> {
        self.log(&["-1", "--end-of-options", sha]).await.ok()?.into_iter().next()
    }

    /// Files that differ between two commits or trees.
    pub async fn changes(&self, from: &str, to: &str) -> Result<Vec<Change>, GitError> {
        let raw = self.text(&["diff-tree", "-r", "-z", "--no-renames", "--raw", from, to]).await?;
        let counts = self.text(&["diff-tree", "-r", "-z", "--no-renames", "--numstat", from, to]).await?;
        let counts: std::collections::HashMap<&str, (u64, u64)> = counts
            .split('\0')
            .filter_map(|line| {
                let mut parts = line.splitn(3, '\t');
                let (added, removed) = (parts.next()?, parts.next()?);
                Some((parts.next()?, (added.parse().unwrap_or(0), removed.parse().unwrap_or(0))))
            })
            .collect();
        let mut fields = raw.split('\0');
        let mut all = Vec::new();
        while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
            let parts: Vec<&str> = head.split(' ').collect();
            let [_, _, old, new, letter] = parts[..] else { continue };
            let letter = letter.chars().next().unwrap_or('M');
            let (additions, deletions) = counts.get(path).copied().unwrap_or_default();
            let sha = if letter == 'D' { old } else { new }.to_owned();
            all.push(Change { path: path.to_owned(), letter, additions, deletions, sha });
        }
        Ok(all)
    }

    /// What a commit changed against its first parent.
    pub async fn changes_of(&self, commit: &Commit) -> Result<Vec<Change>, GitError> {
        let from = commit.parents.first().map_or(EMPTY_TREE, String::as_str);
        self.changes(from, &commit.sha).await
    }

    /// The commit both have in common.
    pub async fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        self.text(&["merge-base", a, b]).await.ok()
    }

    /// The tree of a merge, or `None` when it conflicts.
    pub async fn merge_tree(&self, ours: &str, theirs: &str) -> Option<String> {
        let args = ["merge-tree", "--write-tree", "--allow-unrelated-histories", ours, theirs];
        let out = self.text(&args).await.ok()?;
        out.lines().next().map(str::to_owned)
    }
}

fn read(record: &str) -> Option<Commit> {
    let f: Vec<&str> = record.trim_start_matches('\n').splitn(10, '\x1f').collect();
    let [sha, tree, parents, an, ae, at, cn, ce, ct, message] = f[..] else { return None };
    let person = |name: &str, email: &str, at: &str| Person {
        name: name.to_owned(),
        email: email.to_owned(),
        at: at.parse().unwrap_or(0),
    };
    Some(Commit {
        sha: sha.to_owned(),
        tree: tree.to_owned(),
        parents: parents.split_whitespace().map(str::to_owned).collect(),
        author: person(an, ae, at),
        committer: person(cn, ce, ct),
        message: message.trim_end_matches('\n').to_owned(),
    })
}
