//! What stands beside words (links, pictures, quotes, names, shares) crosses to Lens and back.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;
use threadbridge_core::adapter::{Adapter, Receipt, Verdict};
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::event::{Action, Event, Said};
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Embed, Mention, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_kit::contract::{AdapterWorld, Desk, Disturbance, Failure, Seen};
use threadbridge_lens::{Config, Lens};

use super::world::{Room, World, remote_id};

/// The same place for somebody who only reads.
struct Reader<'w>(&'w World);

#[async_trait]
impl AdapterWorld for Reader<'_> {
    async fn connect(&self) -> Arc<dyn Adapter> {
        Arc::new(Lens::connect(&Config { speaker: None, ..self.0.config() }).unwrap())
    }

    fn conversation(&self) -> RemoteConversation {
        self.0.conversation()
    }

    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId {
        self.0.peer_does(outgoing).await
    }

    async fn peer_sees(&self) -> Vec<Seen> {
        self.0.peer_sees().await
    }

    async fn peer_says_elsewhere(&self, text: &str) -> bool {
        self.0.peer_says_elsewhere(text).await
    }

    async fn disturb(&self, _: Disturbance) -> bool {
        false
    }

    fn failures(&self) -> Vec<Failure> {
        Vec::new()
    }

    async fn fail_next_send(&self, _: &Failure) {}
}

pub(super) fn words(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_700_000_000),
        mark: None,
        expires: None,
    }
}

fn said(event: &Event) -> &Said {
    let Action::Say(said) = &event.action else { panic!("nothing was said: {event:?}") };
    said
}

/// The event with this id, once it is heard.
async fn heard(desk: &mut Desk, id: &RemoteId) -> Event {
    let is_it = |event: &&Event| event.id == *id;
    desk.listen_until("what was said", |desk| desk.events.iter().any(|it| is_it(&it))).await;
    desk.events.iter().find(is_it).cloned().unwrap()
}

#[tokio::test]
async fn what_stands_beside_our_words_is_heard_by_others() {
    let world = World::feed().await;
    let (mut desk, mut reader) = (Desk::new(&world).await, Desk::new(&Reader(&world)).await);
    let theirs = world.peer_does(&Outgoing::Say(words("who is there?"))).await;
    desk.hear(1).await;
    let alice = desk.events[0].author.clone();

    let named = vec![Mention { range: 3..9, identity: alice.clone() }];
    let embeds = vec![Embed::Quote(theirs.clone())];
    let id =
        desk.does(&Outgoing::Say(Say { mentions: named, embeds, ..words("hi @alice!") })).await;
    let event = heard(&mut reader, &id).await;
    let mentions = said(&event).content.mentions();
    assert_eq!((mentions.len(), &mentions[0].identity), (1, &alice));
    assert_eq!(said(&event).quotes, std::slice::from_ref(&theirs));

    let picture = |url: &str, content_type: &str| {
        let (url, content_type) = (url.to_owned(), content_type.to_owned());
        Embed::Media(ExternalPart { url, content_type, ..ExternalPart::default() })
    };
    let embeds = vec![
        picture("https://x.test/1.png", "image/png"),
        picture("https://x.test/2.mp4", "video/mp4"),
        Embed::Url("https://x.test/page".to_owned()),
    ];
    let id = desk.does(&Outgoing::Say(Say { embeds, ..words("look") })).await;
    let event = heard(&mut reader, &id).await;
    let content = &said(&event).content;
    let urls: Vec<_> =
        content.attachments().iter().filter_map(|it| it.public_url().map(str::to_owned)).collect();
    assert_eq!(urls, ["https://x.test/1.png", "https://x.test/2.mp4"]);
    assert!(content.text().unwrap().as_str.contains("https://x.test/page"));

    let embeds = vec![Embed::Url("https://x.test/page".to_owned())];
    let id = desk.does(&Outgoing::Say(Say { embeds, ..words("read") })).await;
    let event = heard(&mut reader, &id).await;
    assert_eq!(said(&event).content.links()[0].url, "https://x.test/page");

    let (target, emoji) = (theirs.clone(), "🔁".to_owned());
    let id = desk.does(&Outgoing::React { target, emoji: emoji.clone() }).await;
    let event = heard(&mut reader, &id).await;
    let share = Action::React { target: theirs.clone(), emoji: emoji.clone() };
    assert_eq!(event.action, share);
    desk.does(&Outgoing::Unreact { target: theirs.clone(), emoji: emoji.clone() }).await;
    let gone = Action::Unreact { target: theirs, emoji };
    let is_gone = |desk: &Desk| desk.events.iter().any(|it| it.action == gone);
    reader.listen_until("the share to go", is_gone).await;
}

#[tokio::test]
async fn what_stands_beside_others_words_is_heard_by_us() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    let Room::Feed(feed) = world.room else { panic!("the room is no feed") };
    let place = Where { feed: Some(feed), ..Where::default() };
    let (alice, lens) = (&world.alice, &world.lens);
    let picture = json!({
        "$schema": "https://json-schemas.lens.dev/posts/image/3.0.0.json",
        "lens": {
            "id": "a picture", "locale": "en", "mainContentFocus": "IMAGE", "content": "look",
            "image": { "item": "https://x.test/1.png", "type": "image/png", "altTag": "a cat" },
        },
    });
    let shown = alice.publish(lens, place, &picture).unwrap();
    let event = heard(&mut desk, &remote_id(shown)).await;
    let attachments = said(&event).content.attachments();
    assert_eq!(attachments[0].public_url(), Some("https://x.test/1.png"));
    assert_eq!(attachments[0].description, "a cat");

    let quote = alice.say_in(lens, Where { quote_of: Some(shown), ..place }, "this").unwrap();
    let event = heard(&mut desk, &remote_id(quote)).await;
    assert_eq!(said(&event).quotes, [remote_id(shown)]);

    let share = alice.repost(lens, shown).unwrap();
    let event = heard(&mut desk, &remote_id(share)).await;
    let (target, emoji) = (remote_id(shown), "🔁".to_owned());
    assert_eq!(event.action, Action::React { target: target.clone(), emoji: emoji.clone() });
    alice.delete(lens, share).unwrap();
    let gone = Action::Unreact { target, emoji };
    let is_gone = |desk: &Desk| desk.events.iter().any(|it| it.action == gone);
    desk.listen_until("the share to go", is_gone).await;
}

#[tokio::test]
async fn somebody_who_never_said_anything_is_named_so_that_they_notice() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    let carol = world.lens.make_account("carol");
    let nobody = world.lens.make_wallet("nobody").address();
    let who = |address: threadbridge_devnet::lens::Address| Identity {
        network: Network::parse("lens").unwrap(),
        author: RemoteAuthor::parse(format!("{address:#x}")).unwrap(),
    };
    let mentions = vec![
        Mention { range: 3..8, identity: who(carol.account()) },
        Mention { range: 13..16, identity: who(nobody) },
    ];
    let say = Say { mentions: mentions.clone(), ..words("hi Carol and Cy!") };
    // The words wait for a name that cannot be looked up yet.
    let sealed = desk.seal(&Outgoing::Say(say)).await;
    let request = desk.request(&sealed);
    world.lens.faults().set(Fault::Unavailable, Scope::Reads, When::Next(1));
    assert_eq!(desk.send_request(&request).await.unwrap_err().verdict, Verdict::Retry);
    let id = match desk.send_request(&request).await.unwrap() {
        Receipt::Done(id) | Receipt::Taken(id) => id,
    };
    let text = async || world.peer_sees().await.remove(0).text;
    assert_eq!(text().await, "hi @lens/carol and Cy!");
    let say = Say { mentions: vec![mentions[0].clone()], ..words("or Carol?") };
    desk.does(&Outgoing::Edit { target: id, say }).await;
    assert_eq!(text().await, "or @lens/carol?");
}
