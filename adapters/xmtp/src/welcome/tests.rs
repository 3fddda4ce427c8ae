//! Welcomes from the one who wrapped them to the one who joins by them.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use prost::Message as _;
use tls_codec::{Serialize as _, VLBytes};

use crate::mls::group::join::NotJoined;
use crate::mls::group::record::Owed;
use crate::mls::group::records::Records;
use crate::mls::key_package::KeyPackages;
use crate::mls::people::{Person, World, adding, now, open_group};
use crate::welcome::hpke::sender;
use crate::welcome::kem::Kem;
use crate::welcome::unwrap::Unreadable;
use crate::welcome::wrap::{wrap, wrap_all};
use crate::welcome::{INFO, SealFor, WelcomeError, Welcomed, Wrapping, take};
use crate::wire::proto::group::{WelcomeMetadata, WelcomePointer, welcome_pointer};
use crate::wire::proto::mls::{
    WelcomeMessage, WelcomeMessageInput, WelcomeWrapperAlgorithm, welcome_message,
    welcome_message_input,
};

/// A welcome that Ann owes Bob, who has not got it.
fn owed() -> (World, [Person; 2], Owed) {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = ann.create(&open_group());
    world.change(&ann, &id, &adding(&[&bob]), (&[], &[]));
    let owed = Records(&ann.keys).owed(&id).unwrap().pop().unwrap();
    (world, [ann, bob], owed)
}

/// As the server hands it on.
fn sent(input: WelcomeMessageInput) -> WelcomeMessage {
    let version = match input.version.unwrap() {
        welcome_message_input::Version::V1(input) => {
            welcome_message::Version::V1(welcome_message::V1 {
                id: 1,
                created_ns: 1,
                installation_key: input.installation_key,
                data: input.data,
                hpke_public_key: input.hpke_public_key,
                wrapper_algorithm: input.wrapper_algorithm,
                welcome_metadata: input.welcome_metadata,
            })
        }
        welcome_message_input::Version::WelcomePointer(input) => {
            welcome_message::Version::WelcomePointer(welcome_message::WelcomePointer {
                id: 1,
                created_ns: 1,
                installation_key: input.installation_key,
                welcome_pointer: input.welcome_pointer,
                hpke_public_key: input.hpke_public_key,
                wrapper_algorithm: input.wrapper_algorithm,
            })
        }
    };
    WelcomeMessage { version: Some(version) }
}

fn v1(message: &mut WelcomeMessage) -> &mut welcome_message::V1 {
    let Some(welcome_message::Version::V1(message)) = &mut message.version else { panic!() };
    message
}

fn takes(world: &World, person: &Person, it: &WelcomeMessage) -> Result<Welcomed, WelcomeError> {
    take(&person.keys, &person.client, it, now(), world)
}

#[test]
fn a_welcome_wrapped_with_x_wing_leads_into_the_group() {
    let (world, [_, bob], owed) = owed();
    let target = SealFor::from(&owed.targets[0]);
    assert_eq!(target.wrapping, Wrapping::XWing);
    let message = sent(wrap(&owed.welcome, owed.cursor, &target).unwrap());
    assert!(!KeyPackages::load(&bob.keys).unwrap().is_due(now()), "one is on the network");

    let Welcomed::Joined { group, begins_after } = takes(&world, &bob, &message).unwrap() else {
        panic!("not joined");
    };
    assert_eq!(begins_after, owed.cursor);
    assert_eq!(bob.group(&group).leaves().len(), 2);
    assert!(KeyPackages::load(&bob.keys).unwrap().is_due(now()), "it was used");

    let again = takes(&world, &bob, &message).unwrap();
    assert_eq!(again, Welcomed::Not(NotJoined::Known));
}

#[test]
fn a_welcome_wrapped_with_x25519_leads_into_the_group() {
    let (world, [_, bob], owed) = owed();
    let key = bob.init_key();
    let target = SealFor {
        installation: bob.key(),
        wrapping: Wrapping::X25519,
        key,
        follows_pointers: false,
    };
    let message = sent(wrap(&owed.welcome, owed.cursor, &target).unwrap());
    assert!(matches!(takes(&world, &bob, &message), Ok(Welcomed::Joined { .. })));
}

#[test]
fn a_welcome_with_the_assigned_code_point_is_read_as_well() {
    let (world, [_, bob], owed) = owed();
    let target = SealFor::from(&owed.targets[0]);
    let (encapsulated, mut sequence) = sender(Kem::XWING, &target.key, INFO).unwrap();
    let sealed = sequence.seal(&[], &owed.welcome).unwrap();
    let mut message = sent(wrap(&owed.welcome, owed.cursor, &target).unwrap());
    v1(&mut message).data =
        (VLBytes::new(encapsulated), VLBytes::new(sealed)).tls_serialize_detached().unwrap();
    let metadata = WelcomeMetadata { message_cursor: 7 }.encode_to_vec();
    v1(&mut message).welcome_metadata = sequence.seal(&[], &metadata).unwrap();
    let joined = takes(&world, &bob, &message).unwrap();
    assert!(matches!(joined, Welcomed::Joined { begins_after: 7, .. }), "{joined:?}");
}

#[test]
fn a_pointer_leads_to_the_welcome_that_it_has_the_key_of() {
    let (world, [_, bob], owed) = owed();
    let target = SealFor::from(&owed.targets[0]);
    let pointed = welcome_pointer::V1 {
        destination: vec![1; 32],
        aead_type: 3,
        encryption_key: vec![2; 32],
        data_nonce: vec![3; 12],
        welcome_metadata_nonce: vec![4; 12],
    };
    let pointer =
        WelcomePointer { version: Some(welcome_pointer::Version::WelcomeV1Pointer(pointed)) };
    let (encapsulated, mut sequence) = sender(Kem::XWING_OLD, &target.key, INFO).unwrap();
    let sealed = sequence.seal(&[], &pointer.encode_to_vec()).unwrap();
    let pointer = welcome_message::WelcomePointer {
        id: 1,
        created_ns: 1,
        installation_key: bob.key().to_vec(),
        welcome_pointer: (VLBytes::new(encapsulated), VLBytes::new(sealed))
            .tls_serialize_detached()
            .unwrap(),
        hpke_public_key: target.key,
        wrapper_algorithm: WelcomeWrapperAlgorithm::XwingMlkem768Draft6.into(),
    };
    let pointer =
        WelcomeMessage { version: Some(welcome_message::Version::WelcomePointer(pointer)) };

    let cipher = ChaCha20Poly1305::new((&[2; 32]).into());
    let seal = |nonce: [u8; 12], plain: &[u8]| cipher.encrypt(&Nonce::from(nonce), plain).unwrap();
    let shared = welcome_message::V1 {
        id: 2,
        created_ns: 2,
        installation_key: vec![1; 32],
        data: seal([3; 12], &owed.welcome),
        hpke_public_key: Vec::new(),
        wrapper_algorithm: WelcomeWrapperAlgorithm::SymmetricKey.into(),
        welcome_metadata: seal([4; 12], &WelcomeMetadata { message_cursor: 9 }.encode_to_vec()),
    };
    let shared = WelcomeMessage { version: Some(welcome_message::Version::V1(shared)) };

    let early = takes(&world, &bob, &shared);
    assert!(matches!(early, Err(WelcomeError::Unreadable(Unreadable::NoKey))));
    assert_eq!(takes(&world, &bob, &pointer).unwrap(), Welcomed::At(vec![1; 32]));
    let joined = takes(&world, &bob, &shared).unwrap();
    assert!(matches!(joined, Welcomed::Joined { begins_after: 9, .. }), "{joined:?}");
    let again = takes(&world, &bob, &shared);
    assert!(matches!(again, Err(WelcomeError::Unreadable(Unreadable::NoKey))), "it is forgotten");
}

#[test]
fn a_welcome_for_another_key_or_with_a_flipped_bit_is_refused_and_changes_nothing() {
    let (world, [ann, bob], owed) = owed();
    for wrapping in [Wrapping::XWing, Wrapping::X25519] {
        let mut target = SealFor::from(&owed.targets[0]);
        if wrapping == Wrapping::X25519 {
            target = SealFor { wrapping, key: bob.init_key(), ..target };
        }
        let message = sent(wrap(&owed.welcome, owed.cursor, &target).unwrap());
        let before = bob.kept();
        let refused = takes(&world, &ann, &message);
        assert!(matches!(refused, Err(WelcomeError::Unreadable(Unreadable::NoKey))));

        let length = v1(&mut message.clone()).data.len();
        for at in (0..length).step_by(length / 97) {
            let mut flipped = message.clone();
            v1(&mut flipped).data[at] ^= 1;
            assert!(matches!(takes(&world, &bob, &flipped), Err(WelcomeError::Unreadable(_))));
        }
        let mut flipped = message.clone();
        v1(&mut flipped).welcome_metadata[0] ^= 1;
        assert!(takes(&world, &bob, &flipped).is_err(), "where its group begins is not proven");
        let mut swapped = message.clone();
        v1(&mut swapped).wrapper_algorithm = 1 + i32::from(wrapping == Wrapping::X25519);
        assert!(takes(&world, &bob, &swapped).is_err());
        for algorithm in [-1, 4, i32::MAX] {
            v1(&mut swapped).wrapper_algorithm = algorithm;
            assert!(takes(&world, &bob, &swapped).is_err());
        }
        assert!(bob.kept() == before);
    }
    let nothing = WelcomeMessage { version: None };
    assert!(matches!(
        takes(&world, &bob, &nothing),
        Err(WelcomeError::Unreadable(Unreadable::Malformed))
    ));
}

#[test]
fn many_get_pointers_to_one_welcome_and_few_get_it_each() {
    let (mut world, [ann, bob, cat, dan]) = World::of(['a', 'b', 'c', 'd']);
    let id = ann.create(&open_group());
    world.change(&ann, &id, &adding(&[&bob, &cat, &dan]), (&[], &[]));
    let owed = Records(&ann.keys).owed(&id).unwrap().pop().unwrap();
    let messages: Vec<_> = wrap_all(&owed).unwrap().into_iter().map(sent).collect();
    assert_eq!(messages.len(), 4, "the welcome, and a pointer to it for each");
    let place = v1(&mut messages[0].clone()).installation_key.clone();
    let length = |message: &WelcomeMessage| message.encoded_len();
    assert!(messages[1..].iter().all(|it| length(it) < 4096 && length(it) < length(&messages[0])));
    for person in [&bob, &cat, &dan] {
        let is_theirs = |it: &&WelcomeMessage| match it.version.as_ref().unwrap() {
            welcome_message::Version::V1(_) => false,
            welcome_message::Version::WelcomePointer(it) => it.installation_key == person.key(),
        };
        let pointer = messages.iter().find(is_theirs).unwrap();
        assert_eq!(takes(&world, person, pointer).unwrap(), Welcomed::At(place.clone()));
        let joined = takes(&world, person, &messages[0]).unwrap();
        assert_eq!(joined, Welcomed::Joined { group: id.clone(), begins_after: owed.cursor });
    }

    let two = Owed { targets: owed.targets[..2].to_vec(), ..owed };
    let messages: Vec<_> = wrap_all(&two).unwrap().into_iter().map(sent).collect();
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|it| matches!(&it.version, Some(welcome_message::Version::V1(_)))));
}
