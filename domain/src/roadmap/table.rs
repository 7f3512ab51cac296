//! Markdown tables of nodes, by the names of their columns.

use super::model::{Node, PhaseKey, Roadmap, Status, Version};
use super::phases;

/// What a column of a node table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Description,
    DependsOn,
    Status,
    Plan,
    Pr,
    Other,
}

/// The columns of a header line of a node table; nothing for any other line.
pub(super) fn columns(line: &str) -> Option<Vec<Column>> {
    let columns: Vec<Column> = cells(line)?
        .iter()
        .map(|cell| match cell.trim().to_ascii_lowercase().as_str() {
            "node" | "step" | "id" | "#" => Column::Id,
            "description" => Column::Description,
            "depends on" => Column::DependsOn,
            "status" => Column::Status,
            "plan" => Column::Plan,
            "pr" => Column::Pr,
            _ => Column::Other,
        })
        .collect();
    (columns.contains(&Column::Id) && columns.contains(&Column::Status)).then_some(columns)
}

/// The cells of a table row, `\|` still escaped; nothing when it is not a row.
pub(super) fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (mut cells, mut from, mut escaped) = (Vec::new(), 0, false);
    for (at, byte) in inner.bytes().enumerate() {
        if byte == b'|' && !escaped {
            cells.push(&inner[from..at]);
            from = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    cells.push(&inner[from..]);
    Some(cells)
}

/// Whether a row is the line of dashes under a header.
pub(super) fn is_rule(line: &str) -> bool {
    cells(line).is_some_and(|cells| {
        cells.iter().all(|cell| {
            let cell = cell.trim();
            cell.contains('-') && cell.bytes().all(|byte| matches!(byte, b'-' | b':'))
        })
    })
}

/// A text as a cell shows it.
pub(super) fn cell(text: &str) -> String {
    let line = text.split(['\n', '\r']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let text = line.trim().replace('|', "\\|");
    if text.is_empty() { "-".to_owned() } else { text }
}

/// The roadmap in the tables of a body; nothing when it has none with a row.
pub(super) fn read(body: &str) -> Option<Roadmap> {
    let mut nodes: Vec<Node> = Vec::new();
    let mut current: Option<Vec<Column>> = None;
    for line in body.lines() {
        if let Some(header) = columns(line) {
            current = Some(header);
        } else if !line.trim_start().starts_with('|') {
            current = None;
        } else if let Some(columns) = current.as_ref().filter(|_| !is_rule(line)) {
            nodes.extend(row(columns, line));
        }
    }
    (!nodes.is_empty()).then(|| Roadmap::new(Version::Tables, nodes, &phases::names(body)))
}

fn row(columns: &[Column], line: &str) -> Option<Node> {
    let cells = cells(line)?;
    let text = |wanted: Column| {
        let at = columns.iter().position(|column| *column == wanted)?;
        let text = cells.get(at)?.trim().replace("\\|", "|");
        Some(text).filter(|text| !text.is_empty() && text != "-")
    };
    let id = text(Column::Id)?;
    let mut plan = text(Column::Plan);
    let mut pr = text(Column::Pr);
    // Before plans had a column of their own they stood in that of the pull request.
    if let Some(old) = pr.as_deref().and_then(|pr| pr.strip_prefix("plan ")).map(|old| old.trim().to_owned())
    {
        plan = plan.or(Some(old));
        pr = None;
    }
    let word = text(Column::Status).unwrap_or_default().to_lowercase().replace(['-', ' '], "_");
    let status = Status::from_word(&word).unwrap_or(match (&pr, &plan) {
        (None, None) => Status::Pending,
        _ => Status::InProgress,
    });
    let depends_on = columns.contains(&Column::DependsOn).then(|| {
        let listed = text(Column::DependsOn).unwrap_or_default();
        listed.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
    });
    Some(Node {
        phase: PhaseKey::of(&id),
        description: text(Column::Description).unwrap_or_default(),
        id,
        status,
        plan,
        pr,
        depends_on,
        slug: None,
        comment: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_tables_are_read() {
        let body = "# Objective\n\n### Phase 1A: Steelthread (1 PR)\n\n| Step | Description | Status | PR |\n|------|-----|:----:|-----|\n| 1A.1 | a \\| b | done | #100 |\n| 1A.2 | Wire | pending | plan #123 |\n| 1A.3 | x | - | - |\n\n| other | table |\n|--|--|\n| 1 | 2 |\n";
        let map = read(body).expect("a roadmap");
        assert_eq!(map.phases[0].name, "Steelthread");
        let told: Vec<_> = map
            .nodes
            .iter()
            .map(|n| (n.id.as_str(), n.description.as_str(), n.status, n.plan.as_deref(), n.pr.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("1A.1", "a | b", Status::Done, None, Some("#100")),
                ("1A.2", "Wire", Status::Pending, Some("#123"), None),
                ("1A.3", "x", Status::Pending, None, None),
            ]
        );
    }
}
