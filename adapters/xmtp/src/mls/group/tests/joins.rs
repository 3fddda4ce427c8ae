//! Welcomes to groups that are not what the network's rules let them be: nobody joins them, and
//! all that is kept stays as it was.

use std::collections::BTreeSet;

use openmls::prelude::{
    Extension, ExtensionType, ProposalType, RequiredCapabilitiesExtension, UnknownExtension,
};
use prost::Message as _;
use threadbridge_core::adapter::{Fact, Opened};
use threadbridge_core::model::id::Network;
use tls_codec::{Serialize as _, VLBytes};

use super::forge::{Forgery, bundle};
use crate::arrival::Arrival;
use crate::identity::inbox::InboxId;
use crate::identity::wallet::WalletKey;
use crate::kept::Kept;
use crate::mls::extension::{IMMUTABLE, PERMISSIONS, Terms};
use crate::mls::group::Group;
use crate::mls::group::create::Founding;
use crate::mls::group::join::{Joined, NotJoined, is_understood};
use crate::mls::group::plan::Intent;
use crate::mls::group::record::{Kind, State};
use crate::mls::group::records::Records;
use crate::mls::people::{Person, World, inbox, now, open_group};
use crate::mls::permission::Preset;
use crate::mls::roster::{Roster as _, Unknown};
use crate::open::Opening;
use crate::session::Session;
use crate::welcome::wrap::wrap;
use crate::welcome::{SealFor, Wrapping};
use crate::wire::proto::group::GroupMetadataV1;
use crate::wire::proto::mls::{WelcomeMessage, welcome_message, welcome_message_input};

/// A welcome by `by` to a new group, whose terms and tree are forged.
fn forged(
    by: &Person,
    founding: &Founding,
    forgery: impl FnOnce(&mut Group<'_>) -> Forgery,
) -> Vec<u8> {
    let id = by.create(founding);
    let welcome = bundle(by, &id, forgery).to_welcome_msg().unwrap();
    welcome.tls_serialize_detached().unwrap()
}

/// The terms as they should be, with these people in the group.
fn listing(terms: &mut Terms, world: &World, people: &[&Person]) {
    for person in people {
        let place = world.newest(person.inbox()).unwrap().unwrap().0;
        terms.membership.members.insert(person.inbox().to_owned(), place);
    }
}

fn refuses(world: &World, person: &Person, welcome: &[u8], reason: NotJoined) {
    let before = person.kept();
    match world.welcome(person, welcome, 1) {
        Joined::Not(found) => assert_eq!(found, reason),
        Joined::Missing(unknown) => panic!("expected «{reason}», not {unknown:?}"),
        Joined::Group(_) => panic!("joined in spite of «{reason}»"),
    }
    assert!(person.kept() == before, "all is as it was");
}

/// Changes what a group is for good, as only its maker can.
fn metadata(
    group: &Group<'_>,
    forgery: Forgery,
    change: impl FnOnce(&mut GroupMetadataV1),
) -> Forgery {
    let mut metadata = group.terms().unwrap().metadata;
    change(&mut metadata);
    let wrapped = VLBytes::new(metadata.encode_to_vec()).tls_serialize_detached().unwrap();
    let mut extensions = forgery.extensions.unwrap();
    let body = UnknownExtension(wrapped);
    extensions.add_or_replace(Extension::Unknown(IMMUTABLE, body)).unwrap();
    Forgery { extensions: Some(extensions), ..forgery }
}

#[test]
fn the_tree_must_be_what_the_logs_say() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let extra = forged(&ann, &open_group(), |group| {
        let forgery = Forgery::default().add(group, &bob).add(group, &cat);
        forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]))
    });
    refuses(&world, &bob, &extra, NotJoined::Extra);
    let lacking = forged(&ann, &open_group(), |group| {
        let forgery = Forgery::default().add(group, &bob);
        forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob, &cat]))
    });
    refuses(&world, &bob, &lacking, NotJoined::Lacking);

    let second = Person::new('c');
    world.link(&second);
    let failed = |key: [u8; 32]| {
        forged(&ann, &open_group(), |group| {
            let forgery = Forgery::default().add(group, &bob).add(group, &cat);
            forgery.terms(group, |terms| {
                listing(terms, &world, &[&ann, &bob, &cat]);
                terms.membership.failed_installations.push(key.to_vec());
            })
        })
    };
    refuses(&world, &bob, &failed(ann.key()), NotJoined::Lacking);
    assert!(matches!(world.welcome(&bob, &failed(second.key()), 1), Joined::Group(_)));
}

#[test]
fn a_place_that_is_not_known_is_waited_for_and_one_that_never_was_is_not() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    let at = |place: u64| {
        forged(&ann, &open_group(), |group| {
            Forgery::default().add(group, &bob).terms(group, |terms| {
                listing(terms, &world, &[&ann, &bob]);
                terms.membership.members.insert(inbox('b'), place);
            })
        })
    };
    let far = at(99);
    let before = bob.kept();
    let Joined::Missing(unknown) = world.welcome(&bob, &far, 1) else { panic!("not missing") };
    assert_eq!(unknown, [Unknown { inbox: inbox('b'), sequence_id: 99 }]);
    assert!(bob.kept() == before);
    refuses(&world, &bob, &at(1), NotJoined::NoSuchEntry);
}

#[test]
fn a_direct_conversation_is_between_its_members() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    let with = |one: char, other: char| {
        forged(&ann, &Founding::Dm { peer: inbox('b') }, |group| {
            let forgery = Forgery::default().add(group, &bob);
            let forgery = forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]));
            metadata(group, forgery, |metadata| {
                let members = metadata.dm_members.as_mut().unwrap();
                members.dm_member_one.as_mut().unwrap().inbox_id = inbox(one);
                members.dm_member_two.as_mut().unwrap().inbox_id = inbox(other);
            })
        })
    };
    refuses(&world, &bob, &with('a', 'c'), NotJoined::Strangers);
    refuses(&world, &bob, &with('b', 'c'), NotJoined::Strangers);
    let none = forged(&ann, &Founding::Dm { peer: inbox('b') }, |group| {
        let forgery = Forgery::default().add(group, &bob);
        let forgery = forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]));
        metadata(group, forgery, |metadata| metadata.dm_members = None)
    });
    refuses(&world, &bob, &none, NotJoined::Strangers);
    assert!(matches!(world.welcome(&bob, &with('b', 'a'), 1), Joined::Group(_)));
    assert_eq!(Records(&bob.keys).dms(&inbox('a')).unwrap().len(), 1);
}

#[test]
fn a_direct_conversation_has_no_admins_and_fixed_members() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    let with = |change: fn(&mut Terms)| {
        forged(&ann, &Founding::Dm { peer: inbox('b') }, |group| {
            Forgery::default().add(group, &bob).terms(group, |terms| {
                listing(terms, &world, &[&ann, &bob]);
                change(terms);
            })
        })
    };
    let ruled: [fn(&mut Terms); 4] = [
        |terms| terms.mutable.admin_list.as_mut().unwrap().inbox_ids.push(inbox('a')),
        |terms| terms.mutable.super_admin_list.as_mut().unwrap().inbox_ids.push(inbox('b')),
        |terms| terms.policies = Preset::AllMembers.policies(),
        |terms| {
            let open = Preset::AllMembers.policies().remove_member_policy;
            terms.policies.remove_member_policy = open;
        },
    ];
    for change in ruled {
        refuses(&world, &bob, &with(change), NotJoined::Ruled);
    }
    assert!(matches!(world.welcome(&bob, &with(|_| {}), 1), Joined::Group(_)));
}

#[test]
fn groups_of_other_kinds_are_left_alone_and_sync_groups_are_known() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let of_kind = |kind: i32| {
        forged(&ann, &open_group(), |group| {
            let forgery = Forgery::default().add(group, &bob);
            let forgery = forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]));
            metadata(group, forgery, |metadata| metadata.conversation_type = kind)
        })
    };
    refuses(&world, &bob, &of_kind(4), NotJoined::Oneshot);
    for kind in [0, 5, -1] {
        refuses(&world, &bob, &of_kind(kind), NotJoined::Kind);
    }
    let second = Person::new('a');
    world.link(&second);
    let id = ann.create(&Founding::Sync);
    world.change(&ann, &id, &Intent::default(), (&[], &[&second]));
    assert_eq!(second.group(&id).record().kind, Kind::Sync);
}

#[test]
fn a_group_whose_terms_are_not_where_they_were_asks_for_a_newer_client() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    for of in [IMMUTABLE, PERMISSIONS] {
        let welcome = forged(&ann, &open_group(), |group| {
            let forgery = Forgery::default().add(group, &bob);
            let forgery = forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]));
            let mut extensions = forgery.extensions.unwrap();
            extensions.remove(ExtensionType::Unknown(of));
            Forgery { extensions: Some(extensions), ..forgery }
        });
        refuses(&world, &bob, &welcome, NotJoined::NewerClient);
    }
}

#[test]
fn a_group_that_requires_what_this_client_does_not_do_asks_for_a_newer_one() {
    let (_, [ann]) = World::of(['a']);
    let id = ann.create(&open_group());
    let usual = ann.group(&id).mls.extensions().clone();
    assert!(is_understood(&usual));
    let requiring = |extensions: &[ExtensionType], proposals: &[ProposalType]| {
        let required = RequiredCapabilitiesExtension::new(extensions, proposals, &[]);
        let mut all = usual.clone();
        all.add_or_replace(Extension::RequiredCapabilities(required)).unwrap();
        is_understood(&all)
    };
    assert!(requiring(&[ExtensionType::Unknown(IMMUTABLE)], &[ProposalType::Add]));
    // What newer clients of the network keep a group's terms in (XIP-81).
    assert!(!requiring(&[ExtensionType::Unknown(6)], &[]));
    assert!(!requiring(&[], &[ProposalType::Custom(8)]));
    let mut more = usual.clone();
    more.add_or_replace(Extension::Unknown(6, UnknownExtension(Vec::new()))).unwrap();
    assert!(!is_understood(&more));
}

#[test]
fn what_a_group_is_has_a_length_of_its_own_around_it() {
    let (_, [ann]) = World::of(['a']);
    let id = ann.create(&open_group());
    let group = ann.group(&id);
    let extensions = group.mls.extensions();
    let ids: Vec<u16> = extensions.iter().map(|it| it.extension_type().into()).collect();
    assert_eq!(ids, [0xf000, 0xff00, 0xff01, 0xff02, 0x0003]);
    let UnknownExtension(body) = extensions.unknown(IMMUTABLE).unwrap();
    // One byte of length below 64, two below 16384.
    let metadata = group.terms().unwrap().metadata.encode_to_vec();
    assert_eq!(body[..2], [0x40, u8::try_from(metadata.len()).unwrap()]);
    assert_eq!(body[2..], metadata);
}

#[test]
fn a_group_that_asks_for_a_newer_client_is_joined_and_paused() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    let welcome = forged(&ann, &open_group(), |group| {
        Forgery::default().add(group, &bob).terms(group, |terms| {
            listing(terms, &world, &[&ann, &bob]);
            let key = crate::mls::attribute::MINIMUM_VERSION.to_owned();
            terms.mutable.attributes.insert(key, "2.0.0".to_owned());
        })
    });
    let Joined::Group(group) = world.welcome(&bob, &welcome, 1) else { panic!("not joined") };
    assert_eq!(group.record().state, State::Paused("2.0.0".to_owned()));
    let told = crate::facts::facts(&bob.keys, now()).unwrap();
    let is_told = |it: &Fact| it.value == "needs a newer client (2.0.0 or later)";
    assert!(told.iter().any(is_told), "{told:?}");
}

#[test]
fn somebody_who_was_added_anew_goes_on_in_the_newer_group() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    // Ann takes Bob out and in again, who lost the group; he never reads that commit.
    let bundle = bundle(&ann, &id, |group| Forgery::default().remove(group, &bob).add(group, &bob));
    let welcome = bundle.to_welcome_msg().unwrap().tls_serialize_detached().unwrap();
    let epoch = bob.group(&id).epoch();
    assert!(matches!(world.welcome(&bob, &welcome, 9), Joined::Group(_)));
    assert_eq!(bob.group(&id).epoch(), epoch + 1);
    assert_eq!(bob.group(&id).record().begins_after, 9);
    assert_eq!(Records(&bob.keys).groups().unwrap(), [id], "it is the same group");
}

#[test]
fn so_many_groups_that_need_a_newer_client_are_waited_with_and_no_more() {
    let (world, [ann, bob]) = World::of(['a', 'b']);
    let welcome = forged(&ann, &open_group(), |group| {
        let forgery = Forgery::default().add(group, &bob);
        let forgery = forgery.terms(group, |terms| listing(terms, &world, &[&ann, &bob]));
        let mut extensions = forgery.extensions.unwrap();
        extensions.remove(ExtensionType::Unknown(PERMISSIONS));
        Forgery { extensions: Some(extensions), ..forgery }
    });
    let to = SealFor {
        installation: bob.key(),
        wrapping: Wrapping::X25519,
        key: bob.init_key(),
        follows_pointers: false,
    };
    let sent = wrap(&welcome, 1, &to).unwrap();
    let Some(welcome_message_input::Version::V1(sent)) = sent.version else { panic!() };
    Kept::over(&bob.keys).set_inbox(InboxId::parse(bob.inbox()).unwrap());
    let (network, session) = (Network::parse("xmtp").unwrap(), Session::default());
    let wallet = WalletKey::parse(&"11".repeat(32)).unwrap();
    let (linked, keys) = (BTreeSet::new(), &bob.keys);
    let opening = Opening {
        network: &network,
        session: &session,
        wallet: &wallet,
        keys,
        linked: &linked,
        history: None,
    };
    let open = |id: u64| {
        let message = welcome_message::V1 {
            id,
            created_ns: 1_000_000 * id,
            installation_key: sent.installation_key.clone(),
            data: sent.data.clone(),
            hpke_public_key: sent.hpke_public_key.clone(),
            wrapper_algorithm: sent.wrapper_algorithm,
            welcome_metadata: sent.welcome_metadata.clone(),
        };
        let version = Some(welcome_message::Version::V1(message));
        let arrival = Arrival::Welcome(WelcomeMessage { version }.encode_to_vec());
        opening.open(&arrival.envelope(format!("welcome/{id}")).unwrap())
    };
    for id in (1..=32).chain([1, 32]) {
        let opened = open(id);
        let Opened::Missing(missing) = &opened else { panic!("{id}: {opened:?}") };
        assert_eq!(missing.reason, "the group asks for a newer client");
    }
    assert!(matches!(open(33), Opened::Refused(_)));
}
