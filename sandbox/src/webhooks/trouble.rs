//! Trouble with webhooks, as tests ask for it: the next so many deliveries are lost, sent twice, or
//! overtaken by the one that follows.

use std::{sync::Mutex, time::Duration};

use serde::Deserialize;

/// How long an overtaken delivery waits for the one that is to overtake it.
pub const LATE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    #[default]
    Normal,
    Drop,
    Double,
    Reorder,
}

#[derive(Debug, Default)]
pub struct Trouble(Mutex<(Mode, u64)>);

impl Trouble {
    pub fn set(&self, mode: Mode, times: u64) {
        *self.0.lock().unwrap_or_else(|e| e.into_inner()) = (mode, times);
    }

    pub fn clear(&self) {
        self.set(Mode::Normal, 0);
    }

    /// What happens to the next delivery.
    pub fn next(&self) -> Mode {
        let mut state = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if state.1 == 0 {
            return Mode::Normal;
        }
        state.1 -= 1;
        state.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_ends_by_itself() {
        let trouble = Trouble::default();
        trouble.set(Mode::Double, 1);
        assert_eq!([trouble.next(), trouble.next()], [Mode::Double, Mode::Normal]);
    }
}
