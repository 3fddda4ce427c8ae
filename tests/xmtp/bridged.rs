//! A node of XMTP, a room beside it, and a bridge between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::media::Porter;
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::group::Regroup;
use threadbridge_core::model::health::Health;
use threadbridge_core::model::id::{
    AccountName, Identity, Leg, Network, RemoteAuthor, RemoteConversation, RemoteId,
};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::person::Attitude;
use threadbridge_core::model::time::Clock;
use threadbridge_core::people;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store, Unit};
use threadbridge_core::view;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_kit::deadline::until;
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{Heard, LoopbackNetwork, Person as Neighbor, Rules};
use threadbridge_xmtp::{Config, Upload, Xmtp};
use tokio::time::{Instant, interval};
use url::Url;

use super::person::{Person, wallet};

/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Everything that is there.
pub(crate) struct Bridged {
    pub(crate) node: Node,
    room: LoopbackNetwork,
    pub(crate) zoe: Neighbor,
    bridge: Option<Bridge>,
    /// Whether the bridge may join an inbox that has installations.
    pub(crate) may_join: bool,
    pub(crate) porter: Porter,
    pub(crate) upload: Option<Upload>,
    pub(crate) history: Option<Url>,
    /// Another account with the name of its leg, which may be less protected.
    pub(crate) beside: Option<(Arc<dyn Adapter>, RemoteConversation)>,
    folder: TempDir,
}

fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

/// The room beside XMTP.
pub(crate) fn den() -> RemoteConversation {
    RemoteConversation::parse("room/den").unwrap()
}

/// The address of the bridge's wallet.
pub(crate) fn own_address() -> String {
    threadbridge_xmtp::address_of(&own_key()).unwrap()
}

fn own_key() -> Secret {
    Secret::new(wallet("bridge").secret())
}

impl Bridged {
    /// A node and a room, with no bridge yet.
    pub(crate) async fn stands() -> Self {
        // Every test comes here first; only one of them can be the first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let node = Node::start(NodeSettings::default()).await.unwrap();
        // As well protected as XMTP, so that no level has to stand beside what crosses.
        let mut rules = Rules::default();
        rules.capabilities.level = Level::Healing;
        let room = LoopbackNetwork::new(Network::parse("room").unwrap(), rules);
        let zoe = room.person("zoe");
        for who in ["zoe", "bridge"] {
            room.person(who).joins(&den());
        }
        let folder = TempDir::new().unwrap();
        Self {
            node,
            room,
            zoe,
            bridge: None,
            may_join: false,
            porter: Porter::default(),
            upload: None,
            history: None,
            beside: None,
            folder,
        }
    }

    /// Starts the bridge between the room and a conversation on XMTP.
    pub(crate) async fn tries_to_start(&mut self, conversation: &str) {
        let path = self.folder.path().join("store");
        let secret = RootSecret::key_file([7; 32]);
        let store = if path.exists() {
            Store::open(&path, &secret).unwrap()
        } else {
            Store::create(&path, &secret).unwrap()
        };
        let who = RemoteAuthor::parse("bridge").unwrap();
        let room = Loopback::connect(&self.room, who, threadbridge_loopback::Config::default());
        let host = self.node.url().parse().unwrap();
        let config = Config {
            may_join: self.may_join,
            porter: self.porter.clone(),
            upload: self.upload.clone(),
            history: self.history.clone(),
            look_every: Duration::from_secs(2),
            ..Config::new(host, own_key())
        };
        let mut accounts: BTreeMap<AccountName, Arc<dyn Adapter>> = BTreeMap::from([
            (name("dm"), Arc::new(Xmtp::connect(&config).unwrap()) as Arc<dyn Adapter>),
            (name("room"), Arc::new(room) as Arc<dyn Adapter>),
        ]);
        self.accepts(&store, conversation).await;
        let conversation = RemoteConversation::parse(conversation).unwrap();
        let mut legs = BTreeMap::from([
            (Leg { account: name("dm"), conversation }, Direction::Both),
            (Leg { account: name("room"), conversation: den() }, Direction::Both),
        ]);
        let mut downgrade = Downgrade::Refuse;
        if let Some((adapter, conversation)) = &self.beside {
            accounts.insert(name("beside"), Arc::clone(adapter));
            let (account, conversation) = (name("beside"), conversation.clone());
            legs.insert(Leg { account, conversation }, Direction::Both);
            downgrade = Downgrade::Allow;
        }
        let link =
            Link { name: "den".to_owned(), legs, downgrade, attribution: "{name}: ".to_owned() };
        let backoff =
            Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits = Limits {
            backoff,
            call_within: Duration::from_secs(5),
            confirm_within: Duration::from_secs(2),
            stop_within: Duration::from_secs(2),
            ..Limits::default()
        };
        let setup = Setup { accounts, links: vec![link], limits, ..Setup::default() };
        self.bridge = Some(Bridge::start(store, setup, Clock::System).await.unwrap());
    }

    /// Whom the conversation is with may talk to the owner, who said so.
    async fn accepts(&self, store: &Store, conversation: &str) {
        let address = conversation.strip_prefix("dm/");
        let Some(inbox) = address.and_then(|it| self.node.inbox_of(it)) else { return };
        let network = Network::parse("xmtp").unwrap();
        let peer = Identity { network, author: RemoteAuthor::parse(inbox).unwrap() };
        let (accepted, now) = (Some(Attitude::Accepted), Clock::System.now());
        let think = move |unit: &mut Unit<'_>| people::think(unit, &peer, accepted, now);
        store.write(think).await.unwrap();
    }

    /// Starts the bridge, and waits until it hears XMTP.
    pub(crate) async fn starts(&mut self, conversation: &str) {
        self.tries_to_start(conversation).await;
        until("the bridge listens", async || {
            matches!(self.health(), Health::Connected).then_some(())
        })
        .await;
    }

    /// Has the owner change a group.
    pub(crate) async fn regroups(&self, group: &str, change: &Regroup) {
        let conversation = RemoteConversation::parse(format!("group/{group}")).unwrap();
        let content = Content::telling(Salt::random().unwrap(), &change.told().unwrap());
        let leg = Leg { account: name("dm"), conversation };
        self.bridge.as_ref().unwrap().regroup(leg, content).await.unwrap();
    }

    /// The owner says what they think of somebody.
    pub(crate) async fn thinks(&self, of: &Identity, attitude: Attitude) {
        let (of, now) = (of.clone(), Clock::System.now());
        let think = move |unit: &mut Unit<'_>| people::think(unit, &of, Some(attitude), now);
        self.bridge.as_ref().unwrap().store().write(think).await.unwrap();
    }

    /// Waits until a leg on XMTP says what it lacks.
    pub(crate) async fn lacks(&self, what: &str) {
        let began = Instant::now();
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let snapshot = self.bridge.as_ref().unwrap().store().snapshot().unwrap();
            let legs = view::status(&snapshot).unwrap().accounts.into_iter().flat_map(|it| it.legs);
            if legs.filter_map(|it| it.lacks).any(|it| it.contains(what)) {
                return;
            }
            assert!(began.elapsed() < WITHIN, "nothing lacks {what}: {}", self.state());
        }
    }

    /// Waits until the account is locked out, and returns why.
    pub(crate) async fn is_locked_out(&self) -> String {
        let began = Instant::now();
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Health::Suspended(reason) = self.health() {
                return reason;
            }
            assert!(began.elapsed() < 2 * WITHIN, "it is not locked out: {:?}", self.health());
        }
    }

    pub(crate) async fn stops(&mut self) {
        self.bridge.take().unwrap().stop().await.unwrap();
    }

    /// How the account on XMTP is doing.
    pub(crate) fn health(&self) -> Health {
        let Some(bridge) = &self.bridge else { return Health::Starting };
        let snapshot = bridge.store().snapshot().unwrap();
        let status = view::status(&snapshot).unwrap();
        let account = status.accounts.into_iter().find(|it| it.name == name("dm"));
        account.map_or(Health::Starting, |it| it.health)
    }

    /// zoe says something; its id in the room.
    pub(crate) fn zoe_says(&self, text: &str) -> RemoteId {
        self.zoe.says(&den(), text).unwrap()
    }

    /// What zoe hears once somebody has said this, whoever's words it says they are.
    pub(crate) async fn zoe_hears(&self, text: &str) -> Heard {
        let is_it = |it: &Heard| it.text == text || it.text.ends_with(&format!(": {text}"));
        let mut ticks = interval(LOOK_EVERY);
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let heard = self.zoe.hears(&den());
            if let Some(heard) = heard.iter().find(|it| is_it(it)) {
                return heard.clone();
            }
            let state = self.state();
            assert!(began.elapsed() < WITHIN, "zoe does not hear «{text}»: {heard:#?}; {state}");
        }
    }

    /// Waits until zoe hears something that is so.
    pub(crate) async fn zoe_waits(&self, what: &str, is_so: impl Fn(&Heard) -> bool) {
        self.den_waits(what, |heard| heard.iter().any(&is_so)).await;
    }

    /// Waits until what was said is gone from the room.
    pub(crate) async fn zoe_hears_no_more(&self, text: &str) {
        let is_gone = |heard: &[Heard]| heard.iter().all(|it| !it.text.ends_with(text));
        self.den_waits(text, is_gone).await;
    }

    async fn den_waits(&self, what: &str, is_so: impl Fn(&[Heard]) -> bool) {
        let mut ticks = interval(LOOK_EVERY);
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let heard = self.zoe.hears(&den());
            if is_so(&heard) {
                return;
            }
            let state = self.state();
            assert!(began.elapsed() < WITHIN, "waited in vain for {what}: {heard:#?}; {state}");
        }
    }

    /// Everything that somebody on XMTP reads in a conversation, once `text` is the text of one of
    /// its messages.
    pub(crate) async fn reads(
        &self,
        person: &mut Person,
        conversation: &str,
        text: &str,
    ) -> Vec<Value> {
        let is_there = |seen: &[Value]| seen.iter().any(|it| it["text"] == text);
        self.waits(person, conversation, text, is_there).await
    }

    /// Everything that somebody on XMTP reads in a conversation, once it is so.
    pub(crate) async fn waits(
        &self,
        person: &mut Person,
        conversation: &str,
        what: &str,
        is_so: impl Fn(&[Value]) -> bool,
    ) -> Vec<Value> {
        let mut ticks = interval(LOOK_EVERY);
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let seen = person.reads(conversation).await;
            if is_so(&seen) {
                return seen;
            }
            let state = self.state();
            assert!(began.elapsed() < WITHIN, "«{what}» is not on XMTP: {seen:#?}; {state}");
        }
    }

    /// The texts of the linked conversation, in the thread's order.
    pub(crate) fn thread(&self) -> Vec<String> {
        let snapshot = self.bridge.as_ref().unwrap().store().snapshot().unwrap();
        let threads = view::threads(&snapshot).unwrap();
        let Some(thread) = threads.first() else { return Vec::new() };
        let lines = view::thread(&snapshot, thread.conversation.id, 1_000).unwrap();
        lines.into_iter().filter_map(|it| it.text).collect()
    }

    /// Why things of the linked conversation did not cross.
    pub(crate) fn notes(&self) -> Vec<String> {
        let snapshot = self.bridge.as_ref().unwrap().store().snapshot().unwrap();
        let threads = view::threads(&snapshot).unwrap();
        let lines = view::thread(&snapshot, threads[0].conversation.id, 1_000).unwrap();
        let states = lines.into_iter().flat_map(|it| it.legs);
        let note = |(_, state)| {
            if let view::LineState::Noted(reason) = state { Some(reason) } else { None }
        };
        states.filter_map(note).collect()
    }

    /// What is on its way, waits or failed, for whoever reads a failure.
    pub(crate) fn state(&self) -> String {
        let Some(bridge) = &self.bridge else { return "no bridge".to_owned() };
        let snapshot = bridge.store().snapshot().unwrap();
        let status = view::status(&snapshot).unwrap();
        let outbox = view::outbox(&snapshot).unwrap();
        let dead = view::dead_letters(&snapshot).unwrap();
        format!("{status:#?}\n{outbox:#?}\n{dead:#?}")
    }

    pub(crate) async fn ends(mut self) {
        if let Some(bridge) = self.bridge.take() {
            bridge.stop().await.unwrap();
        }
        self.node.stop().await;
    }
}
