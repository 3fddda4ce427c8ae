use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn secret() -> Secret {
    Secret::derive("a test", &[b"account"])
}

fn words() -> impl Strategy<Value = Words> {
    let name = (any::<u32>(), any::<u32>(), ".{0,9}").prop_map(|(start, end, who)| Name {
        start,
        end,
        who,
    });
    let media = (".{0,9}", ".{0,9}", ".{0,9}", ".{0,9}", any::<u64>()).prop_map(
        |(url, content_type, filename, description, size_bytes)| Beside::Media {
            url,
            content_type,
            filename,
            description,
            size_bytes,
        },
    );
    let beside =
        prop_oneof![".{0,9}".prop_map(Beside::Link), ".{0,9}".prop_map(Beside::Quote), media];
    let mark = option::of(vec(any::<u8>(), 0..40));
    let ends_s = option::of(any::<u32>());
    (".{0,40}", vec(name, 0..3), vec(beside, 0..3), option::of(".{0,9}"), mark, ends_s).prop_map(
        |(text, names, beside, reply_to, mark, ends_s)| Words {
            text,
            names,
            beside,
            reply_to,
            mark,
            ends_s,
        },
    )
}

/// Every note there can be.
pub(crate) fn note() -> impl Strategy<Value = Note> {
    prop_oneof![
        words().prop_map(Note::Say),
        (".{0,9}", words()).prop_map(|(target, words)| Note::Edit { target, words }),
        ".{0,9}".prop_map(|target| Note::Delete { target }),
        (".{0,9}", ".{0,9}").prop_map(|(target, emoji)| Note::React { target, emoji }),
        (".{0,9}", ".{0,9}").prop_map(|(target, emoji)| Note::Unreact { target, emoji }),
        ".{0,9}".prop_map(|up_to| Note::Read { up_to }),
        ".{0,9}".prop_map(|name| Note::Profile { name }),
        (".{0,9}", ".{0,9}", any::<bool>()).prop_map(|(network, who, holds)| Note::Claim {
            network,
            who,
            holds
        }),
    ]
}

fn post() -> impl Strategy<Value = Post> {
    let sealed = (any::<u64>(), vec(any::<u8>(), 0..40))
        .prop_map(|(epoch, ciphertext)| Body::Sealed { epoch, ciphertext });
    let rekey = (any::<u64>(), any::<[u8; 32]>(), any::<[u8; 32]>())
        .prop_map(|(epoch, salt, tag)| Body::Rekey { epoch, salt, tag });
    let body = prop_oneof![note().prop_map(|note| Body::Clear(encode(&note))), sealed, rekey];
    (option::of(".{0,9}"), ".{0,9}", any::<i64>(), any::<u64>(), body)
        .prop_map(|(room, author, at, number, body)| Post { room, author, at, number, body })
}

fn entry() -> impl Strategy<Value = Entry> {
    let news = prop_oneof![
        post().prop_map(|post| News::Posted(encode(&post))),
        (".{0,9}", ".{0,9}", ".{0,9}").prop_map(|(id, author, reason)| News::Thrown {
            id,
            author,
            reason
        }),
        ".{0,9}".prop_map(|room| News::Joined { room }),
        (".{0,9}", any::<u64>(), vec(any::<u8>(), 0..40))
            .prop_map(|(room, epoch, sealed)| News::RoomKey { room, epoch, sealed }),
    ];
    (".{0,9}", news).prop_map(|(id, news)| Entry { id, news })
}

proptest! {
    #[test]
    fn everything_is_read_as_it_was_written(entry in entry(), post in post(), note in note()) {
        prop_assert_eq!(Entry::proven(&entry.stamped(&secret()), &secret()).unwrap(), entry);
        prop_assert_eq!(decode::<Post>(&encode(&post)), Some(post));
        prop_assert_eq!(decode::<Note>(&encode(&note)), Some(note));
    }

    #[test]
    fn an_entry_that_was_touched_is_refused(entry in entry(), at: prop::sample::Index, bit in 0..8_u8) {
        let mut bytes = entry.stamped(&secret());
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        prop_assert!(Entry::proven(&bytes, &secret()).is_err());
        bytes.truncate(at);
        prop_assert!(Entry::proven(&bytes, &secret()).is_err());
    }

    #[test]
    fn what_is_not_of_this_format_is_nothing(bytes in vec(any::<u8>(), 0..200)) {
        prop_assert!(Entry::proven(&bytes, &secret()).is_err());
        // Whatever random bytes mean, they are read without harm.
        let _ = (decode::<Post>(&bytes), decode::<Note>(&bytes), decode::<Plain>(&bytes));
    }

    #[test]
    fn nothing_may_follow_a_value(post in post(), more in vec(any::<u8>(), 1..9)) {
        prop_assert_eq!(decode::<Post>(&[encode(&post), more].concat()), None);
    }
}

#[test]
fn another_account_s_stamp_is_no_stamp() {
    let entry = Entry { id: "a".to_owned(), news: News::Joined { room: "den".to_owned() } };
    let others = Secret::derive("a test", &[b"another account"]);
    assert!(Entry::proven(&entry.stamped(&others), &secret()).is_err());
}

#[test]
fn an_endless_entry_is_refused_before_it_is_looked_at() {
    let bytes = stamp(&vec![0; MAX_ENTRY_BYTES], &secret());
    let refusal = Entry::proven(&bytes, &secret()).unwrap_err();
    assert_eq!(refusal.reason, "the entry is longer than the network allows");
}

#[test]
fn a_length_that_is_not_there_is_not_believed() {
    // A note whose text claims 2^40 bytes, and an array that claims as many names.
    for bytes in [
        [0x82, 0x00, 0x81, 0x85, 0x7b, 0, 0, 1, 0, 0, 0, 0, 0].as_slice(),
        &[0x82, 0x00, 0x81, 0x85, 0x60, 0x9b, 0, 0, 1, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(decode::<Note>(bytes), None);
    }
}
