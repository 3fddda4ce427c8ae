use proptest::prelude::*;
use threadbridge_core::model::content::{Expiration, Kind};

use super::*;
use crate::wire::encode;
use crate::wire::tests::note;

fn network() -> Network {
    Network::parse("loopback").unwrap()
}

fn plain(note: &Note) -> Plain {
    Plain {
        id: "post/1".to_owned(),
        room: Some("den".to_owned()),
        author: "alice".to_owned(),
        at: 1_000_000,
        note: encode(note),
    }
}

fn event(note: &Note) -> Event {
    let parsed = parse(&network(), &encode(&plain(note))).unwrap();
    match <[Parsed; 1]>::try_from(parsed).unwrap() {
        [Parsed::Event(event)] => *event,
        [Parsed::Profile(..) | Parsed::Proof(_)] => panic!("it is an event"),
    }
}

fn said_of(words: Words) -> Said {
    let Action::Say(said) = event(&Note::Say(words)).action else { panic!("it says nothing") };
    said
}

#[test]
fn a_message_has_its_place_author_and_time() {
    let event = event(&Note::Say(Words { text: "hi".to_owned(), ..Words::default() }));
    assert_eq!(event.conversation.as_str(), "den");
    assert_eq!(event.id.as_str(), "post/1");
    assert_eq!(event.author.uri(), "loopback:alice");
    assert_eq!(event.sent_at, Timestamp::from_secs(1));
}

#[test]
fn everything_beside_a_text_finds_its_place() {
    let media = |content_type: &str| Beside::Media {
        url: "https://a.example/x".to_owned(),
        content_type: content_type.to_owned(),
        filename: "x".to_owned(),
        description: "an x".to_owned(),
        size_bytes: 9,
    };
    let said = said_of(Words {
        text: "hi @bob".to_owned(),
        names: vec![
            Name { start: 3, end: 7, who: "bob".to_owned() },
            Name { start: 3, end: 70, who: "nobody".to_owned() },
        ],
        beside: vec![
            Beside::Link("https://a.example".to_owned()),
            Beside::Quote("post/0".to_owned()),
            media("image/png"),
            media("application/zip"),
        ],
        reply_to: Some("post/0".to_owned()),
        mark: None,
        ends_s: Some(60),
    });
    assert_eq!(said.content.expires, Some(Expiration::At(60)));
    assert_eq!(said.content.kind(), Kind::Media);
    assert_eq!(said.content.text().unwrap().as_str, "hi @bob");
    assert_eq!(said.content.links()[0].url, "https://a.example");
    let kinds: Vec<_> = said.content.attachments().iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [MediaKind::Image, MediaKind::File]);
    assert_eq!(said.quotes[0].as_str(), "post/0");
    assert_eq!(said.reply_to.unwrap().as_str(), "post/0");
    let mentions = said.content.mentions();
    assert_eq!(mentions.len(), 1);
    assert_eq!((mentions[0].label.as_str(), mentions[0].range.clone()), ("bob", 3..7));
}

#[test]
fn a_profile_belongs_to_its_author() {
    let plain = Plain { room: None, ..plain(&Note::Profile { name: "Alice".to_owned() }) };
    let parsed = parse(&network(), &encode(&plain)).unwrap();
    let [Parsed::Profile(identity, profile)] = parsed.as_slice() else { panic!("{parsed:?}") };
    assert_eq!(identity.uri(), "loopback:alice");
    assert_eq!(profile.display_name.as_deref(), Some("Alice"));
}

#[test]
fn what_means_nothing_is_refused() {
    let say = Note::Say(Words { text: "hi".to_owned(), ..Words::default() });
    let link = Beside::Link("https://a.example".to_owned());
    let too_much = Words { beside: vec![link; MAX_BESIDE + 1], ..Words::default() };
    let cases = [
        Plain { room: None, ..plain(&say) },
        Plain { room: Some(String::new()), ..plain(&say) },
        Plain { author: String::new(), ..plain(&say) },
        Plain { id: String::new(), ..plain(&say) },
        Plain { note: Vec::new(), ..plain(&say) },
        plain(&Note::Say(Words::default())),
        plain(&Note::Say(too_much)),
        plain(&Note::Delete { target: String::new() }),
        plain(&Note::React { target: "x".repeat(2000), emoji: "👍".to_owned() }),
    ];
    for case in cases {
        assert!(parse(&network(), &encode(&case)).is_err(), "{case:?}");
    }
}

proptest! {
    #[test]
    fn any_note_is_read_or_refused_without_harm(note in note(), bytes: Vec<u8>) {
        let (network, plain) = (network(), plain(&note));
        let read = parse(&network, &encode(&plain));
        prop_assert_eq!(&read, &parse(&network, &encode(&plain)));
        if let Ok(parsed) = read {
            prop_assert_eq!(parsed.len(), 1);
        }
        prop_assert!(parse(&network, &bytes).is_err());
    }
}
