use std::collections::BTreeSet;

use super::*;
use crate::node::fake::{FakeNode, merged, person::Person};

const PACE: Pace = Pace { silent_for: Duration::from_secs(30), poll_every: Duration::from_secs(1) };

fn follower(nodes: &[&Arc<FakeNode>], height: u64) -> Follower {
    let nodes = nodes.iter().map(|node| Arc::clone(*node) as Arc<dyn Node>).collect();
    Follower::resume(Arc::new(Pool::new(nodes)), 1, ShardCursor::after(height), 0, PACE)
}

/// A block with one message.
fn say(node: &FakeNode, text: &str) -> u64 {
    node.block(1, vec![merged(&Person::new(7).says(text, None))])
}

async fn heights(follower: &mut Follower, up_to: u64) -> Vec<u64> {
    let mut heights = Vec::new();
    while heights.last().is_none_or(|last| *last < up_to) {
        if let Step::Blocks(blocks) = follower.next().await.unwrap() {
            heights.extend(blocks.iter().map(|block| block.height));
        }
    }
    heights
}

async fn until_live(follower: &mut Follower) {
    while !matches!(follower.next().await.unwrap(), Step::Live) {}
}

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_read_before_what_happens() {
    let node = FakeNode::new(1);
    for n in 0..2500 {
        say(&node, &format!("{n}"));
    }
    let mut follower = follower(&[&node], 3);
    assert_eq!(heights(&mut follower, 2500).await, (4..=2500).collect::<Vec<_>>());
    until_live(&mut follower).await;
    let height = say(&node, "and now");
    assert_eq!(heights(&mut follower, height).await, [2501]);
    assert_eq!(follower.cursor().height(), 2501);
}

#[tokio::test(start_paused = true)]
async fn a_hole_in_the_stream_is_filled_by_reading_again() {
    let node = FakeNode::new(1);
    node.set(|faults| faults.holes = BTreeSet::from([3, 4]));
    say(&node, "1");
    let mut follower = follower(&[&node], 0);
    until_live(&mut follower).await;
    for n in 2..=6 {
        say(&node, &format!("{n}"));
    }
    assert_eq!(heights(&mut follower, 6).await, [2, 3, 4, 5, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_deaf_connection_is_noticed_and_what_it_missed_is_read() {
    let node = FakeNode::new(1);
    let mut follower = follower(&[&node], 0);
    until_live(&mut follower).await;
    node.set(|faults| faults.is_deaf = true);
    say(&node, "unheard");
    let began = Instant::now();
    assert!(matches!(follower.next().await.unwrap(), Step::Deaf));
    assert!(began.elapsed() <= PACE.silent_for + Duration::from_secs(1));
    assert_eq!(heights(&mut follower, 1).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_stands_still_is_reported_until_it_goes_on() {
    let node = FakeNode::new(1);
    let mut follower = follower(&[&node], 0);
    until_live(&mut follower).await;
    assert!(matches!(follower.next().await.unwrap(), Step::Stalled { delay_s: 99 }));
    assert!(matches!(follower.next().await.unwrap(), Step::Stalled { .. }));
    say(&node, "it moves");
    assert_eq!(heights(&mut follower, 1).await, [1]);
}

#[tokio::test(start_paused = true)]
async fn blocks_that_no_node_keeps_are_said_to_be_lost_and_never_passed_over() {
    let node = FakeNode::new(1);
    for n in 1..=10 {
        say(&node, &format!("{n}"));
    }
    node.set(|faults| faults.kept_from = 8);
    let mut follower = follower(&[&node], 2);
    let step = follower.next().await.unwrap();
    assert!(matches!(step, Step::Lost { from: 3, to: 8 }), "{step:?}");
    assert_eq!(follower.cursor(), ShardCursor::after(2));
    follower.skip_to(8);
    assert_eq!(heights(&mut follower, 10).await, [8, 9, 10]);
}

#[tokio::test(start_paused = true)]
async fn a_stream_far_behind_the_cursor_is_not_listened_to() {
    let node = FakeNode::new(1);
    let mut follower = follower(&[&node], 1 << 40);
    until_live(&mut follower).await;
    say(&node, "here");
    let began = Instant::now();
    let error = follower.next().await.unwrap_err();
    assert_eq!(error, NodeError::Malformed { expected: "a height near the cursor's" });
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_leads_nowhere_is_as_good_as_silent() {
    let node = FakeNode::new(1);
    let mut follower = follower(&[&node], 1000);
    until_live(&mut follower).await;
    let began = Instant::now();
    let mut talk = tokio::task::JoinSet::new();
    talk.spawn(async move {
        loop {
            say(&node, "here");
            sleep(Duration::from_secs(1)).await;
        }
    });
    let step = follower.next().await.unwrap();
    assert!(matches!(step, Step::Stalled { .. }), "{step:?}");
    assert!(began.elapsed() <= PACE.silent_for + Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_led_to_where_the_node_itself_is_not() {
    let (liar, honest) = (FakeNode::new(1), FakeNode::new(1));
    for n in 1..=3 {
        say(&honest, &format!("{n}"));
    }
    liar.set(|faults| faults.invents = Some(1 << 40));
    let mut alone = follower(&[&liar], 1);
    let error = alone.next().await.unwrap_err();
    assert_eq!(error, NodeError::Malformed { expected: "events up to its head" });
    let mut follower = follower(&[&liar, &honest], 1);
    assert_eq!(heights(&mut follower, 3).await, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn another_node_that_keeps_more_is_asked_before_anything_counts_as_lost() {
    let (short, long) = (FakeNode::new(1), FakeNode::new(1));
    for n in 1..=5 {
        say(&short, &format!("{n}"));
        say(&long, &format!("{n}"));
    }
    short.set(|faults| faults.kept_from = 4);
    let mut follower = follower(&[&short, &long], 1);
    assert_eq!(heights(&mut follower, 5).await, [2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn when_a_node_fails_the_next_one_goes_on_without_a_gap() {
    let (first, second) = (FakeNode::new(1), FakeNode::new(1));
    for n in 1..=3 {
        say(&first, &format!("{n}"));
        say(&second, &format!("{n}"));
    }
    let mut follower = follower(&[&first, &second], 0);
    heights(&mut follower, 3).await;
    until_live(&mut follower).await;
    first.set(|faults| (faults.is_down, faults.is_deaf) = (true, true));
    say(&second, "4");
    let heights = heights(&mut follower, 4).await;
    assert_eq!(heights.last(), Some(&4));
    assert_eq!(follower.cursor().height(), 4);
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_events_are_polled() {
    let node = FakeNode::new(1);
    node.set(|faults| faults.has_no_stream = true);
    let mut follower = follower(&[&node], 0);
    until_live(&mut follower).await;
    say(&node, "polled");
    let began = Instant::now();
    assert_eq!(heights(&mut follower, 1).await, [1]);
    assert!(began.elapsed() <= 2 * PACE.poll_every);
}

#[tokio::test(start_paused = true)]
async fn no_node_at_all_is_an_error_and_no_endless_loop() {
    let node = FakeNode::new(1);
    node.set(|faults| faults.is_down = true);
    assert_eq!(follower(&[&node], 0).next().await.unwrap_err(), NodeError::Unavailable);
}
