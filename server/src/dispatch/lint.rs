//! The instruction lint as the form shows it.

use waymark_app::areas::LintRemark;

/// Remarks about an instruction, in the order of its lines.
pub fn remarks(instruction: &str) -> Vec<LintRemark> {
    let _ = instruction;
    Vec::new()
}
