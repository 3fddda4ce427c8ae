//! The life of a key package, and what is not taken for one.

use std::time::Duration;

use openmls::prelude::KeyPackageIn;
use tls_codec::{Deserialize as _, Serialize as _};

use super::foreign::{Unusable, check};
use super::{KeyPackageError, KeyPackages};
use crate::mls::client::Leaf;
use crate::mls::extension::{AEAD_TYPES, WELCOME_WRAPPER};
use crate::mls::people::{Person, inbox, now};
use crate::mls::provider::Provider;
use crate::welcome::Wrapping;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn packages(person: &Person) -> KeyPackages<'_> {
    KeyPackages::load(&person.keys).unwrap()
}

fn leaf(person: &Person) -> Leaf {
    Leaf { inbox: person.inbox().to_owned(), installation: person.key() }
}

#[test]
fn one_is_offered_until_it_arrived_and_then_no_other_for_thirty_days() {
    let ann = Person::new('a');
    assert!(packages(&ann).is_due(now()));
    let offered = packages(&ann).offer(&ann.client, now()).unwrap();
    assert_eq!(packages(&ann).offer(&ann.client, now()).unwrap(), offered, "the same one");
    assert!(packages(&ann).is_due(now()), "it is not known to have arrived");
    packages(&ann).uploaded(now()).unwrap();
    assert!(!packages(&ann).is_due(now().plus(29 * DAY)));
    assert!(packages(&ann).is_due(now().plus(30 * DAY)));
    assert_ne!(packages(&ann).offer(&ann.client, now().plus(30 * DAY)).unwrap(), offered);
}

#[test]
fn a_replaced_one_opens_welcomes_for_a_day() {
    let (ann, at) = (Person::new('a'), now());
    ann.key_package();
    let key = ann.init_key();
    packages(&ann).mark_used(&key).unwrap();
    assert!(packages(&ann).is_due(at), "it was used");
    packages(&ann).offer(&ann.client, at).unwrap();
    packages(&ann).uploaded(at).unwrap();
    assert!(!packages(&ann).is_due(at));
    let opens = || packages(&ann).wrapping_key(Wrapping::X25519, &key).unwrap().is_some();
    assert!(opens());

    for (days, still) in [(1, true), (2, false)] {
        let later = at.plus(days * DAY);
        let newest = ann.init_key();
        packages(&ann).mark_used(&newest).unwrap();
        packages(&ann).offer(&ann.client, later).unwrap();
        packages(&ann).uploaded(later).unwrap();
        assert_eq!(opens(), still, "after {days} days");
    }
    let names = ann.keys.list().unwrap();
    let kept = names.iter().filter(|name| name.starts_with(b"mls/package/")).count();
    assert_eq!(kept, ann.keys_of_packages(), "no private part outlives its place in the list");
}

#[test]
fn it_says_what_the_networks_clients_look_for() {
    let ann = Person::new('a');
    let bytes = ann.key_package();
    let provider = Provider::over(&ann.keys);
    let package = check(&bytes, &leaf(&ann), &provider).unwrap().package;
    assert!(package.last_resort());
    assert!(package.extensions().unknown(AEAD_TYPES).is_some());
    let application = package.leaf_node().extensions().application_id().unwrap();
    assert_eq!(application.as_slice(), inbox('a').as_bytes());
    let lifetime = package.life_time();
    assert_eq!(lifetime.not_after() - lifetime.not_before(), 84 * 24 * 60 * 60 + 60 * 60);
    let known: Vec<u16> =
        package.leaf_node().capabilities().extensions().iter().map(|it| (*it).into()).collect();
    assert_eq!(known, [10, 1, 0xff02, 0xff00, 0xff01, 0xff03, 0xff04, 0xf000]);
}

#[test]
fn what_is_no_key_package_of_the_installation_is_not_taken_for_one() {
    let (ann, bob) = (Person::new('a'), Person::new('b'));
    let provider = Provider::over(&ann.keys);
    let bytes = bob.key_package();
    assert!(check(&bytes, &leaf(&bob), &provider).is_ok());
    let fails = |bytes: &[u8], leaf: &Leaf| check(bytes, leaf, &provider).unwrap_err();
    assert_eq!(fails(&[], &leaf(&bob)), Unusable::Absent);
    assert_eq!(fails(&bytes, &leaf(&ann)), Unusable::Foreign);
    let lent = Leaf { inbox: inbox('a'), installation: bob.key() };
    assert_eq!(fails(&bytes, &lent), Unusable::Foreign);
    assert_eq!(fails(&vec![0; 65 * 1024], &leaf(&bob)), Unusable::TooLarge);
    for at in (0..bytes.len()).step_by(31) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fails(&flipped, &leaf(&bob));
        fails(&bytes[..at], &leaf(&bob));
    }
    let expired = KeyPackages::load(&bob.keys).unwrap().made_at(&bob.client, 90 * DAY).unwrap();
    assert_eq!(fails(&expired, &leaf(&bob)), Unusable::Invalid);
    let broken = KeyPackages::load(&bob.keys).unwrap().made_with(&bob.client, &[0xff; 1216]);
    assert_eq!(fails(&broken.unwrap(), &leaf(&bob)), Unusable::Invalid, "nobody can seal for it");
}

#[test]
fn without_the_key_for_welcomes_the_init_key_serves() {
    let (ann, bob) = (Person::new('a'), Person::new('b'));
    let bytes = KeyPackages::load(&bob.keys).unwrap().made_with(&bob.client, &[]).unwrap();
    let package = KeyPackageIn::tls_deserialize_exact(&bytes).unwrap();
    let provider = Provider::over(&ann.keys);
    let usable = check(&package.tls_serialize_detached().unwrap(), &leaf(&bob), &provider).unwrap();
    assert!(usable.package.extensions().unknown(WELCOME_WRAPPER).is_none());
    assert_eq!(usable.seal_for.wrapping, Wrapping::X25519);
    assert_eq!(usable.seal_for.key, usable.package.hpke_init_key().as_slice());
}

#[test]
fn a_broken_list_is_an_error_and_no_reason_to_begin_anew() {
    let ann = Person::new('a');
    ann.keys.put(b"mls/packages", b"garbage");
    assert!(matches!(KeyPackages::load(&ann.keys), Err(KeyPackageError::Broken)));
}
