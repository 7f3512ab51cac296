//! Roadmaps: questions to the graph end, and tables are redrawn once and for all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_domain::roadmap;

fuzz_target!(|text: &str| {
    let (body, comment) = text.split_once("\n\n\n").unwrap_or((text, text));
    let block = format!(
        "<!-- erk:metadata-block:objective-roadmap -->\n<details>\n<summary>k</summary>\n```yaml\n{body}\n```\n</details>\n<!-- /erk:metadata-block:objective-roadmap -->"
    );
    for body in [body, &block] {
        if let Ok(map) = roadmap::read(body, Some(comment)) {
            let _ = map.to_json();
            for node in &map.nodes {
                let _ = (map.unblocks(&node.id), map.waits_for(&node.id));
            }
            let once = roadmap::redraw(comment, &map);
            assert_eq!(roadmap::redraw(&once, &map), once);
        }
        let _ = roadmap::check(["erk-objective"], body);
    }
});
