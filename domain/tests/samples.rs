//! Bodies of every generation, as GitHub has them.

use waymark_domain::plan::{self, CommentKind, Source};
use waymark_domain::roadmap::{self, Version};

const ISSUE: &str = include_str!("samples/oneshot-issue.md");
const COMMENT: &str = include_str!("samples/oneshot-comment.md");
const PULL: &str = include_str!("samples/pull-plan.md");
const SUBMITTED: &str = include_str!("samples/submit-pull.md");

#[test]
fn a_one_shot_that_was_just_sent_has_a_skeleton() {
    let found = plan::text(ISSUE, &[(1000, COMMENT)]).expect("a text");
    assert!(plan::is_skeleton(&found.text));
    assert_eq!((found.source, found.comments), (Source::Comment, vec![1000]));
    assert!(found.text.ends_with("**Instruction:** fix the import in config.py"));
}

#[test]
fn a_plan_whose_comment_failed_is_missing() {
    assert!(plan::missing(include_str!("samples/missing-plan.md"), &[]));
}

#[test]
fn the_first_generation_keeps_its_plan_in_the_body() {
    let found = plan::text(include_str!("samples/front-matter.md"), &[(1, "Closing this.")]).expect("a text");
    assert_eq!(found.source, Source::FrontMatter);
    assert!(found.text.starts_with("# Add GitHub Issue Comment Trail"));
}

#[test]
fn a_pull_request_that_is_the_plan_is_told_from_one_that_quotes_it() {
    assert!(plan::is_pull_backed("One-shot: fix", &[], PULL));
    let found = plan::text_of_pull(PULL).expect("a text");
    assert!(found.text.ends_with("**Prompt:** fix the import in config.py"), "{}", found.text);
    assert!(!plan::is_pull_backed("Add user authentication", &[], SUBMITTED));
}

#[test]
fn a_start_that_erk_itself_cannot_read_is_known() {
    assert_eq!(plan::kind(include_str!("samples/started-bare-fence.md")), CommentKind::Started);
}

#[test]
fn an_objective_from_before_blocks_is_read_from_its_tables() {
    let map = roadmap::read(include_str!("samples/objective-tables.md"), None).expect("a roadmap");
    assert_eq!(map.version, Version::Tables);
    assert_eq!(map.phases[0].name, "Steelthread");
    assert_eq!(map.next().map(|node| node.id.as_str()), Some("1A.2"));
}
