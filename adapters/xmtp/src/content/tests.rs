//! What is written is read, by us as by the official clients; what is broken becomes words or is
//! refused.

use expect_test::expect;
use proptest::prelude::*;
use prost::Message as _;

use super::{
    body::{Attachment, Body, Unread, read, should_push},
    fallback,
    id::MessageId,
    kind::Kind,
    reaction::Reaction,
    remote::{self, Unopened},
    write,
};
use crate::wire::proto::content::{
    ContentTypeId, EditMessage, EncodedContent, ReactionV2, RemoteAttachment,
};

fn id(n: u8) -> MessageId {
    MessageId::from_bytes([n; 32])
}

fn body(encoded: &EncodedContent) -> Body {
    read(&encoded.encode_to_vec()).unwrap().0
}

fn file() -> Attachment {
    Attachment {
        media_type: "image/png".to_owned(),
        filename: Some("cat.png".to_owned()),
        bytes: vec![1, 2, 3],
    }
}

#[test]
fn each_type_reads_what_it_wrote() {
    let text = write::text("hi");
    assert_eq!(body(&text), Body::Text("hi".to_owned()));
    assert_eq!(body(&write::markdown("*hi*")), Body::Markdown("*hi*".to_owned()));
    let inner = Box::new(Body::Text("hi".to_owned()));
    assert_eq!(body(&write::reply(id(7), None, &text)), Body::Reply { to: Some(id(7)), inner });
    for is_taken_back in [false, true] {
        let reaction = Reaction { to: id(7), emoji: "🎉".to_owned(), is_taken_back };
        assert_eq!(body(&write::reaction(&reaction)), Body::Reaction(reaction));
    }
    assert_eq!(body(&write::read_receipt()), Body::ReadReceipt);
    assert_eq!(body(&write::delete(id(7))), Body::Delete(id(7)));
    assert_eq!(body(&write::leave_request()), Body::Silent(Kind::LeaveRequest));
    assert_eq!(body(&file().into_encoded()), Body::Attachment(file()));
    let mut sealed = remote::seal(file()).unwrap().attachment;
    sealed.url = "https://files.test/1".to_owned();
    let one = write::remote_attachment(&sealed);
    assert_eq!(body(&one), Body::RemoteAttachments(vec![sealed.clone()]));
    let two = vec![sealed.clone(), sealed];
    let several = write::multi_remote_attachment(two.clone());
    assert_eq!(body(&several), Body::RemoteAttachments(two));
}

#[test]
fn fallbacks_are_those_of_the_official_clients() {
    let reaction = |is_taken_back| {
        write::reaction(&Reaction { to: id(7), emoji: "🎉".to_owned(), is_taken_back })
    };
    let nameless = Attachment { filename: None, ..file() };
    let mut sealed = remote::seal(file()).unwrap().attachment;
    let named = write::remote_attachment(&sealed);
    sealed.filename = None;
    let all = [
        write::text("hi"),
        write::reply(id(7), None, &write::text("hi")),
        write::reply(id(7), None, &write::markdown("hi")),
        reaction(false),
        reaction(true),
        file().into_encoded(),
        nameless.into_encoded(),
        named,
        write::remote_attachment(&sealed),
        write::multi_remote_attachment(Vec::new()),
        write::delete(id(7)),
        write::read_receipt(),
    ];
    let fallbacks: Vec<_> =
        all.into_iter().map(|it| it.fallback.unwrap_or_else(|| "none".to_owned())).collect();
    expect![[r#"
        none
        Replied with "hi" to an earlier message
        Replied to an earlier message
        Reacted with "🎉" to an earlier message
        Removed "🎉" from an earlier message
        Can't display cat.png. This app doesn't support attachments.
        Can't display this content. This app doesn't support attachments.
        Can't display cat.png. This app doesn't support remote attachments.
        Can't display this content. This app doesn't support remote attachments.
        Can't display this content. This app doesn't support multiple remote attachments.
        none
        none"#]]
    .assert_eq(&fallbacks.join("\n"));
}

#[test]
fn parameters_are_spelled_as_the_official_clients_spell_them() {
    let names = |encoded: EncodedContent| encoded.parameters.into_keys().collect::<Vec<_>>();
    assert_eq!(names(write::text("")), ["encoding"]);
    let reply = write::reply(id(7), Some("inbox"), &write::text("hi"));
    assert_eq!(reply.parameters["contentType"], "xmtp.org/text:1.0");
    assert_eq!(reply.parameters["reference"], id(7).to_string());
    assert_eq!(names(reply), ["contentType", "reference", "referenceInboxId"]);
    assert_eq!(names(file().into_encoded()), ["filename", "mimeType"]);
    let remote = write::remote_attachment(&remote::seal(file()).unwrap().attachment);
    assert_eq!(remote.parameters["scheme"], "https");
    let expected =
        ["contentDigest", "contentLength", "filename", "nonce", "salt", "scheme", "secret"];
    assert_eq!(names(remote), expected);
}

#[test]
fn reactions_of_older_clients_are_read() {
    let old = |json: &str| body(&write::plain(Kind::OldReaction, json.as_bytes().to_vec()));
    let reference = id(7).to_string();
    let read = old(&format!(
        r#"{{"action":"removed","reference":"{reference}","schema":"unicode","content":"👍"}}"#
    ));
    let expected = Reaction { to: id(7), emoji: "👍".to_owned(), is_taken_back: true };
    assert_eq!(read, Body::Reaction(expected));
    let read = old(&format!(
        r#"{{"action":"added","reference":"{reference}","schema":"shortcode","content":"tada"}}"#
    ));
    let expected = Reaction { to: id(7), emoji: ":tada:".to_owned(), is_taken_back: false };
    assert_eq!(read, Body::Reaction(expected));
}

#[test]
fn a_reaction_to_nothing_or_of_nothing_becomes_words() {
    let reaction = |reference: &str, content: &str, action| {
        let reaction = ReactionV2 {
            reference: reference.to_owned(),
            content: content.to_owned(),
            action,
            ..ReactionV2::default()
        };
        let mut encoded = write::plain(Kind::Reaction, reaction.encode_to_vec());
        encoded.fallback = Some("words".to_owned());
        body(&encoded)
    };
    let words = Body::Words("words".to_owned());
    assert_eq!(reaction("", "🎉", 1), words);
    assert_eq!(reaction(&id(7).to_string(), "", 1), words);
    assert_eq!(reaction(&id(7).to_string(), &"x".repeat(257), 1), words);
    assert_eq!(reaction(&id(7).to_string(), "🎉", 0), words);
    assert!(matches!(reaction(&id(7).to_string(), "🎉", 1), Body::Reaction(_)));
}

#[test]
fn an_edit_of_later_versions_is_read() {
    let edit =
        EditMessage { message_id: id(7).to_string(), edited_content: Some(write::text("better")) };
    let read = body(&write::plain(Kind::EditMessage, edit.encode_to_vec()));
    let inner = Box::new(Body::Text("better".to_owned()));
    assert_eq!(read, Body::Edit { target: id(7), inner });
}

#[test]
fn what_is_not_known_is_shown_by_its_fallback() {
    let unknown = |fallback: Option<&str>| EncodedContent {
        r#type: Some(ContentTypeId {
            authority_id: "example.org".to_owned(),
            type_id: "dance".to_owned(),
            version_major: 2,
            version_minor: 1,
        }),
        fallback: fallback.map(str::to_owned),
        ..EncodedContent::default()
    };
    assert_eq!(body(&unknown(Some("they dance"))), Body::Words("they dance".to_owned()));
    let shown = "[something that cannot be shown here: example.org/dance:2.1]";
    assert_eq!(body(&unknown(None)), Body::Words(shown.to_owned()));
    assert_eq!(body(&unknown(Some("  "))), Body::Words(shown.to_owned()));
}

#[test]
fn wallets_and_buttons_are_shown_in_words_even_without_a_fallback() {
    let words = |kind, json: &str| {
        let body = body(&write::plain(kind, json.as_bytes().to_vec()));
        let Body::Words(words) = body else { panic!("{body:?}") };
        words
    };
    assert_eq!(
        words(Kind::TransactionReference, r#"{"networkId":1,"reference":"0xab"}"#),
        "[Crypto transaction] Use a blockchain explorer to learn more using the transaction \
         hash: 0xab"
    );
    assert_eq!(
        words(Kind::Actions, r#"{"description":"Pick","actions":[{"label":"a"},{"label":"b"}]}"#),
        "Pick\n\n[1] a\n[2] b\n\nReply with the number to select"
    );
    assert_eq!(words(Kind::Intent, r#"{"id":"1","actionId":"a"}"#), "User selected action: a");
    assert_eq!(words(Kind::WalletSendCalls, "{}"), "[Transaction request generated]: {}");
}

#[test]
fn a_text_in_another_encoding_becomes_words() {
    let mut encoded = write::text("hi");
    encoded.parameters.insert("encoding".to_owned(), "UTF-16".to_owned());
    assert!(matches!(body(&encoded), Body::Words(_)));
    let broken = EncodedContent { content: vec![0xff], ..write::text("") };
    assert!(matches!(body(&broken), Body::Words(_)));
}

#[test]
fn replies_to_replies_end_somewhere() {
    let mut encoded = write::text("deep");
    for _ in 0..40 {
        encoded = write::reply(id(7), None, &encoded);
    }
    let Body::Reply { .. } = body(&encoded) else { panic!("it is a reply, with words in it") };
}

#[test]
fn no_phone_is_woken_by_a_reaction() {
    let push = |encoded: EncodedContent| should_push(&encoded.encode_to_vec());
    assert!(push(write::text("hi")) && push(file().into_encoded()));
    let reaction = Reaction { to: id(7), emoji: "🎉".to_owned(), is_taken_back: false };
    let quiet = [write::reaction(&reaction), write::read_receipt(), write::delete(id(7))];
    assert!(quiet.into_iter().all(|encoded| !push(encoded)));
}

#[test]
fn a_remote_attachment_opens_with_what_the_message_says_of_it() {
    let mut sealed = remote::seal(file()).unwrap();
    sealed.attachment.url = "https://files.test/1".to_owned();
    let part = remote::external(&sealed.attachment).unwrap();
    assert_eq!(part.content_type, "image/png;wrapping=xmtp-attachment");
    assert_eq!(part.size_bytes, u64::try_from(sealed.bytes.len()).unwrap());
    assert_eq!(remote::open(&part, &sealed.bytes).unwrap(), file());
}

#[test]
fn what_lies_elsewhere_is_believed_only_as_it_was_sent() {
    let mut sealed = remote::seal(file()).unwrap();
    sealed.attachment.url = "https://files.test/1".to_owned();
    let part = remote::external(&sealed.attachment).unwrap();
    let other = remote::seal(file()).unwrap();
    assert_eq!(remote::open(&part, &other.bytes), Err(Unopened::Digest));
    assert_eq!(remote::open(&part, &[]), Err(Unopened::Digest));
    // With the other's digest, the key does not fit.
    let mut swapped = sealed.attachment;
    swapped.content_digest = other.attachment.content_digest;
    let part = remote::external(&swapped).unwrap();
    assert_eq!(remote::open(&part, &other.bytes), Err(Unopened::Seal));
}

#[test]
fn an_attachment_without_a_whole_key_or_a_safe_address_is_refused() {
    let mut good = remote::seal(file()).unwrap().attachment;
    good.url = "https://files.test/1".to_owned();
    assert!(remote::external(&good).is_ok());
    let refused = |change: fn(&mut RemoteAttachment)| {
        let mut bad = good.clone();
        change(&mut bad);
        remote::external(&bad).unwrap_err()
    };
    assert_eq!(refused(|it| it.url = "files.test/1".to_owned()), Unopened::Address);
    assert_eq!(refused(|it| it.url = "file:///etc/passwd".to_owned()), Unopened::Address);
    assert_eq!(refused(|it| it.url.push_str(&"x".repeat(5000))), Unopened::Address);
    assert_eq!(refused(|it| it.secret.truncate(31)), Unopened::Key);
    assert_eq!(refused(|it| it.salt.clear()), Unopened::Key);
    assert_eq!(refused(|it| it.nonce.push(0)), Unopened::Key);
    assert_eq!(refused(|it| it.content_digest = "zz".to_owned()), Unopened::Key);
}

#[test]
fn a_sealed_attachment_is_the_one_that_others_derive() {
    // HKDF-SHA256 and AES-256-GCM of Python's `cryptography`, as the official format has them.
    let part = remote::external(&RemoteAttachment {
        content_digest: VECTOR_DIGEST.to_owned(),
        secret: vec![1; 32],
        nonce: vec![3; 12],
        salt: vec![2; 32],
        scheme: "https://".to_owned(),
        url: "https://files.test/1".to_owned(),
        content_length: None,
        filename: Some("cat.png".to_owned()),
    });
    let opened = remote::open(&part.unwrap(), &hex::decode(VECTOR_BYTES).unwrap()).unwrap();
    assert_eq!(opened, file());
}

const VECTOR_DIGEST: &str = "680ee070359ed2be7378e7c19479ed812a667a523f7636113b24e5aaf533d723";
const VECTOR_BYTES: &str = "f7c0f02e720f494cafe4950e64397a19978b55365a20f71c9e672f0f9f4cc08e688f07022f4417ed\
     7365a2c38d59905434e7d692de9b09536ed272f48dc33573a5d9001abe0e8dd208e7038802f065cb\
     255672f739ce1e880440229b55edbeb39ace";

#[test]
fn what_is_no_content_is_refused() {
    assert_eq!(read(&[0xff]).unwrap_err(), Unread::Form);
    // Nothing at all is a content of no type.
    assert!(matches!(read(&[]).unwrap().0, Body::Words(_)));
    assert_eq!(fallback::reply(None), "Replied to an earlier message");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        kind in 0..Kind::ALL.len(),
        compression in proptest::option::of(-1..3_i32),
    ) {
        let _either = read(&bytes);
        let mut encoded = write::plain(Kind::ALL[kind], bytes);
        encoded.compression = compression;
        let _either = read(&encoded.encode_to_vec());
        let _either = should_push(&encoded.encode_to_vec());
    }

    #[test]
    fn texts_and_replies_round_trip(text in ".{1,200}", to in any::<[u8; 32]>()) {
        prop_assert_eq!(body(&write::text(&text)), Body::Text(text.clone()));
        let to = MessageId::from_bytes(to);
        let reply = write::reply(to, None, &write::text(&text));
        let inner = Box::new(Body::Text(text));
        prop_assert_eq!(body(&reply), Body::Reply { to: Some(to), inner });
    }

    #[test]
    fn files_round_trip_through_their_encryption(
        bytes in proptest::collection::vec(any::<u8>(), 1..2_000),
        name in proptest::option::of("[a-z]{1,20}\\.png"),
    ) {
        let file = Attachment { media_type: "image/png".to_owned(), filename: name, bytes };
        let mut sealed = remote::seal(file.clone()).unwrap();
        sealed.attachment.url = "https://files.test/1".to_owned();
        let part = remote::external(&sealed.attachment).unwrap();
        prop_assert_eq!(remote::open(&part, &sealed.bytes).unwrap(), file);
    }
}
