//! Who proves to be one person is one, for as long as the proof holds.

use std::collections::BTreeSet;

use threadbridge_core::model::id::{Identity, Network, RemoteAuthor};
use threadbridge_core::model::person::Introduction;
use threadbridge_core::people;
use threadbridge_core::pipeline::Setup;
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{EVENTS, JOURNAL};

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
