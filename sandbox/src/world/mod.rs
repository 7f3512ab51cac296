//! The sandbox's world: one model behind one lock, and bare git repositories beside it.
//!
//! Properties kept:
//! - A request sees and leaves a consistent world: the lock is held for its whole effect, git included.
//! - With a data folder, a change is on disk before its answer leaves ([`Held`] saves on release).
//! - Events are told to webhooks and to Actions after the change that caused them is saved, in order.

pub mod access;
pub mod app;
pub mod clock;
pub mod commits;
pub mod events;
pub mod fixture;
pub mod git;
pub mod ids;
pub mod issues;
pub mod keywords;
pub mod model;
mod persist;
pub mod pulls;
pub mod refs;
pub mod refusal;

use std::{
    io,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    sync::{Mutex, MutexGuard, Notify, mpsc},
    task::JoinSet,
};

use crate::{Options, actions::Actions, controls::Controls, webhooks};
pub use events::Event;
use git::Git;
use model::Model;

/// A handle on the world; cheap to clone.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    model: Mutex<Model>,
    dir: PathBuf,
    durable: bool,
    /// Whether changes are on disk at once.
    saving: AtomicBool,
    base: String,
    options: Options,
    outbox: mpsc::UnboundedSender<Event>,
    deliveries: mpsc::UnboundedSender<webhooks::Queued>,
    /// Events not yet told and deliveries not yet answered.
    pending: AtomicUsize,
    settled: Notify,
    actions: OnceLock<Actions>,
    controls: Controls,
    http: reqwest::Client,
    // Last, so that the folder outlives everything that writes to it.
    _temp: Option<tempfile::TempDir>,
}

impl World {
    /// Reads the world from the data folder, or makes the fixture when there is none yet. Events and
    /// deliveries are told for as long as the set of tasks lives; the tasks keep the world alive.
    pub(crate) async fn open(options: &Options, base: String) -> io::Result<(Self, JoinSet<()>)> {
        let (dir, temp) = match &options.data_dir {
            // git runs in folders of its own, where a relative path would mean something else.
            Some(dir) => (std::path::absolute(dir)?, None),
            None => {
                let temp = tempfile::Builder::new().prefix("waymark-sandbox-").tempdir()?;
                (temp.path().to_owned(), Some(temp))
            }
        };
        std::fs::create_dir_all(dir.join("repos"))?;
        std::fs::create_dir_all(dir.join("deliveries"))?;
        let (outbox, inbox) = mpsc::unbounded_channel();
        let (deliveries, queue) = mpsc::unbounded_channel();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let saved = persist::load(&dir)?;
        let fresh = saved.is_none();
        let mut model = saved.unwrap_or_default();
        model.base.clone_from(&base);
        fixture::follow(&mut model, options);
        let world = Self(Arc::new(Inner {
            model: Mutex::new(model),
            durable: temp.is_none(),
            saving: AtomicBool::new(true),
            dir,
            base,
            options: options.clone(),
            outbox,
            deliveries,
            pending: AtomicUsize::new(0),
            settled: Notify::new(),
            actions: OnceLock::new(),
            controls: Controls::default(),
            http,
            _temp: temp,
        }));
        if fresh {
            let mut held = world.lock().await;
            fixture::build(&mut held, options).await?;
        }
        world.0.actions.set(Actions::default()).ok();
        if let Some(actions) = world.actions() {
            actions.recover(&world).await;
        }
        let mut telling = JoinSet::new();
        telling.spawn(events::run(world.clone(), inbox));
        telling.spawn(webhooks::run(world.clone(), queue));
        Ok((world, telling))
    }

    /// The model, alone. Nothing else happens in the world until this is released, so never wait for
    /// another request while holding it.
    pub async fn lock(&self) -> Held<'_> {
        Held { guard: self.0.model.lock().await, world: self, outbox: Vec::new(), changed: false }
    }

    /// Address of the web pages and, here, also of the API, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// Folder in which the world lives; each part keeps to a folder of its own in it.
    pub fn dir(&self) -> &Path {
        &self.0.dir
    }

    /// Folders in front of `PATH` for jobs.
    pub fn tool_path(&self) -> &[PathBuf] {
        &self.0.options.tool_path
    }

    pub fn actions(&self) -> Option<&Actions> {
        self.0.actions.get()
    }

    pub(crate) fn controls(&self) -> &Controls {
        &self.0.controls
    }

    /// While it is off, changes stay in memory; when it is turned on again, all are saved at once.
    pub(crate) async fn save(&self, on: bool) {
        let mut held = self.lock().await;
        self.0.saving.store(on, Ordering::SeqCst);
        held.changed |= on;
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.0.http
    }

    /// The bare repository with that id.
    pub fn git(&self, repo: u64) -> Git {
        Git::at(self.0.dir.join("repos").join(format!("{repo}.git")))
    }

    /// Where the payload of a delivery is kept.
    pub(crate) fn payload_file(&self, delivery: u64) -> PathBuf {
        self.0.dir.join("deliveries").join(format!("{delivery}.json"))
    }

    /// Queues one delivery of a webhook.
    pub(crate) fn deliver(&self, job: webhooks::Job) {
        self.0.deliveries.send((job, self.busy())).ok();
    }

    /// How this sandbox was started.
    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// Keeps the world from counting as idle until the answer is dropped.
    pub fn busy(&self) -> Busy {
        self.0.pending.fetch_add(1, Ordering::SeqCst);
        Busy(self.clone())
    }

    /// Waits for the next time that something is settled.
    pub(crate) fn settling(&self) -> tokio::sync::futures::Notified<'_> {
        self.0.settled.notified()
    }

    /// No event waits to be told and no delivery waits for its answer.
    pub fn settled(&self) -> bool {
        self.0.pending.load(Ordering::SeqCst) == 0
    }
}

/// While one exists, [`World::settled`] is false.
pub struct Busy(World);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.pending.fetch_sub(1, Ordering::SeqCst);
        self.0.0.settled.notify_waiters();
    }
}

/// The locked model. Changing it marks it for saving; releasing it saves and lets its events out.
pub struct Held<'a> {
    guard: MutexGuard<'a, Model>,
    world: &'a World,
    outbox: Vec<Event>,
    changed: bool,
}

impl Held<'_> {
    pub fn world(&self) -> &World {
        self.world
    }

    pub fn git(&self, repo: u64) -> Git {
        self.world.git(repo)
    }

    /// Tells webhooks and Actions about it once the lock is released.
    pub fn emit(&mut self, mut event: Event) {
        event.complete(&self.guard);
        self.outbox.push(event);
    }
}

impl Deref for Held<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.guard
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Model {
        self.changed = true;
        &mut self.guard
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.changed && self.world.0.durable && self.world.0.saving.load(Ordering::SeqCst) {
            persist::save(&self.world.0.dir, &self.guard);
        }
        for event in self.outbox.drain(..) {
            self.world.0.pending.fetch_add(1, Ordering::SeqCst);
            self.world.0.outbox.send(event).ok();
        }
    }
}
