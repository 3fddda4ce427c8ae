//! Archives are read as they were written, by the right key only; the newest word wins.

use aes_gcm::{Aes256Gcm, KeyInit as _, aead::Aead as _};
use proptest::prelude::*;
use prost::Message as _;
use threadbridge_core::{
    model::{id::AccountName, time::Timestamp},
    store::{Keys, Store},
};

use super::{
    archive::{ArchiveKey, Unreadable, Unwritable, read::Archive, write::ArchiveWriter},
    consent::{About, Consent, Consents},
    hear::hear,
    history::{self, Kept},
    hmac::SharedKey,
    message,
    request::{self, Refused},
};
use crate::{
    content::{heard::Heard, id::MessageId, write},
    identity::person::Person,
    wire::proto::sync::{
        BackupElement, BackupMetadataSave, ConsentSave, DeviceSyncAcknowledge, GroupMessageSave,
        GroupSave, HmacKeyUpdate, PreferenceUpdate, PreferenceUpdates, backup_element::Element,
        device_sync_content::Content, preference_update::Update,
    },
};

fn keys() -> Keys {
    Store::in_memory().unwrap().keys(&AccountName::parse("xmtp").unwrap()).unwrap()
}

fn key(n: u8) -> ArchiveKey {
    ArchiveKey::from_slice(&[n; 32]).unwrap()
}

fn group(n: u8) -> Element {
    Element::Group(GroupSave { id: vec![n; 16], welcome_id: Some(7), ..GroupSave::default() })
}

fn kept(n: u8, text: &str) -> Kept {
    let alice = Person::new(7);
    Kept {
        id: MessageId::from_bytes([n; 32]),
        group: vec![1; 16],
        content: write::text(text).encode_to_vec(),
        at_ns: 1_700_000_000_000_000_000 + i64::from(n),
        sender: alice.inbox(),
        installation: Some(alice.installation(1)),
        sequence_id: Some(u64::from(n)),
    }
}

fn said(n: u8, text: &str) -> Element {
    Element::GroupMessage(history::save(&kept(n, text)).unwrap())
}

fn consent(entity: &str, state: i32, at: i64) -> ConsentSave {
    ConsentSave { entity_type: 2, state, entity: entity.to_owned(), consented_at_ns: at }
}

fn metadata() -> BackupMetadataSave {
    BackupMetadataSave { elements: vec![1, 2], exported_at_ns: 5, ..BackupMetadataSave::default() }
}

fn archived(elements: &[Element]) -> Vec<u8> {
    let mut writer = ArchiveWriter::begin(Vec::new(), &key(1), metadata()).unwrap();
    for element in elements {
        writer.write(element.clone()).unwrap();
    }
    writer.finish().unwrap()
}

fn some() -> Vec<Element> {
    let consent = Element::Consent(consent("inbox", 2, 3));
    vec![group(1), group(2), said(1, "one"), said(2, "two"), consent]
}

fn all(bytes: &[u8], key: &ArchiveKey) -> Result<Vec<Element>, Unreadable> {
    Archive::open(bytes, key)?.collect()
}

#[test]
fn an_archive_is_read_as_it_was_written() {
    let bytes = archived(&some());
    assert_eq!(&bytes[..2], [0, 0]);
    let archive = Archive::open(bytes.as_slice(), &key(1)).unwrap();
    assert_eq!(archive.metadata(), &metadata());
    assert_eq!(archive.collect::<Result<Vec<_>, _>>().unwrap(), some());
}

#[test]
fn an_archive_needs_its_key_and_version() {
    let bytes = archived(&some());
    assert!(matches!(all(&bytes, &key(2)), Err(Unreadable::Sealed)));
    let mut later = bytes.clone();
    later[0] = 1;
    assert!(matches!(all(&later, &key(1)), Err(Unreadable::Version { found: 1 })));
    let mut other_nonce = bytes;
    other_nonce[5] ^= 1;
    assert!(matches!(all(&other_nonce, &key(1)), Err(Unreadable::Sealed)));
}

#[test]
fn an_archive_that_was_cut_anywhere_is_not_taken_for_a_whole_one() {
    let bytes = archived(&some());
    for length in 0..bytes.len() {
        let cut = all(&bytes[..length], &key(1));
        assert!(matches!(cut, Err(Unreadable::Truncated)), "{length}: {cut:?}");
    }
}

#[test]
fn what_came_before_a_broken_place_is_read() {
    let whole = archived(&some());
    let mut stream = zstd::decode_all(&whole[14..]).unwrap();
    let last = stream.len() - 1;
    stream[last] ^= 1;
    let broken = zstd::encode_all(stream.as_slice(), 3).unwrap();
    let bytes = [&whole[..14], broken.as_slice()].concat();
    let mut archive = Archive::open(bytes.as_slice(), &key(1)).unwrap();
    let read: Vec<_> = archive.by_ref().map_while(Result::ok).collect();
    assert_eq!(read, some()[..4]);
    assert!(archive.next().is_none(), "nothing comes after an error");
}

/// An archive made by hand: these lengths and plaintexts, the second record under `second`'s nonce.
fn by_hand(records: &[BackupElement], nonces: &[u8]) -> Vec<u8> {
    let cipher = Aes256Gcm::new(&[1; 32].into());
    let mut stream = Vec::new();
    for (record, nonce) in records.iter().zip(nonces) {
        let mut bytes = [0; 12];
        bytes[0] = *nonce;
        let sealed = cipher.encrypt(&bytes.into(), record.encode_to_vec().as_slice()).unwrap();
        stream.extend(u32::try_from(sealed.len()).unwrap().to_le_bytes());
        stream.extend(sealed);
    }
    let mut bytes = vec![0; 14];
    bytes[2] = 255;
    bytes.extend(zstd::encode_all(stream.as_slice(), 3).unwrap());
    bytes
}

#[test]
fn the_nonce_counts_as_a_little_endian_number() {
    // 255 and then 256: its second byte is one, and its first none.
    let cipher = Aes256Gcm::new(&[1; 32].into());
    let mut after = [0; 12];
    after[1] = 1;
    let element = |element| BackupElement { element: Some(element) };
    let first = element(Element::Metadata(metadata()));
    let mut bytes = by_hand(&[first], &[255]);
    let mut stream = zstd::decode_all(&bytes[14..]).unwrap();
    let sealed =
        cipher.encrypt(&after.into(), element(group(1)).encode_to_vec().as_slice()).unwrap();
    stream.extend(u32::try_from(sealed.len()).unwrap().to_le_bytes());
    stream.extend(sealed);
    bytes.truncate(14);
    bytes.extend(zstd::encode_all(stream.as_slice(), 3).unwrap());
    assert_eq!(all(&bytes, &key(1)).unwrap(), [group(1)]);
}

#[test]
fn archives_of_older_clients_do_not_count_their_first_record() {
    let element = |element| BackupElement { element: Some(element) };
    let records = [element(Element::Metadata(metadata())), element(group(1))];
    assert_eq!(all(&by_hand(&records, &[255, 255]), &key(1)).unwrap(), [group(1)]);
    // Later ones are counted, and none comes twice.
    let more = [records.to_vec(), vec![element(group(2)), element(group(2))]].concat();
    let twice = by_hand(&more[..3], &[255, 255, 255]);
    assert!(matches!(all(&twice, &key(1)), Err(Unreadable::Sealed)));
}

#[test]
fn an_archive_says_first_what_is_in_it() {
    let element = BackupElement { element: Some(group(1)) };
    let bytes = by_hand(&[element], &[255]);
    assert!(matches!(all(&bytes, &key(1)), Err(Unreadable::NoMetadata)));
    assert!(matches!(all(&by_hand(&[], &[]), &key(1)), Err(Unreadable::Truncated)));
}

#[test]
fn a_record_that_claims_to_be_enormous_is_refused() {
    let mut bytes = vec![0; 14];
    let stream = [u32::MAX.to_le_bytes().to_vec(), vec![0; 100]].concat();
    bytes.extend(zstd::encode_all(stream.as_slice(), 3).unwrap());
    assert!(matches!(all(&bytes, &key(1)), Err(Unreadable::TooLarge)));
}

#[test]
fn elements_come_in_their_order() {
    let mut writer = ArchiveWriter::begin(Vec::new(), &key(1), metadata()).unwrap();
    writer.write(said(1, "one")).unwrap();
    assert!(matches!(writer.write(group(1)), Err(Unwritable::Order)));
    assert!(matches!(writer.write(Element::Metadata(metadata())), Err(Unwritable::Order)));
    let save = GroupMessageSave {
        decrypted_message_bytes: vec![0; 5 << 20],
        ..GroupMessageSave::default()
    };
    let large = writer.write(Element::GroupMessage(save));
    assert!(matches!(large, Err(Unwritable::TooLarge)));
}

#[test]
fn two_archives_of_the_same_have_nothing_in_common() {
    assert_ne!(archived(&some())[2..14], archived(&some())[2..14]);
    assert_ne!(ArchiveKey::fresh().unwrap().as_bytes(), ArchiveKey::fresh().unwrap().as_bytes());
}

#[test]
fn messages_of_an_archive_are_heard_as_they_were_said() {
    let kept = kept(1, "one");
    let save = history::save(&kept).unwrap();
    assert_eq!((save.content_type.as_str(), save.version_major), ("text", 1));
    let heard = history::heard(&save, "group/01").unwrap();
    let Heard::Past { place, id, content } = heard else { panic!("it was said") };
    assert_eq!((id, content, place.sender), (kept.id, kept.content, kept.sender));
    assert_eq!(place.conversation, "group/01");
    let change = GroupMessageSave { kind: 2, ..save.clone() };
    assert_eq!(history::heard(&change, "group/01"), None);
    let nobodys = GroupMessageSave { sender_inbox_id: String::new(), ..save };
    assert_eq!(history::heard(&nobodys, "group/01"), None);
}

#[test]
fn an_archive_says_what_replies_and_reactions_are_about() {
    let about = MessageId::from_bytes([9; 32]);
    let reply = write::reply(about, None, &write::text("hi")).encode_to_vec();
    let save = history::save(&Kept { content: reply, ..kept(1, "") }).unwrap();
    assert_eq!(save.reference_id.as_deref(), Some(about.as_bytes().as_slice()));
    let delete = write::delete(about).encode_to_vec();
    let save = history::save(&Kept { content: delete, ..kept(1, "") }).unwrap();
    assert_eq!(save.reference_id.as_deref(), Some(about.as_bytes().as_slice()));
    assert_eq!(history::save(&kept(1, "hi")).unwrap().reference_id, None);
}

#[test]
fn the_newest_word_on_somebody_wins() {
    let keys = keys();
    let consents = Consents::new(&keys);
    let told = || consents.get(About::Inbox, "alice").unwrap();
    assert_eq!(told(), Consent::Unknown);
    assert!(consents.take(&consent("alice", 2, 10)).unwrap());
    assert!(!consents.take(&consent("alice", 3, 9)).unwrap());
    assert_eq!(told(), Consent::Allowed);
    assert!(consents.set((About::Inbox, "alice"), Consent::Denied, 11).unwrap());
    assert_eq!(told(), Consent::Denied);
    assert_eq!(consents.get(About::Conversation, "alice").unwrap(), Consent::Unknown);
    // Neither an address of the past nor a name that is none.
    let address = ConsentSave { entity_type: 3, ..consent("alice", 2, 99) };
    assert!(!consents.take(&address).unwrap());
    assert!(!consents.take(&consent(&"x".repeat(1000), 2, 99)).unwrap());
    assert_eq!(consents.all().unwrap(), [consent("alice", 3, 11)]);
}

#[test]
fn what_installations_tell_each_other_is_read_as_it_was_said() {
    let update = PreferenceUpdate { update: Some(Update::Consent(consent("alice", 2, 1))) };
    let all = [
        Content::PreferenceUpdates(PreferenceUpdates { updates: vec![update] }),
        Content::Acknowledge(DeviceSyncAcknowledge { request_id: "pin".to_owned() }),
    ];
    for content in all {
        assert_eq!(message::read(&message::write(content.clone())), Some(content));
    }
    assert_eq!(message::read(&write::text("hi").encode_to_vec()), None);
    assert_eq!(message::read(&[0xff]), None);
}

#[test]
fn preferences_of_the_other_installations_are_taken_over() {
    let keys = keys();
    let update = |update| PreferenceUpdate { update: Some(update) };
    let hmac = HmacKeyUpdate { key: vec![5; 42], cycled_at_ns: 9 };
    let updates = vec![
        update(Update::Consent(consent("alice", 3, 10))),
        update(Update::Hmac(hmac.clone())),
        PreferenceUpdate { update: None },
    ];
    let told = message::write(Content::PreferenceUpdates(PreferenceUpdates { updates }));
    assert!(hear(&keys, &told).unwrap());
    assert_eq!(Consents::new(&keys).get(About::Inbox, "alice").unwrap(), Consent::Denied);
    assert_eq!(SharedKey::of(&keys).unwrap().unwrap().update(), hmac);
    assert!(!hear(&keys, &told).unwrap(), "nothing of it is new");
    assert!(!hear(&keys, &write::text("hi").encode_to_vec()).unwrap());
}

#[test]
fn history_is_taken_only_where_it_was_asked_for() {
    const SERVER: &str = "http://127.0.0.1:5558";
    let keys = keys();
    let request = request::ask(&keys, "http://127.0.0.1:5558/").unwrap();
    let wish = request::wished(request.clone(), SERVER).unwrap();
    let metadata = request::metadata(&wish.options, Timestamp::from_secs(1));
    assert_eq!(metadata.exported_at_ns, 1_000_000_000);
    let answer = request::answer(wish.pin, (SERVER, "file-1"), &key(1), metadata);
    let offer = request::offered(&keys, &answer).unwrap();
    assert_eq!(offer.url, "http://127.0.0.1:5558/files/file-1");
    assert_eq!(offer.key.as_bytes(), key(1).as_bytes());
    let refused = |change: &dyn Fn(&mut crate::wire::proto::sync::DeviceSyncReply)| {
        let mut answer = answer.clone();
        change(&mut answer);
        request::offered(&keys, &answer).unwrap_err()
    };
    let elsewhere = ["http://10.0.0.1/files/x", "http://127.0.0.1:5558.evil.test/files/x"];
    for url in elsewhere.into_iter().chain(["http://127.0.0.1:5558/files/../x", SERVER]) {
        let why = refused(&|answer| answer.url = url.to_owned());
        assert!(matches!(why, Refused::Server), "{url}");
    }
    assert!(matches!(refused(&|it| it.request_id.clear()), Refused::Unasked));
    assert!(matches!(refused(&|it| it.encryption_key = None), Refused::Key));
    request::taken(&keys, &offer.pin).unwrap();
    assert!(matches!(request::offered(&keys, &answer), Err(Refused::Unasked)));
    let other = request::wished(request, "https://elsewhere.test");
    assert!(matches!(other, Err(Refused::Server)));
}

#[test]
fn the_tag_of_a_message_is_the_one_that_other_installations_make() {
    let keys = keys();
    let update = HmacKeyUpdate { key: vec![5; 42], cycled_at_ns: 9 };
    assert!(SharedKey::take(&keys, &update).unwrap());
    let older = HmacKeyUpdate { key: vec![6; 42], cycled_at_ns: 8 };
    let short = HmacKeyUpdate { key: vec![6; 41], cycled_at_ns: 10 };
    assert!(!SharedKey::take(&keys, &older).unwrap());
    assert!(!SharedKey::take(&keys, &short).unwrap());
    let key = SharedKey::of(&keys).unwrap().unwrap();
    assert_eq!(key.update(), update);
    let now = Timestamp::from_secs(1_700_000_000);
    // By HKDF and HMAC of Python's `cryptography` and `hmac`.
    let tag = hex::encode(key.tag(&[1; 16], b"data", now).unwrap());
    assert_eq!(tag, "68b3dd4db883076e6fb00c6d52461168277f6324243a79e16ff2b6d8f0ce1c9f");
    let later = Timestamp::from_secs(1_700_000_000 + 30 * 24 * 60 * 60);
    assert_ne!(key.tag(&[1; 16], b"data", later), key.tag(&[1; 16], b"data", now));
}

#[test]
fn an_account_makes_its_shared_key_once() {
    let keys = keys();
    let first = SharedKey::of(&keys).unwrap().unwrap();
    assert_eq!(SharedKey::of(&keys).unwrap(), Some(first));
}

proptest! {
    #[test]
    fn any_bytes_are_no_archive_and_nobody_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        prop_assert!(all(&bytes, &key(1)).is_err());
        let _either = message::read(&bytes);
        let stream = [vec![0; 14], zstd::encode_all(bytes.as_slice(), 3).unwrap()].concat();
        prop_assert!(all(&stream, &key(1)).is_err());
    }

    #[test]
    fn an_archive_with_any_bit_turned_gives_nothing_else_than_was_written(bit in 0_usize..4_000) {
        let mut bytes = archived(&some());
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(archive) = Archive::open(bytes.as_slice(), &key(1)) {
            let read: Vec<_> = archive.map_while(Result::ok).collect();
            prop_assert_eq!(&read[..], &some()[..read.len()]);
        }
    }

    #[test]
    fn archives_round_trip(texts in proptest::collection::vec(".{0,50}", 0..40)) {
        let elements: Vec<_> =
            texts.iter().zip(0..).map(|(text, n)| said(n, text)).collect();
        prop_assert_eq!(all(&archived(&elements), &key(1)).unwrap(), elements);
    }
}
