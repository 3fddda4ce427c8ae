//! The adapter keeps the contract on the Lens API, in a feed, a group and a thread.

use std::collections::BTreeSet;
use std::time::Duration;

use threadbridge_core::adapter::{SendRequest, Verdict};
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_kit::contract::{self, AdapterWorld as _, Desk, Disturbance};
use threadbridge_kit::deadline::until;
use tokio::time::{Instant, interval, timeout};

use super::kinds::words;
use super::world::{Room, World, remote_id};

#[tokio::test]
async fn what_others_say_arrives_from_lens() {
    contract::what_is_said_arrives(&World::feed().await).await;
    contract::what_is_said_arrives(&World::group().await).await;
    contract::what_is_said_arrives(&World::thread().await).await;
    contract::others_conversations_are_elsewhere(&World::feed().await).await;
}

#[tokio::test]
async fn what_we_say_arrives_on_lens() {
    contract::what_we_say_arrives(&World::feed().await).await;
    contract::what_we_say_arrives(&World::group().await).await;
    contract::what_we_say_arrives(&World::thread().await).await;
}

#[tokio::test]
async fn what_we_said_on_lens_is_ours_and_there_once() {
    contract::own_messages_are_recognized(&World::feed().await).await;
    contract::own_messages_are_recognized(&World::thread().await).await;
    contract::the_same_bytes_are_one_message(&World::feed().await).await;
}

#[tokio::test]
async fn garbage_is_refused_from_lens() {
    contract::garbage_is_refused(&World::feed().await).await;
}

#[tokio::test]
async fn nothing_is_lost_on_lens() {
    contract::nothing_is_received_before_it_is_kept(&World::feed().await).await;
    contract::a_cursor_never_passes_a_gap(&World::feed).await;
    contract::a_cursor_never_passes_a_gap(&World::thread).await;
}

#[tokio::test]
async fn no_disturbance_of_lens_loses_anything() {
    for disturbance in Disturbance::ALL {
        contract::a_disturbed_stream_loses_nothing(&World::feed().await, disturbance).await;
    }
}

#[tokio::test]
async fn what_a_page_of_lens_leaves_out_is_heard_later_and_once() {
    let world = World::feed().await;
    world.lens.faults().set(Fault::DropItem, Scope::Reads, When::Chance(0.4));
    let mut desk = Desk::new(&world).await;
    let mut said = BTreeSet::new();
    for n in 0..20 {
        let text = format!("no {n}");
        let Room::Feed(feed) = world.room else { panic!("the room is no feed") };
        let place = Where { feed: Some(feed), ..Where::default() };
        said.insert(remote_id(world.alice.say_in(&world.lens, place, &text).unwrap()));
        desk.hear(n / 2).await;
    }
    desk.hear(said.len()).await;
    let heard: BTreeSet<_> = desk.events.iter().map(|it| it.id.clone()).collect();
    assert_eq!((heard, desk.events.len()), (said, 20));
}

#[tokio::test]
async fn failures_of_lens_have_their_verdicts() {
    contract::failures_have_their_verdicts(&World::feed).await;
}

#[tokio::test]
async fn cancelling_loses_and_doubles_nothing_on_lens() {
    contract::a_cancelled_listen_loses_nothing(&World::feed).await;
    contract::a_cancelled_send_doubles_nothing(&World::feed).await;
}

/// Sends until the network has it, for as long as calls and what they wait for may take.
async fn is_sent_at_last(desk: &Desk, request: &SendRequest) -> Result<(), Verdict> {
    let mut failures = Vec::new();
    let sending = async {
        let mut ticks = interval(Duration::from_millis(50));
        while let Err(error) = desk.send_request(request).await {
            failures.push(error.verdict);
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(60), sending).await.unwrap();
    failures.first().map_or(Ok(()), |verdict| Err(*verdict))
}

/// A hash is no post: one of which nothing is heard for far too long is sent again.
#[tokio::test]
async fn a_transaction_that_is_lost_is_made_again() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    let sealed = desk.seal(&Outgoing::Say(words("once"))).await;
    let request = desk.request(&sealed);
    world.lens.faults().set(Fault::NeverIndexed, Scope::Any, When::Next(1));
    let began = Instant::now();
    assert_eq!(is_sent_at_last(&desk, &request).await, Err(Verdict::Retry));
    assert!(began.elapsed() >= world.settle_for * 3, "it was given the time that it may take");
    let edit = desk.seal(&Outgoing::Edit { target: only(&world).await, say: words("twice") }).await;
    let edit = desk.request(&edit);
    world.lens.faults().set(Fault::NeverIndexed, Scope::Any, When::Next(1));
    assert_eq!(is_sent_at_last(&desk, &edit).await, Err(Verdict::Retry));
    let seen = world.peer_sees().await;
    let seen: Vec<_> = seen.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(seen, ["twice"]);
    assert_eq!(world.lens.faults().struck().get("never_indexed"), Some(&2));
}

async fn only(world: &World) -> RemoteId {
    let mut seen = world.peer_sees().await;
    assert_eq!(seen.len(), 1);
    seen.remove(0).id
}

/// A session that somebody ends is begun again within the call, unseen.
#[tokio::test]
async fn a_session_that_is_ended_in_the_middle_of_anything_is_begun_again() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    for (n, scope) in [Scope::Writes, Scope::Reads, Scope::Any].into_iter().enumerate() {
        let sealed = desk.seal(&Outgoing::Say(words(&format!("no {n}")))).await;
        let request = desk.request(&sealed);
        world.lens.faults().set(Fault::TokenRevoked, scope, When::Next(1));
        desk.send_request(&request).await.unwrap();
    }
    assert_eq!(world.peer_sees().await.len(), 3);
    assert_eq!(world.lens.faults().struck().get("token_revoked"), Some(&3));
}

/// An answer that never comes ends within the time that a call has, and nothing is doubled by it.
#[tokio::test]
async fn what_is_never_answered_is_asked_again() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    for (n, scope) in [Scope::Writes, Scope::Storage].into_iter().enumerate() {
        let sealed = desk.seal(&Outgoing::Say(words(&format!("no {n}")))).await;
        let request = desk.request(&sealed);
        world.lens.faults().set(Fault::Hang, scope, When::Next(1));
        assert_eq!(is_sent_at_last(&desk, &request).await, Err(Verdict::Retry), "{scope:?}");
    }
    world.lens.faults().set(Fault::HalfOpen, Scope::Any, When::Next(1));
    world.lens.faults().cut_connections();
    let sealed = desk.seal(&Outgoing::Say(words("no 2"))).await;
    let request = desk.request(&sealed);
    // Whether the first attempt meets it depends on which connection is still open.
    let _either = is_sent_at_last(&desk, &request).await;
    assert_eq!(world.lens.faults().struck().get("half_open"), Some(&1));
    assert_eq!(world.peer_sees().await.len(), 3);
}

/// What is indexed late keeps nothing waiting but itself, and stands where it was said.
#[tokio::test]
async fn what_comes_behind_a_post_waits_for_its_block_only() {
    let world = World { settle_for: Duration::from_secs(5), ..World::feed().await };
    let mut desk = Desk::new(&world).await;
    let mut requests = Vec::new();
    for text in ["one", "two", "three"] {
        let sealed = desk.seal(&Outgoing::Say(words(text))).await;
        requests.push(desk.request(&sealed));
    }
    world.lens.faults().set(Fault::IndexedLate { ms: 3000 }, Scope::Any, When::Next(1));
    let answers = desk.adapter().send(&requests).await;
    assert!(matches!(answers.as_slice(), [Err(_), Ok(_), _]), "{answers:?}");
    until("the first to be there", async || {
        let answers = desk.adapter().send(&requests).await;
        answers.iter().all(Result::is_ok).then_some(())
    })
    .await;
    let seen = world.peer_sees().await;
    let texts: Vec<_> = seen.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}

/// Looking for what an earlier process may have posted refuses nothing, however it fails.
#[tokio::test]
async fn a_search_that_breaks_off_loses_nothing_on_lens() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    let mut requests = Vec::new();
    for n in 0..60 {
        let sealed = desk.seal(&Outgoing::Say(words(&format!("no {n}")))).await;
        requests.push(desk.request(&sealed));
    }
    let last = requests.pop().unwrap();
    until("all but the last to be there", async || {
        let answers = desk.adapter().send(&requests).await;
        (answers.iter().filter(|it| it.is_ok()).count() == requests.len()).then_some(())
    })
    .await;
    desk.restart(&world).await;
    world.lens.faults().set(Fault::ExpiredCursor, Scope::Reads, When::Next(1));
    let failure = desk.send_request(&last).await.unwrap_err();
    assert_eq!(failure.verdict, Verdict::Retry, "{failure:?}");
    desk.send_request(&last).await.unwrap();
    let seen = world.peer_sees().await;
    assert_eq!(seen.iter().filter(|it| it.text == "no 59").count(), 1);
}

/// Blocks tell whole seconds, and lists grow while they are read.
#[tokio::test]
async fn a_burst_on_lens_is_heard_in_its_order() {
    const SAID: usize = 100;
    let world = World::feed().await;
    world.lens.faults().set(Fault::Delay { ms: 60 }, Scope::Reads, When::Always);
    let mut desk = Desk::new(&world).await;
    let Room::Feed(feed) = world.room else { panic!("the room is no feed") };
    let talk = async {
        let mut said = Vec::new();
        let mut ticks = interval(Duration::from_millis(5));
        while said.len() < SAID {
            ticks.tick().await;
            let place = Where { feed: Some(feed), ..Where::default() };
            let text = format!("no {}", said.len());
            said.push(remote_id(world.alice.say_in(&world.lens, place, &text).unwrap()));
        }
        said
    };
    let (said, ()) = tokio::join!(talk, desk.hear(SAID));
    let heard: Vec<_> = desk.events.iter().map(|it| it.id.clone()).collect();
    assert_eq!(heard, said);
}

/// There is no stream that could fall silent: instead, nothing that is asked is answered usefully.
#[tokio::test]
async fn what_was_said_while_lens_was_deaf_is_heard_once_and_in_order() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    let Room::Feed(feed) = world.room else { panic!("the room is no feed") };
    let says = |text: &str| {
        let place = Where { feed: Some(feed), ..Where::default() };
        remote_id(world.alice.say_in(&world.lens, place, text).unwrap())
    };
    let mut said = vec![says("before")];
    desk.hear(1).await;
    for fault in [Fault::HtmlForJson, Fault::Internal, Fault::ExpiredCursor] {
        world.lens.faults().set(fault.clone(), Scope::Reads, When::Always);
        said.extend((0..15).map(|n| says(&format!("{fault:?} {n}"))));
        let adapter = desk.adapter().clone();
        let (inbound, _outlet) = desk.door();
        // It fails, or goes on asking; either way nothing is taken for the end of what was said.
        let _either = timeout(Duration::from_millis(300), adapter.listen(inbound)).await;
        world.lens.faults().clear_all();
        desk.hear(said.len()).await;
    }
    let heard: Vec<_> = desk.events.iter().map(|it| it.id.clone()).collect();
    assert_eq!(heard, said);
}
