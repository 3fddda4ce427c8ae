//! Whole bridges in a test: started over a store in a temporary folder, stopped in order, or
//! brought to die at any step of a message's journey, and started again over what is left.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::outbox::OutboxRow;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup, Step, Steps};
use threadbridge_core::store::{OpenError, RootSecret, Store};
use threadbridge_core::view::{outbox, status};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::deadline::{soon, until};

/// How long the threads of a bridge may take to end.
const END_WITHIN: Duration = Duration::from_secs(10);

type MakesAdapter = Box<dyn Fn() -> Arc<dyn Adapter> + Send + Sync>;

/// What bridges are started from, again and again: accounts, links, and one store.
pub struct World {
    folder: TempDir,
    accounts: BTreeMap<AccountName, MakesAdapter>,
    links: Vec<Link>,
    /// The bounds; the waits are short, so that tests are.
    pub limits: Limits,
    /// The bridge's clock.
    pub clock: Clock,
}

/// A moment at which a bridge dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// At this step,
    pub step: Step,
    /// when it is reached for the `nth` time, counted from 1 over all accounts.
    pub nth: usize,
}

/// A running bridge, on threads of its own.
pub struct Running {
    runtime: Option<Runtime>,
    bridge: Option<Bridge>,
    life: Life,
}

/// Whether a bridge is alive. Once it is not, no step is passed any more.
#[derive(Clone)]
struct Life {
    is_over: Arc<AtomicBool>,
    over: watch::Sender<bool>,
}

impl Default for World {
    fn default() -> Self {
        let backoff =
            Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(50) };
        let limits = Limits { backoff, ..Limits::default() };
        let folder = tempfile::tempdir().unwrap();
        let (accounts, links) = (BTreeMap::new(), Vec::new());
        Self { folder, accounts, links, limits, clock: Clock::System }
    }
}

impl World {
    /// Adds an account, whose adapter is made anew for each bridge.
    #[must_use]
    pub fn account(
        mut self,
        name: &str,
        adapter: impl Fn() -> Arc<dyn Adapter> + Send + Sync + 'static,
    ) -> Self {
        self.accounts.insert(AccountName::parse(name).unwrap(), Box::new(adapter));
        self
    }

    /// Links legs such as `left:room/books`, both ways.
    #[must_use]
    pub fn link(self, legs: &[&str]) -> Self {
        let both = |leg: &&str| (Leg::parse(leg).unwrap(), Direction::Both);
        let link = Link {
            name: legs.join(" "),
            legs: legs.iter().map(both).collect(),
            downgrade: Downgrade::Refuse,
            attribution: "{name}: ".to_owned(),
        };
        self.with(link)
    }

    /// Adds a link as it is.
    #[must_use]
    pub fn with(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }

    /// The store, which no bridge must be using.
    pub async fn store(&self) -> Store {
        let path = self.folder.path().join("store");
        let secret = RootSecret::key_file([7; 32]);
        until("the store to be free", async || match Store::open(&path, &secret) {
            Ok(store) => Some(store),
            Err(OpenError::Missing) => Some(Store::create(&path, &secret).unwrap()),
            Err(OpenError::InUse { .. }) => None,
            Err(error) => panic!("the store does not open: {error:?}"),
        })
        .await
    }

    /// What the store says of how the bridge is doing, for the message of a test that fails.
    pub async fn explains(&self) -> String {
        let store = self.store().await;
        let snapshot = store.snapshot().unwrap();
        let (status, outbox) = (status(&snapshot).unwrap(), outbox(&snapshot).unwrap());
        let row = |row: &OutboxRow| {
            let OutboxRow { leg, seq, kind, attempts, taken_at, last_error, .. } = row;
            format!("{leg} {seq} {kind:?} {attempts} {taken_at:?} {last_error:?}")
        };
        format!("{status:#?} outbox: {:#?}", outbox.iter().map(row).collect::<Vec<_>>())
    }

    /// Starts a bridge.
    pub async fn start(&self) -> Running {
        self.run(None).await
    }

    /// Starts a bridge that will die.
    pub async fn start_to_die(&self, death: Death) -> Running {
        self.run(Some(death)).await
    }

    async fn run(&self, death: Option<Death>) -> Running {
        let life = Life { is_over: Arc::default(), over: watch::Sender::new(false) };
        let accounts = self.accounts.iter().map(|(name, make)| (name.clone(), make()));
        let setup = Setup {
            accounts: accounts.collect(),
            links: self.links.clone(),
            limits: self.limits,
            steps: life.watches(death),
            ..Setup::default()
        };
        let (store, clock) = (self.store().await, self.clock.clone());
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let starting = runtime.spawn(Bridge::start(store, setup, clock));
        let bridge = soon("the bridge to start", starting).await.unwrap().unwrap();
        Running { runtime: Some(runtime), bridge: Some(bridge), life }
    }
}

impl Life {
    /// Somebody who watches the steps and ends it at `death`.
    fn watches(&self, death: Option<Death>) -> Steps {
        let (life, times) = (self.clone(), AtomicUsize::new(0));
        Steps::watched_by(move |step| {
            if let Some(Death { step: at, nth }) = death
                && step == at
                && times.fetch_add(1, Ordering::Relaxed) + 1 == nth
            {
                life.end();
            }
            if life.is_over.load(Ordering::Relaxed) {
                // Unwound without a panic's message: it is meant.
                resume_unwind(Box::new("the bridge is dead"));
            }
        })
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.over.send_replace(true);
    }
}

impl Running {
    /// The bridge.
    #[must_use]
    pub fn bridge(&self) -> &Bridge {
        self.bridge.as_ref().expect("it is running")
    }

    /// Waits until it dies, and clears away what is left of it.
    pub async fn dies(self) {
        let mut over = self.life.over.subscribe();
        let dying = soon("the bridge to die", over.wait_for(|over| *over)).await.is_ok();
        assert!(dying, "the bridge can no longer die");
        self.kill().await;
    }

    /// Kills it where it stands.
    pub async fn kill(mut self) {
        self.life.end();
        drop(self.bridge.take());
        self.clear().await;
    }

    /// Stops it in order.
    pub async fn stop(mut self) {
        let (bridge, runtime) = (self.bridge.take(), self.runtime.as_ref());
        let stopping = runtime.zip(bridge).map(|(runtime, it)| runtime.spawn(it.stop()));
        let stopping = stopping.expect("it is running");
        soon("the bridge to stop", stopping).await.unwrap().unwrap();
        self.clear().await;
    }

    async fn clear(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            let ending = move || runtime.shutdown_timeout(END_WITHIN);
            tokio::task::spawn_blocking(ending).await.unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that fails leaves a bridge behind; it must not take the test's thread with it.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let accounts: Vec<_> = self.accounts.keys().collect();
        f.debug_struct("World").field("accounts", &accounts).finish_non_exhaustive()
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("bridge", &self.bridge).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
