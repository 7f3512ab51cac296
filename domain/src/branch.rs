//! Branch names: made for a plan, and recognised in every generation.
//!
//! Properties: a name made here is always a valid git reference and, but for its stamp, at most
//! 31 characters long unless the numbers alone are longer; the same arguments give the same name.

/// What prefix and slug together may measure, in characters.
pub const MAX: usize = 31;

/// The name of the branch of a plan: `P{issue}-[O{objective}-]{slug}-{MM-DD-HHMM}`.
///
/// `at` is read as it is; pass UTC. `text` is the instruction or the title the slug is made of.
pub fn name(issue: u64, objective: Option<u64>, text: &str, at: jiff::civil::DateTime) -> String {
    let mut prefix = format!("P{issue}-");
    if let Some(objective) = objective {
        prefix.push_str(&format!("O{objective}-"));
    }
    let slug = slug(text, MAX.saturating_sub(prefix.len()).max(1));
    format!("{prefix}{slug}-{}", stamp(at))
}

/// `MM-DD-HHMM`.
pub fn stamp(at: jiff::civil::DateTime) -> String {
    format!("{:02}-{:02}-{:02}{:02}", at.month(), at.day(), at.hour(), at.minute())
}

/// A text as lower-case letters, digits and single hyphens, of at most `most` characters; `work`
/// when nothing is left.
pub fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    for c in text.trim().to_lowercase().chars() {
        if slug.len() > MAX.max(most) {
            break;
        }
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    let slug = if slug.is_empty() { "work" } else { slug };
    slug[..slug.len().min(most)].trim_end_matches('-').to_owned()
}

/// Which generation made a branch, and so what its plan lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A plan issue: `P123-...`, and `123-...` before.
    Issue,
    /// A pull request that is the plan: `plnd/...`, `planned/...`, `plan/...`.
    Pull,
    /// A one-shot without a plan issue: `oneshot-...`.
    OneShot,
}

/// What a branch name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch<'a> {
    pub kind: Kind,
    pub issue: Option<u64>,
    pub objective: Option<u64>,
    pub slug: &'a str,
    /// `MM-DD-HHMM`, where the name ends so.
    pub stamp: Option<&'a str>,
}

/// Recognise a branch of erk or Waymark; nothing for any other branch.
pub fn recognise(name: &str) -> Option<Branch<'_>> {
    let (rest, stamp) = split_stamp(name);
    for prefix in ["plnd/", "planned/", "plan/"] {
        if let Some(rest) = rest.strip_prefix(prefix) {
            let (objective, slug) = numbered(rest, "O").unzip();
            return Some(Branch {
                kind: Kind::Pull,
                issue: None,
                objective,
                slug: slug.unwrap_or(rest),
                stamp,
            });
        }
    }
    if let Some((issue, rest)) = numbered(rest, "P") {
        let (objective, slug) = numbered(rest, "O").unzip();
        let slug = slug.unwrap_or(rest);
        return Some(Branch { kind: Kind::Issue, issue: Some(issue), objective, slug, stamp });
    }
    // Without a stamp a leading number is anybody's.
    if let (Some((issue, slug)), Some(_)) = (numbered(rest, ""), stamp) {
        return Some(Branch { kind: Kind::Issue, issue: Some(issue), objective: None, slug, stamp });
    }
    let slug = rest.strip_prefix("oneshot-")?;
    Some(Branch { kind: Kind::OneShot, issue: None, objective: None, slug, stamp })
}

/// `{letter}{number}-rest` as number and rest.
fn numbered<'a>(text: &'a str, letter: &str) -> Option<(u64, &'a str)> {
    let (number, rest) = text.strip_prefix(letter)?.split_once('-')?;
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !rest.is_empty()).then(|| number.parse().ok().map(|number| (number, rest))).flatten()
}

fn split_stamp(name: &str) -> (&str, Option<&str>) {
    let Some(at) = name.len().checked_sub("-MM-DD-HHMM".len()).filter(|at| name.is_char_boundary(*at)) else {
        return (name, None);
    };
    let shape = name[at..].bytes().zip("-dd-dd-dddd".bytes());
    let fits = shape.into_iter().all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        hyphen => byte == hyphen,
    });
    if fits && at > 0 { (&name[..at], Some(&name[at + 1..])) } else { (name, None) }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told<'a> = (Kind, Option<u64>, Option<u64>, &'a str, Option<&'a str>);

    fn told(name: &str) -> Option<Told<'_>> {
        recognise(name).map(|b| (b.kind, b.issue, b.objective, b.slug, b.stamp))
    }

    #[test]
    fn branches_of_every_generation_are_recognised() {
        let stamp = Some("01-15-1430");
        for (name, wanted) in [
            ("P123-fix-it-01-15-1430", (Kind::Issue, Some(123), None, "fix-it", stamp)),
            ("P123-O42-fix-it-01-15-1430", (Kind::Issue, Some(123), Some(42), "fix-it", stamp)),
            ("123-fix-it-01-15-1430", (Kind::Issue, Some(123), None, "fix-it", stamp)),
            ("P2946-create", (Kind::Issue, Some(2946), None, "create", None)),
            ("plnd/fix-it-01-15-1430", (Kind::Pull, None, None, "fix-it", stamp)),
            ("plnd/O42-fix-it-01-15-1430", (Kind::Pull, None, Some(42), "fix-it", stamp)),
            ("planned/fix", (Kind::Pull, None, None, "fix", None)),
            ("oneshot-fix-it-01-15-1430", (Kind::OneShot, None, None, "fix-it", stamp)),
        ] {
            assert_eq!(told(name), Some(wanted), "{name}");
        }
        for name in ["main", "2026-roadmap", "P-x", "Px-1", "feature/P123", "", "-01-15-1430", "é01-15-1430"]
        {
            assert_eq!(told(name), None, "{name}");
        }
    }

    #[test]
    fn what_is_made_is_recognised() {
        let at = jiff::civil::date(2026, 1, 15).at(14, 30, 0, 0);
        let name = name(u64::MAX, Some(u64::MAX), "Fix the thing", at);
        let branch = recognise(&name);
        assert_eq!(branch.as_ref().and_then(|b| b.issue), Some(u64::MAX), "{name}");
        assert_eq!(branch.map(|b| b.slug), Some("f"));
    }
}
