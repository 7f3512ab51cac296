//! The log of a job: one file, a time before every line, nothing secret in it.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
};

use super::mask::Masks;

pub struct Log {
    file: Option<File>,
    pub masks: Masks,
}

impl Log {
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Some(file), masks: Masks::default() })
    }

    /// Writes text, each of its lines with the time now.
    pub fn line(&mut self, text: &str) {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%7fZ");
        let hidden = self.masks.hide(text);
        let Some(file) = &mut self.file else { return };
        let mut out = String::new();
        for line in hidden.split('\n') {
            out.push_str(&format!("{now} {line}\n"));
        }
        if let Err(error) = file.write_all(out.as_bytes()) {
            tracing::warn!(%error, "the log of a job cannot be written any more");
            self.file = None;
        }
    }

    pub fn error(&mut self, message: &str) {
        self.line(&format!("##[error]{message}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_time_and_no_secret() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("logs/7.txt");
        let mut log = Log::open(&path).expect("a log");
        log.masks.add("hush");
        log.line("a hush\nb");
        let text = std::fs::read_to_string(path).expect("a log");
        let lines: Vec<(&str, &str)> = text.lines().filter_map(|l| l.split_once(' ')).collect();
        assert_eq!(lines.iter().map(|(_, l)| *l).collect::<Vec<_>>(), ["a ***", "b"]);
        assert!(
            lines.iter().all(|(t, _)| t.len() == "2026-02-15T09:03:00.1234567Z".len() && t.ends_with('Z'))
        );
    }
}
