//! Processes that left their group: they still carry the job's `RUNNER_TRACKING_ID`, by which GitHub's
//! own runner finds them too.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

/// Kills every process of this machine whose environment carries one of the ids.
pub fn end(tracking: &[String]) {
    let wanted: Vec<String> =
        tracking.iter().filter(|id| !id.is_empty()).map(|id| format!("RUNNER_TRACKING_ID={id}")).collect();
    if wanted.is_empty() {
        return;
    }
    let Ok(all) = fs::read_dir("/proc") else { return };
    for entry in all.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()).and_then(Pid::from_raw)
        else {
            continue;
        };
        // Processes of others cannot be read, and are not ours.
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        let carries = |id: &String| environment.split(|b| *b == 0).any(|v| v == id.as_bytes());
        if wanted.iter().any(carries) {
            kill_process(pid, Signal::KILL).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_carriers_are_ended() {
        let start = |id: &str| {
            Command::new("sleep").arg("600").env("RUNNER_TRACKING_ID", id).spawn().expect("a process")
        };
        let ours = format!("github_test_{}", std::process::id());
        let (mut carrier, mut other) = (start(&ours), start("github_somebody_else"));
        end(&[ours]);
        assert!(!carrier.wait().expect("its end").success());
        assert_eq!(other.try_wait().expect("its state"), None);
        other.kill().expect("ended");
        other.wait().expect("its end");
    }
}
