//! `jobs`: what runs, after what, and under which conditions.

use super::{
    super::{
        expression::{Expression, Names, condition},
        yaml::{Invalid, Node, Place},
    },
    Called, Job, Steps, Work, names,
    read::{concurrency, defaults, fields, pairs, permissions, placed, template},
    steps,
};

const WITH_STEPS: &[&str] = &[
    "name",
    "needs",
    "if",
    "runs-on",
    "outputs",
    "env",
    "timeout-minutes",
    "continue-on-error",
    "concurrency",
    "permissions",
    "defaults",
    "steps",
];

const CALLING: &[&str] = &["name", "needs", "if", "uses", "with", "secrets", "concurrency", "permissions"];

pub fn read(node: &Node) -> Result<Vec<Job>, Invalid> {
    let mut jobs = Vec::new();
    for (key, node) in node.map()? {
        check_id(&key.name, key.place)?;
        jobs.push((node.place, job(&key.name, node)?));
    }
    if jobs.is_empty() {
        return node.invalid("The workflow must contain at least one job");
    }
    for (place, job) in &jobs {
        for need in &job.needs {
            if !jobs.iter().any(|(_, j)| j.id == *need) {
                return place.invalid(format!("Job '{}' depends on unknown job '{need}'", job.id));
            }
        }
        if reaches(&jobs, &job.id, &job.id, jobs.len()) {
            return place.invalid(format!("Job '{}' depends on itself", job.id));
        }
    }
    Ok(jobs.into_iter().map(|(_, job)| job).collect())
}

fn reaches(jobs: &[(Place, Job)], from: &str, to: &str, depth: usize) -> bool {
    let needs = jobs.iter().find(|(_, j)| j.id == from).map(|(_, j)| j.needs.as_slice()).unwrap_or_default();
    needs.iter().any(|n| n == to || depth > 0 && reaches(jobs, n, to, depth - 1))
}

/// Ids of jobs and steps: letters, digits, `_` and `-`, not beginning with a digit or `-`.
pub fn check_id(id: &str, place: Place) -> Result<(), Invalid> {
    let first = id.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    match first && id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) {
        true => Ok(()),
        false => place.invalid(format!("The identifier '{id}' is invalid")),
    }
}

pub fn condition_of(node: &Node, names: Names) -> Result<Expression, Invalid> {
    placed(node.place, condition(node.text()?, names))
}

fn job(id: &str, node: &Node) -> Result<Job, Invalid> {
    let calling = node.map()?.iter().any(|(k, _)| k.name == "uses");
    let entries = fields(node, if calling { CALLING } else { WITH_STEPS })?;
    let mut job = Job {
        id: id.to_owned(),
        name: None,
        needs: Vec::new(),
        condition: placed(node.place, condition("", names::JOB_IF))?,
        concurrency: None,
        permissions: None,
        work: match calling {
            true => Work::Call(call(node)?),
            false => Work::Steps(Box::new(work(node)?)),
        },
    };
    for (key, value) in entries {
        match key.name.as_str() {
            "name" => job.name = Some(template(value, names::JOB)?),
            "needs" => job.needs = value.texts()?,
            "if" => job.condition = condition_of(value, names::JOB_IF)?,
            "concurrency" => job.concurrency = Some(concurrency(value, names::JOB)?),
            "permissions" => job.permissions = Some(permissions(value)?),
            _ => {}
        }
    }
    Ok(job)
}

fn work(node: &Node) -> Result<Steps, Invalid> {
    let mut out = Steps {
        runs_on: Vec::new(),
        outputs: Vec::new(),
        env: Vec::new(),
        timeout_minutes: None,
        continue_on_error: None,
        defaults: Default::default(),
        steps: Vec::new(),
    };
    for (key, value) in node.map()? {
        match key.name.as_str() {
            "runs-on" => out.runs_on = runs_on(value)?,
            "outputs" => out.outputs = pairs(value, names::JOB_OUTPUTS)?,
            "env" => out.env = pairs(value, names::JOB_ENV)?,
            "timeout-minutes" => out.timeout_minutes = Some(template(value, names::JOB)?),
            "continue-on-error" => out.continue_on_error = Some(template(value, names::JOB)?),
            "defaults" => out.defaults = defaults(value, names::JOB_DEFAULTS)?,
            "steps" => out.steps = steps::read(value)?,
            _ => {}
        }
    }
    if out.runs_on.is_empty() {
        return node.invalid("Required property is missing: runs-on");
    }
    if out.steps.is_empty() {
        return node.invalid("Required property is missing: steps");
    }
    Ok(out)
}

/// Labels of the runner; here there are only GitHub's Ubuntu ones.
fn runs_on(node: &Node) -> Result<Vec<super::Template>, Invalid> {
    let labels = node.texts()?;
    if let Some(label) = labels.iter().find(|l| !l.starts_with("ubuntu-") && !l.contains("${{")) {
        return node.invalid(format!("The sandbox has no runner '{label}' (it has: ubuntu-...)"));
    }
    match node.list() {
        Ok(items) => items.iter().map(|i| template(i, names::JOB)).collect(),
        Err(_) => Ok(vec![template(node, names::JOB)?]),
    }
}

fn call(node: &Node) -> Result<Called, Invalid> {
    let mut out = Called { path: String::new(), with: Vec::new(), secrets: Some(Vec::new()) };
    for (key, value) in node.map()? {
        match key.name.as_str() {
            "uses" => {
                let text = value.text()?;
                let file = text.strip_prefix("./.github/workflows/");
                let local = file.is_some_and(|f| {
                    !f.contains(['/', '@']) && (f.ends_with(".yml") || f.ends_with(".yaml"))
                });
                if !local {
                    return value.invalid(format!(
                        "The sandbox calls only workflows of the same repository (./.github/workflows/NAME.yml), not '{text}'"
                    ));
                }
                out.path = text.trim_start_matches("./").to_owned();
            }
            "with" => out.with = pairs(value, names::JOB)?,
            "secrets" if value.text() == Ok("inherit") => out.secrets = None,
            "secrets" => out.secrets = Some(pairs(value, names::JOB_ENV)?),
            _ => {}
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{super::super::yaml, *};

    fn jobs(text: &str) -> Result<Vec<Job>, Invalid> {
        read(&yaml::read(text)?)
    }

    fn wrong(text: &str) -> String {
        jobs(text).expect_err(text).what
    }

    const REST: &str = "runs-on: ubuntu-latest, steps: [{run: x}]";

    #[test]
    fn what_is_unknown_or_missing_is_named() {
        assert!(wrong(&format!("a: {{strategy: {{}}, {REST}}}")).contains("'strategy'"));
        assert!(wrong("a: {steps: [{run: x}]}").contains("runs-on"));
        assert!(wrong("a: {runs-on: ubuntu-latest}").contains("steps"));
        assert!(wrong("a: {runs-on: windows-latest, steps: [{run: x}]}").contains("windows-latest"));
        assert!(wrong("a: {uses: o/r/.github/workflows/x.yml@main}").contains("same repository"));
        assert!(wrong("a: {uses: ./.github/workflows/x.yml, steps: []}").contains("'steps'"));
        assert!(wrong(&format!("1a: {{{REST}}}")).contains("'1a'"));
        assert!(wrong(&format!("a: {{if: 'env.A', {REST}}}")).contains("'env'"));
    }

    #[test]
    fn needs_lead_somewhere_and_not_in_a_circle() {
        assert!(wrong(&format!("a: {{needs: b, {REST}}}")).contains("unknown job 'b'"));
        assert!(wrong(&format!("a: {{needs: b, {REST}}}\nb: {{needs: a, {REST}}}")).contains("itself"));
        let all = jobs(&format!("a: {{{REST}}}\nb: {{needs: [a], {REST}}}")).expect("valid");
        assert_eq!(all[1].needs, ["a"]);
    }

    #[test]
    fn a_call_names_its_file() {
        let all =
            jobs("a: {uses: ./.github/workflows/x.yml, secrets: inherit, with: {k: 1}}").expect("valid");
        let Work::Call(call) = &all[0].work else { panic!("a call") };
        assert_eq!((call.path.as_str(), call.secrets.is_none()), (".github/workflows/x.yml", true));
    }
}
