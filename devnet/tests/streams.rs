//! Event streams, with the dial at zero and turned.

use std::collections::BTreeSet;
use std::time::Duration;

use threadbridge_devnet::farcaster::faults::{Fault, Scope, When};
use threadbridge_devnet::farcaster::hub::HubSettings;
use threadbridge_devnet::farcaster::wire::{HubEvent, HubEventType};

use crate::kit::{events, everything, hear, quick, start, until};

fn heights(heard: &[HubEvent]) -> Vec<u64> {
    let is_block = |event: &&HubEvent| event.r#type() == HubEventType::BlockConfirmed;
    heard.iter().filter(is_block).map(|event| event.block_number).collect()
}

fn gaps(heights: &[u64]) -> Vec<u64> {
    let pairs = heights.iter().zip(heights.iter().skip(1));
    pairs.map(|(one, next)| next - one - 1).filter(|gap| *gap > 0).collect()
}

#[tokio::test]
async fn a_replay_goes_on_live_without_a_gap() {
    let (hub, mut client) =
        start(HubSettings { block_interval: Duration::from_millis(1), ..HubSettings::default() })
            .await;
    until(|| async { (hub.height(1) > 700).then_some(()) }).await;
    let mut stream = client.subscribe(everything(1, Some(0))).await.unwrap().into_inner();
    let target = hub.height(1) + 100;
    let heard = hear(&mut stream, |event| event.block_number >= target).await;
    assert_eq!(heights(&heard), (1..=target).collect::<Vec<_>>());
    hub.kill().await;
}

#[tokio::test]
async fn the_seam_loses_as_many_blocks_as_it_is_told_to() {
    let (hub, mut client) = start(quick()).await;
    until(|| async { (hub.height(1) > 5).then_some(()) }).await;
    hub.faults().set(Fault::DropAtSeam { blocks: 2 }, Scope::Streams, When::Next(1));
    let mut stream = client.subscribe(everything(1, Some(0))).await.unwrap().into_inner();
    let target = hub.height(1) + 10;
    let heard = hear(&mut stream, |event| event.block_number >= target).await;
    assert_eq!(gaps(&heights(&heard)), [2]);
    let stored = heights(&events(&client, 1).await);
    assert!(gaps(&stored).is_empty(), "what a stream leaves out is still kept");
    hub.kill().await;
}

#[tokio::test]
async fn live_events_are_dropped_doubled_and_reordered() {
    let (hub, mut client) = start(quick()).await;
    for (fault, shape) in
        [(Fault::DropLive, "gap"), (Fault::Duplicate, "twice"), (Fault::Reorder, "back")]
    {
        let mut stream = client.subscribe(everything(1, None)).await.unwrap().into_inner();
        hear(&mut stream, |_| true).await;
        let id = hub.faults().set(fault, Scope::Streams, When::Next(1));
        let target = hub.height(1) + 5;
        let heard = heights(&hear(&mut stream, |event| event.block_number >= target).await);
        let distinct: BTreeSet<u64> = heard.iter().copied().collect();
        let seen = if distinct.len() < heard.len() {
            "twice"
        } else if !heard.is_sorted() {
            "back"
        } else if !gaps(&heard).is_empty() || heard.first() > Some(&(target - 4)) {
            "gap"
        } else {
            "nothing"
        };
        assert_eq!(seen, shape, "{heard:?}");
        hub.faults().clear(id);
    }
    hub.kill().await;
}

#[tokio::test]
async fn a_cut_ends_a_stream_and_the_next_one_goes_on() {
    let (hub, mut client) = start(quick()).await;
    let mut stream = client.subscribe(everything(2, None)).await.unwrap().into_inner();
    let last = hear(&mut stream, |_| true).await.pop().unwrap();
    hub.faults().cut_streams();
    let ending = async {
        loop {
            if let Err(status) = stream.message().await {
                return status;
            }
        }
    };
    let status = tokio::time::timeout(crate::kit::PATIENCE, ending).await.unwrap();
    assert_eq!(status.code(), tonic::Code::Unavailable);
    let next = everything(2, Some(last.id + 1));
    let mut stream = client.subscribe(next).await.unwrap().into_inner();
    let heard = hear(&mut stream, |event| event.block_number >= last.block_number + 3).await;
    assert!(gaps(&heights(&heard)).is_empty());
    hub.kill().await;
}

#[tokio::test]
async fn events_older_than_retention_are_gone_without_a_word() {
    let settings = HubSettings { event_retention: Duration::from_secs(1), ..quick() };
    let (hub, mut client) = start(settings).await;
    until(|| async {
        let first = events(&client, 1).await.first().map(|event| event.block_number);
        (first > Some(1)).then_some(())
    })
    .await;
    let mut stream = client.subscribe(everything(1, Some(0))).await.unwrap().into_inner();
    let first = hear(&mut stream, |_| true).await.pop().unwrap();
    assert!(first.block_number > 1);
    hub.kill().await;
}
