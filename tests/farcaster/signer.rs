//! The account's own key is removed on chain, and added again.

use threadbridge_core::adapter::Health;
use threadbridge_devnet::farcaster::hub::HubSettings;
use threadbridge_devnet::farcaster::router::shard_of;
use threadbridge_kit::deadline::until;

use super::den::{Den, connected, dead_letters, health, outbox, suspended, waits};

#[tokio::test(flavor = "multi_thread")]
async fn without_its_key_the_account_is_suspended_and_with_it_goes_on_in_order() {
    let den = Den::new(HubSettings::default(), 50).await;
    let bridge = den.bridge(Den::setup(&den.over_grpc(), &["channel/den"])).await;
    den.alice_says(&["before"]);
    den.den_hears(&["before"]).await;

    den.own.loses_key(&den.hub);
    den.next_blocks().await;
    den.alice_says(&["one", "two", "three"]);
    let reason = suspended(&bridge).await;
    assert!(reason.contains("add the key to the fid again, or set `signer`"), "{reason}");
    let rows = waits(&bridge, 3).await;
    assert!(rows.is_sorted_by_key(|row| row.seq));
    // That the hub is heard all the while does not hide it.
    den.alice_says(&["four"]);
    waits(&bridge, 4).await;
    den.next_blocks().await;
    assert!(matches!(health(&bridge), Some(Health::Suspended(_))), "{:?}", health(&bridge));
    // Trying in vain changes nothing.
    bridge.hurry().await;
    den.next_blocks().await;
    suspended(&bridge).await;
    assert_eq!(den.den().await, ["alice: before"]);

    den.own.regains_key(&den.hub);
    den.next_blocks().await;
    bridge.hurry().await;
    den.den_hears(&["before", "one", "two", "three", "four"]).await;
    connected(&bridge).await;
    waits(&bridge, 0).await;
    assert!(dead_letters(&bridge).is_empty());
    bridge.stop().await.unwrap();
    den.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_goes_between_taking_and_merging_loses_nothing() {
    let den = Den::new(HubSettings::default(), 50).await;
    let bridge = den.bridge(Den::setup(&den.over_grpc(), &["channel/den"])).await;
    den.alice_says(&["before"]);
    den.den_hears(&["before"]).await;
    waits(&bridge, 0).await;
    // Alice is on the other shard: she is heard while no block comes for what is offered.
    let shard = shard_of(den.own.fid(), 2);
    assert_ne!(shard, shard_of(den.alice.fid(), 2));
    den.hub.faults().stall_shard(shard);
    den.alice_says(&["one"]);
    until("the hub to take it", async || outbox(&bridge).first()?.taken_at).await;
    den.own.loses_key(&den.hub);
    den.hub.faults().resume_shard(shard);
    let reason = suspended(&bridge).await;
    assert!(reason.contains("add the key to the fid again"), "{reason}");
    assert!(dead_letters(&bridge).is_empty());
    den.own.regains_key(&den.hub);
    den.next_blocks().await;
    bridge.hurry().await;
    den.den_hears(&["before", "one"]).await;
    bridge.stop().await.unwrap();
    den.hub.stop().await;
}
