//! Whether an instruction is specific enough for work without questions, and is a one-time change.

use super::{Find, Kind};

pub(super) fn finds(text: &str) -> Vec<Find> {
    let mut finds = Vec::new();
    if let Some(at) = text.find(|c: char| !c.is_whitespace()).filter(|_| is_vague(text)) {
        let message = "This says little about what to do. No questions are asked on the way: name the file or the \
                       behaviour, and what should be different afterwards, as in “Add TypeScript types to the \
                       UserProfile.tsx file”.";
        finds.push(Find { at, kind: Kind::Vague, message: message.to_owned() });
    }
    let lower = lowered(text);
    for (phrase, why) in LASTING {
        if let Some(at) = phrase_in(&lower, phrase) {
            let message = format!(
                "“{phrase}” speaks of {why}. A one-shot suits a change that is made once; consider planning first, or several plans under an objective."
            );
            finds.push(Find { at, kind: Kind::NotOneShot, message });
        }
    }
    finds
}

/// Signs of work that is not a one-time change.
const LASTING: &[(&str, &str)] = &[
    ("ongoing maintenance", "work that goes on"),
    ("keep up to date", "work that goes on"),
    ("keep maintaining", "work that goes on"),
    ("from now on", "work that goes on"),
    ("every day", "work that repeats"),
    ("every week", "work that repeats"),
    ("every month", "work that repeats"),
    ("recurring task", "work that repeats"),
    ("repeatable feature", "a feature that needs maintenance"),
    ("production feature", "a feature that needs tests and documentation of its own"),
    ("production-ready feature", "a feature that needs tests and documentation of its own"),
    ("user-facing feature", "a feature that needs maintenance"),
    ("user-facing functionality", "a feature that needs maintenance"),
    ("comprehensive tests", "a feature that needs tests and documentation of its own"),
    ("comprehensive test suite", "a feature that needs tests and documentation of its own"),
    ("comprehensive documentation", "a feature that needs tests and documentation of its own"),
    ("user-facing documentation", "a feature that needs tests and documentation of its own"),
    ("user documentation", "a feature that needs tests and documentation of its own"),
    ("used repeatedly", "a feature that is used and changed again and again"),
    ("modified over time", "a feature that is used and changed again and again"),
    ("business logic", "logic that is used and changed again and again"),
];

/// Words that say what to do without saying to what.
const GENERAL: &[&str] = &[
    "a",
    "all",
    "an",
    "and",
    "app",
    "application",
    "better",
    "bit",
    "bug",
    "bugs",
    "change",
    "clean",
    "cleanup",
    "code",
    "codebase",
    "component",
    "components",
    "do",
    "docs",
    "documentation",
    "enhance",
    "error",
    "errors",
    "everything",
    "feature",
    "features",
    "few",
    "file",
    "files",
    "fix",
    "function",
    "functions",
    "good",
    "how",
    "improve",
    "improvements",
    "issue",
    "issues",
    "it",
    "little",
    "make",
    "modernize",
    "module",
    "more",
    "optimize",
    "our",
    "performance",
    "please",
    "polish",
    "problem",
    "problems",
    "project",
    "quality",
    "refactor",
    "repo",
    "repository",
    "rewrite",
    "site",
    "some",
    "stuff",
    "style",
    "styles",
    "test",
    "tests",
    "that",
    "the",
    "them",
    "thing",
    "things",
    "this",
    "to",
    "tweak",
    "ui",
    "up",
    "update",
    "upgrade",
    "ux",
    "website",
    "work",
    "works",
];

/// One short line in which every word is a general one, or there is but one word.
fn is_vague(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    // A path, an identifier, a number or a quotation is specific; so is a command.
    let specific =
        |c: char| matches!(c, '/' | '`' | '#' | '_' | '"' | '“' | '(' | ':' | '@') || c.is_ascii_digit();
    if text.contains(specific) {
        return false;
    }
    let words: Vec<&str> =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
    let named = |word: &&str| word.contains('.') || word.chars().skip(1).any(char::is_uppercase);
    if words.iter().any(|word| named(word) && word.len() > 2) {
        return false;
    }
    let general = words.iter().all(|word| GENERAL.contains(&word.to_lowercase().as_str()));
    words.len() == 1 || (general && words.len() <= 12)
}

/// The text in lower case, as long in bytes as it was.
fn lowered(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Where a phrase stands as whole words.
fn phrase_in(text: &str, phrase: &str) -> Option<usize> {
    text.match_indices(phrase).map(|(at, _)| at).find(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + phrase.len()..].trim_start_matches('s').chars().next();
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        apart(before) && apart(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        finds(text).into_iter().map(|find| find.kind).collect()
    }

    #[test]
    fn vague_one_liners_are_noticed() {
        for text in [
            "Update components",
            "refactor",
            "Fix bugs.",
            "Improve the code quality, please",
            " make it better ",
        ] {
            assert_eq!(kinds(text), [Kind::Vague], "{text}");
        }
        for text in [
            "Add TypeScript types to the UserProfile.tsx file",
            "Update components\n\nin src/ui: use the new tokens",
            "Fix typo in README",
            "Add JSDoc comments to utils/formatters.js",
            "Add an alert status bar when user is out of credits",
            "Fix #12",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn each_sign_of_lasting_work_is_noticed() {
        for text in [
            "Repeatable features",
            "User-facing functionality",
            "with ongoing maintenance",
            "Production features",
            "Require comprehensive tests",
            "Business logic",
            "Features that will be used repeatedly",
            "and modified over time",
            "user-facing documentation",
        ] {
            assert!(kinds(text).contains(&Kind::NotOneShot), "{text}");
        }
    }

    #[test]
    fn lasting_work_is_noticed_where_it_is_spoken_of() {
        let finds = finds("Add a user-facing feature.\nIt needs Comprehensive Tests.");
        let told: Vec<_> = finds.iter().map(|find| (find.at, find.kind)).collect();
        assert_eq!(told, [(6, Kind::NotOneShot), (36, Kind::NotOneShot)]);
        assert_eq!(kinds("Migrate the database from SQLite to PostgreSQL"), []);
    }
}
