//! A feed on Lens, a room beside it, and a bridge between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::health::Health;
use threadbridge_core::model::id::{
    AccountName, Leg, Network, RemoteAuthor, RemoteConversation, RemoteId,
};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_core::view;
use threadbridge_kit::deadline::until;
use threadbridge_lens::{Config, Lens, Pace, Role, Speaker};
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{Heard, LoopbackNetwork, Person, Rules};
use tokio::time::{Instant, interval};

use super::standard::{APP, Reference};

/// The feed that is bridged.
pub(crate) const FEED: &str = "0xfefefefefefefefefefefefefefefefefefefefe";
/// The bridge's own account, and the key of its manager.
pub(crate) const OWN: &str = "0x0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e";
const OWN_KEY: &str = "0303030303030303030303030303030303030303030303030303030303030303";
/// The address of that key.
pub(crate) const MANAGER: &str = "0x3325a78425f17a7e487eb5666b2bfd93abb06c70";
/// People on Lens.
pub(crate) const EVE: &str = "0xe0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0";
pub(crate) const MALLORY: &str = "0xbadbadbadbadbadbadbadbadbadbadbadbadbad0";
/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const NOBODY: &str = "0x9999999999999999999999999999999999999999";

/// Everything that is there.
pub(crate) struct Crossing {
    pub(crate) reference: Reference,
    room: LoopbackNetwork,
    pub(crate) zoe: Person,
    lens: Config,
    bridge: Option<Bridge>,
    folder: TempDir,
}

fn name(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

/// The room beside the feed.
pub(crate) fn books() -> RemoteConversation {
    RemoteConversation::parse("room/books").unwrap()
}

/// The bridge's account at an API.
pub(crate) fn account(api: &str, grove: &str) -> Config {
    let reading = Config::reading(
        api.parse().unwrap(),
        grove.parse().unwrap(),
        "http://localhost".parse().unwrap(),
    );
    Config {
        chain_id: 37111,
        speaker: Some(Speaker {
            account: OWN.parse().unwrap(),
            app: APP.parse().unwrap(),
            role: Role::Manager,
            key: Secret::new(OWN_KEY.to_owned()),
        }),
        pace: Pace { active: Duration::from_millis(40), idle: Duration::from_millis(80) },
        settle_for: Duration::from_millis(1500),
        ..reading
    }
}

/// A strict server with everybody in it.
pub(crate) async fn town(flags: &[&str]) -> Reference {
    let mut reference = Reference::starts(flags).await;
    reference.knows("bridge", OWN, NOBODY, MANAGER).await;
    reference.knows("eve", EVE, NOBODY, "").await;
    reference.knows("mallory", MALLORY, NOBODY, "").await;
    reference.0.does(json!({ "do": "feed", "feed": FEED })).await;
    reference
}

impl Crossing {
    /// A bridge that reaches the strict server at `api`, perhaps through somebody else.
    pub(crate) async fn opens(reference: Reference, api: &str) -> Self {
        // Every test comes here first; only one of them can be the first.
        drop(rustls::crypto::ring::default_provider().install_default());
        // As public as Lens is, so that no level has to stand beside what crosses.
        let mut rules = Rules::default();
        rules.capabilities.level = Level::Public;
        let room = LoopbackNetwork::new(Network::parse("room").unwrap(), rules);
        let (zoe, lens) = (room.person("zoe"), account(api, &reference.grove()));
        for who in ["zoe", "bridge"] {
            room.person(who).joins(&books());
        }
        let folder = TempDir::new().unwrap();
        let mut crossing = Self { reference, room, zoe, lens, bridge: None, folder };
        crossing.starts().await;
        crossing
    }

    /// Starts the bridge, again if it was stopped.
    pub(crate) async fn starts(&mut self) {
        let path = self.folder.path().join("store");
        let secret = RootSecret::key_file([7; 32]);
        let store = if path.exists() {
            Store::open(&path, &secret).unwrap()
        } else {
            Store::create(&path, &secret).unwrap()
        };
        let who = RemoteAuthor::parse("bridge").unwrap();
        let room = Loopback::connect(&self.room, who, threadbridge_loopback::Config::default());
        let accounts: BTreeMap<AccountName, Arc<dyn Adapter>> = BTreeMap::from([
            (name("lens"), Arc::new(Lens::connect(&self.lens).unwrap()) as Arc<dyn Adapter>),
            (name("room"), Arc::new(room) as Arc<dyn Adapter>),
        ]);
        let feed = RemoteConversation::parse(format!("feed/{FEED}")).unwrap();
        let legs = BTreeMap::from([
            (Leg { account: name("lens"), conversation: feed }, Direction::Both),
            (Leg { account: name("room"), conversation: books() }, Direction::Both),
        ]);
        let link = Link {
            name: "books".to_owned(),
            legs,
            downgrade: Downgrade::Refuse,
            attribution: "{name}: ".to_owned(),
        };
        let backoff =
            Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits = Limits {
            backoff,
            call_within: Duration::from_secs(3),
            confirm_within: Duration::from_secs(1),
            stop_within: Duration::from_secs(2),
            ..Limits::default()
        };
        let setup = Setup { accounts, links: vec![link], limits, ..Setup::default() };
        self.bridge = Some(Bridge::start(store, setup, Clock::System).await.unwrap());
    }

    /// Starts the bridge as if a bridge had never been there, without the past.
    pub(crate) async fn listens(self) -> Self {
        until("the bridge listens", async || (self.health() == Health::Connected).then_some(()))
            .await;
        self
    }

    pub(crate) async fn stops(&mut self) {
        self.bridge.take().unwrap().stop().await.unwrap();
    }

    /// Somebody posts on Lens, or comments or quotes by what `more` has.
    pub(crate) async fn posts(&mut self, by: &str, text: &str, more: Value) -> String {
        let lens = json!({
            "id": uuid(), "locale": "en", "mainContentFocus": "TEXT_ONLY", "content": text,
        });
        let schema = "https://json-schemas.lens.dev/posts/text-only/3.0.0.json";
        let metadata = json!({ "$schema": schema, "lens": lens });
        let mut command = json!({ "do": "post", "by": by, "feed": FEED, "metadata": metadata });
        for (key, value) in more.as_object().unwrap() {
            command[key] = value.clone();
        }
        let answer = self.reference.0.does(command).await;
        answer["post"]["id"].as_str().unwrap().to_owned()
    }

    /// Everything that is on Lens, oldest first.
    pub(crate) async fn on_lens(&mut self) -> Vec<Value> {
        let answer = self.reference.0.does(json!({ "do": "posts" })).await;
        answer["posts"].as_array().unwrap().clone()
    }

    /// The bridge's post of these words, once it is on Lens.
    pub(crate) async fn reads(&mut self, text: &str) -> Value {
        let is_it = |it: &Value| it["by"] == OWN && it["text"] == text;
        let mut ticks = interval(LOOK_EVERY);
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let posts = self.on_lens().await;
            if let Some(post) = posts.iter().find(|it| is_it(it)) {
                return post.clone();
            }
            let state = self.state();
            assert!(began.elapsed() < WITHIN, "«{text}» is not on Lens: {posts:#?}; {state}");
        }
    }

    /// What zoe hears once somebody has said this, whoever's words it says they are.
    pub(crate) async fn zoe_hears(&self, text: &str) -> Heard {
        let is_it = |it: &Heard| it.text == text || it.text.ends_with(&format!(": {text}"));
        let mut ticks = interval(LOOK_EVERY);
        let began = Instant::now();
        loop {
            ticks.tick().await;
            let heard = self.zoe.hears(&books());
            if let Some(heard) = heard.iter().find(|it| is_it(it)) {
                return heard.clone();
            }
            let state = self.state();
            assert!(began.elapsed() < WITHIN, "zoe does not hear «{text}»: {heard:#?}; {state}");
        }
    }

    /// What zoe hears that holds this text.
    pub(crate) fn heard_of(&self, text: &str) -> Vec<Heard> {
        self.zoe.hears(&books()).into_iter().filter(|it| it.text.contains(text)).collect()
    }

    /// zoe says something; its id in the room.
    pub(crate) fn zoe_says(&self, text: &str) -> RemoteId {
        self.zoe.says(&books(), text).unwrap()
    }

    /// How the account on Lens is doing.
    pub(crate) fn health(&self) -> Health {
        self.lens_status().map_or(Health::Starting, |it| it.health)
    }

    fn lens_status(&self) -> Option<view::AccountStatus> {
        let snapshot = self.bridge.as_ref()?.store().snapshot().unwrap();
        let status = view::status(&snapshot).unwrap();
        status.accounts.into_iter().find(|it| it.name == name("lens"))
    }

    /// What the last attempt to say something on Lens failed of.
    pub(crate) fn last_error(&self) -> Option<String> {
        self.lens_status()?.legs.into_iter().find_map(|it| it.last_error)
    }

    /// How many were given up.
    pub(crate) fn dead_letters(&self) -> usize {
        self.reasons().len()
    }

    /// Why.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let Some(bridge) = &self.bridge else { return Vec::new() };
        let snapshot = bridge.store().snapshot().unwrap();
        let letters = view::dead_letters(&snapshot).unwrap();
        letters.into_iter().map(|it| it.reason).collect()
    }

    /// How many envelopes wait to be sent.
    pub(crate) fn on_their_way(&self) -> usize {
        let snapshot = self.bridge.as_ref().unwrap().store().snapshot().unwrap();
        view::outbox(&snapshot).unwrap().len()
    }

    /// Everything about the account on Lens, for whoever reads why a test failed.
    pub(crate) fn state(&self) -> String {
        format!("{:#?}; dead letters: {:#?}", self.lens_status(), self.reasons())
    }

    /// Ends everything; the strict server must have been asked nothing that it cannot answer.
    pub(crate) async fn ends(mut self) {
        self.stops().await;
        self.reference.finds_all_well().await;
    }
}

/// Names for metadata that nobody else has.
fn uuid() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("00000000-0000-4000-8000-{:012x}", NEXT.fetch_add(1, Ordering::Relaxed))
}
