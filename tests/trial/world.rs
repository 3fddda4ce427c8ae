//! Networks, and bridges over them that can be stopped, killed and started again.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::invariants;
use threadbridge_core::model::content::Content;
use threadbridge_core::model::copy::MadeBy;
use threadbridge_core::model::id::{AccountName, Leg, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::outbox::{DeadLetter, OutboxRow};
use threadbridge_core::model::register::Said;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup, Step, Steps};
use threadbridge_core::register::Statement;
use threadbridge_core::store::fsck::fsck;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{
    BACKLOG, COPIES, CURSORS, EVENTS, JOURNAL, MESSAGES, OUTBOX, Stream, WAITING,
};
use threadbridge_core::store::{Reads, RootSecret, Store};
use threadbridge_core::view;
use threadbridge_loopback::network::{
    Faults, LoopbackNetwork, Naming, Receipts, Rules, Sameness, Secrecy,
};
use threadbridge_loopback::{Config, Loopback};
use tokio::runtime::Runtime;

use super::{DEADLINE, within};

/// A room on a network.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) network: LoopbackNetwork,
    pub(crate) name: RemoteConversation,
}

impl Room {
    /// The room `books` on a network of its own.
    pub(crate) fn on(network: &str, rules: Rules) -> Self {
        // One stream, so that a network's cursor tells how much of the room was read.
        let rules = Rules { streams: std::num::NonZeroU8::MIN, ..rules };
        let network = LoopbackNetwork::new(Network::parse(network).unwrap(), rules);
        Self { network, name: room("books") }
    }

    /// Another room on the same network.
    pub(crate) fn beside(&self, name: &str) -> Self {
        Self { network: self.network.clone(), name: room(name) }
    }
}

pub(crate) fn room(name: &str) -> RemoteConversation {
    RemoteConversation::parse(format!("room/{name}")).unwrap()
}

pub(crate) fn account(name: &str) -> AccountName {
    AccountName::parse(name).unwrap()
}

/// The kinds of networks.
pub(crate) const MODES: [&str; 6] =
    ["digest", "network", "digest-provisional", "network-provisional", "sealed", "sealed-network"];

/// How a network of that kind is made.
pub(crate) fn mode(name: &str) -> Rules {
    let sealed = Secrecy::Encrypted { past_epochs: 2 };
    let provisional = Receipts::Provisional;
    let digest = Rules::default();
    let network =
        Rules { naming: Naming::Network, sameness: Sameness::IdempotencyKey, ..digest.clone() };
    match name {
        "digest" => digest,
        "network" => network,
        "digest-provisional" => Rules { receipts: provisional, ..digest },
        "network-provisional" => Rules { receipts: provisional, ..network },
        "sealed" => Rules { secrecy: sealed, ..digest },
        "sealed-network" => Rules { secrecy: sealed, receipts: provisional, ..network },
        other => panic!("no such mode: {other}"),
    }
}

/// Everything fails at `rate` times out of a thousand.
pub(crate) fn faulty(rate: u16) -> Faults {
    Faults {
        lost_events: rate,
        doubled_events: rate,
        reordered_events: rate,
        cuts: rate,
        failed_calls: rate,
        lost_answers: rate,
        ..Faults::default()
    }
}

/// What one bridge has for good: a store file, accounts, links.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    secret: RootSecret,
    pub(crate) who: String,
    pub(crate) rooms: Vec<Room>,
    pub(crate) links: Vec<Link>,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
}

impl Home {
    /// A bridge that links all `rooms` by one account on each of their networks.
    pub(crate) fn linking(rooms: &[Room]) -> Self {
        Self::linking_as("bridge", rooms)
    }

    /// The same, whose accounts have another name.
    pub(crate) fn linking_as(who: &str, rooms: &[Room]) -> Self {
        let mut home = Self::beside(who, rooms);
        home.links = vec![home.link("all", rooms)];
        home
    }

    /// A bridge with an account called `who` on the networks of `rooms`, and no link.
    pub(crate) fn beside(who: &str, rooms: &[Room]) -> Self {
        for room in rooms {
            room.network.person(who).joins(&room.name);
        }
        Self {
            folder: TempDir::new().unwrap(),
            secret: RootSecret::random().unwrap(),
            who: who.to_owned(),
            rooms: rooms.to_vec(),
            links: Vec::new(),
            limits: hasty(),
            clock: Clock::System,
        }
    }

    /// The same bridge on another machine, where nothing of it is yet.
    pub(crate) fn moved(&self) -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            secret: RootSecret::random().unwrap(),
            who: self.who.clone(),
            rooms: self.rooms.clone(),
            links: self.links.clone(),
            limits: self.limits,
            clock: self.clock.clone(),
        }
    }

    /// A link of rooms.
    pub(crate) fn link(&self, name: &str, rooms: &[Room]) -> Link {
        Link {
            name: name.to_owned(),
            legs: rooms.iter().map(|room| (leg(room), Direction::Both)).collect(),
            downgrade: Downgrade::Allow,
            attribution: "{name}: ".to_owned(),
        }
    }

    /// Where the store is.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The store's file, opened, or made the first time.
    pub(crate) fn store(&self) -> Store {
        if self.file().exists() {
            Store::open(self.file(), &self.secret).unwrap()
        } else {
            Store::create(self.file(), &self.secret).unwrap()
        }
    }

    /// A connection for each network.
    pub(crate) fn accounts(&self) -> BTreeMap<AccountName, Arc<dyn Adapter>> {
        let mut accounts = BTreeMap::new();
        for room in &self.rooms {
            let adapter: Arc<dyn Adapter> = Arc::new(connect(&room.network, &self.who));
            accounts.entry(account(room.network.name().as_str())).or_insert(adapter);
        }
        accounts
    }

    pub(crate) fn setup(&self) -> Setup {
        Setup {
            accounts: self.accounts(),
            links: self.links.clone(),
            limits: self.limits,
            ..Setup::default()
        }
    }

    /// The bridge, started.
    pub(crate) fn start(&self) -> Process {
        Process::start(self.store(), self.setup(), self.clock.clone())
    }

    /// The bridge, started for good: its folder goes with it.
    pub(crate) fn start_kept(self) -> Process {
        let process = self.start();
        Process { _home: Some(self), ..process }
    }

    /// The bridge, started with other accounts or links.
    pub(crate) fn start_with(&self, setup: Setup) -> Process {
        Process::start(self.store(), setup, self.clock.clone())
    }

    /// The bridge, started, under somebody's eyes.
    pub(crate) fn start_watched(&self, steps: Steps) -> Process {
        let setup = Setup { steps, ..self.setup() };
        Process::start(self.store(), setup, self.clock.clone())
    }
}

/// A room's leg; accounts are called by their network.
pub(crate) fn leg(room: &Room) -> Leg {
    Leg { account: account(room.network.name().as_str()), conversation: room.name.clone() }
}

/// An account on a network, that finds out soon when it has become deaf.
pub(crate) fn connect(network: &LoopbackNetwork, who: &str) -> Loopback {
    let who = RemoteAuthor::parse(who).unwrap();
    let config = Config { quiet_for_ms: NonZeroU64::new(100).unwrap(), ..Config::default() };
    Loopback::connect(network, who, config)
}

/// Limits under which nothing waits longer than a test can.
pub(crate) fn hasty() -> Limits {
    Limits {
        confirm_within: Duration::from_millis(300),
        backoff: Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(50) },
        ..Limits::default()
    }
}

/// A bridge at work, on threads of its own, as a process of its own would be.
#[derive(Debug)]
pub(crate) struct Process {
    runtime: Runtime,
    pub(crate) bridge: Bridge,
    pub(crate) store: Store,
    pub(crate) setup: Setup,
    /// Only for the folder that goes with it.
    _home: Option<Home>,
}

impl Process {
    fn start(store: Store, setup: Setup, clock: Clock) -> Self {
        if std::env::var_os("RUST_LOG").is_some() {
            tracing_subscriber::fmt().with_test_writer().try_init().ok();
        }
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let started = Bridge::start(store.clone(), setup.clone(), clock);
        let bridge = runtime.block_on(started).unwrap();
        Self { runtime, bridge, store, setup, _home: None }
    }

    /// Waits for something that the bridge is asked to do.
    pub(crate) fn does<T>(&self, work: impl Future<Output = T>) -> T {
        let done = async { tokio::time::timeout(DEADLINE, work).await };
        self.runtime.block_on(done).unwrap()
    }

    /// Ends as by SIGTERM.
    pub(crate) fn stops(self) {
        let Self { runtime, bridge, store, .. } = self;
        runtime.block_on(bridge.stop()).unwrap();
        drop(store);
    }

    /// Ends as by SIGKILL: every task is gone where it stands. What was handed to the writer's
    /// thread is written or not, as with a process that dies while it writes.
    pub(crate) fn dies(self) {
        let Self { runtime, bridge, store, setup, .. } = self;
        drop(bridge);
        runtime.shutdown_timeout(DEADLINE);
        drop((store, setup));
    }

    /// Changes what the bridge is made of.
    pub(crate) fn applies(&mut self, setup: Setup) {
        self.does(self.bridge.apply(setup.clone())).unwrap();
        self.setup = setup;
    }

    /// Everything that waits for something, for a test that failed.
    pub(crate) fn report(&self) -> String {
        let store = self.store.snapshot().unwrap();
        let backlog = store.scan(&BACKLOG, Span::all(), 5).unwrap();
        let waiting: Vec<_> = store.scan(&WAITING, Span::all(), 5).unwrap();
        let waiting: Vec<_> = waiting.into_iter().map(|(_, it)| it.missing).collect();
        let status = view::status(&store).unwrap();
        let mut report = format!("backlog {}\nwaiting {waiting:?}\n", backlog.len());
        for (_, row) in backlog {
            let Some(place) = store.get(&JOURNAL, &row.seq).unwrap() else { continue };
            let event = store.get(&EVENTS, &(place.conversation, row.seq)).unwrap().unwrap();
            let content = Content::decode(&event.content).unwrap();
            report += &format!("{row:?}: {:?}\n", content.kind());
            for message in content.in_reply_to.into_iter().chain(content.replaces) {
                let key = (place.conversation, message, row.leg.clone());
                let copies = store.scan(&COPIES, Span::under(&key), 9).unwrap();
                let copies: Vec<_> = copies.into_iter().map(|(_, copy)| copy).collect();
                report += &format!("  {:?}\n", store.get(&MESSAGES, &message).unwrap());
                report += &format!("  {copies:?}\n");
            }
        }
        for row in self.outbox() {
            let OutboxRow { leg, seq, part, kind, attempts, taken_at, last_error, .. } = row;
            report +=
                &format!("{leg} {seq:?}/{part} {kind:?} {attempts} {taken_at:?} {last_error:?}\n");
        }
        format!("{report}{status:?}")
    }

    /// What is on its way.
    pub(crate) fn outbox(&self) -> Vec<OutboxRow> {
        view::outbox(&self.store.snapshot().unwrap()).unwrap()
    }

    /// What `fsck` finds.
    pub(crate) fn findings(&self) -> Vec<String> {
        let store = self.store.snapshot().unwrap();
        let report = fsck(&store, invariants::ALL, &mut |_| {}).unwrap();
        report.findings.iter().map(ToString::to_string).collect()
    }

    /// How many envelopes the register counts, and how many copies of the bridge's own there are.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let store = self.store.snapshot().unwrap();
        let statement = Statement::of(&store, Timestamp::from_secs(0)).unwrap();
        statement.head().unwrap();
        let closed = statement.entries.iter().filter_map(|it| match &it.said {
            Said::Carried(carried) => Some(carried.count),
            Said::Given(_) | Said::Withdrawn(_) => None,
        });
        let carried = closed.chain(statement.open.iter().map(|it| it.carried.count)).sum();
        let copies = store.scan(&COPIES, Span::all(), usize::MAX).unwrap();
        let ours = copies.iter().filter(|(_, copy)| copy.made_by == MadeBy::Us).count();
        (carried, u64::try_from(ours).unwrap())
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        view::dead_letters(&self.store.snapshot().unwrap()).unwrap()
    }

    /// How an account says it is doing.
    pub(crate) fn health(&self, of: &AccountName) -> Option<Health> {
        let status = view::status(&self.store.snapshot().unwrap()).unwrap();
        status.accounts.into_iter().find(|it| it.name == *of).map(|it| it.health)
    }

    /// Waits until everything was read and nothing is on its way any more.
    pub(crate) fn comes_to_rest(&self, rooms: &[Room]) {
        let mut calm = 0;
        let mut before = Vec::new();
        let rest = within(DEADLINE, || {
            let changes: Vec<_> = rooms.iter().map(|it| *it.network.changes().borrow()).collect();
            calm = if before == changes && self.is_idle(rooms) { calm + 1 } else { 0 };
            before = changes;
            (calm > 12).then_some(())
        });
        assert!(rest.is_some(), "the bridge did not come to rest\n{}", self.report());
    }

    fn is_idle(&self, rooms: &[Room]) -> bool {
        let store = self.store.snapshot().unwrap();
        let is_empty = store.scan(&OUTBOX, Span::all(), 1).unwrap().is_empty()
            && store.scan(&BACKLOG, Span::all(), 1).unwrap().is_empty()
            && store.scan(&WAITING, Span::all(), 1).unwrap().is_empty();
        is_empty
            && rooms.iter().all(|room| {
                let account = account(room.network.name().as_str());
                let stream = Stream { account, name: "stream-0".to_owned() };
                let cursor = store.get(&CURSORS, &stream).unwrap();
                let read =
                    cursor.map_or(0, |it| u64::from_be_bytes(it.position.try_into().unwrap()));
                read == room.network.entries(&room.name)
            })
    }
}

/// Somebody who lets a bridge die at a step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Death(Arc<Mutex<Dying>>);

#[derive(Debug, Default)]
struct Dying {
    /// At which step, and how many of them pass before.
    at: Option<(Step, usize)>,
    is_dead: bool,
}

impl Death {
    /// The bridge will die at this step, after `passing` of them.
    pub(crate) fn awaits(&self, step: Step, passing: usize) {
        self.0.lock().unwrap().at = Some((step, passing));
    }

    pub(crate) fn has_come(&self) -> bool {
        self.0.lock().unwrap().is_dead
    }

    /// Watches a bridge: once it is dead, none of its tasks gets past any step.
    pub(crate) fn steps(&self) -> Steps {
        let dying = Arc::clone(&self.0);
        Steps::watched_by(move |step| {
            let is_dead = {
                let mut dying = dying.lock().unwrap();
                match &mut dying.at {
                    Some((at, passing)) if *at == step && *passing > 0 => *passing -= 1,
                    Some((at, _)) if *at == step => dying.is_dead = true,
                    Some(_) | None => {}
                }
                dying.is_dead
            };
            if is_dead {
                // Ends the task here and now, without a word.
                resume_unwind(Box::new("dead"));
            }
        })
    }
}
