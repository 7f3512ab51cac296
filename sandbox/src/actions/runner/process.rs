//! Processes of a job, each in a group of its own.
//!
//! Properties kept: a process inherits nothing but what it is given; ending it ends its whole group,
//! politely first; whatever it leaves behind is killed when its [`Group`] is dropped.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe,
    process::{Child, Command},
    sync::{mpsc, watch},
    time::Instant,
};

/// What a run is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    No,
    /// End what runs, then run what is `always()`.
    Cancel,
    /// End everything at once.
    Force,
}

/// Why a process was ended before it ended itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Stopped,
    JobTime,
    StepTime,
}

/// What limits a process.
pub struct Limits {
    pub stop: watch::Receiver<Stop>,
    /// What was already known when the process was started does not stop it: a step that runs although
    /// its run was cancelled is ended only by more than that.
    pub heard: Stop,
    pub job: Instant,
    pub step: Option<Instant>,
}

/// As GitHub's runner does: an interrupt, then a request, then the end.
const PATIENCE: [(Signal, Duration); 2] =
    [(Signal::INT, Duration::from_millis(7500)), (Signal::TERM, Duration::from_millis(2500))];

/// How long output of what a process left behind is waited for.
const LEFTOVERS: Duration = Duration::from_millis(300);

/// A longer line is cut into lines of this many bytes.
const LINE: usize = 64 << 10;

/// A process group; dropping it kills whatever is left in it.
pub struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| Pid::from_raw(id.cast_signed())))
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // Gone already, which is what was wanted.
            kill_process_group(pid, signal).ok();
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// How a process ended; its group lives on for as long as the caller keeps it.
pub struct Ended {
    pub status: ExitStatus,
    pub why: Option<Why>,
    pub group: Group,
}

/// Runs a program to its end, or to the end of its limits, giving its lines (standard output and error
/// alike) to `line` as they come.
pub async fn run(
    command: &[String],
    dir: &Path,
    env: &BTreeMap<String, String>,
    limits: &Limits,
    mut line: impl FnMut(&str) + Send,
) -> io::Result<Ended> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let (reader, writer) = io::pipe()?;
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(env)
        .current_dir(dir)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = Group::of(&child);
    let (lines, mut heard) = mpsc::channel(256);
    tokio::spawn(read(pipe::Receiver::from_owned_fd(reader.into())?, lines));
    let (status, why) = {
        let ending = ending(&mut child, &group, limits);
        tokio::pin!(ending);
        loop {
            tokio::select! {
                biased;
                Some(text) = heard.recv() => line(&text),
                ended = &mut ending => break ended?,
            }
        }
    };
    while let Ok(Some(text)) = tokio::time::timeout(LEFTOVERS, heard.recv()).await {
        line(&text);
    }
    Ok(Ended { status, why, group })
}

async fn ending(child: &mut Child, group: &Group, limits: &Limits) -> io::Result<(ExitStatus, Option<Why>)> {
    let why = tokio::select! {
        status = child.wait() => return Ok((status?, None)),
        why = limits.reached() => why,
    };
    for (signal, patience) in PATIENCE {
        if *limits.stop.borrow() == Stop::Force {
            break;
        }
        group.signal(signal);
        let forced = limits.told(Stop::Force);
        tokio::select! {
            status = child.wait() => return Ok((status?, Some(why))),
            () = tokio::time::sleep(patience) => {}
            () = forced => {}
        }
    }
    group.signal(Signal::KILL);
    Ok((child.wait().await?, Some(why)))
}

impl Limits {
    async fn told(&self, least: Stop) {
        let mut stop = self.stop.clone();
        if stop.wait_for(|s| *s >= least).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    }

    async fn reached(&self) -> Why {
        let least = if self.heard == Stop::No { Stop::Cancel } else { Stop::Force };
        let step = self.step.unwrap_or(self.job + Duration::from_secs(1));
        tokio::select! {
            () = self.told(least) => Why::Stopped,
            () = tokio::time::sleep_until(self.job) => Why::JobTime,
            () = tokio::time::sleep_until(step) => Why::StepTime,
        }
    }
}

/// Reads lines until the last writer has closed its end.
async fn read(mut from: pipe::Receiver, to: mpsc::Sender<String>) {
    let mut buffer = Vec::new();
    let mut chunk = [0_u8; 8192];
    while let Ok(n @ 1..) = from.read(&mut chunk).await {
        buffer.extend_from_slice(&chunk[..n]);
        let mut start = 0;
        while let Some(length) = cut(&buffer[start..]) {
            let text = String::from_utf8_lossy(&buffer[start..start + length]);
            // A job that is over no longer listens, but what it left behind may go on writing.
            to.send(text.trim_end_matches(['\n', '\r']).to_owned()).await.ok();
            start += length;
        }
        buffer.drain(..start);
    }
    if !buffer.is_empty() {
        to.send(String::from_utf8_lossy(&buffer).into_owned()).await.ok();
    }
}

fn cut(bytes: &[u8]) -> Option<usize> {
    let end = bytes.iter().take(LINE).position(|b| *b == b'\n').map(|at| at + 1);
    end.or((bytes.len() >= LINE).then_some(LINE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(stop: &watch::Sender<Stop>) -> Limits {
        let job = Instant::now() + Duration::from_secs(60);
        Limits { stop: stop.subscribe(), heard: Stop::No, job, step: None }
    }

    fn env() -> BTreeMap<String, String> {
        [("PATH".to_owned(), "/usr/bin:/bin".to_owned()), ("ONLY".to_owned(), "this".to_owned())].into()
    }

    async fn sh(script: &str, limits: &Limits, mut line: impl FnMut(&str) + Send) -> Ended {
        let command = ["sh", "-c", script].map(str::to_owned);
        run(&command, Path::new("/"), &env(), limits, &mut line).await.expect("a process")
    }

    #[tokio::test]
    async fn output_arrives_in_order_and_the_environment_is_what_was_given() {
        let stop = watch::Sender::new(Stop::No);
        let mut lines = Vec::new();
        let script =
            "echo one; echo two >&2; printf three; env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD >&2";
        let ended = sh(script, &limits(&stop), |l| lines.push(l.to_owned())).await;
        assert!(ended.status.success());
        lines.sort();
        assert_eq!(lines, ["ONLY=this", "one", "threePATH=/usr/bin:/bin", "two"]);
    }

    /// Tells when a process is gone, zombies included.
    fn alive(pid: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    }

    async fn gone(pid: i32) {
        let limit = Instant::now() + Duration::from_secs(10);
        while alive(pid) {
            assert!(Instant::now() < limit, "process {pid} is still there");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn cancelling_ends_the_whole_group() {
        let stop = watch::Sender::new(Stop::No);
        let mut child = 0;
        let script = "sh -c 'echo $$; exec sleep 600' & wait";
        let ended = sh(script, &limits(&stop), |l| {
            child = l.parse().expect("a pid");
            stop.send_replace(Stop::Cancel);
        })
        .await;
        assert_eq!(ended.why, Some(Why::Stopped));
        drop(ended);
        gone(child).await;
    }

    #[tokio::test]
    async fn force_ends_what_ignores_signals() {
        let stop = watch::Sender::new(Stop::No);
        let script = "trap '' INT TERM; echo ready; while :; do sleep 600; done";
        let started = Instant::now();
        let ended = sh(script, &limits(&stop), |_| {
            stop.send_replace(Stop::Force);
        })
        .await;
        assert_eq!(ended.why, Some(Why::Stopped));
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn time_limits_end_it() {
        let stop = watch::Sender::new(Stop::No);
        let soon = Instant::now() + Duration::from_millis(50);
        let step = Limits { step: Some(soon), ..limits(&stop) };
        assert_eq!(sh("sleep 600", &step, |_| {}).await.why, Some(Why::StepTime));
        let job = Limits { job: soon, ..limits(&stop) };
        assert_eq!(sh("sleep 600", &job, |_| {}).await.why, Some(Why::JobTime));
    }

    #[tokio::test]
    async fn what_is_left_behind_lives_as_long_as_its_group() {
        let stop = watch::Sender::new(Stop::No);
        let mut child = 0;
        let ended = sh("sleep 600 & echo $!", &limits(&stop), |l| child = l.parse().expect("a pid")).await;
        assert!(ended.status.success() && alive(child));
        drop(ended);
        gone(child).await;
    }
}
