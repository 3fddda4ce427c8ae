//! What the owner has erased is taken back wherever it can be, and nothing of it stays here.

use std::fs;

use threadbridge_core::archive::export::{Selection, export_to};
use threadbridge_core::archive::frame::{Frames, Read};
use threadbridge_core::archive::item::Item;
use threadbridge_core::model::capabilities::{Features, Support};
use threadbridge_core::model::content::Content;
use threadbridge_core::model::erasure::{Erase, ErasurePhase, ErasureRow};
use threadbridge_core::model::id::{ConversationId, MessageId};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::Step;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{ERASURES, EVENTS};
use threadbridge_core::store::{Reads, RootSecret};
use threadbridge_core::view;

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Death, Home, Process, Room, mode};

const RULES: [&str; 2] = ["digest", "sealed-network"];

/// Two rooms whose networks delete, and one whose does not.
fn rooms(rules: &str) -> [Room; 3] {
    let mut keeps = mode(rules);
    let features = keeps.capabilities.features;
    keeps.capabilities.features = Features { delete: Support::Fallback, ..features };
    [Room::on("a", mode(rules)), Room::on("b", mode(rules)), Room::on("c", keeps)]
}

fn texts(room: &Room) -> Vec<String> {
    room.network.person("judge").hears(&room.name).into_iter().map(|it| it.text).collect()
}

fn shows(room: &Room, words: &str) -> bool {
    texts(room).iter().any(|text| text.contains(words))
}

/// The message that says something, and its conversation.
fn find(process: &Process, words: &str) -> (ConversationId, MessageId) {
    let store = process.store.snapshot().unwrap();
    let conversation = view::threads(&store).unwrap()[0].conversation.id;
    let rows = store.scan(&EVENTS, Span::under(&conversation), 999).unwrap();
    let says = |content: &[u8]| {
        let content = Content::decode(content).unwrap();
        content.text().is_some_and(|it| it.as_str.contains(words))
    };
    let (_, record) = rows.into_iter().find(|(_, it)| says(&it.content)).unwrap();
    (conversation, record.message)
}

fn erasure(process: &Process) -> Option<ErasureRow> {
    let store = process.store.snapshot().unwrap();
    store.scan(&ERASURES, Span::all(), 9).unwrap().pop().map(|(_, row)| row)
}

fn is_done(process: &Process) -> ErasureRow {
    until("the erasure", || erasure(process).filter(|row| row.phase == ErasurePhase::Done))
}

/// Nothing in the store's file, nor in the next archive, has these words.
fn is_nowhere(home: &Home, process: &Process, words: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("next.archive");
    let secret = RootSecret::random().unwrap();
    let selection = Selection { with_accounts: true, ..Selection::default() };
    let snapshot = process.store.snapshot().unwrap();
    export_to(&snapshot, &path, &secret, &selection, Clock::System.now()).unwrap();
    let bytes = fs::read(&path).unwrap();
    let mut frames = Frames::begin(bytes.as_slice(), Some(&secret)).unwrap();
    while let Read::Items(items) = frames.next_frame().unwrap() {
        for item in items {
            assert!(!has(&bytes_of(&item), words), "an item still has it");
        }
    }
    assert!(!has(&bytes, words) && !has(&fs::read(home.file()).unwrap(), words));
    assert_eq!(process.findings(), Vec::<String>::new());
}

/// All bytes of an item in which words could stand.
fn bytes_of(item: &Item) -> Vec<u8> {
    let mut bytes = format!("{item:?}").into_bytes();
    if let Item::Message(it) = item {
        bytes.extend([it.record.content.as_slice(), &it.record.raw].concat());
    }
    if let Item::Outbox(it) = item {
        bytes.extend(&it.sealed.bytes);
    }
    if let Item::DeadLetter(it) = item {
        bytes.extend(&it.row.sealed.bytes);
    }
    if let Item::Waiting(it) = item {
        bytes.extend(&it.row.envelope.bytes);
    }
    bytes
}

fn has(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|it| it == words.as_bytes())
}

#[test]
fn an_erased_message_is_taken_back_where_it_can_be_and_nothing_of_it_stays() {
    for rules in RULES {
        println!("{rules}");
        let rooms = rooms(rules);
        let home = Home::linking(&rooms);
        let mut talk = Talk::in_rooms(&rooms);
        let process = home.start();
        let first = talk.says(0, "alice");
        let second = talk.says(0, "alice");
        talk.arrives(first);
        talk.arrives(second);
        let words = texts(&rooms[0])[0].clone();
        process.comes_to_rest(&rooms);
        let (_, message) = find(&process, &words);
        process.does(process.bridge.erase(Erase::Message(message))).unwrap();
        let row = is_done(&process);
        assert!(!shows(&rooms[1], &words) && shows(&rooms[2], &words));
        assert_eq!((row.erased, row.taken_back, row.what), (1, 1, None));
        let stays: Vec<_> = row.stays.iter().map(|it| it.account.as_str().to_owned()).collect();
        assert_eq!(stays, ["a", "c"], "{:?}", row.stays);
        is_nowhere(&home, &process, &words);
        assert!(shows(&rooms[1], &texts(&rooms[0])[1]), "the other message stays");
        process.stops();
    }
}

#[test]
fn a_death_at_any_step_of_an_erasure_does_not_save_a_message() {
    for step in [Step::Rendered, Step::Sealed, Step::Sending, Step::Sent] {
        println!("{step:?}");
        let rooms = rooms("digest");
        let home = Home::linking(&rooms);
        let mut talk = Talk::in_rooms(&rooms);
        let death = Death::default();
        let process = home.start_watched(death.steps());
        let first = talk.says(0, "alice");
        talk.arrives(first);
        process.comes_to_rest(&rooms);
        let words = texts(&rooms[0])[0].clone();
        let (_, message) = find(&process, &words);
        death.awaits(step, 0);
        process.does(process.bridge.erase(Erase::Message(message))).unwrap();
        until("the bridge to die", || death.has_come().then_some(()));
        process.dies();
        let process = home.start();
        is_done(&process);
        assert!(!shows(&rooms[1], &words));
        is_nowhere(&home, &process, &words);
        process.stops();
    }
}
