//! Bodies: what can be read is written and read back equal, and an update changes its block alone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use waymark_domain::block::{self, Content};
use waymark_domain::yaml::Mapping;
use waymark_domain::{lint, plan};

fuzz_target!(|body: &str| {
    let found = block::read(body);
    for block in &found.blocks {
        match &block.content {
            Content::Data(data) => {
                let _ = block::validate(&block.key, data);
                // Keys of others are not written, nor is what only fits where it stood.
                let Ok(rendered) = block::render(&block.key, data) else { continue };
                assert_eq!(block::first(&rendered, &block.key).as_ref(), Some(data));
            }
            Content::Text(text) => {
                let Ok(rendered) = block::render_content(&block.key, text) else { continue };
                assert_eq!(block::read(&rendered).text(&block.key), Some(text.as_str()));
            }
        }
    }
    for block in &found.blocks {
        if let (Content::Data(data), Ok(changed)) =
            (&block.content, block::update(body, &block.key, &Mapping::new()))
        {
            // The first block of a key is the one that changes.
            let Some(first) = found.find(&block.key) else { continue };
            let above = body[..first.span.start].find(block::WARNING).unwrap_or(first.span.start);
            assert!(changed.starts_with(&body[..above]) && changed.ends_with(&body[first.span.end..]));
            let read = block::first(&changed, &block.key);
            assert!(first.span != block.span || read.as_ref() == Some(data));
        }
    }
    if let Some(found) = plan::text(body, &[(1, body)]) {
        let _ = (plan::steps(&found.text), plan::heading(&found.text), lint::lint(&found.text));
    }
    let _ = plan::text_of_pull(body);
});
