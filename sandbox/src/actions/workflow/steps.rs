//! The steps of a job.

use super::{
    super::{
        expression::condition,
        yaml::{Invalid, Node},
    },
    Does, Step,
    jobs::{check_id, condition_of},
    names,
    read::{fields, pairs, placed, shell, template},
};

const KNOWN: &[&str] = &[
    "id",
    "name",
    "if",
    "run",
    "shell",
    "env",
    "working-directory",
    "continue-on-error",
    "timeout-minutes",
    "uses",
    "with",
];

/// What the built-in `actions/checkout` takes.
const CHECKOUT: &[&str] = &["ref", "fetch-depth", "token", "persist-credentials"];

pub fn read(node: &Node) -> Result<Vec<Step>, Invalid> {
    let mut all: Vec<Step> = Vec::new();
    for node in node.list()? {
        let step = step(node)?;
        if let Some(id) = &step.id
            && all.iter().any(|s| s.id.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(id)))
        {
            return node.invalid(format!("The identifier '{id}' may not be used more than once"));
        }
        all.push(step);
    }
    Ok(all)
}

fn step(node: &Node) -> Result<Step, Invalid> {
    let entries = fields(node, KNOWN)?;
    let mut step = Step {
        id: None,
        name: None,
        condition: placed(node.place, condition("", names::STEP_IF))?,
        env: Vec::new(),
        continue_on_error: None,
        timeout_minutes: None,
        does: does(node)?,
    };
    for (key, value) in entries {
        match key.name.as_str() {
            "id" => {
                check_id(value.text()?, value.place)?;
                step.id = Some(value.text()?.to_owned());
            }
            "name" => step.name = Some(template(value, names::STEP)?),
            "if" => step.condition = condition_of(value, names::STEP_IF)?,
            "env" => step.env = pairs(value, names::STEP)?,
            "continue-on-error" => step.continue_on_error = Some(template(value, names::STEP)?),
            "timeout-minutes" => step.timeout_minutes = Some(template(value, names::STEP)?),
            _ => {}
        }
    }
    Ok(step)
}

fn does(node: &Node) -> Result<Does, Invalid> {
    let find = |name: &str| node.map().ok()?.iter().find(|(k, _)| k.name == name);
    match (find("run"), find("uses")) {
        (Some((_, run)), None) => {
            if let Some((key, _)) = find("with") {
                return key.place.invalid("Unexpected value 'with'");
            }
            Ok(Does::Run {
                script: template(run, names::STEP)?,
                shell: find("shell").map(|(_, n)| shell(n)).transpose()?,
                working_directory: find("working-directory")
                    .map(|(_, n)| template(n, names::STEP))
                    .transpose()?,
            })
        }
        (None, Some((_, uses))) => {
            if let Some((key, _)) = find("shell").or(find("working-directory")) {
                return key.place.invalid(format!("Unexpected value '{}'", key.name));
            }
            let text = uses.text()?;
            if text.split_once('@').is_none_or(|(name, at)| name != "actions/checkout" || at.is_empty()) {
                return uses.invalid(format!(
                    "The sandbox does not know the action '{text}' (it knows: actions/checkout)"
                ));
            }
            let mut with = Vec::new();
            if let Some((_, node)) = find("with") {
                fields(node, CHECKOUT)?;
                with = pairs(node, names::STEP)?;
            }
            Ok(Does::Checkout { uses: text.to_owned(), with })
        }
        _ => node.invalid("A step must have either 'run' or 'uses'"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::super::yaml, *};

    fn wrong(text: &str) -> String {
        yaml::read(text).and_then(|node| read(&node)).expect_err(text).what
    }

    #[test]
    fn what_is_unknown_is_named() {
        assert!(wrong("- uses: actions/setup-node@v4").contains("'actions/setup-node@v4'"));
        assert!(wrong("- uses: actions/checkout").contains("'actions/checkout'"));
        assert!(wrong("- {uses: actions/checkout@v4, with: {lfs: true}}").contains("'lfs'"));
        assert!(wrong("- {run: x, shell: pwsh}").contains("'pwsh'"));
        assert!(wrong("- {run: x, uses: y}").contains("either"));
        assert!(wrong("- {name: x}").contains("either"));
        assert!(wrong("- {run: x, if: secrets.A}").contains("'secrets'"));
        assert!(wrong("- {run: x, id: a}\n- {run: x, id: A}").contains("more than once"));
    }

    #[test]
    fn names_in_a_script_are_checked_before_it_runs() {
        assert!(wrong("- run: echo ${{ matrix.os }}").contains("'matrix'"));
    }
}
