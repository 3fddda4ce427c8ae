//! `fsck` finds nothing in what a bridge wrote, and finds whatever is broken afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::invariants;
use threadbridge_core::model::id::{
    AccountName, ConversationId, Leg, Network, RemoteAuthor, RemoteConversation, Seq,
};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::store::fsck::fsck;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{
    CONVERSATIONS, COPIES, EVENTS, JOURNAL, LEGS, MESSAGES, REMOTE, SEALED,
};
use threadbridge_core::store::{ChangeError, Reads, Store, Unit};
use threadbridge_kit::deadline::until;
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_loopback::{Config, Loopback};

/// A store in which a conversation was held.
async fn used() -> Store {
    let store = Store::in_memory().unwrap();
    let room = RemoteConversation::parse("room/books").unwrap();
    let networks = ["left", "right"]
        .map(|name| LoopbackNetwork::new(Network::parse(name).unwrap(), Rules::default()));
    let leg =
        |name: &str| Leg { account: AccountName::parse(name).unwrap(), conversation: room.clone() };
    let accounts = networks.iter().map(|network| {
        let who = RemoteAuthor::parse("bridge").unwrap();
        let adapter: Arc<dyn Adapter> =
            Arc::new(Loopback::connect(network, who, Config::default()));
        (AccountName::parse(network.name().as_str()).unwrap(), adapter)
    });
    let link = Link {
        name: "books".to_owned(),
        legs: BTreeMap::from([(leg("left"), Direction::Both), (leg("right"), Direction::Both)]),
        downgrade: Downgrade::Refuse,
        attribution: "{name}: ".to_owned(),
    };
    let setup = Setup { accounts: accounts.collect(), links: vec![link], ..Setup::default() };
    let bridge = Bridge::start(store.clone(), setup, Clock::System).await.unwrap();
    let alice = networks[0].person("alice");
    for number in 0..20 {
        let said = alice.says(&room, &format!("message {number}")).unwrap();
        if number % 5 == 0 {
            alice.edits(&room, &said, "mended").unwrap();
            alice.reacts(&room, &said, "👍").unwrap();
        }
        if number % 7 == 0 {
            alice.deletes(&room, &said).unwrap();
        }
    }
    until("all has crossed", async || {
        let status = threadbridge_core::view::status(&store.snapshot().unwrap()).unwrap();
        let is_idle = status.accounts.iter().all(|it| it.behind == 0 && it.legs.is_empty());
        (status.journaled == 31 && is_idle).then_some(())
    })
    .await;
    drop(bridge);
    store
}

fn findings(store: &Store) -> Vec<String> {
    let report = fsck(&store.snapshot().unwrap(), invariants::ALL, &mut |_| {}).unwrap();
    report.findings.iter().map(ToString::to_string).collect()
}

async fn broken(
    what: &str,
    change: impl FnOnce(&mut Unit<'_>) -> Result<(), ChangeError> + Send + 'static,
) {
    let store = used().await;
    assert_eq!(findings(&store), Vec::<String>::new());
    store.write(change).await.unwrap();
    let findings = findings(&store);
    assert!(findings.iter().any(|it| it.starts_with(what)), "{what}: {findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hole_in_the_journal_is_found() {
    broken("the journal has no holes", |unit| unit.delete(&JOURNAL, &Seq(3))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_its_id_does_not_lead_to_is_found() {
    broken("a record is found by its message's id", |unit| {
        let all = unit.scan(&EVENTS, Span::all(), 1)?;
        let (_, record) = &all[0];
        unit.delete(&MESSAGES, &record.message)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_not_known_any_more_is_found() {
    broken("an event is known by the id that it came under", |unit| {
        let all = unit.scan(&EVENTS, Span::all(), 1)?;
        let (_, record) = &all[0];
        let account = record.leg.clone().unwrap().account;
        unit.delete(&REMOTE, &(account, record.remote_id.clone().unwrap()))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_nothing_is_found() {
    broken("a copy belongs to a message", |unit| {
        let (key, copy) = unit.scan(&COPIES, Span::all(), 1)?.remove(0);
        let conversation = ConversationId::from_bytes(key.part(0).unwrap());
        let stray = threadbridge_core::model::id::MessageId::from_bytes([9; 32]);
        unit.put(&COPIES, &(conversation, stray, copy.leg.clone(), 0), &copy)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_ahead_of_the_journal_is_found() {
    broken("no account is ahead of the journal", |unit| {
        unit.put(&SEALED, &AccountName::parse("left").unwrap(), &Seq(1_000))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_without_its_conversation_is_found() {
    broken("a conversation's legs lead to a conversation", |unit| {
        let (_, id) = unit.scan(&LEGS, Span::all(), 1)?.remove(0);
        unit.delete(&CONVERSATIONS, &id)
    })
    .await;
}
