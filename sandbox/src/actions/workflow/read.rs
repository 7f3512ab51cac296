//! The top of a workflow file, and what its parts share.

use super::{
    super::{
        expression::{Names, Template, Wrong},
        yaml::{self, Invalid, Key, Node, Place},
    },
    Concurrency, Defaults, Pairs, Permissions, Shell, Workflow, jobs, names, triggers,
};

/// Areas of a job's token.
const AREAS: &[&str] = &[
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
];

impl Workflow {
    pub fn read(path: &str, text: &str) -> Result<Self, Invalid> {
        let root = yaml::read(text)?;
        let known = ["name", "run-name", "on", "permissions", "env", "concurrency", "defaults", "jobs"];
        let fields = fields(&root, &known)?;
        let mut workflow = Self {
            path: path.to_owned(),
            name: None,
            run_name: None,
            on: Default::default(),
            permissions: None,
            env: Vec::new(),
            concurrency: None,
            defaults: Defaults::default(),
            jobs: Vec::new(),
        };
        for need in ["on", "jobs"] {
            if !fields.iter().any(|(k, _)| k.name == need) {
                return root.invalid(format!("Required property is missing: {need}"));
            }
        }
        for (key, node) in fields {
            match key.name.as_str() {
                "name" => workflow.name = Some(node.text()?.to_owned()).filter(|n| !n.is_empty()),
                "run-name" => workflow.run_name = Some(template(node, names::RUN_NAME)?),
                "on" => workflow.on = triggers::read(node)?,
                "permissions" => workflow.permissions = Some(permissions(node)?),
                "env" => workflow.env = pairs(node, names::ENV)?,
                "concurrency" => workflow.concurrency = Some(concurrency(node, names::CONCURRENCY)?),
                "defaults" => workflow.defaults = defaults(node, names::CONCURRENCY)?,
                _ => workflow.jobs = jobs::read(node)?,
            }
        }
        Ok(workflow)
    }
}

/// The entries of a mapping, all of which must be known.
pub fn fields<'a>(node: &'a Node, known: &[&str]) -> Result<&'a [(Key, Node)], Invalid> {
    let entries = node.map()?;
    match entries.iter().find(|(k, _)| !known.contains(&k.name.as_str())) {
        Some((key, _)) => key.place.invalid(format!(
            "Unexpected value '{}' (the sandbox knows here: {})",
            key.name,
            known.join(", ")
        )),
        None => Ok(entries),
    }
}

pub fn placed<T>(place: Place, result: Result<T, Wrong>) -> Result<T, Invalid> {
    result.map_err(|Wrong(what)| Invalid { place, what })
}

pub fn template(node: &Node, names: Names) -> Result<Template, Invalid> {
    let text = if node.is_null() { "" } else { node.text()? };
    placed(node.place, Template::read(text, names))
}

pub fn pairs(node: &Node, names: Names) -> Result<Pairs, Invalid> {
    if node.is_null() {
        return Ok(Vec::new());
    }
    node.map()?.iter().map(|(key, value)| Ok((key.name.clone(), template(value, names)?))).collect()
}

pub fn concurrency(node: &Node, names: Names) -> Result<Concurrency, Invalid> {
    if node.map().is_err() {
        return Ok(Concurrency { group: template(node, names)?, cancel_in_progress: None });
    }
    let (mut group, mut cancel) = (None, None);
    for (key, value) in fields(node, &["group", "cancel-in-progress"])? {
        match key.name.as_str() {
            "group" => group = Some(template(value, names)?),
            _ => cancel = Some(template(value, names)?),
        }
    }
    match group {
        Some(group) => Ok(Concurrency { group, cancel_in_progress: cancel }),
        None => node.invalid("Required property is missing: group"),
    }
}

pub fn defaults(node: &Node, names: Names) -> Result<Defaults, Invalid> {
    let mut out = Defaults::default();
    for (_, run) in fields(node, &["run"])? {
        for (key, value) in fields(run, &["shell", "working-directory"])? {
            match key.name.as_str() {
                "shell" => out.shell = Some(shell(value)?),
                _ => out.working_directory = Some(template(value, names)?),
            }
        }
    }
    Ok(out)
}

pub fn shell(node: &Node) -> Result<Shell, Invalid> {
    match node.text()? {
        "bash" => Ok(Shell::Bash),
        "sh" => Ok(Shell::Sh),
        other => node.invalid(format!("The sandbox does not know the shell '{other}' (it knows: bash, sh)")),
    }
}

pub fn permissions(node: &Node) -> Result<Permissions, Invalid> {
    let all = |level: &str| AREAS.iter().map(|a| ((*a).to_owned(), level.to_owned())).collect();
    if let Ok(text) = node.text() {
        return match text {
            "read-all" => Ok(all("read")),
            "write-all" => Ok(all("write")),
            other => node.invalid(format!("Unexpected value '{other}'")),
        };
    }
    let mut out = Permissions::new();
    for (key, value) in fields(node, AREAS)? {
        match value.text()? {
            level @ ("read" | "write" | "none") => out.insert(key.name.clone(), level.to_owned()),
            other => return value.invalid(format!("Unexpected value '{other}'")),
        };
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "jobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n";

    fn wrong(text: &str) -> String {
        Workflow::read("x.yml", text).expect_err(text).to_string()
    }

    #[test]
    fn what_is_unknown_is_named_with_its_place() {
        let text = wrong(&format!("on: push\nservices: {{}}\n{JOB}"));
        assert!(text.starts_with("(Line: 2, Col: 1): Unexpected value 'services'"), "{text}");
        let text = wrong(&format!("on: push\npermissions:\n  content: read\n{JOB}"));
        assert!(text.starts_with("(Line: 3, Col: 3): Unexpected value 'content'"), "{text}");
        assert!(wrong("on: push\n").contains("missing: jobs"));
        assert!(wrong(JOB).contains("missing: on"));
        let text = wrong(&format!("on: push\nrun-name: ${{{{ secrets.A }}}}\n{JOB}"));
        assert_eq!(text, "(Line: 2, Col: 11): Unrecognized named-value: 'secrets'");
    }

    #[test]
    fn the_top_is_read() {
        let text = format!(
            "name: n\non: push\nconcurrency:\n  group: g\n  cancel-in-progress: true\nenv:\n  A: 1\n\
             defaults:\n  run:\n    shell: sh\npermissions: read-all\n{JOB}"
        );
        let workflow = Workflow::read(".github/workflows/x.yml", &text).expect("valid");
        assert_eq!((workflow.title(), workflow.env.len()), ("n", 1));
        assert_eq!(workflow.defaults.shell, Some(Shell::Sh));
        assert_eq!(workflow.permissions.expect("some")["contents"], "read");
        assert!(workflow.concurrency.is_some_and(|c| c.cancel_in_progress.is_some()));
    }

    /// The workflows that are shipped to repositories, and the fixture's own.
    #[test]
    fn shipped_workflows_are_understood() {
        for (path, text) in [
            ("one-shot.yml", include_str!("../../../../workflows/one-shot.yml")),
            ("plan-implement.yml", include_str!("../../../../workflows/plan-implement.yml")),
            ("check.yml", include_str!("../../../fixture/widgets/.github/workflows/check.yml")),
        ] {
            let workflow = Workflow::read(path, text);
            assert!(
                workflow.is_ok(),
                "{path}: {}",
                workflow.err().map(|e| e.to_string()).unwrap_or_default()
            );
        }
    }
}
