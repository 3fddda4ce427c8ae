use proptest::prelude::*;

use super::*;

fn room() -> RoomKeys {
    let mut keys = RoomKeys::default();
    keys.learn(0, Secret::derive("a test", &[b"room"]));
    keys
}

const fn place<'a>(author: &'a str, epoch: u64, number: u64) -> Place<'a> {
    Place { room: "den", author, at: 7, epoch, number }
}

fn seal(keys: &mut RoomKeys, author: &str, plain: &[u8]) -> (u64, u64, Vec<u8>) {
    let (epoch, number) = (keys.epoch, keys.next_number(author).unwrap());
    (epoch, number, keys.seal(&place(author, epoch, number), plain).unwrap())
}

fn rekey(keys: &mut RoomKeys) {
    keys.rekey(keys.epoch, &[1; 32]).unwrap();
}

#[test]
fn a_message_opens_once_and_only_where_it_stands() {
    let (mut alice, mut bob) = (room(), room());
    let (epoch, number, sealed) = seal(&mut alice, "alice", b"hi");
    let here = place("alice", epoch, number);
    for elsewhere in [
        Place { room: "hall", ..here },
        Place { author: "mallory", ..here },
        Place { at: 8, ..here },
        Place { number: 1, ..here },
    ] {
        let before = bob.clone();
        assert_eq!(bob.open(&elsewhere, &sealed), Err(Unopened::Forged));
        // The sender's chain may have been begun; nothing else may have happened.
        bob.epochs = before.epochs;
    }
    assert_eq!(bob.open(&here, &sealed).unwrap(), b"hi");
    assert_eq!(bob.open(&here, &sealed), Err(Unopened::Used));
}

#[test]
fn messages_that_overtake_each_other_open_within_bounds() {
    let (mut alice, mut bob) = (room(), room());
    let sealed: Vec<_> = (0..=MAX_SKIPPED + 1).map(|_| seal(&mut alice, "alice", b"hi")).collect();
    let mut open = |number: usize| {
        let (epoch, number, sealed) = &sealed[number];
        bob.open(&place("alice", *epoch, *number), sealed)
    };
    assert_eq!(open(usize::try_from(MAX_SKIPPED).unwrap() + 1), Err(Unopened::TooFarAhead));
    for number in [5, 3, 0, 4, 6] {
        assert!(open(number).is_ok(), "{number}");
    }
    assert_eq!(open(3), Err(Unopened::Used));
}

#[test]
fn a_rekey_leads_everybody_to_the_same_epoch_and_old_ones_are_forgotten() {
    let (mut alice, mut bob) = (room(), room());
    let (.., last_of_old) = seal(&mut alice, "alice", b"old");
    for keys in [&mut alice, &mut bob] {
        keys.rekey_due = true;
        rekey(keys);
        assert!(!keys.rekey_due);
    }
    let (epoch, number, sealed) = seal(&mut alice, "alice", b"new");
    assert_eq!((epoch, number), (1, 0));
    assert_eq!(bob.open(&place("alice", 1, 0), &sealed).unwrap(), b"new");
    assert_eq!(bob.open(&place("alice", 0, 0), &last_of_old).unwrap(), b"old");
    for _ in 0..KEPT_EPOCHS {
        rekey(&mut bob);
    }
    assert_eq!(bob.epochs.len(), KEPT_EPOCHS);
    assert_eq!(bob.open(&place("alice", 0, 1), &sealed), Err(Unopened::NoKey));
}

#[test]
fn an_old_key_that_is_learnt_late_is_kept_and_is_not_the_latest() {
    let mut keys = room();
    let first = keys.secret(0).unwrap().clone();
    for _ in 0..KEPT_EPOCHS {
        rekey(&mut keys);
    }
    let latest = keys.epoch;
    keys.learn(0, first.clone());
    assert_eq!(keys.secret(0), Some(&first));
    assert_eq!(keys.epoch, latest);
}

#[test]
fn a_key_is_handed_over_to_one_account_only() {
    let secret = Secret::derive("a test", &[b"secret"]);
    let (bob, eve) = (Secret::derive("a test", &[b"bob"]), Secret::derive("a test", &[b"eve"]));
    let mut sealed = hand_over(&secret, &bob);
    assert_eq!(take_over(&sealed, &bob), Some(secret));
    assert_eq!(take_over(&sealed, &eve), None);
    sealed[30] ^= 1;
    assert_eq!(take_over(&sealed, &bob), None);
    assert_eq!(take_over(&[], &bob), None);
}

#[test]
fn what_is_known_of_a_room_survives_being_stored() {
    let mut keys = room();
    seal(&mut keys, "alice", b"hi");
    rekey(&mut keys);
    assert_eq!(crate::wire::decode::<RoomKeys>(&encode(&keys)), Some(keys));
}

proptest! {
    #[test]
    fn changed_bytes_do_not_open_and_spoil_nothing(flip in 0..18_usize, bit in 0..8_u8) {
        let (mut alice, mut bob) = (room(), room());
        let (epoch, number, sealed) = seal(&mut alice, "alice", b"hi");
        let mut forged = sealed.clone();
        forged[flip] ^= 1 << bit;
        let here = place("alice", epoch, number);
        prop_assert_eq!(bob.open(&here, &forged), Err(Unopened::Forged));
        prop_assert_eq!(bob.open(&here, &sealed).unwrap(), b"hi");
    }
}
