//! A hub that ends and comes back.

use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::router::shard_of;
use threadbridge_devnet::farcaster::wire::HubEvent;

use crate::kit::{connect, events, everything, included, person, quick, start};

/// What is to be the same after a restart: all but a last block that was not heard of yet.
fn known<'a>(before: &[HubEvent], after: &'a [HubEvent]) -> Option<&'a [HubEvent]> {
    after.get(..before.len())
}

#[tokio::test]
async fn a_hub_that_is_killed_comes_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let settings = HubSettings { state_dir: Some(directory.path().to_owned()), ..quick() };
    let (hub, client) = start(settings.clone()).await;
    let ann = person(&hub, &client, 1).await;
    let kept = ann.cast(&hub, "kept").unwrap();
    included(&client, &kept).await;
    let gone = ann.cast(&hub, "gone").unwrap();
    included(&client, &gone).await;
    ann.remove(&hub, &gone).unwrap();
    let shard = shard_of(1, 2);
    let before = events(&client, shard).await;
    hub.kill().await;

    let hub = Hub::start(settings).await.unwrap();
    let mut client = connect(&hub).await;
    let after = events(&client, shard).await;
    assert_eq!(known(&before, &after), Some(before.as_slice()));
    client.get_cast(kept).await.unwrap();
    let again = ann.cast(&hub, "again").unwrap();
    included(&client, &again).await;
    let ids: Vec<u64> = events(&client, shard).await.iter().map(|event| event.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "an id was given twice");
    hub.stop().await;
}

#[tokio::test]
async fn half_a_block_at_the_end_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let settings = HubSettings { state_dir: Some(directory.path().to_owned()), ..quick() };
    let (hub, client) = start(settings.clone()).await;
    let ann = person(&hub, &client, 1).await;
    let cast = ann.cast(&hub, "hello").unwrap();
    included(&client, &cast).await;
    hub.kill().await;
    let path = directory.path().join("blocks");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([200, 1, 8]);
    std::fs::write(&path, bytes).unwrap();

    let (hub, mut client) = start(settings).await;
    client.get_cast(cast).await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn a_damaged_block_file_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    // A whole record, of a shard that is not there.
    std::fs::write(directory.path().join("blocks"), [2, 8, 99]).unwrap();
    let settings = HubSettings { state_dir: Some(directory.path().to_owned()), ..quick() };
    let refusal = Hub::start(settings).await.unwrap_err();
    assert_eq!(refusal.to_string(), "the hub's state cannot be opened");
}

#[tokio::test]
async fn a_stop_ends_streams_and_frees_the_port() {
    let (hub, mut client) = start(quick()).await;
    let mut stream = client.subscribe(everything(1, None)).await.unwrap().into_inner();
    let port = hub.grpc_addr().port();
    hub.stop().await;
    let ending = async { while let Ok(Some(_)) = stream.message().await {} };
    tokio::time::timeout(crate::kit::PATIENCE, ending).await.unwrap();
    let (hub, _) = start(HubSettings { grpc_port: port, ..quick() }).await;
    assert_eq!(hub.grpc_addr().port(), port);
    hub.kill().await;
}
