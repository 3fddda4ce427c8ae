use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use threadbridge_core::adapter::Parsed;
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::event::{Action, Said};
use threadbridge_core::model::id::{Identity, RemoteAuthor, RemoteConversation, RemoteId};
use threadbridge_core::model::mark::{Mark, Origin, RoomTag};
use threadbridge_core::model::outgoing::Mention;
use threadbridge_core::model::time::Timestamp;

use super::*;
use crate::parse::parse;
use crate::wire::Plain;

fn network() -> Network {
    Network::parse("loopback").unwrap()
}

fn identity(network: &str, who: &str) -> Identity {
    let network = Network::parse(network).unwrap();
    Identity { network, author: RemoteAuthor::parse(who).unwrap() }
}

fn id(text: &str) -> RemoteId {
    RemoteId::parse(text).unwrap()
}

fn mark() -> Mark {
    let room = RemoteConversation::parse("den").unwrap();
    let rooms = vec![RoomTag::of(&network(), &room)];
    Mark { origin: Origin::of(&network(), &id("post/0")), rooms }
}

fn say(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(0),
        mark: None,
        expires: None,
    }
}

/// What the other side reads of it.
fn action(outgoing: &Outgoing) -> Action {
    let note = render(&network(), outgoing).unwrap();
    let plain = Plain {
        id: "post/1".to_owned(),
        room: Some("den".to_owned()),
        author: "bridge".to_owned(),
        at: 0,
        note,
    };
    match parse(&network(), &encode(&plain)).unwrap().remove(0) {
        Parsed::Event(event) => event.action,
        Parsed::Profile(..) | Parsed::Proof(_) => panic!("it is an event"),
    }
}

fn said(action: Action) -> Said {
    let (Action::Say(said) | Action::Edit { said, .. }) = action else { panic!("{action:?}") };
    said
}

#[test]
fn everything_that_can_be_done_is_read_as_what_it_was() {
    let (target, emoji) = (id("post/0"), "🎉".to_owned());
    let edit = Outgoing::Edit { target: target.clone(), say: say("two") };
    assert!(matches!(action(&edit), Action::Edit { target: read, .. } if read == target));
    assert_eq!(said(action(&edit)).content.text().unwrap().as_str, "two");
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
fn a_name_of_another_network_stays_text() {
    let mention = |network: &str| Mention { range: 3..7, identity: identity(network, "bob") };
    let mut words = say("hi @bob");
    words.mentions = vec![mention("loopback"), mention("elsewhere")];
    let read = said(action(&Outgoing::Say(words)));
    let named: Vec<_> = read.content.mentions().iter().map(|it| it.identity.uri()).collect();
    assert_eq!(named, ["loopback:bob"]);
}

#[test]
fn what_cannot_be_said_exactly_so_is_not_said() {
    let encrypted = ExternalPart { aead: 1, ..ExternalPart::default() };
    let cases = [
        Say { embeds: vec![Embed::Media(encrypted)], ..say("") },
        Say { embeds: vec![Embed::Url("u".to_owned()); MAX_BESIDE + 1], ..say("") },
        Say {
            mentions: vec![Mention { range: 1..2, identity: identity("loopback", "bob") }],
            ..say("é")
        },
    ];
    for case in cases {
        assert!(render(&network(), &Outgoing::Say(case.clone())).is_err(), "{case:?}");
    }
}

proptest! {
    #[test]
    fn words_arrive_as_they_were_said(
        text in ".{1,99}",
        links in vec("[a-z]{1,9}", 0..4),
        quotes in vec("[a-z0-9]{1,9}", 0..4),
        reply_to in option::of("[a-z0-9]{1,9}"),
        is_copy: bool,
    ) {
        let mark = is_copy.then(mark);
        let links = links.iter().map(|it| format!("https://{it}.example"));
        let links: Vec<_> = links.collect();
        let quotes: Vec<_> = quotes.iter().map(|it| id(it)).collect();
        let reply_to = reply_to.as_deref().map(id);
        let embeds = links.iter().cloned().map(Embed::Url);
        let words = Say {
            embeds: embeds.chain(quotes.iter().cloned().map(Embed::Quote)).collect(),
            reply_to: reply_to.clone().map_or(ReplyTo::Conversation, ReplyTo::Message),
            mark: mark.clone(),
            ..say(&text)
        };
        let read = said(action(&Outgoing::Say(words)));
        prop_assert_eq!(read.content.text().unwrap().as_str, text);
        let read_links: Vec<_> = read.content.links().iter().map(|it| it.url.to_owned()).collect();
        prop_assert_eq!(read_links, links);
        prop_assert_eq!(read.quotes, quotes);
        prop_assert_eq!(read.reply_to, reply_to);
        prop_assert_eq!(read.mark, mark);
    }
}
