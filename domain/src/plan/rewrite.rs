//! Another text in the place of a plan's, in the body or comment that holds it.

use crate::block;

/// The body or comment with the plan's text replaced and everything else as it was.
///
/// Nothing when the old text does not stand there exactly once, or the new one cannot be kept in a
/// block. Whether the new text is read back is for the caller to ask, who knows the whole plan.
pub fn rewrite(holder: &str, old: &str, new: &str) -> Option<String> {
    if block::read(holder).text("plan-body").is_some() {
        return block::update_content(holder, "plan-body", new).ok();
    }
    (!old.is_empty() && holder.matches(old).count() == 1).then(|| holder.replacen(old, new, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_stays() {
        let marked = "Hello\r\n<!-- erk:plan-content -->\n# Old\n<!-- /erk:plan-content -->\nBye ";
        let wanted = "Hello\r\n<!-- erk:plan-content -->\n# New\n<!-- /erk:plan-content -->\nBye ";
        assert_eq!(rewrite(marked, "# Old", "# New").as_deref(), Some(wanted));
        let block = block::render_content("plan-body", "# Old").expect("renders");
        let body = format!("{block}\n\nAfter");
        let new = rewrite(&body, "# Old", "# New").expect("rewritten");
        assert_eq!(block::read(&new).text("plan-body"), Some("# New"));
        assert!(new.ends_with("\n\nAfter"));
    }

    #[test]
    fn what_cannot_be_told_apart_is_left() {
        assert_eq!(rewrite("a b a", "a", "c"), None);
        assert_eq!(rewrite("a", "b", "c"), None);
        assert_eq!(rewrite("a", "", "c"), None);
    }
}
