//! Lines by which a step talks to the runner: `::error file=a,line=1::message`.
//! <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Not a command, or one that is only printed.
    Line(String),
    Annotation(Annotation),
    Mask(String),
    /// Commands that GitHub has switched off or that are not known here.
    Refused(String),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// `error`, `warning` or `notice`.
    pub level: &'static str,
    pub title: Option<String>,
    pub file: Option<String>,
    pub line: u64,
    pub message: String,
}

/// Reads lines; between `::stop-commands::TOKEN` and `::TOKEN::` they are only lines.
#[derive(Debug, Default)]
pub struct Listener {
    stopped: Option<String>,
}

const OFF: &[&str] = &["set-output", "save-state", "set-env", "add-path"];

impl Listener {
    pub fn hear(&mut self, line: &str) -> Said {
        let plain = || Said::Line(line.to_owned());
        if let Some(token) = &self.stopped {
            if line.trim() == format!("::{token}::") {
                self.stopped = None;
                return Said::Nothing;
            }
            return plain();
        }
        let Some((head, value)) = line.trim_start().strip_prefix("::").and_then(|rest| rest.split_once("::"))
        else {
            return plain();
        };
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let property = |key: &str| {
            let all = properties.split(',').filter_map(|p| p.split_once('='));
            all.filter(|(k, _)| k.trim() == key).map(|(_, v)| unescape(v, true)).next()
        };
        let value = unescape(value, false);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "error" | "warning" | "notice" => Said::Annotation(Annotation {
                level: match name.as_str() {
                    "error" => "error",
                    "warning" => "warning",
                    _ => "notice",
                },
                title: property("title").filter(|t| !t.is_empty()),
                file: property("file").filter(|f| !f.is_empty()),
                line: property("line").and_then(|l| l.parse().ok()).unwrap_or(1),
                message: value,
            }),
            "add-mask" => Said::Mask(value),
            "group" => Said::Line(format!("##[group]{value}")),
            "endgroup" => Said::Line("##[endgroup]".to_owned()),
            "debug" | "echo" => Said::Nothing,
            "stop-commands" if !value.trim().is_empty() => {
                self.stopped = Some(value.trim().to_owned());
                Said::Nothing
            }
            off if OFF.contains(&off) => Said::Refused(format!(
                "The `{off}` command is not known to the sandbox. Use environment files."
            )),
            _ => plain(),
        }
    }
}

/// `%0A` and the like; properties also escape `:` and `,`.
fn unescape(text: &str, property: bool) -> String {
    let text = text.replace("%0D", "\r").replace("%0A", "\n");
    let text = if property { text.replace("%3A", ":").replace("%2C", ",") } else { text };
    text.replace("%25", "%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_commands() {
        let mut listener = Listener::default();
        let error = Annotation {
            level: "error",
            title: Some("Plan: it, failed".to_owned()),
            file: Some("a.rs".to_owned()),
            line: 7,
            message: "100%\nno".to_owned(),
        };
        for (line, said) in [
            ("::error file=a.rs,line=7,title=Plan%3A it%2C failed::100%25%0Ano", Said::Annotation(error)),
            ("::add-mask::x", Said::Mask("x".to_owned())),
            ("::group::Title", Said::Line("##[group]Title".to_owned())),
            ("::endgroup::", Said::Line("##[endgroup]".to_owned())),
            ("::debug::x", Said::Nothing),
            ("a ::error::x", Said::Line("a ::error::x".to_owned())),
            ("std::vec::Vec", Said::Line("std::vec::Vec".to_owned())),
            ("::unheard-of::x", Said::Line("::unheard-of::x".to_owned())),
        ] {
            assert_eq!(listener.hear(line), said);
        }
        assert!(matches!(listener.hear("::set-output name=a::b"), Said::Refused(_)));
    }

    #[test]
    fn commands_can_be_stopped() {
        let mut listener = Listener::default();
        assert_eq!(listener.hear("::stop-commands::t0k"), Said::Nothing);
        assert_eq!(listener.hear("::error::x"), Said::Line("::error::x".to_owned()));
        assert_eq!(listener.hear("::t0k::"), Said::Nothing);
        assert!(matches!(listener.hear("::error::x"), Said::Annotation(_)));
    }
}
