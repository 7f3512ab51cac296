//! Whose words on GitHub count: on a public repository anyone may comment.

/// Whether an author's metadata is believed: someone of the repository, or an App.
///
/// `association` is GitHub's `author_association`. Only Apps have logins that end in `[bot]`.
pub fn is_trusted(association: &str, login: Option<&str>) -> bool {
    matches!(association, "OWNER" | "MEMBER" | "COLLABORATOR")
        || login.is_some_and(|login| login.ends_with("[bot]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_of_the_repository_and_apps_are_trusted_and_nobody_else() {
        for association in ["OWNER", "MEMBER", "COLLABORATOR"] {
            assert!(is_trusted(association, Some("ada")), "{association}");
        }
        for association in ["NONE", "CONTRIBUTOR", "FIRST_TIMER", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN", ""] {
            assert!(!is_trusted(association, Some("eve")), "{association}");
            assert!(!is_trusted(association, None), "{association}");
        }
        assert!(is_trusted("NONE", Some("github-actions[bot]")));
    }
}
