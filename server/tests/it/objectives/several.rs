//! Four nodes at once, with a fault at the second: none is dispatched twice, and each is marked by its own
//! dispatch.

use std::collections::HashMap;

use serde_json::json;
use waymark_app::areas::{BatchView, BatchWork, ItemState, NodeStatus};

use super::{node, on_github, widgets, write};
use crate::plans::Person;
use crate::support::{until, world};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_the_second_of_four_dispatches_no_node_twice() {
    world(async |world| {
        let writer = Person::signed_in(world, "writer").await;
        writer.connect().await;
        let ids = ["1.1", "1.2", "1.3", "1.4"];
        let number = write(world, ids.map(|id| node(id, Some(&[]))).into()).await;
        writer.objective(number, None, |page| page.row.total == 4).await;
        let backwards: Vec<String> = ids.iter().rev().map(|id| (*id).to_owned()).collect();
        let objectives = &writer.areas.objectives;
        let forms = objectives.forms(&writer.viewer, &widgets(), number, &backwards).await.expect("forms");
        assert_eq!(forms.iter().map(|form| form.node.as_str()).collect::<Vec<_>>(), ids, "as the roadmap has them");
        let unknown = objectives.forms(&writer.viewer, &widgets(), number, &["9.9".to_owned()]).await;
        assert!(unknown.is_err_and(|problem| problem.message.contains("9.9")));

        let fault = json!({"method": "POST", "path": "/repos/acme/widgets/issues$", "status": 422, "when": "before",
            "skip": 1, "times": 1});
        world.github.set("faults", fault).await;
        let work: Vec<BatchWork> = forms.into_iter().map(|form| BatchWork::OneShot { form }).collect();
        let dispatches = &writer.areas.dispatches;
        let batch = dispatches.batch_id();
        let id = dispatches.begin_batch(&writer.viewer, Some(&batch), work.clone()).await.expect("begun");
        let again = dispatches.begin_batch(&writer.viewer, Some(&batch), work).await.expect("the same");
        assert_eq!(again, id);
        let ask = async || dispatches.batch(&writer.viewer, &id).await.expect("the batch");
        let over = |batch: &BatchView| {
            batch.items.iter().all(|item| matches!(item.state, ItemState::Done | ItemState::Failed))
        };
        let seen = until(ask, over).await;
        let states: Vec<ItemState> = seen.items.iter().map(|item| item.state).collect();
        assert_eq!(states, [ItemState::Done, ItemState::Failed, ItemState::Done, ItemState::Done]);
        dispatches.retry_item(&writer.viewer, &id, 2).await.expect("tried again");
        let done = |batch: &BatchView| batch.items.iter().all(|item| item.state == ItemState::Done);
        until(ask, done).await;
        let planned = |page: &waymark_app::areas::ObjectivePage| {
            page.nodes().all(|node| node.status != NodeStatus::Pending && node.pr.is_some())
        };
        writer.objective(number, None, planned).await;
        world.github.idle().await;

        let mut made: HashMap<String, usize> = HashMap::new();
        for write in world.github.writes().await {
            let new = write.method == "POST" && write.path == "/repos/acme/widgets/issues";
            let body = write.body.unwrap_or_default();
            if let Some((_, rest)) = body.split_once("waymark:node:").filter(|_| new && write.status == Some(201)) {
                *made.entry(rest.split(' ').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        assert_eq!(made, ids.map(|id| (id.to_owned(), 1)).into());
        let (_, _, map) = on_github(world, number).await;
        assert!(map.nodes.iter().all(|node| node.pr.as_deref().is_some_and(|pr| pr.starts_with('#'))));
        world.github.writes().await;
    })
    .await;
}
