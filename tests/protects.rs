//! What was said under protection keeps it, on the way and in the store.

use std::collections::{BTreeMap, BTreeSet};

use threadbridge_core::model::link::Downgrade;
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{JOURNAL, NOTES};
use threadbridge_core::view;

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Room, leg, mode};

/// How many messages the scanned store has.
const MESSAGES: usize = 1000;

#[test]
fn a_less_protected_leg_is_refused_visibly_unless_the_link_allows_it() {
    let rooms = [Room::on("a", mode("sealed")), Room::on("b", mode("digest"))];
    let mut home = Home::linking(&rooms);
    home.links[0].downgrade = Downgrade::Refuse;
    let mut process = home.start();
    let mut talk = Talk::in_rooms(&rooms);
    let secret = talk.says(0, "alice");
    let public = talk.says(1, "bob");
    until("the public one", || talk.copy(0, public));
    let note = until("a note", || {
        let store = process.store.snapshot().unwrap();
        let (_, place) = store.scan(&JOURNAL, Span::all(), 1).unwrap().pop()?;
        let notes = store.scan(&NOTES, Span::under(&place.conversation), 9).unwrap();
        notes.into_iter().map(|(_, note)| note).find(|note| note.leg == leg(&rooms[1]))
    });
    assert!(note.refused && note.reason.contains("downgrade"), "{note:?}");
    process.comes_to_rest(&rooms);
    let status = view::status(&process.store.snapshot().unwrap()).unwrap();
    let told = status.accounts.iter().find(|it| it.name == leg(&rooms[1]).account).unwrap();
    assert_eq!((told.refusals.len(), told.refusals[0].count), (1, 1), "{told:?}");
    assert_eq!(told.refusals[0].reason, note.reason);
    assert_eq!(talk.copy(1, secret), None);
    // What is said about it stays away too.
    talk.edits(secret);
    assert!(talk.answers(0, "alice", secret));
    process.comes_to_rest(&rooms);
    assert_eq!(talk.hears(1).len(), 1);
    let mut setup = process.setup.clone();
    setup.links[0].downgrade = Downgrade::Allow;
    process.applies(setup);
    let allowed = talk.says(0, "alice");
    talk.arrives(allowed);
    assert_eq!(talk.copy(1, secret), None, "what was refused once stays where it is");
    let text = talk.hears(1).pop().unwrap().text;
    assert!(text.starts_with("[L3] "), "it does not say how well it was protected: {text}");
    process.stops();
}

#[test]
fn the_store_shows_no_word_no_name_and_no_id() {
    let rooms = [Room::on("aardvark", mode("digest")), Room::on("bumblebee", mode("network"))];
    let mut home = Home::linking(&rooms);
    home.links[0].name = "conspicuous".to_owned();
    let process = home.start();
    let people = ["alexandra", "bartholomew"].map(str::to_owned);
    let mut forbidden: BTreeSet<Vec<u8>> = BTreeSet::new();
    let marker = "MARKER-5d41402a";
    for n in 0..MESSAGES {
        let (room, by) = (&rooms[n % 2], &people[n % 2]);
        let id = room.network.person(by).says(&room.name, &format!("{marker} {n}")).unwrap();
        if n % 2 == 0 {
            forbidden.insert(id.as_str().as_bytes().to_vec());
        }
    }
    let both = |count: usize| {
        rooms.iter().all(|room| room.network.person("judge").hears(&room.name).len() == count)
    };
    until("all to arrive", || both(MESSAGES).then_some(()));
    let heard = rooms[1].network.person("judge").hears(&rooms[1].name);
    rooms[1].network.person("bartholomew").reacts(&rooms[1].name, &heard[0].id, "👍").unwrap();
    process.comes_to_rest(&rooms);
    process.stops();
    let names = [marker, "aardvark", "bumblebee", "conspicuous", "room/books", "bridge"];
    forbidden.extend(names.iter().map(|name| name.as_bytes().to_vec()));
    forbidden.extend(people.iter().map(|name| name.as_bytes().to_vec()));
    let bytes = std::fs::read(home.file()).unwrap();
    assert!(bytes.len() > MESSAGES * 100, "{} bytes are no store", bytes.len());
    // An id as bytes and not as text would be no better.
    let raw: Vec<Vec<u8>> = forbidden
        .iter()
        .filter_map(|id| {
            std::str::from_utf8(id).ok()?.rsplit(['/', ':', 'x']).next().map(str::to_owned)
        })
        .filter(|id| {
            id.len() >= 32 && id.len() % 2 == 0 && id.bytes().all(|it| it.is_ascii_hexdigit())
        })
        .map(|id| {
            (0..id.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap())
                .collect()
        })
        .collect();
    forbidden.extend(raw);
    let found = found(&bytes, &forbidden);
    let shown: Vec<_> = found.iter().map(|it| String::from_utf8_lossy(it)).collect();
    assert!(found.is_empty(), "{shown:?}");
}

/// Those of the needles that the bytes have, none of which is shorter than six.
fn found<'n>(bytes: &[u8], needles: &'n BTreeSet<Vec<u8>>) -> Vec<&'n [u8]> {
    let mut by_start: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for needle in needles {
        by_start.entry(&needle[..6]).or_default().push(needle);
    }
    let mut found = Vec::new();
    for (at, start) in bytes.windows(6).enumerate() {
        let some = by_start.get(start).into_iter().flatten();
        found.extend(some.filter(|needle| bytes[at..].starts_with(needle)));
    }
    found
}

#[test]
fn a_scan_finds_what_is_there() {
    let needles = BTreeSet::from([b"needle".to_vec(), b"thread".to_vec()]);
    assert_eq!(found(b"hay and a needle", &needles), [b"needle"]);
    assert!(found(b"needl threa", &needles).is_empty());
}
