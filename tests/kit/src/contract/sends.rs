//! What we say is seen by others as we said it, once, and known as ours when it comes back.

use threadbridge_core::adapter::Receipt;
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};

use super::arrives::{reaction, words};
use super::desk::named;
use super::{AdapterWorld, Desk, Seen};
use crate::deadline::until;

/// What the other one sees, as soon as it is as it should be.
pub(super) async fn sees(
    world: &impl AdapterWorld,
    what: &str,
    enough: impl Fn(&[Seen]) -> bool,
) -> Vec<Seen> {
    until(what, async || {
        let seen = world.peer_sees().await;
        enough(&seen).then_some(seen)
    })
    .await
}

/// How often the account is seen to have said this.
pub(super) fn ours(seen: &[Seen], text: &str) -> usize {
    seen.iter().filter(|it| it.is_ours && it.text == text).count()
}

/// Each action that the capabilities have, done by us, is seen by the other one as that action.
pub async fn what_we_say_arrives(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let capabilities = desk.adapter().capabilities(desk.conversation()).clone();
    let features = capabilities.features;
    let theirs = world.peer_does(&Outgoing::Say(words("hi"))).await;
    desk.hear(1).await;
    let ours_id = desk.does(&Outgoing::Say(words("hé €"))).await;
    let seen = sees(world, "what we said", |seen| ours(seen, "hé €") == 1).await;
    assert!(seen.iter().any(|it| it.is_ours && it.id == ours_id), "{seen:?}");
    let find = |seen: &[Seen], id| seen.iter().find(|it| it.id == id).cloned();
    if features.reply.is_native() {
        let reply_to = ReplyTo::Message(theirs.clone());
        let reply = desk.does(&Outgoing::Say(Say { reply_to, ..words("🌷") })).await;
        let has_reply = |seen: &[Seen]| find(seen, reply.clone()).is_some();
        let seen = sees(world, "our reply", has_reply).await;
        assert_eq!(find(&seen, reply).unwrap().reply_to, Some(theirs.clone()));
    }
    if let Some(emoji) = reaction(&capabilities) {
        let reactions =
            |seen: &[Seen]| find(seen, theirs.clone()).map_or(0, |it| it.reactions.len());
        let target = theirs.clone();
        desk.does(&Outgoing::React { target, emoji: emoji.clone() }).await;
        let seen = sees(world, "our reaction", |seen| reactions(seen) == 1).await;
        assert_eq!(find(&seen, theirs.clone()).unwrap().reactions, std::slice::from_ref(&emoji));
        desk.does(&Outgoing::Unreact { target: theirs.clone(), emoji }).await;
        sees(world, "our reaction to go", |seen| reactions(seen) == 0).await;
    }
    if features.edit.is_native() {
        let edit = Outgoing::Edit { target: ours_id.clone(), say: words("hé € 2") };
        desk.does(&edit).await;
        sees(world, "our edit", |seen| ours(seen, "hé € 2") == 1 && ours(seen, "hé €") == 0).await;
    }
    if features.delete.is_native() {
        desk.does(&Outgoing::Delete { target: ours_id.clone() }).await;
        sees(world, "our delete", |seen| find(seen, ours_id.clone()).is_none()).await;
    }
}

/// What we said comes back under the id that sending gave, as ours.
pub async fn own_messages_are_recognized(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let id = desk.does(&Outgoing::Say(words("ours"))).await;
    let back = |desk: &Desk| desk.confirmed.contains(&id);
    desk.listen_until("our own message to come back", back).await;
    assert!(desk.events.is_empty(), "our own message was taken for another's: {:?}", desk.events);
}

/// The same words sealed twice are two messages; the same sealed bytes sent twice, by whichever
/// process, are one, under one id.
pub async fn the_same_bytes_are_one_message(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let say = Outgoing::Say(words("again"));
    let (one, two) = (desk.seal(&say).await, desk.seal(&say).await);
    assert_ne!(one.bytes, two.bytes, "two messages were sealed to the same bytes");
    let request = desk.request(&one);
    let first = named(desk.send_request(&request).await.unwrap());
    let second = named(desk.send_request(&request).await.unwrap());
    desk.restart(world).await;
    let third = named(desk.send_request(&request).await.unwrap());
    assert_eq!((&first, &first), (&second, &third), "one message has two ids");
    if let Some(known) = &one.remote_id {
        assert_eq!(*known, first, "the id that was computed is not the network's");
    }
    let other = named(desk.send(&two).await.unwrap());
    assert_ne!(first, other, "two messages have one id");
    let last = Outgoing::Say(words("last"));
    desk.does(&last).await;
    let seen = sees(world, "the last message", |seen| ours(seen, "last") == 1).await;
    assert_eq!(ours(&seen, "again"), 2, "{seen:?}");
}

/// What the network had taken and then throws away is told, by its id, and is seen by nobody.
pub async fn what_is_thrown_away_is_told(world: &impl AdapterWorld) {
    let mut desk = Desk::new(world).await;
    let sealed = desk.seal(&Outgoing::Say(words("lost"))).await;
    if !world.throw_next_send_away().await {
        return;
    }
    let receipt = desk.send(&sealed).await.unwrap();
    let Receipt::Taken(id) = receipt else { panic!("it is not for good: {receipt:?}") };
    let is_told = |desk: &Desk| desk.rejected.contains(&id);
    desk.listen_until("what was thrown away to be told", is_told).await;
    assert_eq!(ours(&world.peer_sees().await, "lost"), 0);
}
