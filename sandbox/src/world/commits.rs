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
        let args = ["diff-tree", "-r", "-z", "--no-renames", "--raw", "--numstat", from, to];
        Ok(read_changes(&self.text(&args).await?))
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

/// First a head and a path for each file (`:old-mode new-mode old new letter`), then its counts.
fn read_changes(text: &str) -> Vec<Change> {
    let mut all: Vec<Change> = Vec::new();
    let mut fields = text.split('\0');
    while let Some(field) = fields.next() {
        if let Some(head) = field.strip_prefix(':') {
            let parts: Vec<&str> = head.split(' ').collect();
            let ([_, _, old, new, letter], Some(path)) = (&parts[..], fields.next()) else { continue };
            let letter = letter.chars().next().unwrap_or('M');
            let sha = if letter == 'D' { *old } else { *new }.to_owned();
            all.push(Change { path: path.to_owned(), letter, additions: 0, deletions: 0, sha });
            continue;
        }
        let mut counts = field.splitn(3, '\t');
        let (Some(added), Some(removed), Some(path)) = (counts.next(), counts.next(), counts.next()) else {
            continue;
        };
        if let Some(change) = all.iter_mut().find(|c| c.path == path) {
            // Of a binary file both are dashes.
            change.additions = added.parse().unwrap_or(0);
            change.deletions = removed.parse().unwrap_or(0);
        }
    }
    all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_their_counts() {
        let text = ":100644 100644 aa bb M\0a b.txt\0:100644 000000 cc 00 D\0d\0\
                    :000000 100644 00 ee A\0img\x004\t1\ta b.txt\x000\t7\td\0-\t-\timg\0";
        let seen: Vec<_> = read_changes(text)
            .into_iter()
            .map(|c| (c.path, c.letter, c.additions, c.deletions, c.sha))
            .collect();
        let file =
            |path: &str, letter, add, del, sha: &str| (path.to_owned(), letter, add, del, sha.to_owned());
        assert_eq!(
            seen,
            [file("a b.txt", 'M', 4, 1, "bb"), file("d", 'D', 0, 7, "cc"), file("img", 'A', 0, 0, "ee")]
        );
    }
}
