//! Batches: pieces of work in an order, and the dispatch that each became.
//!
//! An item becomes a dispatch in the transaction that records the dispatch, so that none is begun twice.

use sqlx::{AnyConnection, Row, any::AnyRow};
use waymark_app::areas::{BatchWork, Problem};

use super::record::json;

/// A batch as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub id: String,
    /// Whose token the items are dispatched with.
    pub account_id: i64,
    pub login: String,
    /// Epoch milliseconds.
    pub created_at: i64,
}

/// What became of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Became {
    Waiting,
    /// The id of its dispatch, which tells the rest.
    Dispatched(String),
    /// Nothing was written.
    Refused(Vec<Problem>),
}

/// An item as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub batch_id: String,
    /// 1-based.
    pub seq: i64,
    pub work: BatchWork,
    pub became: Became,
}

fn unreadable(column: &str, error: serde_json::Error) -> sqlx::Error {
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: Box::new(error) }
}

fn batch(row: &AnyRow) -> Result<Batch, sqlx::Error> {
    Ok(Batch {
        id: row.try_get("id")?,
        account_id: row.try_get("account_id")?,
        login: row.try_get("login")?,
        created_at: row.try_get("created_at")?,
    })
}

fn item(row: &AnyRow) -> Result<Item, sqlx::Error> {
    let work: String = row.try_get("work")?;
    let state: String = row.try_get("state")?;
    let dispatch: Option<String> = row.try_get("dispatch_id")?;
    let problems: Option<String> = row.try_get("problems")?;
    Ok(Item {
        batch_id: row.try_get("batch_id")?,
        seq: row.try_get("seq")?,
        work: serde_json::from_str(&work).map_err(|error| unreadable("work", error))?,
        became: match (state.as_str(), dispatch) {
            ("dispatched", Some(id)) => Became::Dispatched(id),
            ("refused", _) => Became::Refused(
                serde_json::from_str(problems.as_deref().unwrap_or("[]"))
                    .map_err(|error| unreadable("problems", error))?,
            ),
            _ => Became::Waiting,
        },
    })
}

/// Records a batch with its items, before any of them is begun.
pub async fn insert(db: &mut AnyConnection, batch: &Batch, work: &[BatchWork]) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO batches (id, account_id, login, created_at) VALUES ($1, $2, $3, $4)")
        .bind(&batch.id)
        .bind(batch.account_id)
        .bind(&batch.login)
        .bind(batch.created_at)
        .execute(&mut *db)
        .await?;
    for (work, seq) in work.iter().zip(1_i64..) {
        sqlx::query("INSERT INTO batch_items (batch_id, seq, work, state) VALUES ($1, $2, $3, 'waiting')")
            .bind(&batch.id)
            .bind(seq)
            .bind(json(work)?)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

pub async fn load(db: &mut AnyConnection, id: &str) -> Result<Option<Batch>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM batches WHERE id = $1").bind(id).fetch_optional(db).await?;
    row.as_ref().map(batch).transpose()
}

/// The items of a batch, in order.
pub async fn items(db: &mut AnyConnection, id: &str) -> Result<Vec<Item>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM batch_items WHERE batch_id = $1 ORDER BY seq")
        .bind(id)
        .fetch_all(db)
        .await?;
    rows.iter().map(item).collect()
}

/// Records what became of an item.
pub async fn save(db: &mut AnyConnection, item: &Item) -> Result<(), sqlx::Error> {
    let (state, dispatch, problems) = match &item.became {
        Became::Waiting => ("waiting", None, None),
        Became::Dispatched(id) => ("dispatched", Some(id), None),
        Became::Refused(problems) => ("refused", None, Some(problems)),
    };
    sqlx::query(
        "UPDATE batch_items SET state = $3, dispatch_id = $4, problems = $5 WHERE batch_id = $1 AND seq = $2",
    )
    .bind(&item.batch_id)
    .bind(item.seq)
    .bind(state)
    .bind(dispatch)
    .bind(problems.map(json).transpose()?)
    .execute(db)
    .await?;
    Ok(())
}

/// The batches with items whose turn has not come.
pub async fn unfinished(db: &mut AnyConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar("SELECT DISTINCT batch_id FROM batch_items WHERE state = 'waiting'")
        .fetch_all(db)
        .await
}

#[cfg(test)]
mod tests {
    use waymark_app::areas::{NewForm, ProblemKind};

    use super::*;

    #[tokio::test]
    async fn items_are_read_back_in_order_with_what_they_became() {
        let pool = crate::db::in_memory().await;
        let mut db = pool.acquire().await.expect("a connection");
        let kept = Batch { id: "b".into(), account_id: 1, login: "writer".into(), created_at: 5 };
        let work = |text: &str| BatchWork::OneShot {
            form: NewForm { instruction: text.into(), ..NewForm::default() },
        };
        insert(&mut db, &kept, &[work("a"), work("b"), work("c")]).await.expect("recorded");
        assert!(insert(&mut db, &kept, &[]).await.is_err(), "an id is used once");
        assert_eq!(load(&mut db, "b").await.expect("read"), Some(kept));
        let mut all = items(&mut db, "b").await.expect("read");
        assert_eq!(
            all.iter().map(|item| item.work.clone()).collect::<Vec<_>>(),
            [work("a"), work("b"), work("c")]
        );
        all[0].became = Became::Dispatched("d".into());
        all[1].became = Became::Refused(vec![Problem::new(ProblemKind::Invalid, "no")]);
        save(&mut db, &all[0]).await.expect("saved");
        save(&mut db, &all[1]).await.expect("saved");
        assert_eq!(items(&mut db, "b").await.expect("read"), all);
        assert_eq!(unfinished(&mut db).await.expect("read"), ["b"]);
        all[2].became = Became::Dispatched("e".into());
        save(&mut db, &all[2]).await.expect("saved");
        assert!(unfinished(&mut db).await.expect("read").is_empty());
    }
}
