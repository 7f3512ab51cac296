//! Files through which a step gives outputs and variables to what follows: `name=value` lines, or
//! `name<<END`, lines, `END`.

use super::super::expression::Wrong;

pub fn read(text: &str, file: &str) -> Result<Vec<(String, String)>, Wrong> {
    let mut all = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (Some(at), other) if at > 0 && other.is_none_or(|h| at < h) => {
                all.push((line[..at].to_owned(), line[at + 1..].to_owned()));
            }
            (_, Some(at)) if at > 0 && at + 2 < line.len() => {
                let end = &line[at + 2..];
                let mut value = Vec::new();
                loop {
                    match lines.next() {
                        Some(next) if next == end => break,
                        Some(next) => value.push(next),
                        None => {
                            return Wrong::new(format!(
                                "Unable to process file command '{file}' successfully. Matching delimiter not found '{end}'"
                            ));
                        }
                    }
                }
                all.push((line[..at].to_owned(), value.join("\n")));
            }
            _ => {
                return Wrong::new(format!(
                    "Unable to process file command '{file}' successfully. Invalid format '{line}'"
                ));
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn the_table_of_files() {
        for (text, pairs) in [
            ("", vec![]),
            ("a=b=c\n\nd=\n", vec![pair("a", "b=c"), pair("d", "")]),
            ("a<<EOF\none\n\ntwo=2\nEOF\nb=1\n", vec![pair("a", "one\n\ntwo=2"), pair("b", "1")]),
            ("a=1<<2\n", vec![pair("a", "1<<2")]),
            ("a<<E\nE", vec![pair("a", "")]),
        ] {
            assert_eq!(read(text, "output"), Ok(pairs), "{text:?}");
        }
        for text in ["nothing", "=b", "a<<EOF\none\n", "a<<", "<<EOF\nEOF"] {
            assert!(read(text, "output").is_err(), "{text:?}");
        }
    }
}
