//! The migrations of both databases, read when the program is built.
//!
//! sqlx's own macro would do the same, and compile both database drivers a second time for it.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A version, its description, and the SQL of each database.
struct Version {
    number: i64,
    description: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! versions {
    ($($number:literal $description:literal),* $(,)?) => {
        &[$(Version {
            number: parse($number),
            description: $description,
            sqlite: include_str!(concat!("../../../migrations/sqlite/", $number, "_", $description, ".sql")),
            postgres: include_str!(concat!("../../../migrations/postgres/", $number, "_", $description, ".sql")),
        }),*]
    };
}

static VERSIONS: &[Version] = versions![
    "0001" "accounts",
    "0002" "mirror",
    "0003" "dispatch",
    "0004" "deliveries",
    "0005" "lifecycle",
    "0006" "overview",
    "0007" "objectives",
    "0008" "counts",
    "0009" "versions",
    "0010" "sessions",
    "0011" "bounds",
    "0012" "claims",
    "0014" "stopped",
    "0015" "entry",
    "0016" "idempotency",
    "0017" "browsers",
];

/// The number in the name of a file; everything else would not have compiled.
const fn parse(digits: &str) -> i64 {
    let (mut number, mut at) = (0, 0);
    while at < digits.len() {
        number = number * 10 + (digits.as_bytes()[at] - b'0') as i64;
        at += 1;
    }
    number
}

/// What brings a database up to date.
pub(super) fn migrator(sqlite: bool) -> Migrator {
    let migration = |version: &Version| {
        let sql = if sqlite { version.sqlite } else { version.postgres };
        let description = version.description.replace('_', " ").into();
        Migration::new(version.number, description, MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(VERSIONS.iter().map(migration).collect())
}

/// An empty database in memory with every table, for tests.
#[cfg(test)]
pub(crate) async fn in_memory() -> sqlx::AnyPool {
    sqlx::any::install_default_drivers();
    let one = sqlx::any::AnyPoolOptions::new().max_connections(1);
    let pool = one.connect("sqlite::memory:").await.expect("a database in memory");
    migrator(true).run(&pool).await.expect("it is brought up to date");
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_version_and_every_version_a_file() {
        for folder in ["sqlite", "postgres"] {
            let path = format!("{}/../migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(path).expect("the folder is there");
            let mut found: Vec<String> =
                files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
            found.sort();
            let listed: Vec<String> =
                VERSIONS.iter().map(|v| format!("{:04}_{}.sql", v.number, v.description)).collect();
            assert_eq!(found, listed, "{folder}");
        }
    }
}
