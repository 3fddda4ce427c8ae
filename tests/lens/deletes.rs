//! What is deleted is deleted, whoever does it first.

use std::time::Duration;

use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_devnet::lens::LensSettings;
use threadbridge_devnet::lens::person::Where;
use threadbridge_kit::contract::{AdapterWorld, Desk};

use super::world::{Room, World, remote_id};

fn say(text: &str) -> Outgoing {
    Outgoing::Say(Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_700_000_000),
        expires: None,
        mark: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_two_delete_at_once_is_deleted_for_both() {
    // Long enough for both to be submitted before either is through.
    let index_after = Duration::from_millis(200);
    let settings = LensSettings { index_after, ..LensSettings::default() };
    let world = World::feed_of(settings).await;
    let (mut one, mut other) = (Desk::new(&world).await, Desk::new(&world).await);
    let target = one.does(&say("oops")).await;
    // The other one logs in before it matters.
    other.does(&say("hm")).await;
    let delete = Outgoing::Delete { target };
    let (first, second) = (one.seal(&delete).await, other.seal(&delete).await);
    let (first, second) = tokio::join!(one.send(&first), other.send(&second));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    let left: Vec<_> = world.peer_sees().await.into_iter().map(|it| it.text).collect();
    assert_eq!(left, ["hm"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_network_deletes_no_post_twice() {
    let world = World::feed().await;
    let Room::Feed(feed) = world.room else { panic!("the room is no feed") };
    let place = Where { feed: Some(feed), ..Where::default() };
    let post = world.bridge.say_in(&world.lens, place, "oops").unwrap();
    world.bridge.delete(&world.lens, post).unwrap();
    let again = world.bridge.delete(&world.lens, post).unwrap_err();
    assert!(again.to_string().contains("deleted"), "{again}");
    // The owner did it by hand: what the bridge was to do is done.
    let delete = Outgoing::Delete { target: remote_id(post) };
    Desk::new(&world).await.does(&delete).await;
}
