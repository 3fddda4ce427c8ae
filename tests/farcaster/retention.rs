//! The bridge was away for longer than hubs keep what happened.

use std::time::Duration;

use serde_json::json;
use threadbridge_core::adapter::Health;
use threadbridge_core::pipeline::Bridge;
use threadbridge_core::view;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_kit::deadline::until;

use super::person::{Person, find};
use super::world::{bridge, bridge_account, hub, leg, link};

const LEFT: &str = "https://farcaster.xyz/~/channel/books";
const RIGHT: &str = "https://farcaster.xyz/~/channel/papers";

async fn listens(bridge: &Bridge) {
    until("the bridge listens", async || {
        let status = view::status(&bridge.store().snapshot().unwrap()).unwrap();
        let well = status.accounts.iter().filter(|it| it.health == Health::Connected);
        (well.count() == 2).then_some(())
    })
    .await;
}

/// Waits until the hub no longer keeps anything of the blocks up to now.
async fn forgets(hub: &Hub, looks_in: &mut Person) {
    let heights = [1, 2].map(|shard| hub.height(shard));
    until("the hub forgets", async || {
        let mut forgotten = 0;
        for (shard, height) in (1..).zip(heights) {
            let oldest = looks_in.does(json!({ "do": "oldest", "shard": shard })).await;
            forgotten += u32::from(oldest["height"].as_u64().unwrap() > height);
        }
        (forgotten == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_meanwhile_vanishes_after_all() {
    let settings = HubSettings {
        block_interval: Duration::from_millis(40),
        event_retention: Duration::from_secs(1),
        ..HubSettings::default()
    };
    let (left, right) = (Hub::start(settings).await.unwrap(), hub().await);
    let mut alice = Person::arrives(left.grpc_addr(), 101, "alice").await;
    let mut carol = Person::arrives(left.grpc_addr(), 103, "carol").await;
    let mut bob = Person::looks_in(right.grpc_addr(), 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let accounts = [("left", bridge_account(&left, 901)), ("right", bridge_account(&right, 902))];
    let links = || vec![link(&[leg("left", "channel/books"), leg("right", "channel/papers")])];
    let first = bridge(&path, &accounts, links()).await;
    listens(&first).await;
    let kept = alice.casts_in(LEFT, "kept").await;
    let gone = alice.casts_in(LEFT, "gone").await;
    let answer = carol.replies(&kept, "gone, too").await;
    for text in ["alice: kept", "alice: gone", "carol: gone, too"] {
        let kept = until(text, async || find(&bob.channel(RIGHT).await, "alice: kept")).await;
        until(text, async || {
            let found = find(&bob.channel(RIGHT).await, text);
            found.or(find(&bob.thread(&kept).await, text))
        })
        .await;
    }
    first.stop().await.unwrap();

    alice.removes(&gone).await;
    carol.removes(&answer).await;
    alice.casts_in(LEFT, "said meanwhile").await;
    forgets(&left, &mut alice).await;
    let second = bridge(&path, &accounts, links()).await;
    until("what was said meanwhile", async || {
        find(&bob.channel(RIGHT).await, "alice: said meanwhile")
    })
    .await;
    until("what was taken back is gone", async || {
        let kept = find(&bob.channel(RIGHT).await, "alice: kept")?;
        let left = bob.thread(&kept).await.len();
        let is_gone = find(&bob.channel(RIGHT).await, "alice: gone").is_none();
        (is_gone && left == 1).then_some(())
    })
    .await;
    second.stop().await.unwrap();
    left.stop().await;
    right.stop().await;
}
