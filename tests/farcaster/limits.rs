//! What an account may send and keep comes to an end: it waits, and loses nothing.

use threadbridge_core::adapter::Health;
use threadbridge_core::view;
use threadbridge_devnet::farcaster::hub::HubSettings;

use super::den::{Den, dead_letters, health, outbox, told_to_wait, waits};

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_limits_the_rate_is_waited_for() {
    let settings = HubSettings { limits_rate: true, ..HubSettings::default() };
    let den = Den::new(settings, 1).await;
    let bridge = den.bridge(Den::setup(&den.over_grpc(), &["channel/den"])).await;
    // One unit lets a fid send 100 messages an hour, and keeps 100 casts.
    let texts: Vec<String> = (0..103).map(|n| format!("{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    den.alice_says(&texts);
    den.den_hears(&texts[..100]).await;
    let reason = told_to_wait(&bridge, 3).await;
    assert!(reason.contains("limits the rate"), "{reason}");
    assert_eq!(health(&bridge), Some(Health::Connected));

    den.own.rents(&den.hub, 10);
    den.next_blocks().await;
    bridge.hurry().await;
    den.den_hears(&texts).await;
    waits(&bridge, 0).await;
    assert!(dead_letters(&bridge).is_empty());
    bridge.stop().await.unwrap();
    den.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn full_storage_pushes_out_the_oldest_and_nothing_is_deleted_or_sent_again() {
    let den = Den::new(HubSettings::default(), 1).await;
    let bridge = den.bridge(Den::setup(&den.over_grpc(), &["channel/den"])).await;
    let texts: Vec<String> = (0..120).map(|n| format!("{n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    den.alice_says(&texts);
    den.den_hears(&texts[20..]).await;
    waits(&bridge, 0).await;
    den.next_blocks().await;
    assert!(outbox(&bridge).is_empty() && dead_letters(&bridge).is_empty());
    let snapshot = bridge.store().snapshot().unwrap();
    let threads = view::threads(&snapshot).unwrap();
    let lines = view::thread(&snapshot, threads[0].conversation.id, 200).unwrap();
    let kept: Vec<_> = lines.iter().map(|line| line.text.clone().unwrap()).collect();
    assert_eq!(kept, texts);
    bridge.stop().await.unwrap();
    den.hub.stop().await;
}
