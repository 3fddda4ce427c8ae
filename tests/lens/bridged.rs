//! A channel on Farcaster and a place on Lens that the daemon makes one conversation, with Alice on
//! one side and Bob on the other, who use nothing but their network's official client.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::Hub;
use tokio::time::{Instant, interval};

use super::script::Script;
use super::town::Town;
use crate::farcaster::daemon::{Daemon, Home};
use crate::farcaster::person::{Cast, Person};
use crate::farcaster::world::hub;

pub(crate) const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
pub(crate) const FID: u64 = 901;
/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often the clients try what a network did not do at once.
const ATTEMPTS: u32 = 20;

/// Both networks and the people, before anybody bridges anything.
#[derive(Debug)]
pub(crate) struct Apart {
    hub: Hub,
    town: Town,
    pub(crate) alice: Person,
    pub(crate) bob: Script,
    /// Where the posts stand that are to be bridged.
    pub(crate) feed: String,
}

impl Apart {
    pub(crate) async fn begins(town: Town, mut bob: Script) -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let hub = hub().await;
        let alice = Person::arrives(hub.grpc_addr(), 101, "alice").await;
        bob.does(json!({ "do": "login", "attempts": ATTEMPTS })).await;
        let feed = town.feed.clone();
        Self { hub, town, alice, bob, feed }
    }

    /// Has the daemon make two places one conversation: one on Farcaster, one on Lens.
    pub(crate) async fn are_bridged(self, places: [&str; 2], settings: &str) -> Bridged {
        let Self { hub, town, alice, bob, feed } = self;
        let [left, right] = [("left", places[0]), ("right", places[1])]
            .map(|(account, place)| format!("{account}:{place}"));
        let home = Home::new().with_account("left", &hub, FID);
        let home = town.account(home, "right").with_link("books", [&left, &right]);
        let home = home.with_text(settings);
        let daemon = home.starts();
        home.connects().await;
        Bridged { hub, town, home, daemon, alice, bob, feed }
    }
}

/// Both networks, the people, and the daemon.
#[derive(Debug)]
pub(crate) struct Bridged {
    hub: Hub,
    pub(crate) town: Town,
    home: Home,
    daemon: Daemon,
    pub(crate) alice: Person,
    pub(crate) bob: Script,
    /// Where the bridged posts stand.
    pub(crate) feed: String,
}

impl Bridged {
    /// Between the channel and a feed.
    pub(crate) async fn feed() -> Self {
        Self::with("").await
    }

    /// Between the channel and a feed, with more settings.
    pub(crate) async fn with(settings: &str) -> Self {
        let town = Town::opens().await;
        let bob = town.person("bob").await;
        let (place, feed) = (format!("feed/{}", town.feed), town.feed.clone());
        Self::between(town, bob, (&place, feed), settings).await
    }

    /// Between the channel and a place, whose posts stand in that feed.
    pub(crate) async fn between(
        town: Town,
        bob: Script,
        (place, feed): (&str, String),
        settings: &str,
    ) -> Self {
        let apart = Apart { feed, ..Apart::begins(town, bob).await };
        apart.are_bridged(["channel/books", place], settings).await
    }

    /// Looks until something is found.
    pub(crate) async fn waits<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&mut Self) -> Option<T>,
    ) -> T {
        let began = Instant::now();
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(found) = look(self).await {
                return found;
            }
            let is_late = began.elapsed() >= WITHIN;
            assert!(!is_late, "waited in vain for {what}: {}", self.state());
        }
    }

    /// What the daemon answers to a command.
    pub(crate) fn asks(&self, args: &[&str]) -> String {
        self.home.asks(args)
    }

    /// What the daemon says of itself.
    fn state(&self) -> String {
        let told = ["status", "outbox", "dead-letters"].map(|it| self.home.asks(&[it]));
        format!("{}\n{}", told.concat(), self.home.log())
    }

    /// Alice says something in the channel, beside what `more` holds.
    pub(crate) async fn alice_says(&mut self, text: &str, more: Value) -> Cast {
        let mut all = json!({ "parent": { "url": CHANNEL } });
        for (key, value) in more.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.alice.casts(text, all).await
    }

    /// Everything that the bridge has cast, oldest first.
    pub(crate) async fn casts(&mut self) -> Vec<Value> {
        let answer = self.alice.does(json!({ "do": "casts", "fid": FID })).await;
        answer["casts"].as_array().unwrap().clone()
    }

    /// The bridge's cast of these words, once Alice can read it.
    pub(crate) async fn alice_reads(&mut self, words: &str) -> Value {
        self.waits(words, async |it| it.casts().await.into_iter().find(|it| it["text"] == words))
            .await
    }

    /// Bob says something in the place, or answers or quotes by what `more` holds; the post's id.
    pub(crate) async fn bob_says(&mut self, text: &str, more: Value) -> String {
        let mut command = json!({ "do": "post", "text": text, "attempts": ATTEMPTS });
        if more.get("on").is_none() && more.get("of").is_none() {
            command["feed"] = json!(self.feed);
        }
        for (key, value) in more.as_object().unwrap() {
            command[key] = value.clone();
        }
        self.bob.does(command).await["post"]["id"].as_str().unwrap().to_owned()
    }

    /// Everything that stands in the place, oldest first.
    pub(crate) async fn posts(&mut self) -> Vec<Value> {
        let answer = self.bob.does(json!({ "do": "recent", "feed": self.feed })).await;
        answer["posts"].as_array().unwrap().clone()
    }

    /// The bridge's post of these words, once Bob can read it.
    pub(crate) async fn bob_reads(&mut self, words: &str) -> Value {
        let bridge = self.town.bridge.clone();
        let is_it = |it: &Value| it["by"] == bridge && it["text"] == words;
        self.waits(words, async |it| it.posts().await.into_iter().find(is_it)).await
    }

    /// A post as Bob sees it.
    pub(crate) async fn post(&mut self, id: &str) -> Value {
        self.bob.does(json!({ "do": "get", "post": id })).await["post"].clone()
    }

    /// Bob does something to a post: `react`, `unreact`, `delete`, `edit`, `repost`.
    pub(crate) async fn bob_does(&mut self, what: &str, more: Value) {
        let mut command = json!({ "do": what, "attempts": ATTEMPTS });
        for (key, value) in more.as_object().unwrap() {
            command[key] = value.clone();
        }
        self.bob.does(command).await;
    }

    /// Ends everything; expects that nothing was given up and that nobody broke the schema.
    pub(crate) async fn ends(self) {
        let given_up = self.home.asks(&["dead-letters"]);
        assert!(given_up.starts_with("there are no dead letters"), "{given_up}");
        self.daemon.stops().await;
        self.hub.stop().await;
        self.bob.ends().await;
        self.town.ends().await;
    }
}

/// A cast as something to be answered, quoted, liked or taken back.
pub(crate) fn named(cast: &Value) -> Value {
    Cast::of(cast).json()
}

/// The id of a post.
pub(crate) fn id(post: &Value) -> String {
    post["id"].as_str().unwrap().to_owned()
}
