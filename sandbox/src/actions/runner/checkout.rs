//! `actions/checkout`: the git commands that put the repository into the workspace, from the sandbox's
//! own address, with the token it was given.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::expression::Wrong;

pub struct Plan {
    pub commands: Vec<Vec<String>>,
    /// What is sent instead of the token; as secret as the token.
    pub header: String,
}

/// What to run for a checkout of `sha` under `git_ref`, or of the `ref` that was given.
pub fn plan(
    base: &str,
    repository: &str,
    git_ref: &str,
    sha: &str,
    token: &str,
    given: &BTreeMap<&str, String>,
) -> Result<Plan, Wrong> {
    let depth: u32 = match given.get("fetch-depth").map(String::as_str) {
        None | Some("") => 1,
        Some(text) => text.parse().map_err(|_| Wrong(format!("fetch-depth '{text}' is not a number")))?,
    };
    let persist = match given.get("persist-credentials").map(|s| s.to_lowercase()).as_deref() {
        None | Some("" | "true") => true,
        Some("false") => false,
        Some(other) => return Wrong::new(format!("persist-credentials '{other}' is not a boolean")),
    };
    if token.is_empty() {
        return Wrong::new("Input required and not supplied: token");
    }
    let header = STANDARD.encode(format!("x-access-token:{token}"));
    let key = format!("http.{base}/.extraheader");
    let wanted = given.get("ref").map(String::as_str).filter(|r| !r.is_empty());
    let target = Target::of(wanted, git_ref, sha);

    let mut commands: Vec<Vec<String>> = Vec::new();
    let mut git = |arguments: &[&str]| {
        commands.push(std::iter::once("git").chain(arguments.iter().copied()).map(str::to_owned).collect());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["remote", "add", "origin", &format!("{base}/{repository}")]);
    git(&["config", "gc.auto", "0"]);
    git(&["config", &key, &format!("AUTHORIZATION: basic {header}")]);
    let shallow = format!("--depth={depth}");
    let mut fetch = vec!["-c", "protocol.version=2", "fetch", "--quiet", "--no-recurse-submodules"];
    if depth > 0 {
        fetch.extend(["--no-tags", shallow.as_str(), "origin"]);
    } else {
        fetch.extend(["--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    }
    if depth > 0 || !target.is_branch() {
        fetch.push(&target.refspec);
    }
    git(&fetch);
    let checkout: Vec<&str> = target.checkout.iter().map(String::as_str).collect();
    git(&checkout);
    if !persist {
        git(&["config", "--unset-all", &key]);
    }
    Ok(Plan { commands, header })
}

struct Target {
    refspec: String,
    checkout: Vec<String>,
}

impl Target {
    fn of(wanted: Option<&str>, git_ref: &str, sha: &str) -> Self {
        let line = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        let is_sha = |text: &str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let Some(wanted) = wanted else {
            return match git_ref.strip_prefix("refs/heads/") {
                // The very commit, even if the branch has moved on.
                Some(branch) => {
                    let remote = format!("refs/remotes/origin/{branch}");
                    Self {
                        refspec: format!("+{sha}:{remote}"),
                        checkout: line(&["checkout", "--quiet", "--force", "-B", branch, sha]),
                    }
                }
                None => Self {
                    refspec: format!("+{sha}:{}", git_ref.replacen("refs/", "refs/remotes/", 1)),
                    checkout: line(&["checkout", "--quiet", "--force", "--detach", sha]),
                },
            };
        };
        if is_sha(wanted) {
            return Self {
                refspec: format!("+{wanted}:refs/remotes/origin/wanted"),
                checkout: line(&["checkout", "--quiet", "--force", "--detach", wanted]),
            };
        }
        if let Some(other) = wanted.strip_prefix("refs/").filter(|r| !r.starts_with("heads/")) {
            let local = format!("refs/remotes/{other}");
            return Self {
                refspec: format!("+{wanted}:{local}"),
                checkout: line(&["checkout", "--quiet", "--force", "--detach", &local]),
            };
        }
        let branch = wanted.strip_prefix("refs/heads/").unwrap_or(wanted);
        let remote = format!("refs/remotes/origin/{branch}");
        Self {
            refspec: format!("+refs/heads/{branch}:{remote}"),
            checkout: line(&["checkout", "--quiet", "--force", "-B", branch, &remote]),
        }
    }

    fn is_branch(&self) -> bool {
        self.checkout.contains(&"-B".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(git_ref: &str, given: &[(&'static str, &str)]) -> Result<Vec<String>, Wrong> {
        let given = given.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
        let plan = plan("http://x", "acme/widgets", git_ref, &"a".repeat(40), "tok", &given)?;
        Ok(plan.commands.iter().map(|c| c.join(" ")).collect())
    }

    #[test]
    fn a_branch_is_checked_out_as_a_branch() {
        let all = lines("refs/heads/main", &[]).expect("a plan");
        assert!(all[1].ends_with("http://x/acme/widgets"));
        assert!(all[4].contains("--depth=1") && all[4].contains(":refs/remotes/origin/main"));
        assert!(all[5].contains("-B main"));
        assert_eq!(all.len(), 6);
    }

    #[test]
    fn a_pull_request_is_checked_out_detached_and_credentials_can_be_dropped() {
        let all = lines("refs/pull/3/merge", &[("fetch-depth", "0"), ("persist-credentials", "false")])
            .expect("a plan");
        assert!(all[4].contains("refs/heads/*") && all[4].contains(":refs/remotes/pull/3/merge"));
        assert!(all[5].contains("--detach"));
        assert!(all[6].contains("--unset-all"));
    }

    #[test]
    fn a_given_ref_wins() {
        let all = lines("refs/heads/main", &[("ref", "plans/a")]).expect("a plan");
        assert!(all[5].ends_with("-B plans/a refs/remotes/origin/plans/a"));
        assert!(lines("refs/heads/main", &[("fetch-depth", "x")]).is_err());
        assert!(lines("refs/heads/main", &[("persist-credentials", "no")]).is_err());
    }
}
