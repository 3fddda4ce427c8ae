//! What is written is read as what it was.

use proptest::prelude::*;
use threadbridge_core::{
    adapter::Parsed,
    media::Hosts,
    model::{
        capabilities::Unit,
        content::ExternalPart,
        event::{Action, Said},
        id::{Network, RemoteConversation, RemoteId},
        mark::{Mark, Origin, RoomTag},
        outgoing::{Embed, Outgoing, ReplyTo, Say},
        time::Timestamp,
    },
};

use super::{Unwritable, render};
use crate::{
    capabilities::conversation,
    content::{
        body::{Body, read},
        heard::{Heard, Place},
        id::MessageId,
    },
    identity::person::Person,
    parse::parse,
};

fn network() -> Network {
    Network::parse("xmtp").unwrap()
}

fn target() -> RemoteId {
    RemoteId::parse("07".repeat(32)).unwrap()
}

fn mark() -> Mark {
    let (network, room) = (network(), RemoteConversation::parse("group/01").unwrap());
    Mark { origin: Origin::of(&network, &target()), rooms: vec![RoomTag::of(&network, &room)] }
}

fn say(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::default(),
        mark: None,
        expires: None,
    }
}

/// What the other side reads of it.
fn action(outgoing: &Outgoing) -> Action {
    let heard = Heard::Said {
        place: Place {
            conversation: "group/01".to_owned(),
            sender: Person::new(7).inbox(),
            at_ns: 0,
            peer: None,
        },
        id: MessageId::from_bytes([9; 32]),
        content: render(outgoing).unwrap(),
        before: MessageId::parse(target().as_str()),
    };
    match parse(&network(), &heard.to_bytes()).unwrap().remove(0) {
        Parsed::Event(event) => event.action,
        Parsed::Profile(..) | Parsed::Proof(_) => panic!("it is an event"),
    }
}

fn said(say: Say) -> Said {
    let Action::Say(said) = action(&Outgoing::Say(say)) else { panic!("it was said") };
    said
}

#[test]
fn everything_that_can_be_done_is_read_as_what_it_was() {
    let (target, emoji) = (target(), "🎉".to_owned());
    let delete = Outgoing::Delete { target: target.clone() };
    assert_eq!(action(&delete), Action::Delete { target: target.clone() });
    let react = Outgoing::React { target: target.clone(), emoji: emoji.clone() };
    assert_eq!(action(&react), Action::React { target: target.clone(), emoji: emoji.clone() });
    let unreact = Outgoing::Unreact { target: target.clone(), emoji: emoji.clone() };
    assert_eq!(action(&unreact), Action::Unreact { target: target.clone(), emoji });
    let read = Outgoing::Read { up_to: target.clone() };
    assert_eq!(action(&read), Action::Read { up_to: target });
}

#[test]
fn what_cannot_be_said_exactly_so_is_not_said() {
    let media = Embed::Media(ExternalPart::default());
    let several = vec![media.clone(), media.clone()];
    let event = RemoteId::parse("commit/5").unwrap();
    let cases = [
        (Outgoing::Say(say("")), Unwritable::Empty),
        (Outgoing::Say(Say { embeds: vec![media], ..say("x") }), Unwritable::Beside),
        (Outgoing::Say(Say { embeds: several, ..say("") }), Unwritable::Beside),
        (Outgoing::Edit { target: target(), say: say("x") }, Unwritable::Edit),
        (Outgoing::Delete { target: event.clone() }, Unwritable::Target),
        (Outgoing::React { target: event, emoji: "🎉".to_owned() }, Unwritable::Target),
        (Outgoing::React { target: target(), emoji: String::new() }, Unwritable::Empty),
        (Outgoing::Say(say(&"x".repeat(1 << 20))), Unwritable::TooLarge),
    ];
    for (outgoing, why) in cases {
        assert_eq!(render(&outgoing), Err(why));
    }
}

#[test]
fn an_answer_to_what_happened_stands_by_itself() {
    let event = RemoteId::parse("commit/5").unwrap();
    let said = said(Say { reply_to: ReplyTo::Message(event), ..say("hi") });
    assert_eq!(said.reply_to, None);
}

#[test]
fn the_longest_reply_fits_the_network() {
    let limit = conversation(Hosts::default(), 1).limits.text;
    assert_eq!(limit.unit, Unit::Bytes);
    let longest = Say {
        reply_to: ReplyTo::Message(target()),
        mark: Some(mark()),
        ..say(&"x".repeat(limit.max))
    };
    assert!(render(&Outgoing::Say(longest)).is_ok());
}

#[test]
fn a_mark_is_beside_what_official_clients_read() {
    let marked = Outgoing::Say(Say { mark: Some(mark()), ..say("hi") });
    let (body, encoded) = read(&render(&marked).unwrap()).unwrap();
    assert_eq!(body, Body::Text("hi".to_owned()));
    assert_eq!(encoded.parameters["encoding"], "UTF-8");
    assert_eq!(encoded.parameters.len(), 2);
}

proptest! {
    #[test]
    fn words_arrive_as_they_were_said(text in ".{1,99}", is_reply: bool, is_copy: bool) {
        let reply_to = if is_reply { ReplyTo::Message(target()) } else { ReplyTo::Conversation };
        let mark = is_copy.then(mark);
        let read = said(Say { reply_to, mark: mark.clone(), ..say(&text) });
        prop_assert_eq!(read.content.text().unwrap().as_str, text);
        prop_assert_eq!(read.reply_to, is_reply.then(target));
        prop_assert_eq!(read.mark, mark);
    }
}
