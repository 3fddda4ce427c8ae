//! The whole bridge, started and stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use thiserror::Error;
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::account::{Account, Ready};
use super::direct::Doors;
use super::head::last_place;
use super::limits::Limits;
use super::route::{People, Route, Routes};
use super::step::Steps;
use super::tend::Tending;
use super::{expire, health, ingest, listen, recheck, retain, seal, send};
use crate::adapter::{Adapter, Handover, Health, Missing, Recheck};
use crate::archive::import::unfinished;
use crate::model::direct::Directs;
use crate::model::id::{AccountName, RemoteConversation, Seq};
use crate::model::link::Link;
use crate::model::person::Introduction;
use crate::model::retention::Retention;
use crate::model::time::Clock;
use crate::store::tables::SEALED;
use crate::store::{ChangeError, DiskError, ReadError, Reads, Store, WriteError};

/// How many batches of one account may stand before the journal.
const BATCHES: usize = 4;
/// How many things told to a sender or a fetcher may wait to be heard.
const TOLD: usize = 1024;

/// What a bridge is made of.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The accounts. An adapter that is the same value as before a change goes on undisturbed.
    pub accounts: BTreeMap<AccountName, Arc<dyn Adapter>>,
    /// Accounts that only speak: by each, a person speaks as themself where one of `accounts` would
    /// speak for them. No leg is theirs, and no two accounts share one.
    pub voices: BTreeMap<AccountName, Arc<dyn Adapter>>,
    /// The people whom the owner introduced.
    pub people: Vec<Introduction>,
    /// The links.
    pub links: Vec<Link>,
    /// How direct conversations with one person are one; nothing if they are not.
    pub direct: Option<Directs>,
    /// Who looks at proofs again that no account can.
    pub checkers: Vec<Arc<dyn Recheck>>,
    /// How long messages are kept.
    pub retention: Retention,
    /// The bounds.
    pub limits: Limits,
    /// Who watches the steps; nobody, outside tests.
    pub steps: Steps,
}

impl Setup {
    pub(super) fn known_people(&self) -> People {
        let adapters = self.accounts.iter().chain(&self.voices);
        let named = adapters.filter_map(|(name, it)| Some((name.clone(), it.identity()?.clone())));
        People::new(self.people.clone(), &named.collect())
    }

    /// The voices beside an account.
    fn voices_of(&self, account: &AccountName) -> BTreeMap<AccountName, Arc<dyn Adapter>> {
        let people = self.known_people();
        let voices = people.voices(account);
        voices.filter_map(|name| Some((name.clone(), self.voices.get(name)?.clone()))).collect()
    }
}

fn is_same_voices(
    one: &BTreeMap<AccountName, Arc<dyn Adapter>>,
    other: &BTreeMap<AccountName, Arc<dyn Adapter>>,
) -> bool {
    let mut adapters = one.values().zip(other.values());
    one.keys().eq(other.keys()) && adapters.all(|(one, other)| Arc::ptr_eq(one, other))
}

/// Why a bridge could not be started or changed. Nothing was changed.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// The store could not be written.
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
    /// An archive is half in it.
    #[error("an archive was not imported to its end; import it again, then start the bridge")]
    HalfImported,
}

/// Why something that the owner asked for was not done.
#[derive(Debug, Error)]
pub enum NotDone {
    /// There is no such thing (any more).
    #[error("there is no {0} of that name or number")]
    NoSuch(&'static str),
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// The store could not be written.
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// A running bridge.
#[derive(Debug)]
pub struct Bridge {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) tending: Tending,
    bounds: watch::Sender<Limits>,
    pub(super) head: watch::Sender<Seq>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// One account's tasks.
pub(super) struct Running {
    pub(super) account: Arc<Account>,
    pub(super) linked: watch::Sender<BTreeSet<RemoteConversation>>,
    stop_listening: CancellationToken,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("account", &self.account.name).finish_non_exhaustive()
    }
}

impl Bridge {
    /// Starts a bridge over `store`. It goes on where the last one stopped or died.
    pub async fn start(store: Store, setup: Setup, clock: Clock) -> Result<Self, StartError> {
        if unfinished(&store.snapshot()?)? {
            return Err(StartError::HalfImported);
        }
        let head = last_place(&store.snapshot()?)?;
        let tending = Tending::new(store.clone(), clock.clone());
        let bridge = Self {
            store,
            clock,
            tending,
            bounds: watch::Sender::new(setup.limits),
            head: watch::Sender::new(head),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        bridge.apply(setup).await?;
        let (store, clock) = (bridge.store.clone(), bridge.clock.clone());
        let (head, stop) = (bridge.head.clone(), bridge.stop.clone());
        bridge.tasks.spawn(expire::run(store, clock, head.clone(), stop.clone()));
        bridge.tasks.spawn(retain::run(bridge.tending.clone(), stop.clone()));
        bridge.tasks.spawn(recheck::run(bridge.tending.clone(), stop.clone()));
        let tending = bridge.tending.clone();
        bridge.tasks.spawn(async move { tending.run(head, stop).await });
        bridge.tasks.close();
        Ok(bridge)
    }

    /// Changes accounts, links and bounds of a running bridge. What is the same as before is not disturbed;
    /// what is gone is stopped in order before this returns.
    pub async fn apply(&self, setup: Setup) -> Result<(), StartError> {
        let mut running = self.tending.running.lock().await;
        let gone: Vec<_> = running
            .iter()
            .filter(|(name, it)| {
                let is_same = |one: &Arc<dyn Adapter>| Arc::ptr_eq(one, &it.account.adapter);
                !setup.accounts.get(*name).is_some_and(is_same)
                    || !is_same_voices(&setup.voices_of(name), &it.account.voices)
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in gone {
            if let Some(it) = running.remove(&name) {
                it.stop().await;
            }
        }
        let routes = self.tending.agree(&setup).await?;
        self.bounds.send_replace(setup.limits);
        for (name, adapter) in &setup.accounts {
            let linked = linked(&routes, name);
            if let Some(it) = running.get(name) {
                it.linked.send_if_modified(|before| {
                    let changed = *before != linked;
                    *before = linked;
                    changed
                });
                it.account.hurry().await;
            } else {
                let adapter = Arc::clone(adapter);
                running.insert(name.clone(), self.run(name, adapter, linked, &setup).await?);
            }
        }
        *self.tending.setup.lock().await = setup;
        Ok(())
    }

    /// The store that it rests on.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// How many events the journal has.
    #[must_use]
    pub fn journaled(&self) -> u64 {
        self.head.borrow().0
    }

    /// Tries everything that waits at once.
    pub async fn hurry(&self) {
        self.tending.people_changed.notify_one();
        for it in self.tending.running.lock().await.values() {
            it.account.hurry().await;
        }
    }

    /// Stops in the order of the journey: nothing more comes in, what came in is journaled, what is
    /// being sent is answered or will be sent again, and the store is closed.
    pub async fn stop(self) -> Result<(), DiskError> {
        let all = std::mem::take(&mut *self.tending.running.lock().await);
        all.values().for_each(Running::cancel);
        self.stop.cancel();
        self.tasks.wait().await;
        for (_, it) in all {
            it.stop().await;
        }
        self.store.close().await
    }

    async fn run(
        &self,
        name: &AccountName,
        adapter: Arc<dyn Adapter>,
        linked: BTreeSet<RemoteConversation>,
        setup: &Setup,
    ) -> Result<Running, StartError> {
        let snapshot = self.store.snapshot()?;
        if snapshot.get(&SEALED, name)?.is_none() {
            let (name, head) = (name.clone(), *self.head.borrow());
            self.store.write(move |unit| unit.put(&SEALED, &name, &head)).await?;
        }
        let (batches, handed_over) = mpsc::channel(BATCHES);
        let (ready, told) = mpsc::channel(TOLD);
        let (wanted, wants) = mpsc::channel(TOLD);
        let linked = watch::Sender::new(linked);
        let account = Arc::new(Account {
            name: name.clone(),
            adapter,
            voices: setup.voices_of(name),
            store: self.store.clone(),
            clock: self.clock.clone(),
            bounds: self.bounds.subscribe(),
            steps: setup.steps.clone(),
            unit: Mutex::new(()),
            linked: linked.subscribe(),
            routes: self.tending.routes.subscribe(),
            head: self.head.clone(),
            learnt: Notify::new(),
            openable: Notify::new(),
            hurried: Notify::new(),
            ready,
            wanted,
            health: watch::Sender::new(Health::Starting),
            suspended: watch::Sender::new(None),
            doors: Doors::default(),
            people_changed: Arc::clone(&self.tending.people_changed),
            sure_since: AtomicI64::new(self.clock.now().as_micros()),
        });
        let it = Running {
            account,
            linked,
            stop_listening: CancellationToken::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        it.spawn(batches, handed_over, told, wants);
        Ok(it)
    }
}

impl Running {
    fn spawn(
        &self,
        batches: mpsc::Sender<Handover>,
        handed_over: mpsc::Receiver<Handover>,
        told: mpsc::Receiver<Ready>,
        wants: mpsc::Receiver<Missing>,
    ) {
        let account = Arc::clone(&self.account);
        self.tasks.spawn(async move { ingest::run(&account, handed_over).await });
        let (account, stop) = (Arc::clone(&self.account), self.stop_listening.clone());
        self.tasks.spawn(async move {
            let fetching = async {
                match listen::inbound(&account, &batches) {
                    Ok(inbound) => ingest::fetch_missing(&account, &inbound, wants).await,
                    Err(error) => account.failed("cursors could not be read", &error),
                }
            };
            tokio::select! {
                () = listen::run(&account, batches.clone(), stop.clone()) => {}
                () = async { fetching.await; std::future::pending().await } => {}
            }
        });
        let (account, stop) = (Arc::clone(&self.account), self.stop.clone());
        self.tasks.spawn(async move { seal::run(&account, stop).await });
        self.tasks.spawn(send::run(Arc::clone(&self.account), told, self.stop.clone()));
        let (account, stop) = (Arc::clone(&self.account), self.stop.clone());
        self.tasks.spawn(async move { health::remember(&account, stop).await });
        self.tasks.close();
    }

    fn cancel(&self) {
        self.stop_listening.cancel();
        self.stop.cancel();
    }

    async fn stop(self) {
        self.cancel();
        self.tasks.wait().await;
    }
}

/// The conversations of an account that are listened to.
pub(super) fn linked(routes: &Routes, account: &AccountName) -> BTreeSet<RemoteConversation> {
    let legs = routes.by_conversation.values().flat_map(Route::legs).chain(&routes.begun);
    legs.filter(|leg| leg.account == *account).map(|leg| leg.conversation.clone()).collect()
}
