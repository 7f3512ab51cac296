//! Who may come in, as configured: `WAYMARK_ALLOW`, `WAYMARK_ADMINS` and `WAYMARK_PRIVATE`.
//!
//! A list names users (`ada`), organisations (`@acme`) and teams (`@acme/core`). An entry that cannot be read
//! keeps the server from starting: a list never grows by a slip.

use std::fmt;

use clap::builder::FalseyValueParser;

/// The settings as given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct EntrySettings {
    /// Who may sign in: users (ada), organisations (@acme) and teams (@acme/core), separated by commas
    /// [default: everybody]
    #[arg(long, env = "WAYMARK_ALLOW")]
    pub allow: Option<String>,

    /// Show nothing to those who are not signed in
    #[arg(long, env = "WAYMARK_PRIVATE", value_parser = FalseyValueParser::new())]
    pub private: bool,

    /// Who may see and end what others have here, under /admin; named as in WAYMARK_ALLOW, and always let in
    /// [default: nobody]
    #[arg(long, env = "WAYMARK_ADMINS")]
    pub admins: Option<String>,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    User(String),
    Organization(String),
    Team { organization: String, slug: String },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::User(login) => write!(f, "{login}"),
            Rule::Organization(organization) => write!(f, "@{organization}"),
            Rule::Team { organization, slug } => write!(f, "@{organization}/{slug}"),
        }
    }
}

/// The checked settings.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Empty for everybody.
    pub allow: Vec<Rule>,
    /// Empty for nobody.
    pub admins: Vec<Rule>,
    /// Whether nothing is shown to those who are not signed in.
    pub private: bool,
}

impl Entry {
    /// Checks the settings; what cannot be read is added to `wrong`.
    pub fn checked(settings: EntrySettings, wrong: &mut Vec<String>) -> Entry {
        let mut list = |name: &str, given: Option<String>| {
            let given = given.unwrap_or_default();
            let entries = given.split(',').map(str::trim).filter(|entry| !entry.is_empty());
            let read = |entry: &str| {
                let rule = rule(entry);
                if rule.is_none() {
                    wrong.push(format!(
                        "{name}: {entry} is neither a user (ada), an organisation (@acme) nor a team (@acme/core). \
                         Separate several by commas."
                    ));
                }
                rule
            };
            entries.filter_map(read).collect()
        };
        Entry {
            allow: list("WAYMARK_ALLOW", settings.allow),
            admins: list("WAYMARK_ADMINS", settings.admins),
            private: settings.private,
        }
    }
}

fn rule(entry: &str) -> Option<Rule> {
    // A login may end in `_company` where a company manages its users; a slug may hold dots.
    let login = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        (!text.is_empty() && text.len() <= 100 && text.chars().all(fits)).then(|| text.to_owned())
    };
    let slug = |text: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let plain = !text.is_empty() && text.len() <= 100 && !text.starts_with('.');
        (plain && text.chars().all(fits)).then(|| text.to_owned())
    };
    match entry.strip_prefix('@') {
        None => login(entry).map(Rule::User),
        Some(name) => match name.split_once('/') {
            None => login(name).map(Rule::Organization),
            Some((organization, team)) => {
                Some(Rule::Team { organization: login(organization)?, slug: slug(team)? })
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_users_organisations_and_teams() {
        let mut wrong = Vec::new();
        let allow = Some(" ada, @acme ,@acme/core.team,, ".to_owned());
        let entry = Entry::checked(EntrySettings { allow, ..EntrySettings::default() }, &mut wrong);
        let names: Vec<String> = entry.allow.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["ada", "@acme", "@acme/core.team"]);
        assert!(wrong.is_empty() && entry.admins.is_empty() && !entry.private);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_its_name() {
        for bad in
            ["@", "acme/core", "@acme/", "@/core", "@acme/..", "ada grace", "@acme/a/b", "ada;bob", "*"]
        {
            let mut wrong = Vec::new();
            let admins = Some(bad.to_owned());
            let entry = Entry::checked(EntrySettings { admins, ..EntrySettings::default() }, &mut wrong);
            assert!(entry.admins.is_empty(), "{bad}");
            assert!(
                wrong.len() == 1 && wrong[0].contains("WAYMARK_ADMINS") && wrong[0].contains(bad),
                "{wrong:?}"
            );
        }
    }
}
