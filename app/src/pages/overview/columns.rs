//! The columns of the table: which are shown is in the address, and remembered in a cookie.

/// A column that can be shown or left out. Phase and title are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Repo,
    Pr,
    Checks,
    Comments,
    Objective,
    Run,
    Branch,
    Labels,
    Author,
    Age,
    Changed,
}

impl Column {
    /// In the order of the table.
    pub const ALL: [Column; 11] = [
        Column::Repo,
        Column::Pr,
        Column::Checks,
        Column::Comments,
        Column::Objective,
        Column::Run,
        Column::Branch,
        Column::Labels,
        Column::Author,
        Column::Age,
        Column::Changed,
    ];

    pub fn slug(self) -> &'static str {
        match self {
            Column::Repo => "repo",
            Column::Pr => "pr",
            Column::Checks => "checks",
            Column::Comments => "comments",
            Column::Objective => "objective",
            Column::Run => "run",
            Column::Branch => "branch",
            Column::Labels => "labels",
            Column::Author => "author",
            Column::Age => "age",
            Column::Changed => "changed",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Column::Repo => "Repository",
            Column::Pr => "Pull request",
            Column::Checks => "Checks",
            Column::Comments => "Comments",
            Column::Objective => "Objective",
            Column::Run => "Run",
            Column::Branch => "Branch",
            Column::Labels => "Labels",
            Column::Author => "Author",
            Column::Age => "Read",
            Column::Changed => "Changed",
        }
    }

    /// Whether it is shown to those who have not chosen.
    pub fn usual(self) -> bool {
        matches!(self, Column::Repo | Column::Pr | Column::Checks | Column::Author | Column::Changed)
    }
}

/// The columns shown, in the order of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns(pub Vec<Column>);

/// The name of the choice in addresses, and of the cookie that remembers it.
pub(super) const NAME: &str = "cols";
pub(super) const COOKIE: &str = "columns";

impl Default for Columns {
    fn default() -> Self {
        Columns(Column::ALL.into_iter().filter(|column| column.usual()).collect())
    }
}

impl Columns {
    /// Reads names separated by hyphens; unknown ones are left out.
    pub fn read(text: &str) -> Columns {
        let named = |column: &Column| text.split('-').any(|name| name == column.slug());
        Columns(Column::ALL.into_iter().filter(named).collect())
    }

    /// `title` stands for the columns that are always there, so that a choice is never empty.
    pub fn write(&self) -> String {
        let names = self.0.iter().map(|column| column.slug());
        ["title"].into_iter().chain(names).collect::<Vec<_>>().join("-")
    }

    pub fn has(&self, column: Column) -> bool {
        self.0.contains(&column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_back_and_nonsense_is_left_out() {
        assert_eq!(Columns::read(&Columns::default().write()), Columns::default());
        assert_eq!(Columns::read("title").0, []);
        assert_eq!(Columns::read("title-run-x-repo").0, [Column::Repo, Column::Run]);
    }
}
