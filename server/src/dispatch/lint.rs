//! The instruction lint as the form shows it.

use waymark_app::areas::LintRemark;
use waymark_domain::lint;

/// Remarks about an instruction, in the order of its lines.
pub fn remarks(instruction: &str) -> Vec<LintRemark> {
    let remark = |remark: lint::Remark| LintRemark {
        line: remark.line,
        blocking: remark.is_blocking(),
        message: remark.message,
    };
    lint::lint(instruction).into_iter().map(remark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_have_their_line_and_do_not_block_but_for_secrets() {
        let remarks = remarks("Fix src/a.rs\n<!-- hidden -->");
        assert_eq!(remarks.iter().map(|r| (r.line, r.blocking)).collect::<Vec<_>>(), [(2, false)]);
    }
}
