//! What stops a command, in words for the person who reads the run.

use std::fmt;

/// Why a command could not do its work: one line of title, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub title: String,
    pub message: String,
}

impl Failure {
    pub fn new(title: impl Into<String>, message: impl Into<String>) -> Failure {
        Failure { title: title.into(), message: message.into() }
    }

    /// The workflow command that shows this as an annotation of the run.
    pub fn annotation(&self) -> String {
        annotation("error", &self.title, &self.message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.title, self.message)
    }
}

/// A workflow command of a level (`error`, `warning`, `notice`); texts are escaped as the runner reads them.
pub fn annotation(level: &str, title: &str, message: &str) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={}::{}", property(title), data(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_stays_on_one_line_whatever_it_says() {
        let failure = Failure::new("Secrets: a, b", "100%\nof it::warning::x");
        assert_eq!(failure.annotation(), "::error title=Secrets%3A a%2C b::100%25%0Aof it::warning::x");
    }
}
