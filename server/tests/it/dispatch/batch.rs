//! Several dispatches in a row: one that fails leaves the others as they are and is tried again alone.

use serde_json::json;
use waymark_app::areas::{BatchView, BatchWork, DispatchState, ItemState, NewForm};

use super::bench::Bench;
use crate::support::until;

/// Waits until no item waits or works.
async fn over(bench: &Bench, id: &str) -> BatchView {
    let ask = async || bench.area.batch(&bench.viewer(), id).await.expect("seen");
    let works = |state| matches!(state, ItemState::Waiting | ItemState::Working);
    until(ask, |batch| !batch.items.iter().any(|item| works(item.state))).await
}

fn states(batch: &BatchView) -> Vec<ItemState> {
    batch.items.iter().map(|item| item.state).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_fails_leaves_the_others_and_is_tried_again_alone() {
    let bench = Bench::start().await;
    let work = |instruction: &str, repo: &str| BatchWork::OneShot {
        form: NewForm { instruction: instruction.to_owned(), repo: repo.to_owned(), ..bench.form() },
    };
    let all = vec![
        work("Add a short contributing guide.", "acme/widgets"),
        work("Add a code of conduct.", "acme/widgets"),
        work("Add a changelog.", "acme/nowhere"),
        work("Add a security policy.", "acme/widgets"),
    ];
    // Three writes at this address: the second dispatch is the one that is refused.
    bench.control("faults", json!({"method": "POST", "path": "/pulls$", "status": 403, "when": "before", "skip": 1, "times": 1})).await;
    let id = "batch0000000000000001";
    let begun = bench.area.begin_batch(&bench.viewer(), Some(id), all.clone()).await.expect("begun");
    let again = bench.area.begin_batch(&bench.viewer(), Some(id), all).await.expect("the same");
    assert_eq!((begun.as_str(), again.as_str()), (id, id));
    let batch = over(&bench, id).await;
    use ItemState::{Done, Failed};
    assert_eq!(states(&batch), [Done, Failed, Failed, Done], "{batch:#?}");
    assert!(batch.items[2].problems[0].message.contains("acme/nowhere"), "{batch:#?}");
    let stopped = batch.items[1].dispatch.as_ref().expect("its dispatch");
    assert_eq!(stopped.state, DispatchState::Stopped);

    bench.area.retry_item(&bench.viewer(), id, 2).await.expect("tried again");
    let batch = over(&bench, id).await;
    assert_eq!(states(&batch), [Done, Done, Failed, Done], "{batch:#?}");
    assert_eq!(batch.items[1].dispatch.as_ref().map(|one| &one.id), Some(&stopped.id));
    assert!(bench.area.retry_item(&bench.viewer(), id, 1).await.is_err(), "it has not failed");
    bench.area.retry_item(&bench.viewer(), id, 3).await.expect("tried again");
    assert_eq!(states(&over(&bench, id).await), [Done, Done, Failed, Done]);
    let made = bench.made().await;
    assert_eq!((made.issues.len(), made.pulls.len(), made.runs.len()), (3, 3, 3));

    let mut stranger = bench.viewer();
    stranger.account_id += 1;
    assert!(bench.area.batch(&stranger, id).await.is_err());
    assert!(bench.area.begin_batch(&stranger, Some(id), vec![work("x", "acme/widgets")]).await.is_err());
}
