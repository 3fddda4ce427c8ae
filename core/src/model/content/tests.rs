use proptest::prelude::*;

use super::*;
use crate::model::group::Rank;
use crate::model::id::{Identity, Network, RemoteAuthor, RemoteId};
use crate::model::mark::Origin;

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
    hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn salt(text: &str) -> Salt {
    Salt::from_bytes(unhex(text).try_into().unwrap())
}

fn id(text: &str) -> MessageId {
    MessageId::parse(text).unwrap()
}

fn identity(author: &str) -> Identity {
    Identity {
        network: Network::parse("farcaster").unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    }
}

/// Asserts the bytes and the id, and that the bytes read as the content.
fn check(content: &Content, bytes: &str, message_id: &str) {
    let (sender, room) = (content.sender_uri().unwrap(), content.room_uri().unwrap());
    let encoded = content.encode().unwrap();
    assert_eq!(hex(&encoded), bytes);
    assert_eq!(content.message_id(sender, room).unwrap().to_string(), message_id);
    assert_eq!(&Content::decode(&encoded).unwrap(), content);
}

mod vectors {
    //! The examples of the draft that hold no prose, with the ids that it gives; and messages of
    //! the other kinds, written by another encoder (cbor2 for Python) from the draft's description.

    use super::*;

    const TEAM: &str = "mimi://example.com/r/engineering_team";
    const CATHY: &str = "mimi://example.com/u/cathy-washington";
    const ANN: &str = "mimi://bridge.example/u/ann";
    const BOOKS: &str = "mimi://bridge.example/r/books";
    const ORIGINAL: &str = "017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4";
    const REPLY: &str = "015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b27";
    const REACTION: &str = "0158c4288911e50a8f6be3f47746b6682f10fd91bc8c05557aa589a3157aff68";

    #[test]
    fn a_reaction_is_as_the_draft_has_it() {
        let content =
            Content::reacting(salt("d37bc0e6a8b4f04e9e6382375f587bf6"), id(ORIGINAL), "❤")
                .addressed(CATHY, TEAM);
        assert_eq!((content.kind(), content.reactions()), (Kind::Reaction, vec!["❤"]));
        check(
            &content,
            "8750d37bc0e6a8b4f04e9e6382375f587bf6f640f65820017ce54837404c3696e0c747b985cb172716d0ed0a\
             3d249ca63ace7d82a096f4a20178256d696d693a2f2f6578616d706c652e636f6d2f752f63617468792d7761\
             7368696e67746f6e0278256d696d693a2f2f6578616d706c652e636f6d2f722f656e67696e656572696e675f\
             7465616d850260017818746578742f706c61696e3b636861727365743d7574662d3843e29da4",
            REACTION,
        );
    }

    #[test]
    fn a_reaction_taken_back_is_as_the_draft_has_it() {
        let salt = salt("c5ba86dc9fd272e58ca52ec805b79199");
        let content = Content::unreacting(salt, id(REACTION), id(ORIGINAL)).addressed(CATHY, TEAM);
        assert_eq!(content.kind(), Kind::Unreaction);
        let message_id = content.message_id(CATHY, TEAM).unwrap();
        assert_eq!(
            message_id.to_string(),
            "013aadbb8f313253c8930f4e93c6ca54b2ed06d258185bdcec3870534c8a4ec4"
        );
    }

    #[test]
    fn a_delete_is_as_the_draft_has_it() {
        let bob = "mimi://example.com/u/bob-jones";
        let content = Content::deleting(salt("0a590d73b2c7761c39168be5ebf7f2e6"), id(REPLY))
            .replying_to(id(ORIGINAL))
            .addressed(bob, TEAM);
        assert_eq!(content.kind(), Kind::Delete);
        check(
            &content,
            "87500a590d73b2c7761c39168be5ebf7f2e65820015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46\
             920d4202e5cc0b2740f65820017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f4\
             a201781e6d696d693a2f2f6578616d706c652e636f6d2f752f626f622d6a6f6e65730278256d696d693a2f2f\
             6578616d706c652e636f6d2f722f656e67696e656572696e675f7465616d83016000",
            "011d9efc78d04d4dcf4d82b07d5199bbef37011c1f0c7e004b6111c6dda504b4",
        );
    }

    #[test]
    fn several_reactions_at_once_are_as_the_draft_has_them() {
        let reaction = |emoji| {
            let mut part = Part::text(emoji);
            part.disposition = Disposition::Reaction;
            part
        };
        let parts = ["❤", "🥳", "🤞"].map(reaction).to_vec();
        let mut content = Content::of_parts(salt("8528dc2d92e4f1944d62042907ab94d0"), parts)
            .addressed("mimi://example.com/u/alice-smith", TEAM);
        content.body.disposition = Disposition::Reaction;
        assert_eq!((content.kind(), content.reactions().len()), (Kind::Reaction, 3));
        let message_id = content.message_id(content.sender_uri().unwrap(), TEAM).unwrap();
        assert_eq!(
            message_id.to_string(),
            "01d65918c6c51c8e76546337276ae6f4bfd873d867d5cb57c76bcdca3d999dd7"
        );
    }

    #[test]
    fn a_markdown_text_is_written_as_elsewhere() {
        let content = Content::new(
            salt("000102030405060708090a0b0c0d0e0f"),
            Part::markdown("Tea at **five**?"),
        )
        .addressed(ANN, BOOKS);
        assert_eq!(content.kind(), Kind::Text);
        check(
            &content,
            "8750000102030405060708090a0b0c0d0e0ff640f6f6a201781b6d696d693a2f2f6272696467652e6578616d\
             706c652f752f616e6e02781d6d696d693a2f2f6272696467652e6578616d706c652f722f626f6f6b73850160\
             01781e746578742f6d61726b646f776e3b76617269616e743d47464d2d4d494d4950546561206174202a2a66\
             6976652a2a3f",
            "01835fb4dba43898d0872ce896068ac7823e9e916591b16bc668d278a6bf12d0",
        );
    }

    #[test]
    fn an_edit_in_a_thread_that_disappears_after_reading_is_written_as_elsewhere() {
        let first = id(&format!("01{}", "ab".repeat(31)));
        let mut content = Content::plain(Salt::from_bytes([7; 16]), "Tea at six.")
            .replacing(first)
            .replying_to(first)
            .in_topic("tea")
            .expiring(Expiration::AfterReading(3600))
            .addressed(ANN, BOOKS);
        content.body.language = "en".to_owned();
        assert_eq!(content.kind(), Kind::Edit);
        check(
            &content,
            &format!(
                "875007070707070707070707070707070707582001{abab}4374656182f5190e10582001{abab}a201781b6d\
                 696d693a2f2f6272696467652e6578616d706c652f752f616e6e02781d6d696d693a2f2f6272696467652e65\
                 78616d706c652f722f626f6f6b73850162656e017818746578742f706c61696e3b636861727365743d757466\
                 2d384b546561206174207369782e",
                abab = "ab".repeat(31),
            ),
            "01bd53a384f12f6ac8cfb8f90a323e957cdd473b17b3c74ce6ff345c71e2af7b",
        );
    }

    #[test]
    fn a_message_that_disappears_at_a_time_is_written_as_elsewhere() {
        let content = Content::plain(Salt::from_bytes([8; 16]), "Soon gone.")
            .expiring(Expiration::At(1_900_000_000))
            .addressed(ANN, BOOKS);
        check(
            &content,
            "875008080808080808080808080808080808f64082f41a713fb300f6a201781b6d696d693a2f2f6272696467\
             652e6578616d706c652f752f616e6e02781d6d696d693a2f2f6272696467652e6578616d706c652f722f626f\
             6f6b73850160017818746578742f706c61696e3b636861727365743d7574662d384a536f6f6e20676f6e652e",
            "01e12efb76afd5cd9ec4cad16200c6d5a27474512deac6a88ac9700e7ae8da2b",
        );
    }

    #[test]
    fn an_encrypted_attachment_is_written_as_elsewhere() {
        let mut part = Part::attachment(ExternalPart {
            content_type: "video/mp4".to_owned(),
            url: "https://files.example/a.mp4".to_owned(),
            expires_at: 0,
            size_bytes: 708_234_961,
            aead: 1,
            key: MediaKey::from((0..16).collect::<Vec<u8>>()),
            nonce: (0..12).collect(),
            aad: Vec::new(),
            hash_algorithm: 1,
            hash: vec![0xcd; 32],
            description: "a kettle".to_owned(),
            filename: "kettle.mp4".to_owned(),
        });
        part.language = "en".to_owned();
        let content = Content::new(Salt::from_bytes([9; 16]), part).addressed(ANN, BOOKS);
        assert_eq!(content.kind(), Kind::Media);
        check(
            &content,
            "875009090909090909090909090909090909f640f6f6a201781b6d696d693a2f2f6272696467652e6578616d\
             706c652f752f616e6e02781d6d696d693a2f2f6272696467652e6578616d706c652f722f626f6f6b738f0662\
             656e0269766964656f2f6d7034781b68747470733a2f2f66696c65732e6578616d706c652f612e6d7034001a\
             2a36ced10150000102030405060708090a0b0c0d0e0f4c000102030405060708090a0b40015820cdcdcdcdcd\
             cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd6861206b6574746c656a6b6574746c652e\
             6d7034",
            "011a33cd06414cc6573b281672788d8aeb9ba15d2ba269e9c8650ba4cc712476",
        );
    }

    #[test]
    fn nested_alternatives_and_foreign_extensions_are_written_as_elsewhere() {
        let encoded = unhex(
            "87500b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0bf640f6f6a501781b6d696d693a2f2f6272696467652e6578616d\
             706c652f752f616e6e02781d6d696d693a2f2f6272696467652e6578616d706c652f722f626f6f6b73248201\
             824101d82070687474703a2f2f612e6578616d706c656161f93e00626262a220f6616bf58501600300828501\
             60030282850160030082850162656e0177746578742f68746d6c3b636861727365743d7574662d38493c703e\
             48693c2f703e85016266720177746578742f68746d6c3b636861727365743d7574662d384c3c703e53616c75\
             743c2f703e8504600169696d6167652f67696646474946383961850160017818746578742f706c61696e3b63\
             6861727365743d7574662d38424869",
        );
        let content = Content::decode(&encoded).unwrap();
        assert_eq!(content.extensions.len(), 5);
        assert_eq!(content.text().unwrap().as_str, "Hi");
        check(
            &content,
            &hex(&encoded),
            "01b9749f47f536daa3d9da0dfc6a48ece2dafbc2969bd7e06aa6862122f1c165",
        );
    }
}

mod refusals {
    use super::*;

    fn plain() -> Vec<u8> {
        Content::plain(Salt::from_bytes([0; 16]), "hello").encode().unwrap()
    }

    fn with_extension(value: &str) -> Result<Content, MalformedContent> {
        let bytes = hex(&plain()).replacen("f640f6f6a0", &format!("f640f6f6a120{value}"), 1);
        Content::decode(&unhex(&bytes))
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = plain();
        for end in 0..bytes.len() {
            let refusal = Content::decode(&bytes[..end]).unwrap_err();
            assert!(matches!(refusal, MalformedContent::Truncated { .. }), "{end}: {refusal}");
        }
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let bytes = [plain(), vec![0]].concat();
        let at = bytes.len() - 1;
        assert_eq!(Content::decode(&bytes), Err(MalformedContent::Trailing { at }));
    }

    #[test]
    fn forms_that_are_not_deterministic_are_refused() {
        let bytes = hex(&plain());
        for (shortest, longer) in [
            ("8750", "980750"),     // The length of the content.
            ("8750", "875810"),     // The length of the salt.
            ("f6a0", "f6b800"),     // The number of extensions.
            ("850160", "85180160"), // The disposition.
            ("4568656c6c6f", "580568656c6c6f"),
        ] {
            let longer = bytes.replacen(shortest, longer, 1);
            let refusal = Content::decode(&unhex(&longer)).unwrap_err();
            assert!(matches!(refusal, MalformedContent::NotShortest { .. }), "{longer}: {refusal}");
        }
        let indefinite = format!("{}ff", bytes.replacen("8750", "9f50", 1));
        assert_eq!(
            Content::decode(&unhex(&indefinite)),
            Err(MalformedContent::Indefinite { at: 0 })
        );
    }

    #[test]
    fn extensions_out_of_order_or_repeated_are_refused() {
        let bytes = hex(&plain());
        for map in
            ["a201000100", "a26161000100", "a220000100", "a262616100616200", "a26162006161f6"]
        {
            let wrong = bytes.replacen("f640f6f6a0", &format!("f640f6f6{map}"), 1);
            let refusal = Content::decode(&unhex(&wrong)).unwrap_err();
            assert!(matches!(refusal, MalformedContent::KeyOrder { .. }), "{map}: {refusal}");
        }
    }

    #[test]
    fn extension_values_are_held_to_the_same_rules() {
        for good in [
            "00",
            "3903e7",
            "f4",
            "f6",
            "f97c00",
            "f97e00",
            "f93e00",
            "fa7f7fffff",
            "fb3ff199999999999a",
            "a0",
            "a2010220f6",
            "c100",
            "8181f6",
            "c249010000000000000000",
            "f8ff",
        ] {
            with_extension(good).unwrap_or_else(|refusal| panic!("{good}: {refusal}"));
        }
        for (bad, why) in [
            ("1817", "23 in two bytes"),
            ("5f4100ff", "indefinite"),
            ("fb3ff8000000000000", "1.5 in eight bytes"),
            ("fa3fc00000", "1.5 in four bytes"),
            ("fa33800000", "2^-24 in four bytes"),
            ("fa7fc00000", "a longer NaN"),
            ("f97e01", "another NaN"),
            ("fa7f800000", "infinity in four bytes"),
            ("f818", "a simple value below 32 in two bytes"),
            ("c24101", "a big number that fits"),
            ("c2490001000000000000ff", "a big number with a leading zero"),
            ("61ff", "a text that is not UTF-8"),
            ("a2200201f6", "keys out of order"),
            ("a201020103", "keys repeated"),
            ("a1f4f6", "a key that is no integer, text or bytes"),
            ("a11b0020000000000000f6", "a key of 2^53"),
            ("8181818100", "five levels"),
            ("818181c100", "five levels with a tag"),
            ("1c", "a reserved head"),
            ("9bffffffffffffffff", "an array without end"),
            ("5bffffffffffffffff", "bytes without end"),
        ] {
            assert!(with_extension(bad).is_err(), "{why}");
        }
    }

    #[test]
    fn parts_that_are_no_parts_are_refused() {
        let bytes = hex(&plain());
        let body = bytes.find("850160").unwrap();
        let decode =
            |part: &str| Content::decode(&unhex(&format!("{}{part}", bytes.split_at(body).0)));
        let null = "83016000";
        assert!(decode(null).is_ok());
        assert_eq!(decode(&format!("850160030081{null}")), Err(MalformedContent::TooFewParts));
        for bad in
            ["85016000", "83016001", "830160006000", "83190100", "850160030382", "8301600400"]
        {
            assert!(decode(bad).is_err(), "{bad}");
        }
        let nested = |depth: usize| {
            let open: String = (1..depth).map(|_| format!("850160030082{null}")).collect();
            decode(&format!("{open}{null}"))
        };
        assert!(nested(4).is_ok());
        assert_eq!(nested(5), Err(MalformedContent::TooDeep));
        let many = format!("8501600302990400{}", null.repeat(1024));
        assert_eq!(decode(&many), Err(MalformedContent::TooManyParts));
    }

    #[test]
    fn what_would_be_refused_is_not_written() {
        let salt = Salt::from_bytes([0; 16]);
        let deep = (0..4).fold(Part::text("x"), |inner, _| {
            let parts = vec![inner, Part::text("y")];
            let body = Body::Multi { semantics: Semantics::ProcessAll, parts };
            Part::new(Disposition::Render, body)
        });
        assert_eq!(Content::new(salt, deep).encode(), Err(MalformedContent::TooDeep));
        let long = "x".repeat(MAX_CONTENT_BYTES);
        let refusal = Content::plain(salt, &long).encode().unwrap_err();
        assert!(matches!(refusal, MalformedContent::TooLarge { .. }));
        let topic = Content::plain(salt, "x").in_topic(vec![0; MAX_TOPIC_BYTES + 1]);
        assert_eq!(topic.encode(), Err(MalformedContent::TopicTooLong));
        let mut keyed = Content::plain(salt, "x");
        keyed.extensions.insert(ExtensionKey::Int(1 << 53), ExtensionValue::text("x"));
        assert_eq!(keyed.encode(), Err(MalformedContent::ExtensionKey));
        let uri = "x".repeat(65_536);
        let refused = Content::plain(salt, "x").message_id(&uri, "room");
        assert_eq!(refused, Err(MalformedContent::UriTooLong));
    }
}

mod readers {
    use super::*;

    fn salt() -> Salt {
        Salt::from_bytes([1; 16])
    }

    fn target() -> MessageId {
        MessageId::from_bytes([1; 32])
    }

    fn file(content_type: &str) -> ExternalPart {
        ExternalPart {
            content_type: content_type.to_owned(),
            url: "https://files.example/1".to_owned(),
            ..ExternalPart::default()
        }
    }

    #[test]
    fn each_thing_that_can_be_said_has_its_kind() {
        let actor = Actor { identity: identity("7"), name: Some("Ann".to_owned()) };
        let events = [
            SystemEvent::Joined { who: vec![actor.clone()], by: None },
            SystemEvent::Left { who: vec![actor.clone()], by: Some(actor.clone()) },
            SystemEvent::Renamed { title: "Tea".to_owned(), by: None },
            SystemEvent::Ranked { who: vec![actor.clone()], rank: Rank::Admin, by: None },
            SystemEvent::CallStarted { by: None, url: Some("https://calls.example".to_owned()) },
            SystemEvent::CallMissed { by: Some(actor) },
        ];
        for event in events {
            let content = Content::telling(salt(), &event);
            assert_eq!((content.kind(), content.system()), (Kind::System, Some(event)));
        }
        let receipt = Receipt::read([target()]);
        let content = Content::reporting(salt(), &receipt);
        assert_eq!((content.kind(), content.receipt()), (Kind::Receipt, Some(receipt)));
        let said = |parts| Content::of_parts(salt(), parts).kind();
        assert_eq!(said(vec![]), Kind::Empty);
        assert_eq!(said(vec![Part::text("x"), Part::link("https://a.example", "")]), Kind::Text);
        assert_eq!(said(vec![Part::text("x"), Part::inline(file("image/png"))]), Kind::Media);
        assert_eq!(said(vec![Part::link("https://a.example", "")]), Kind::Link);
        assert_eq!(said(vec![Part::quote(&Quote::default())]), Kind::Quote);
        let foreign = Part::enclosed(Disposition::Preview, "application/x", "", vec![1]);
        assert_eq!(said(vec![foreign]), Kind::Unknown);
        let html = Part::enclosed(Disposition::Render, "text/html", "", b"<p>hi</p>".to_vec());
        assert_eq!(said(vec![html]), Kind::Unknown);
    }

    #[test]
    fn media_is_told_by_type_and_disposition() {
        let parts = vec![
            Part::text("look"),
            Part::inline(file("IMAGE/png;q=1")),
            Part::inline(file("image/gif")),
            Part::inline(file("video/mp4")),
            Part::inline(file("audio/ogg")),
            Part::attachment(file("audio/ogg")),
            Part::enclosed(Disposition::Attachment, "text/plain", "a\";\n.txt", b"hi".to_vec()),
        ];
        let content = Content::of_parts(salt(), parts);
        let kinds: Vec<_> = content.attachments().iter().map(|it| it.kind).collect();
        let expected = [
            MediaKind::Image,
            MediaKind::Gif,
            MediaKind::Video,
            MediaKind::Voice,
            MediaKind::Audio,
            MediaKind::File,
        ];
        assert_eq!(kinds, expected);
        let last = *content.attachments().last().unwrap();
        assert_eq!((last.name, last.size_bytes()), ("a.txt", Some(2)));
        assert_eq!(content.text().unwrap().as_str, "look");
        assert_eq!(Content::decode(&content.encode().unwrap()).unwrap(), content);
    }

    #[test]
    fn alternatives_show_everybody_the_plainest() {
        let parts = vec![
            Part::enclosed(Disposition::Render, "application/x", "", vec![1]),
            Part::markdown("**hi**"),
            Part::text("hi"),
        ];
        let body = Body::Multi { semantics: Semantics::ChooseOne, parts };
        let content = Content::new(salt(), Part::new(Disposition::Render, body));
        let text = Text { as_str: "hi", format: TextFormat::Plain };
        assert_eq!(content.text(), Some(text));
        assert_eq!(content.kind(), Kind::Text);
    }

    #[test]
    fn mentions_that_do_not_fit_the_text_are_left_out() {
        let mention = |range, label: &str| Mention {
            range,
            identity: identity(label),
            label: label.to_owned(),
        };
        let content = Content::plain(salt(), "@ann é @bob").mentioning(vec![
            mention(8..12, "bob"),
            mention(0..4, "ann"),
            mention(2..6, "overlaps"),
            mention(5..6, "cuts a character"),
            mention(8..99, "too far"),
            #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
            mention(12..8, "backwards"),
        ]);
        let labels: Vec<_> = content.mentions().into_iter().map(|it| it.label).collect();
        assert_eq!(labels, ["ann", "bob"]);
        assert_eq!(content.mentioning(Vec::new()).mentions(), []);
    }

    #[test]
    fn a_quote_keeps_every_name_it_has() {
        let quote = Quote {
            message: Some(target()),
            network: Some(Network::parse("farcaster").unwrap()),
            remote: Some(RemoteId::parse("1:0xab").unwrap()),
            author: Some(Actor { identity: identity("7"), name: None }),
            url: None,
            excerpt: Some("once upon".to_owned()),
        };
        let content = Content::of_parts(salt(), vec![Part::text("see"), Part::quote(&quote)]);
        assert_eq!(content.quotes(), [quote]);
        assert_eq!(content.attachments(), []);
    }

    #[test]
    fn a_received_message_gets_the_same_salt_each_time() {
        let network = Network::parse("farcaster").unwrap();
        let origin = |id: &str| Origin::of(&network, &RemoteId::parse(id).unwrap());
        assert_eq!(Salt::of(origin("a")), Salt::of(origin("a")));
        assert_ne!(Salt::of(origin("a")), Salt::of(origin("b")));
        assert_ne!(Salt::of(origin("a")).as_bytes(), origin("a").as_bytes());
        assert_ne!(Salt::random().unwrap(), Salt::random().unwrap());
    }

    #[test]
    fn the_key_of_a_file_is_not_printed() {
        let key = MediaKey::from(vec![0xee; 16]);
        assert_eq!(format!("{key:?}"), "MediaKey(16 bytes)");
    }
}

mod properties {
    use super::*;

    fn bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..max)
    }

    fn external() -> impl Strategy<Value = ExternalPart> {
        let texts = (".{0,12}", ".{0,40}", ".{0,12}", ".{0,12}");
        let numbers = any::<(u32, u64, u16, u8)>();
        (texts, numbers, bytes(40), bytes(16), bytes(8), bytes(40)).prop_map(
            |(texts, numbers, key, nonce, aad, hash)| ExternalPart {
                content_type: texts.0,
                url: texts.1,
                description: texts.2,
                filename: texts.3,
                expires_at: numbers.0,
                size_bytes: numbers.1,
                aead: numbers.2,
                hash_algorithm: numbers.3,
                key: MediaKey::from(key),
                nonce,
                aad,
                hash,
            },
        )
    }

    fn leaf() -> impl Strategy<Value = Body> {
        prop_oneof![
            Just(Body::Null),
            (".{0,20}", bytes(300))
                .prop_map(|(content_type, content)| Body::Single { content_type, content }),
            external().prop_map(|it| Body::External(Box::new(it))),
        ]
    }

    fn part() -> impl Strategy<Value = Part> {
        let part = |body: BoxedStrategy<Body>| {
            (any::<u8>(), "[a-z]{0,3}", body).prop_map(|(disposition, language, body)| Part {
                disposition: disposition.into(),
                language,
                body,
            })
        };
        part(leaf().boxed()).prop_recursive(3, 16, 4, move |inner| {
            let semantics = prop_oneof![
                Just(Semantics::ChooseOne),
                Just(Semantics::SingleUnit),
                Just(Semantics::ProcessAll),
            ];
            let multi = (semantics, prop::collection::vec(inner, 2..4))
                .prop_map(|(semantics, parts)| Body::Multi { semantics, parts });
            part(multi.boxed())
        })
    }

    fn expiration() -> impl Strategy<Value = Option<Expiration>> {
        prop_oneof![
            Just(None),
            any::<u32>().prop_map(|seconds| Some(Expiration::AfterReading(seconds))),
            any::<u32>().prop_map(|seconds| Some(Expiration::At(seconds))),
        ]
    }

    fn extensions() -> impl Strategy<Value = BTreeMap<ExtensionKey, ExtensionValue>> {
        let max = (1_i64 << 53) - 1;
        let key = prop_oneof![
            (-max..=max).prop_map(ExtensionKey::Int),
            (-30..30_i64).prop_map(ExtensionKey::Int),
            "[a-z.é]{1,30}".prop_map(ExtensionKey::Text),
        ];
        let value = prop_oneof![
            ".{0,30}".prop_map(|text| ExtensionValue::text(&text)),
            bytes(30).prop_map(|bytes| ExtensionValue::bytes(&bytes)),
        ];
        prop::collection::btree_map(key, value, 0..6)
    }

    fn content() -> impl Strategy<Value = Content> {
        let message = || prop::option::of(any::<[u8; 32]>().prop_map(MessageId::from_bytes));
        let head = (any::<[u8; 16]>(), message(), bytes(40), expiration(), message());
        (head, extensions(), part()).prop_map(|(head, extensions, body)| Content {
            salt: Salt::from_bytes(head.0),
            replaces: head.1,
            topic: head.2,
            expires: head.3,
            in_reply_to: head.4,
            extensions,
            body,
        })
    }

    proptest! {
        #[test]
        fn a_content_reads_as_it_was_written(content in content()) {
            let encoded = content.encode().unwrap();
            prop_assert_eq!(Content::decode(&encoded).unwrap(), content);
        }

        #[test]
        fn whatever_can_be_read_is_written_in_the_same_bytes(
            content in content(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut bytes = content.encode().unwrap();
            for (at, byte) in flips {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if let Ok(read) = Content::decode(&bytes) {
                prop_assert_eq!(read.encode().unwrap(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused_without_a_panic(bytes in bytes(200)) {
            if let Ok(content) = Content::decode(&bytes) {
                let _ = (content.kind(), content.mentions(), content.quotes());
            }
        }

        #[test]
        fn the_readers_take_every_content(content in content()) {
            let _ = (content.kind(), content.text().map(|text| text.as_str.len()));
            let _ = (content.attachments().len(), content.links().len(), content.mentions());
        }

        #[test]
        fn another_salt_sender_or_room_makes_another_message(content in content()) {
            let id = content.message_id("a:1", "room:1").unwrap();
            prop_assert_eq!(id.as_bytes()[0], 1);
            prop_assert_ne!(content.message_id("a:2", "room:1").unwrap(), id);
            prop_assert_ne!(content.message_id("a:1", "room:2").unwrap(), id);
            prop_assert_ne!(content.message_id("a:1r", "oom:1").unwrap(), id);
        }
    }
}
