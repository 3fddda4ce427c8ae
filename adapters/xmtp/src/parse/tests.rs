//! What is read of what official clients say.

use proptest::prelude::*;
use prost::Message as _;
use threadbridge_core::{
    adapter::Parsed,
    model::{
        content::{
            Body as PartBody, Kind as ContentKind, MediaKind, Source, SystemEvent, TextFormat,
        },
        event::{Action, Event, Said},
        id::Network,
    },
};

use super::parse;
use crate::{
    content::{
        body::Attachment,
        heard::{Heard, Place},
        id::MessageId,
        kind::Kind,
        reaction::Reaction,
        remote, write,
    },
    identity::person::Person,
    wire::proto::content::{EditMessage, EncodedContent},
};

fn network() -> Network {
    Network::parse("xmtp").unwrap()
}

fn id(n: u8) -> MessageId {
    MessageId::from_bytes([n; 32])
}

fn place() -> Place {
    Place {
        conversation: "group/01".to_owned(),
        sender: Person::new(7).inbox(),
        at_ns: 1_700_000_000_123_456_789,
        peer: None,
    }
}

fn events(heard: &Heard) -> Vec<Event> {
    let parsed = parse(&network(), &heard.to_bytes()).unwrap();
    let events = parsed.into_iter().map(|parsed| match parsed {
        Parsed::Event(event) => *event,
        Parsed::Profile(..) | Parsed::Proof(_) => panic!("it is an event"),
    });
    events.collect()
}

fn heard(encoded: &EncodedContent, before: Option<MessageId>) -> Heard {
    Heard::Said { place: place(), id: id(9), content: encoded.encode_to_vec(), before }
}

fn action(encoded: &EncodedContent) -> Action {
    events(&heard(encoded, Some(id(8)))).remove(0).action
}

fn said(encoded: &EncodedContent) -> Said {
    let action = action(encoded);
    let (Action::Say(said) | Action::Edit { said, .. }) = action else { panic!("{action:?}") };
    said
}

#[test]
fn an_event_says_where_by_whom_and_when() {
    let event = events(&heard(&write::text("hi"), None)).remove(0);
    assert_eq!(event.conversation.as_str(), "group/01");
    assert_eq!(event.id.as_str(), id(9).to_string());
    assert_eq!(event.author.uri(), format!("xmtp:{}", Person::new(7).inbox()));
    assert_eq!(event.sent_at.as_micros(), 1_700_000_000_123_456);
}

#[test]
fn texts_keep_their_format() {
    let plain = said(&write::text("hi")).content;
    assert_eq!(plain.text().map(|it| (it.as_str, it.format)), Some(("hi", TextFormat::Plain)));
    let marked = said(&write::markdown("*hi*")).content;
    let expected = Some(("*hi*", TextFormat::Markdown));
    assert_eq!(marked.text().map(|it| (it.as_str, it.format)), expected);
}

#[test]
fn a_reply_answers_the_message_that_it_names() {
    let reply = said(&write::reply(id(7), None, &write::text("hi")));
    assert_eq!(reply.reply_to.unwrap().as_str(), id(7).to_string());
    assert_eq!(reply.content.text().unwrap().as_str, "hi");
    let mut lost = write::reply(id(7), None, &write::text("hi"));
    lost.parameters.insert("reference".to_owned(), "nothing".to_owned());
    assert_eq!(said(&lost).reply_to, None);
}

#[test]
fn a_reply_with_a_file_or_a_reaction_in_it_says_something() {
    let file = Attachment { media_type: "image/png".to_owned(), filename: None, bytes: vec![1] };
    let reply = said(&write::reply(id(7), None, &file.into_encoded()));
    assert_eq!(reply.content.attachments()[0].kind, MediaKind::Image);
    let reaction = Reaction { to: id(7), emoji: "🎉".to_owned(), is_taken_back: false };
    let odd = said(&write::reply(id(7), None, &write::reaction(&reaction)));
    assert_eq!(odd.content.text().unwrap().as_str, "Replied to an earlier message");
}

#[test]
fn reactions_deletes_edits_and_receipts_find_their_message() {
    let target = |id: MessageId| threadbridge_core::model::id::RemoteId::parse(id.to_string());
    let emoji = "🎉".to_owned();
    let reaction = |is_taken_back| {
        write::reaction(&Reaction { to: id(7), emoji: "🎉".to_owned(), is_taken_back })
    };
    let target = target(id(7)).unwrap();
    let expected = Action::React { target: target.clone(), emoji: emoji.clone() };
    assert_eq!(action(&reaction(false)), expected);
    assert_eq!(action(&reaction(true)), Action::Unreact { target: target.clone(), emoji });
    assert_eq!(action(&write::delete(id(7))), Action::Delete { target: target.clone() });
    let edited_content = Some(write::text("better"));
    let edit = EditMessage { message_id: id(7).to_string(), edited_content };
    let edit = action(&write::plain(Kind::EditMessage, edit.encode_to_vec()));
    assert!(matches!(edit, Action::Edit { target: read, .. } if read == target));
    let read = action(&write::read_receipt());
    assert!(matches!(read, Action::Read { up_to } if up_to.as_str() == id(8).to_string()));
    assert_eq!(events(&heard(&write::read_receipt(), None)), [], "nothing was there to be read");
    assert_eq!(events(&heard(&write::leave_request(), None)), []);
}

#[test]
fn a_file_in_a_message_is_enclosed() {
    let file = |media_type: &str, name: &str| Attachment {
        media_type: media_type.to_owned(),
        filename: Some(name.to_owned()),
        bytes: vec![1, 2],
    };
    let content = said(&file("image/png", "cat.png").into_encoded()).content;
    let [picture] = content.attachments()[..] else { panic!("there is one") };
    assert_eq!((picture.kind, picture.name), (MediaKind::Image, "cat.png"));
    assert_eq!(picture.source, Source::Enclosed(&[1, 2]));
    let content = said(&file("application/pdf", "a.pdf").into_encoded()).content;
    assert_eq!(content.attachments()[0].kind, MediaKind::File);
    let content = said(&file("text/plain", "a.txt").into_encoded()).content;
    assert_eq!(content.kind(), ContentKind::Media, "a file of text is a file");
}

#[test]
fn nobody_tells_an_event_of_the_bridge_by_a_file() {
    let renamed = SystemEvent::Renamed { title: "mine".to_owned(), by: None };
    for media_type in [
        "application/vnd.threadbridge.event+cbor",
        "Application/VND.threadbridge.event+cbor",
        "application/vnd.threadbridge.quote+cbor;x=1",
        "application/mimi-message-status",
    ] {
        let file = Attachment {
            media_type: media_type.to_owned(),
            filename: None,
            bytes: minicbor::to_vec(&renamed).unwrap(),
        };
        let content = said(&file.into_encoded()).content;
        assert_eq!(content.kind(), ContentKind::Media, "{media_type}");
    }
}

#[test]
fn files_that_lie_elsewhere_keep_what_opens_them() {
    let file = Attachment {
        media_type: "image/png".to_owned(),
        filename: Some("cat.png".to_owned()),
        bytes: vec![1, 2, 3],
    };
    let mut sealed = remote::seal(file.clone()).unwrap();
    sealed.attachment.url = "https://files.test/1".to_owned();
    let content = said(&write::remote_attachment(&sealed.attachment)).content;
    let PartBody::External(part) = &content.body.body else { panic!("it lies elsewhere") };
    assert_eq!(remote::open(part, &sealed.bytes).unwrap(), file);
    assert_eq!(content.attachments()[0].public_url(), None, "nobody else can open it");
    let unsafe_one = crate::wire::proto::content::RemoteAttachment {
        url: "file:///etc/passwd".to_owned(),
        ..sealed.attachment.clone()
    };
    let two = write::multi_remote_attachment(vec![sealed.attachment, unsafe_one]);
    let content = said(&two).content;
    assert_eq!(content.attachments().len(), 1);
    assert!(content.text().unwrap().as_str.starts_with("Can't display"));
}

#[test]
fn changes_of_a_group_are_told() {
    let (alice, bob) = (Person::new(7).inbox(), Person::new(8).inbox());
    let changed = |joined, left, renamed: Option<&str>| Heard::Changed {
        place: place(),
        id: "commit/5".to_owned(),
        joined,
        left,
        renamed: renamed.map(str::to_owned),
    };
    let all = events(&changed(vec![bob], vec![alice], Some("books")));
    let ids: Vec<_> = all.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["commit/5", "commit/5/1", "commit/5/2"]);
    let told: Vec<_> = all
        .iter()
        .map(|event| {
            let Action::Say(said) = &event.action else { panic!("it is told") };
            said.content.system().unwrap()
        })
        .collect();
    assert!(matches!(&told[0], SystemEvent::Joined { who, by: Some(by) }
        if who[0].identity.author.as_str() == bob.to_string()
            && by.identity.author.as_str() == alice.to_string()));
    assert!(matches!(&told[1], SystemEvent::Left { by: None, .. }), "she went by herself");
    assert!(matches!(&told[2], SystemEvent::Renamed { title, .. } if title == "books"));
    assert_eq!(events(&changed(Vec::new(), Vec::new(), None)), []);
}

#[test]
fn what_was_learnt_of_somebody_is_a_profile() {
    let address = "0x00000000000000000000000000000000000000aa";
    let heard = Heard::Known {
        inbox: Person::new(7).inbox(),
        address: Some(address.to_owned()),
        proofs: Vec::new(),
    };
    let parsed = parse(&network(), &heard.to_bytes()).unwrap();
    let [Parsed::Profile(who, profile)] = parsed.as_slice() else { panic!("{parsed:?}") };
    assert_eq!(who.author.as_str(), Person::new(7).inbox().to_string());
    assert_eq!(profile.handle.as_deref(), Some(address));
}

#[test]
fn what_was_not_handed_over_is_malformed() {
    assert!(parse(&network(), &[]).is_err());
    let broken = Heard::Said { place: place(), id: id(9), content: vec![0xff], before: None };
    assert!(parse(&network(), &broken.to_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_content_is_read_or_malformed_and_never_too_large(
        content in proptest::collection::vec(any::<u8>(), 0..300),
        kind in 0..Kind::ALL.len(),
    ) {
        let encoded = write::plain(Kind::ALL[kind], content.clone()).encode_to_vec();
        for content in [content, encoded] {
            let heard = Heard::Said { place: place(), id: id(9), content, before: Some(id(8)) };
            let _either = parse(&network(), &heard.to_bytes());
        }
    }

    #[test]
    fn any_plaintext_is_read_or_malformed(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _either = parse(&network(), &bytes);
    }
}
