//! A direct conversation that runs on XMTP and beside it: it goes on elsewhere while XMTP is cut off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use threadbridge::handover::{NotHandedOver, move_with_history};
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::direct::{Directs, ReplyOn};
use threadbridge_core::model::id::{
    AccountName, ConversationId, Identity, Leg, Network, RemoteAuthor, RemoteConversation,
};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::Downgrade;
use threadbridge_core::model::person::Introduction;
use threadbridge_core::model::register::{Class, Sum, Terms};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{self, Backoff, Bridge, Limits, Setup, Target};
use threadbridge_core::register::Statement;
use threadbridge_core::secret::Secret;
use threadbridge_core::store::tables::LEGS;
use threadbridge_core::store::{Reads, RootSecret, Store};
use threadbridge_core::view;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_xmtp::{Config, Xmtp};

use super::bridged::own_address;
use super::person::{Person, Sdk, eventually, wallet};

/// Ann on XMTP and in a room of two, and a bridge that knows that both are her.
struct Ways {
    node: Node,
    room: LoopbackNetwork,
    ann: Person,
    bridge: Bridge,
    dm: Arc<dyn Adapter>,
    beside: Arc<dyn Adapter>,
    _folder: TempDir,
}

fn account(text: &str) -> AccountName {
    AccountName::parse(text).unwrap()
}

fn author(text: &str) -> RemoteAuthor {
    RemoteAuthor::parse(text).unwrap()
}

fn beside() -> RemoteConversation {
    RemoteConversation::parse("direct/ann+bridge").unwrap()
}

impl Ways {
    async fn stand() -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let ann = Person::joins(&node, "ann", Sdk::newest()).await;
        let mut rules = Rules::default();
        rules.capabilities.level = Level::Healing;
        let room = LoopbackNetwork::new(Network::parse("room").unwrap(), rules);
        for who in ["ann", "bridge"] {
            room.person(who).joins(&beside());
        }
        let folder = TempDir::new().unwrap();
        let secret = RootSecret::key_file([7; 32]);
        let store = Store::create(folder.path().join("store"), &secret).unwrap();
        let setup = Self::setup(&node, &room, &ann);
        let [dm, beside] = ["dm", "room"].map(|it| Arc::clone(&setup.accounts[&account(it)]));
        let bridge = Bridge::start(store, setup, Clock::System).await.unwrap();
        Self { node, room, ann, bridge, dm, beside, _folder: folder }
    }

    fn setup(node: &Node, room: &LoopbackNetwork, ann: &Person) -> Setup {
        let key = Secret::new(wallet("bridge").secret());
        let config = Config::new(node.url().parse().unwrap(), key);
        let there =
            Loopback::connect(room, author("bridge"), threadbridge_loopback::Config::default());
        let accounts: BTreeMap<AccountName, Arc<dyn Adapter>> = BTreeMap::from([
            (account("dm"), Arc::new(Xmtp::connect(&config).unwrap()) as Arc<dyn Adapter>),
            (account("room"), Arc::new(there) as Arc<dyn Adapter>),
        ]);
        let identity = |network: &str, who: &str| Identity {
            network: Network::parse(network).unwrap(),
            author: author(who),
        };
        let ann = Introduction {
            name: "Ann".to_owned(),
            identities: BTreeSet::from([identity("room", "ann"), identity("xmtp", &ann.inbox())]),
            ..Introduction::default()
        };
        let direct = Directs {
            accounts: vec![account("dm"), account("room")],
            reply_on: ReplyOn::Last,
            downgrade: Downgrade::Refuse,
            move_after: Duration::from_secs(1),
        };
        let backoff =
            Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits = Limits {
            backoff,
            call_within: Duration::from_secs(5),
            confirm_within: Duration::from_secs(2),
            stop_within: Duration::from_secs(2),
            ..Limits::default()
        };
        Setup { accounts, people: vec![ann], direct: Some(direct), limits, ..Setup::default() }
    }

    fn conversation(&self) -> ConversationId {
        let leg = Leg { account: account("room"), conversation: beside() };
        self.bridge.store().snapshot().unwrap().get(&LEGS, &leg).unwrap().unwrap()
    }

    async fn say(&self, text: &str) {
        let content = Content::plain(Salt::random().unwrap(), text);
        self.bridge.say(Target::Conversation(self.conversation()), content).await.unwrap();
    }

    /// What was said, whoever said it where, but for words about where it goes on.
    fn thread(&self) -> Vec<String> {
        let snapshot = self.bridge.store().snapshot().unwrap();
        let lines = view::thread(&snapshot, self.conversation(), 100).unwrap();
        let texts = lines.into_iter().filter_map(|it| it.text);
        texts.filter(|it| !it.starts_with('(')).collect()
    }

    async fn thread_is(&self, texts: &[&str]) {
        eventually(&format!("it is {texts:?}"), async || self.thread() == texts).await;
    }

    /// Waits until Ann has heard this beside XMTP.
    async fn heard_beside(&self, texts: &[&str]) {
        eventually(&format!("she hears {texts:?}"), async || {
            let heard = self.room.person("ann").hears(&beside());
            let heard = heard.into_iter().filter(|it| it.author.as_str() == "bridge");
            let heard: Vec<_> = heard.map(|it| it.text).filter(|it| !it.starts_with('(')).collect();
            heard == texts
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_goes_along_sealed_and_the_official_client_takes_it_out_and_reads_it() {
    let mut ways = Ways::stand().await;
    eventually("the bridge is on XMTP", async || ways.node.inbox_of(&own_address()).is_some())
        .await;
    ways.room.person("ann").says(&beside(), "do you remember the lighthouse?").unwrap();
    ways.thread_is(&["do you remember the lighthouse?"]).await;
    ways.say("I do").await;
    ways.heard_beside(&["I do"]).await;

    let (store, now) = (ways.bridge.store().clone(), Clock::System.now());
    let move_to = (ways.conversation(), account("dm"));
    let leg = move_with_history(&store, &*ways.dm, move_to, now).await.unwrap();
    assert_eq!(leg.account, account("dm"));
    ways.bridge.hurry().await;
    let dm = ways.ann.opens_dm(&own_address()).await;
    let mut got = (None, None);
    eventually("the file and its key arrive", async || {
        for message in ways.ann.reads(&dm).await {
            if let Some((_, key)) = message["text"].as_str().and_then(|it| it.split_once("AGE-")) {
                got.0 = Some(format!("AGE-{}", key.trim_end_matches(')')));
            }
            if message["type"] == "attachment" {
                got.1 = Some(message["content"].clone());
            }
        }
        got.0.is_some() && got.1.is_some()
    })
    .await;
    let (key, file) = (got.0.unwrap(), got.1.unwrap());
    assert_eq!(file["mimeType"], "application/age", "{file}");
    assert_eq!(file["filename"], "history.age", "{file}");
    let bytes = file["content"]["base64"].as_str().unwrap();
    assert!(!bytes.contains("lighthouse"));
    let opens = serde_json::json!({ "do": "opens", "base64": bytes, "key": key });
    let opened = ways.ann.tries(opens).await;
    let history: serde_json::Value =
        serde_json::from_str(opened["text"].as_str().unwrap_or_else(|| panic!("{opened}")))
            .unwrap();
    let said: Vec<&str> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["text"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["do you remember the lighthouse?", "I do"]);

    let counted = Statement::of(&store.snapshot().unwrap(), now).unwrap();
    let class = |it: &Sum| (it.carried.class, it.carried.terms);
    let history = (Class::History, Terms::DIRECT.and(Terms::HISTORY));
    assert!(counted.open.iter().map(class).any(|it| it == history), "{:?}", counted.open);
    let back = (ways.conversation(), account("room"));
    let refused = move_with_history(&store, &*ways.beside, back, now).await.unwrap_err();
    assert!(matches!(refused, NotHandedOver::NoFile(_)), "{refused:?}");
    ways.ann.leaves().await;
    ways.bridge.stop().await.unwrap();
    ways.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_conversation_goes_on_elsewhere_while_xmtp_is_cut_off_and_comes_back() {
    let mut ways = Ways::stand().await;
    let is_there = |ways: &Ways| ways.node.inbox_of(&own_address()).is_some();
    eventually("the bridge is on XMTP", async || is_there(&ways)).await;
    let dm = ways.ann.opens_dm(&own_address()).await;
    ways.ann.says(&dm, "one").await;
    ways.thread_is(&["one"]).await;
    ways.node.down().await;
    for text in ["two", "three"] {
        ways.say(text).await;
    }
    ways.heard_beside(&["two", "three"]).await;
    ways.node.up().await.unwrap();
    ways.bridge.hurry().await;
    eventually("she can speak again", async || {
        ways.ann.tries(serde_json::json!({ "do": "sync" })).await["ok"] == true
    })
    .await;
    ways.ann.says(&dm, "four").await;
    ways.thread_is(&["one", "two", "three", "four"]).await;
    ways.say("five").await;
    eventually("it is answered where she spoke", async || {
        ways.ann.texts(&dm).await.last().is_some_and(|it| it == "five")
    })
    .await;
    assert_eq!(ways.ann.texts(&dm).await, ["one", "four", "five"], "nothing twice");

    let (store, now) = (ways.bridge.store().clone(), Clock::System.now());
    let to = pipeline::move_to(&store, ways.conversation(), account("room"), now).await.unwrap();
    assert_eq!(to.account, account("room"));
    ways.say("six").await;
    ways.heard_beside(&["two", "three", "six"]).await;
    pipeline::move_to(&store, ways.conversation(), account("dm"), now).await.unwrap();
    ways.say("seven").await;
    eventually("it is back on XMTP", async || {
        ways.ann.texts(&dm).await.last().is_some_and(|it| it == "seven")
    })
    .await;
    ways.heard_beside(&["two", "three", "six"]).await;
    ways.ann.leaves().await;
    ways.bridge.stop().await.unwrap();
    ways.node.stop().await;
}
