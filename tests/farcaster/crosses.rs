//! A channel on one hub and a thread on another are one conversation.

use serde_json::json;
use threadbridge_kit::deadline::until;

use super::person::{Person, find};
use super::world::{bridge, bridge_account, hub, leg, link};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";

#[tokio::test(flavor = "multi_thread")]
async fn what_one_official_client_says_the_other_reads() {
    if std::env::var_os("RUST_LOG").is_some() {
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .try_init()
            .ok();
    }
    let (left, right) = (hub().await, hub().await);
    let mut alice = Person::arrives(left.grpc_addr(), 101, "alice").await;
    let mut bob = Person::arrives(right.grpc_addr(), 201, "bob").await;
    let root = bob.casts("what do you read?", json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let accounts = [("left", bridge_account(&left, 901)), ("right", bridge_account(&right, 902))];
    let legs = [leg("left", "channel/books"), leg("right", &format!("thread/{}", root.hash))];
    let bridge = bridge(&folder.path().join("store"), &accounts, vec![link(&legs)]).await;

    let question = alice.casts_in(CHANNEL, "the trial").await;
    let heard =
        until("bob reads alice", async || find(&bob.thread(&root).await, "alice: the trial")).await;
    bob.replies(&heard, "by whom?").await;
    let answer = until("alice reads bob's answer below her cast", async || {
        find(&alice.thread(&question).await, "bob: by whom?")
    })
    .await;
    alice.reacts("like", &answer).await;
    let asked = find(&bob.thread(&root).await, "by whom?").unwrap();
    until("bob sees the like", async || {
        (bob.reactions(&asked, "like").await.len() == 1).then_some(())
    })
    .await;
    alice.reacts("unlike", &answer).await;
    until("bob sees it go", async || bob.reactions(&asked, "like").await.is_empty().then_some(()))
        .await;
    alice.removes(&question).await;
    until("bob sees the cast go", async || {
        find(&bob.thread(&root).await, "alice: the trial").is_none().then_some(())
    })
    .await;
    bridge.stop().await.unwrap();
    left.stop().await;
    right.stop().await;
}
