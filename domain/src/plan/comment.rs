//! What a comment on a plan issue is, in every generation.

use crate::block;

/// The kinds of comments on a plan that tools write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// The plan, or a part of it.
    Plan,
    /// The plan was sent off: a block, or erk's plain words from CI.
    Queued,
    /// A workflow began.
    Started,
    /// Somebody began to implement it, without a block.
    ImplementationStarted,
    /// Progress of an implementation.
    Status,
    /// The implementation found nothing to change.
    NoChanges,
    /// Anything else.
    Other,
}

/// The kind of a comment.
pub fn kind(comment: &str) -> CommentKind {
    let found = block::read(comment);
    for (key, kind) in [
        ("plan-body", CommentKind::Plan),
        ("submission-queued", CommentKind::Queued),
        ("workflow-started", CommentKind::Started),
        ("erk-implementation-status", CommentKind::Status),
    ] {
        if found.find(key).is_some() {
            return kind;
        }
    }
    let first = comment.trim_start().lines().next().unwrap_or_default().trim_end();
    match first {
        "<!-- erk:plan-content -->" => CommentKind::Plan,
        "🔄 **Queued for Implementation**" => CommentKind::Queued,
        "🚀 Starting implementation" => CommentKind::ImplementationStarted,
        line if line.starts_with("Implementation produced no code changes.") => CommentKind::NoChanges,
        _ => CommentKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_plain_words_are_told_apart() {
        let started = "⚙️ GitHub Action Started\n\n<details>\n<summary>📋 Metadata</summary>\n\n<!-- erk:metadata-block:workflow-started -->\n```yaml\nstatus: started\n```\n<!-- /erk:metadata-block:workflow-started -->\n\n</details>";
        for (comment, wanted) in [
            (started, CommentKind::Started),
            ("🔄 **Queued for Implementation**\n\n**Submitted by:** @u", CommentKind::Queued),
            ("🚀 Starting implementation\r\n\r\n---", CommentKind::ImplementationStarted),
            ("Implementation produced no code changes. See PR #3 for", CommentKind::NoChanges),
            ("<!-- erk:plan-content -->\nx\n<!-- /erk:plan-content -->", CommentKind::Plan),
            ("Consolidated into #7076", CommentKind::Other),
        ] {
            assert_eq!(kind(comment), wanted, "{comment}");
        }
    }
}
