//! What is said on one leg is heard on the others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{AccountName, Leg, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::store::Store;
use threadbridge_loopback::network::{
    Heard, LoopbackNetwork, Naming, Person, Receipts, Rules, Secrecy,
};
use threadbridge_loopback::{Config, Loopback};

/// Two networks, each with a room, linked by one bridge.
struct Two {
    left: LoopbackNetwork,
    right: LoopbackNetwork,
    room: RemoteConversation,
    bridge: Bridge,
}

fn room() -> RemoteConversation {
    RemoteConversation::parse("room/books").unwrap()
}

impl Two {
    async fn start(left: Rules, right: Rules) -> Self {
        let left = LoopbackNetwork::new(Network::parse("left").unwrap(), left);
        let right = LoopbackNetwork::new(Network::parse("right").unwrap(), right);
        let account = |network: &LoopbackNetwork| -> Arc<dyn Adapter> {
            let who = RemoteAuthor::parse("bridge").unwrap();
            network.person("bridge").joins(&room());
            Arc::new(Loopback::connect(network, who, Config::default()))
        };
        let name = |name: &str| AccountName::parse(name).unwrap();
        let accounts =
            BTreeMap::from([(name("left"), account(&left)), (name("right"), account(&right))]);
        let leg = |account: &str| Leg { account: name(account), conversation: room() };
        let link = Link {
            name: "books".to_owned(),
            legs: BTreeMap::from([(leg("left"), Direction::Both), (leg("right"), Direction::Both)]),
            downgrade: Downgrade::Refuse,
            attribution: "{name}: ".to_owned(),
        };
        let store = Store::in_memory().unwrap();
        let setup = Setup { accounts, links: vec![link], ..Setup::default() };
        let bridge = Bridge::start(store, setup, Clock::System).await.unwrap();
        Self { left, right, room: room(), bridge }
    }
}

async fn hears(person: &Person, enough: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
    let room = room();
    tokio::time::timeout(Duration::from_secs(10), person.hears_until(&room, enough))
        .await
        .unwrap_or_else(|_| panic!("heard only {:?}", person.hears(&room)))
}

fn texts(heard: &[Heard]) -> Vec<&str> {
    heard.iter().map(|it| it.text.as_str()).collect()
}

async fn a_conversation(left: Rules, right: Rules) {
    if std::env::var_os("RUST_LOG").is_some() {
        tracing_subscriber::fmt().try_init().ok();
    }
    let two = Two::start(left, right).await;
    let (alice, bob) = (two.left.person("alice"), two.right.person("bob"));
    alice.joins(&two.room);
    bob.joins(&two.room);
    alice.says(&two.room, "hello").unwrap();
    let heard = hears(&bob, |heard| heard.len() == 1).await;
    assert_eq!(texts(&heard), ["alice: hello"]);
    bob.replies(&two.room, &heard[0].id, "hello yourself").unwrap();
    let heard = hears(&alice, |heard| heard.len() == 2).await;
    assert_eq!(texts(&heard), ["hello", "bob: hello yourself"]);
    assert_eq!(heard[1].reply_to.as_ref(), Some(&heard[0].id));
    let question = alice.says(&two.room, "tea?").unwrap();
    let heard = hears(&bob, |heard| heard.len() == 3).await;
    bob.reacts(&two.room, &heard[2].id, "👍").unwrap();
    hears(&alice, |heard| heard[2].reactions.len() == 1).await;
    alice.edits(&two.room, &question, "coffee?").unwrap();
    hears(&bob, |heard| heard[2].text == "alice: coffee?").await;
    bob.unreacts(&two.room, &heard[2].id, "👍").unwrap();
    hears(&alice, |heard| heard[2].reactions.is_empty()).await;
    alice.deletes(&two.room, &question).unwrap();
    hears(&bob, |heard| heard.len() == 2).await;
    two.bridge.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_crosses_with_replies_reactions_edits_and_deletes() {
    a_conversation(Rules::default(), Rules::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_crosses_where_ids_come_only_with_the_receipt() {
    let rules = Rules { naming: Naming::Network, ..Rules::default() };
    a_conversation(rules.clone(), rules).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_crosses_where_receipts_are_provisional() {
    let rules = Rules { receipts: Receipts::Provisional, ..Rules::default() };
    a_conversation(rules.clone(), rules).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_crosses_between_encrypted_rooms() {
    let rules = Rules { secrecy: Secrecy::Encrypted { past_epochs: 2 }, ..Rules::default() };
    a_conversation(rules.clone(), rules).await;
}
