//! A bridge of its own between a room and a group on XMTP, beside others at the same node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::health::Health;
use threadbridge_core::model::id::{AccountName, Leg, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_core::view;
use threadbridge_devnet::xmtp::Node;
use threadbridge_kit::deadline::until;
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{LoopbackNetwork, Person as Neighbor, Rules};
use threadbridge_xmtp::{Config, Standing, Xmtp, standing};
use tokio::time::{Instant, interval};

use super::bridged::den;
use super::person::wallet;

/// After this long what should have been sent is taken never to be.
const WITHIN: Duration = Duration::from_secs(180);

/// A bridge, and somebody in the room beside it.
pub(crate) struct Side {
    /// Whose wallet it has; the neighbor is called the same.
    name: &'static str,
    clock: Clock,
    room: LoopbackNetwork,
    pub(crate) neighbor: Neighbor,
    bridge: Option<Bridge>,
    xmtp: Option<Arc<dyn Adapter>>,
    folder: TempDir,
}

fn account() -> AccountName {
    AccountName::parse("dm").unwrap()
}

impl Side {
    /// A room, with no bridge yet.
    pub(crate) fn stands(name: &'static str, clock: &Clock) -> Self {
        // Every test comes here first; only one of them can be the first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let mut rules = Rules::default();
        rules.capabilities.level = Level::Healing;
        // What one bridge brings from its room must not seem to come from another's.
        let room = LoopbackNetwork::new(Network::parse(name).unwrap(), rules);
        for who in [name, "bridge"] {
            room.person(who).joins(&den());
        }
        let (neighbor, clock) = (room.person(name), clock.clone());
        Self {
            name,
            clock,
            room,
            neighbor,
            bridge: None,
            xmtp: None,
            folder: TempDir::new().unwrap(),
        }
    }

    /// What its account on XMTP is called.
    pub(crate) fn account() -> AccountName {
        account()
    }

    fn store_secret() -> RootSecret {
        RootSecret::key_file([7; 32])
    }

    /// Its store, while no bridge has it.
    pub(crate) fn store(&self) -> Store {
        Store::open(self.folder.path().join("store"), &Self::store_secret()).unwrap()
    }

    /// The address of its wallet.
    pub(crate) fn address(&self) -> String {
        wallet(self.name).identifier()
    }

    /// Starts the bridge between the room and a conversation on XMTP, and waits until it listens.
    pub(crate) async fn starts(&mut self, node: &Node, conversation: &str) {
        let path = self.folder.path().join("store");
        let secret = Self::store_secret();
        let store = match path.exists() {
            true => Store::open(&path, &secret).unwrap(),
            false => Store::create(&path, &secret).unwrap(),
        };
        let who = RemoteAuthor::parse("bridge").unwrap();
        let room = Loopback::connect(&self.room, who, threadbridge_loopback::Config::default());
        let key = Secret::new(wallet(self.name).secret());
        let config = Config { may_join: true, ..Config::new(node.url().parse().unwrap(), key) };
        let xmtp = Xmtp::connect(&config).unwrap().with_clock(self.clock.clone());
        let xmtp: Arc<dyn Adapter> = Arc::new(xmtp);
        self.xmtp = Some(Arc::clone(&xmtp));
        let rooms = AccountName::parse("room").unwrap();
        let accounts: BTreeMap<AccountName, Arc<dyn Adapter>> =
            BTreeMap::from([(account(), xmtp), (rooms.clone(), Arc::new(room) as _)]);
        let conversation = RemoteConversation::parse(conversation).unwrap();
        let legs = BTreeMap::from([
            (Leg { account: account(), conversation }, Direction::Both),
            (Leg { account: rooms, conversation: den() }, Direction::Both),
        ]);
        let link = Link {
            name: "den".to_owned(),
            legs,
            downgrade: Downgrade::Refuse,
            attribution: String::new(),
        };
        let backoff =
            Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits = Limits {
            backoff,
            call_within: Duration::from_secs(8),
            confirm_within: Duration::from_secs(2),
            stop_within: Duration::from_secs(2),
            ..Limits::default()
        };
        let setup = Setup { accounts, links: vec![link], limits, ..Setup::default() };
        self.bridge = Some(Bridge::start(store, setup, self.clock.clone()).await.unwrap());
        until("the bridge listens", async || (self.health() == Health::Connected).then_some(()))
            .await;
    }

    /// Stops the bridge.
    pub(crate) async fn stops(&mut self) {
        if let Some(bridge) = self.bridge.take() {
            bridge.stop().await.unwrap();
        }
    }

    fn tries_status(&self) -> Option<view::AccountStatus> {
        let snapshot = self.bridge.as_ref()?.store().snapshot().unwrap();
        let accounts = view::status(&snapshot).unwrap().accounts;
        accounts.into_iter().find(|it| it.name == account())
    }

    fn status(&self) -> view::AccountStatus {
        self.tries_status().unwrap()
    }

    fn health(&self) -> Health {
        self.tries_status().map_or(Health::Starting, |it| it.health)
    }

    /// Whether everything that was said in the room has gone to XMTP and was read back.
    fn is_at_rest(&self) -> bool {
        let status = self.status();
        status.behind == 0 && status.legs.is_empty()
    }

    /// Waits until everything that was said in the room has gone to XMTP and was read back.
    pub(crate) async fn rests(&self) {
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(50));
        while !self.is_at_rest() {
            ticks.tick().await;
            assert!(began.elapsed() < WITHIN, "it does not come to rest: {}", self.state());
        }
    }

    /// What it says of itself, for whoever reads a failure.
    pub(crate) fn state(&self) -> String {
        let snapshot = self.bridge.as_ref().unwrap().store().snapshot().unwrap();
        let outbox = view::outbox(&snapshot).unwrap();
        let on_its_way = outbox.iter().map(|it| (it.kind, it.taken_at, &it.last_error));
        let on_its_way: Vec<_> = on_its_way.collect();
        format!("{}: {:#?}\n{on_its_way:#?}", self.name, self.status())
    }

    /// What the texts in its room are, without who says them.
    pub(crate) fn heard(&self) -> Vec<String> {
        let bare = |text: &str| text.rsplit(": ").next().unwrap_or_default().to_owned();
        self.neighbor.hears(&den()).iter().map(|it| bare(&it.text)).collect()
    }

    /// Somebody in its room says something.
    pub(crate) fn says(&self, text: &str) {
        self.neighbor.says(&den(), text).unwrap();
    }

    /// How its account stands in a group, by its id in hex.
    pub(crate) fn standing(&self, group: &str) -> Standing {
        let keys = self.bridge.as_ref().unwrap().store().keys(&account()).unwrap();
        standing(&keys, &hex::decode(group).unwrap()).unwrap().unwrap()
    }

    /// Whether its account is in a group, by its id in hex.
    pub(crate) fn stands_in(&self, group: &str) -> bool {
        let keys = self.bridge.as_ref().unwrap().store().keys(&account()).unwrap();
        standing(&keys, &hex::decode(group).unwrap()).unwrap().is_some()
    }

    /// Why things that came were refused.
    pub(crate) fn refused(&self) -> BTreeSet<String> {
        self.status().refusals.into_iter().map(|it| it.reason).collect()
    }

    /// What its account tells of itself, by name.
    pub(crate) fn facts(&self) -> Vec<(String, String)> {
        let bridge = self.bridge.as_ref().unwrap();
        let keys = bridge.store().keys(&account()).unwrap();
        let facts = self.xmtp.as_ref().unwrap().facts(&keys);
        facts.into_iter().map(|it| (it.name, it.value)).collect()
    }

    /// What its leg on XMTP lacks.
    pub(crate) fn lacks(&self) -> Option<String> {
        self.status().legs.into_iter().find_map(|it| it.lacks)
    }

    /// How much that came waits.
    pub(crate) fn waiting(&self) -> usize {
        self.status().waiting
    }

    /// Why what was said in the room waits.
    pub(crate) fn waits_for(&self) -> Option<String> {
        self.status().legs.into_iter().find_map(|it| it.last_error)
    }
}
