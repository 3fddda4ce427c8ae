//! Who proves to be one person is one, for as long as the proof holds.

use std::collections::BTreeSet;
use std::time::Duration;

use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::person::{Attitude, Introduction};
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::people;
use threadbridge_core::pipeline::{Limits, Setup};
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{EVENTS, JOURNAL};
use threadbridge_core::store::{Reads, Unit};
use threadbridge_core::view::{self, Warning};
use threadbridge_loopback::network::{Condition, Faults};

use crate::process::Place;
use crate::trial::until;
use crate::trial::world::{Home, Process, Room, account, mode};

pub(crate) fn identity(network: &str, author: &str) -> Identity {
    Identity {
        network: Network::parse(network).unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    }
}

fn kin(process: &Process, of: &Identity) -> Vec<String> {
    let kin = people::kin(&process.store.snapshot().unwrap(), of).unwrap();
    kin.identities.iter().map(Identity::uri).collect()
}

/// Every record of the journal, as it is kept.
fn journal(process: &Process) -> Vec<String> {
    let store = process.store.snapshot().unwrap();
    let places = store.scan(&JOURNAL, Span::all(), usize::MAX).unwrap();
    let record = |(conversation, seq)| store.get(&EVENTS, &(conversation, seq)).unwrap();
    let seqs = (1..).map(threadbridge_core::model::id::Seq);
    places
        .iter()
        .zip(seqs)
        .map(|((_, it), seq)| format!("{:?}", record((it.conversation, seq))))
        .collect()
}

fn texts(room: &Room) -> Vec<String> {
    room.network.person("judge").hears(&room.name).into_iter().map(|it| it.text).collect()
}

#[test]
fn a_proof_makes_one_person_and_parts_them_again_and_no_message_changes_place() {
    let rooms = [Room::on("left", mode("digest")), Room::on("right", mode("network"))];
    let mut home = Home::linking(&rooms);
    home.links[0].attribution = "{name} {proof}: ".to_owned();
    let ann = Introduction {
        name: "Ann".to_owned(),
        identities: BTreeSet::from([identity("left", "ann")]),
        accounts: BTreeSet::default(),
        ..Introduction::default()
    };
    let process = home.start_with(Setup { people: vec![ann], ..home.setup() });
    let wallet = identity("wallets", "0x1");
    let (left, right) = (rooms[0].network.person("ann"), rooms[1].network.person("anna"));
    // Somebody else of her name, and she herself without a proof.
    rooms[1].network.person("mallory").calls_themself("anna").unwrap();
    rooms[1].network.person("mallory").says(&rooms[1].name, "one").unwrap();
    right.says(&rooms[1].name, "two").unwrap();
    until("both", || (texts(&rooms[0]).len() == 2).then_some(()));
    left.claims(&wallet).unwrap();
    right.claims(&wallet).unwrap();
    let one = ["left:ann", "right:anna", "wallets:0x1"];
    until("the proofs", || (kin(&process, &wallet) == one).then_some(()));
    right.says(&rooms[1].name, "three").unwrap();
    until("three", || (texts(&rooms[0]).len() == 3).then_some(()));
    let before = journal(&process);
    right.disclaims(&wallet).unwrap();
    until("the parting", || (kin(&process, &wallet).len() == 2).then_some(()));
    assert_eq!(journal(&process), before);
    let partings = people::partings(&process.store.snapshot().unwrap()).unwrap();
    assert_eq!(partings.len(), 1);
    assert_eq!(partings[0].reason, "its author took it back");
    right.says(&rooms[1].name, "four").unwrap();
    until("four", || (texts(&rooms[0]).len() == 4).then_some(()));
    let heard: Vec<_> = texts(&rooms[0]).iter().map(|it| it.contains('✓')).collect();
    assert_eq!(heard, [false, false, true, false], "{:?}", texts(&rooms[0]));
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

#[test]
fn whoever_is_proven_to_be_the_owner_is_not_named() {
    let rooms = [Room::on("left", mode("digest")), Room::on("right", mode("digest"))];
    let home = Home::linking(&rooms);
    let process = home.start();
    let away = rooms[0].network.person("away");
    rooms[0].network.person("bridge").claims(&identity("wallets", "0x1")).unwrap();
    away.claims(&identity("wallets", "0x2")).unwrap();
    rooms[0].network.person("bridge").claims(&identity("wallets", "0x2")).unwrap();
    away.says(&rooms[0].name, "who am I?").unwrap();
    until("it", || (texts(&rooms[1]).len() == 1).then_some(()));
    // Two of one network claim the address, so it is anybody's.
    assert_eq!(texts(&rooms[1]), ["away: who am I?"]);
    rooms[1].network.person("me").claims(&identity("wallets", "0x1")).unwrap();
    until("the proof", || {
        (kin(&process, &identity("right", "me")).contains(&"left:bridge".to_owned())).then_some(())
    });
    rooms[1].network.person("me").says(&rooms[1].name, "it is me").unwrap();
    until("it", || (texts(&rooms[0]).len() == 2).then_some(()));
    assert_eq!(texts(&rooms[0])[1], "it is me");
    assert!(process.health(&account("left")).is_some());
    process.stops();
}

/// A direct conversation between the bridge's account and Mallory, whom nobody knows, that a link
/// carries into a room.
fn strangers() -> ([Room; 2], Home) {
    let direct = Room::on("left", mode("digest"));
    let name = RemoteConversation::parse("direct/bridge+mallory").unwrap();
    let rooms = [Room { name, ..direct }, Room::on("right", mode("digest"))];
    let home = Home::linking(&rooms);
    (rooms, home)
}

fn think(process: &Process, of: &Identity, attitude: Option<Attitude>) {
    let of = of.clone();
    let think = move |unit: &mut Unit<'_>| people::think(unit, &of, attitude, Clock::System.now());
    process.does(process.store.write(think)).unwrap();
    process.does(process.bridge.hurry());
}

fn asking(process: &Process) -> Vec<(String, usize)> {
    let asking = people::asking(&process.store.snapshot().unwrap()).unwrap();
    asking.into_iter().map(|it| (it.who.uri(), it.messages)).collect()
}

#[test]
fn what_a_stranger_says_directly_waits_until_they_are_accepted() {
    let (rooms, home) = strangers();
    let mallory = rooms[0].network.person("mallory");
    let process = home.start();
    mallory.says(&rooms[0].name, "let me in").unwrap();
    let second = mallory.says(&rooms[0].name, "pleese").unwrap();
    mallory.edits(&rooms[0].name, &second, "please").unwrap();
    until("the request", || (asking(&process) == [("left:mallory".to_owned(), 3)]).then_some(()));
    // It outlives the process, and is carried on neither before nor after.
    process.stops();
    let process = home.start();
    rooms[1].network.person("carol").says(&rooms[1].name, "quiet here").unwrap();
    until("another's words", || {
        (!rooms[0].network.person("x").hears(&rooms[0].name).is_empty()).then_some(())
    });
    process.does(process.bridge.hurry());
    assert_eq!(texts(&rooms[1]), ["quiet here"]);
    assert_eq!(asking(&process).len(), 1);
    think(&process, &identity("left", "mallory"), Some(Attitude::Accepted));
    until("their words", || (texts(&rooms[1]).len() == 3).then_some(()));
    until("the edit", || texts(&rooms[1]).last().filter(|it| it.ends_with("please")).map(|_| ()));
    assert_eq!(texts(&rooms[1])[1], "mallory: let me in");
    assert_eq!(asking(&process), []);
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

#[test]
fn no_stranger_can_fill_the_store_before_they_are_accepted() {
    let (rooms, home) = strangers();
    let process = home.start();
    for n in 0..200 {
        rooms[0].network.person("mallory").says(&rooms[0].name, &format!("{n}")).unwrap();
        // One at a time, so that a batch does not hide the bound.
        until("it to be read", || {
            let status = view::status(&process.store.snapshot().unwrap()).unwrap();
            let left = status.accounts.iter().find(|it| it.name == account("left"))?;
            let refused: u64 = left.refusals.iter().map(|it| it.count).sum();
            (left.waiting + usize::try_from(refused).unwrap() == n + 1).then_some(())
        });
    }
    assert_eq!(asking(&process), [("left:mallory".to_owned(), 64)]);
    process.stops();
}

#[test]
fn who_is_blocked_is_not_heard_and_who_is_muted_stays_where_they_are() {
    let rooms = [Room::on("left", mode("digest")), Room::on("right", mode("network"))];
    let home = Home::linking(&rooms);
    let process = home.start();
    let [bob, carol, dora] = ["bob", "carol", "dora"].map(|it| rooms[0].network.person(it));
    let first = bob.says(&rooms[0].name, "before").unwrap();
    until("it", || (texts(&rooms[1]).len() == 1).then_some(()));
    // Bob's other identity is blocked, and with it all that are proven to be his.
    let wallet = identity("wallets", "0x1");
    bob.claims(&wallet).unwrap();
    until("the proof", || (kin(&process, &wallet).len() == 2).then_some(()));
    think(&process, &wallet, Some(Attitude::Blocked));
    think(&process, &identity("left", "carol"), Some(Attitude::Muted));
    bob.says(&rooms[0].name, "spam").unwrap();
    let muted = carol.says(&rooms[0].name, "blah").unwrap();
    dora.says(&rooms[0].name, "hello").unwrap();
    until("hers", || (texts(&rooms[1]).len() == 2).then_some(()));
    assert_eq!(texts(&rooms[1]), ["bob: before", "dora: hello"]);
    assert_eq!(journal(&process).len(), 3);
    // What was carried can be taken back, and who is forgiven is heard again.
    bob.deletes(&rooms[0].name, &first).unwrap();
    until("the delete", || (texts(&rooms[1]) == ["dora: hello"]).then_some(()));
    think(&process, &identity("left", "carol"), None);
    carol.deletes(&rooms[0].name, &muted).unwrap();
    carol.says(&rooms[0].name, "sorry").unwrap();
    until("hers", || (texts(&rooms[1]) == ["dora: hello", "carol: sorry"]).then_some(()));
    process.stops();
}

#[test]
fn who_only_looks_like_somebody_is_flagged() {
    let rooms = [Room::on("left", mode("digest")), Room::on("right", mode("digest"))];
    let home = Home::linking(&rooms);
    let ann = Introduction {
        name: "Carol".to_owned(),
        identities: BTreeSet::from([identity("right", "carol")]),
        ..Introduction::default()
    };
    let process = home.start_with(Setup { people: vec![ann], ..home.setup() });
    for (who, name) in [("mallory", "Саrоl"), ("eve", "E\u{200b}ve"), ("dora", "Dora")] {
        rooms[0].network.person(who).calls_themself(name).unwrap();
        rooms[0].network.person(who).says(&rooms[0].name, "hi").unwrap();
    }
    until("all", || (texts(&rooms[1]).len() == 3).then_some(()));
    let people = view::people(&process.store.snapshot().unwrap()).unwrap();
    let flagged: Vec<_> = people.iter().filter(|it| !it.warnings.is_empty()).collect();
    let shown: Vec<_> = flagged.iter().map(|it| (it.name(), it.warnings.as_slice())).collect();
    assert_eq!(shown.len(), 2, "{shown:?}");
    let looks = Warning::LooksLike("Carol (right:carol)".to_owned());
    assert!(shown.contains(&("Саrоl", &[looks])), "{shown:?}");
    assert!(shown.contains(&("E\u{200b}ve", &[Warning::HidesCharacters])), "{shown:?}");
    process.stops();
}

#[test]
fn people_are_joined_and_separated_from_the_command_line_with_and_without_a_daemon() {
    let place = Place::new();
    assert_eq!(place.run(&["people"]).1, "nobody is known yet\n");
    let (code, _, err) = place.run(&["person", "Ann"]);
    assert!(code == 1 && err.contains("there is nobody called `Ann`"), "{err}");
    let join = ["person", "join", "farcaster:5", "lens:0xa1"];
    assert_eq!(place.run(&join).1, "they are one person now; `person separate` undoes it\n");
    assert_eq!(place.run(&join).1, "they are one person already\n");
    let daemon = place.daemon();
    let people = || -> serde_json::Value {
        serde_json::from_str(&place.run(&["people", "--json"]).1).unwrap()
    };
    // It is heard before it knows from the settings whose accounts there are.
    crate::process::until("who the owner is", || people()["people"][0]["is_owner"] == true);
    let before = people();
    let theirs = |it: &serde_json::Value| {
        let people = it["people"].as_array().unwrap();
        people.iter().find(|it| it["identities"][0] == "farcaster:5").cloned().unwrap()
    };
    assert_eq!(theirs(&before)["identities"], serde_json::json!(["farcaster:5", "lens:0xa1"]));
    // Five is the account's own fid.
    assert_eq!(theirs(&before)["name"], "you");
    place.run(&["person", "join", "you", "xmtp:ab"]);
    let shown = place.run(&["person", "farcaster:5"]).1;
    assert!(shown.contains("joins: farcaster:5 and xmtp:ab by your word"), "{shown}");
    let undone = place.run(&["person", "separate", "xmtp:ab"]);
    assert_eq!(undone.1, "they are two people now; `person join` undoes it\n", "{}", undone.2);
    assert_eq!(people(), before);
    assert_eq!(place.run(&["person", "block", "farcaster:9"]).0, 0);
    assert!(place.run(&["people"]).1.contains("blocked"));
    assert_eq!(place.run(&["fsck"]).0, 0);
    assert_eq!(daemon.stops(), 0);
}

/// A bridge between two rooms that looks at proofs again this soon.
fn looking_often(home: &Home) -> Process {
    let setup = home.setup();
    let limits = Limits { recheck_after: Duration::from_millis(400), ..setup.limits };
    home.start_with(Setup { limits, ..setup })
}

fn checked_at(process: &Process, of: &Identity) -> Timestamp {
    let proofs = view::proofs(&process.store.snapshot().unwrap()).unwrap();
    proofs.iter().find(|it| it.one == *of).map(|it| it.checked_at).unwrap()
}

#[test]
fn a_proof_is_looked_at_again_and_parts_whom_it_alone_held_though_nobody_told() {
    let rooms = [Room::on("left", mode("digest")), Room::on("right", mode("network"))];
    let home = Home::linking(&rooms);
    let process = looking_often(&home);
    let wallet = identity("wallets", "0x1");
    let (left, right) = (rooms[0].network.person("ann"), rooms[1].network.person("anna"));
    left.claims(&wallet).unwrap();
    right.claims(&wallet).unwrap();
    right.says(&rooms[1].name, "one").unwrap();
    until("the proofs", || (kin(&process, &wallet).len() == 3).then_some(()));
    let first = checked_at(&process, &identity("left", "ann"));
    until("the next look", || {
        (checked_at(&process, &identity("left", "ann")) > first).then_some(())
    });
    // A network that does not answer says nothing of a proof, and neither does a bridge that is away.
    rooms[1].network.set_faults(Faults { condition: Condition::Unreachable, ..Faults::default() });
    right.loses(&wallet);
    let before = checked_at(&process, &identity("left", "ann"));
    until("two looks at the other", || {
        let at = checked_at(&process, &identity("left", "ann"));
        (at.since(before) > Duration::from_millis(600)).then_some(())
    });
    assert_eq!(kin(&process, &wallet).len(), 3);
    process.stops();
    let process = looking_often(&home);
    assert_eq!(kin(&process, &wallet).len(), 3);
    let said = journal(&process);
    rooms[1].network.set_faults(Faults::default());
    until("the parting", || (kin(&process, &wallet) == ["left:ann", "wallets:0x1"]).then_some(()));
    let partings = people::partings(&process.store.snapshot().unwrap()).unwrap();
    assert_eq!(partings.len(), 1);
    assert_eq!(partings[0].reason, "the network shows it no more");
    assert_eq!(journal(&process), said);
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}
