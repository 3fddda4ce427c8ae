//! Every rule that a commit must keep: one that keeps it counts, one that breaks it does not, and
//! leaves all that is kept as it was.

use openmls::prelude::{
    BasicCredential, CredentialWithKey, Extension, ExternalSender, LeafNodeParameters,
    PreSharedKeyProposal, Proposal, UnknownExtension,
};
use openmls::schedule::PreSharedKeyId;
use openmls_traits::OpenMlsProvider as _;
use prost::Message as _;
use tls_codec::{Deserialize as _, Serialize as _};

use super::forge::{Forgery, forge};
use crate::mls::attribute::{APP_DATA, GROUP_NAME, MINIMUM_VERSION};
use crate::mls::extension::{BadTerms, IMMUTABLE, MEMBERSHIP, MUTABLE, PERMISSIONS, Terms};
use crate::mls::group::create::Founding;
use crate::mls::group::plan::{Intent, Is};
use crate::mls::group::process::Processed;
use crate::mls::group::record::{GroupId, State};
use crate::mls::group::refused::Refused;
use crate::mls::group::{Group, GroupError};
use crate::mls::people::{Person, World, inbox, now, open_group};
use crate::mls::permission::Preset;
use crate::mls::provider::Provider;
use crate::mls::roster::{Roster as _, Unknown};
use crate::mls::validate::Violation;
use crate::wire::proto::identity::MlsCredential;

/// Has somebody read a commit that breaks a rule.
fn refuses(world: &World, person: &Person, id: &GroupId, bytes: &[u8], violation: Violation) {
    let before = person.kept();
    let outcome = world.read(person, id, bytes);
    let Processed::Refused(Refused::Commit(found)) = outcome else {
        panic!("expected «{violation}», not {outcome:?}");
    };
    assert_eq!(found, violation);
    assert!(person.kept() == before, "all is as it was");
}

/// Has somebody refuse a commit that MLS itself does not let through.
fn refuses_by_mls(world: &World, person: &Person, id: &GroupId, bytes: &[u8]) {
    let before = person.kept();
    let outcome = world.read(person, id, bytes);
    assert!(matches!(outcome, Processed::Refused(_)), "{outcome:?}");
    assert!(person.kept() == before, "all is as it was");
}

/// A commit of `person` that changes the terms and nothing else.
fn with_terms(person: &Person, id: &GroupId, change: impl FnOnce(&mut Terms)) -> Vec<u8> {
    forge(person, id, |group| Forgery::default().terms(group, change))
}

/// A commit of `person` that replaces one extension, or drops it.
fn with_extension(person: &Person, id: &GroupId, of: u16, body: Option<Vec<u8>>) -> Vec<u8> {
    forge(person, id, |group| {
        let mut extensions = group.mls.extensions().clone();
        extensions.remove(openmls::prelude::ExtensionType::Unknown(of));
        if let Some(body) = body {
            extensions.add(Extension::Unknown(of, UnknownExtension(body))).unwrap();
        }
        Forgery { extensions: Some(extensions), ..Forgery::default() }
    })
}

fn rename(name: &str) -> impl FnOnce(&mut Terms) {
    set(GROUP_NAME, name)
}

fn set(key: &str, value: &str) -> impl FnOnce(&mut Terms) {
    let (key, value) = (key.to_owned(), value.to_owned());
    move |terms| {
        terms.mutable.attributes.insert(key, value);
    }
}

fn admins(terms: &mut Terms) -> &mut Vec<String> {
    &mut terms.mutable.admin_list.as_mut().unwrap().inbox_ids
}

fn super_admins(terms: &mut Terms) -> &mut Vec<String> {
    &mut terms.mutable.super_admin_list.as_mut().unwrap().inbox_ids
}

/// Ann, who made the group; Bob, an admin; and Cat, a member.
fn ranked(preset: Preset) -> (World, [Person; 3], GroupId) {
    let (mut world, people) = World::of(['a', 'b', 'c']);
    let [ann, bob, cat] = &people;
    let founding = Founding::Group {
        preset,
        name: "Readers".to_owned(),
        description: String::new(),
        image: String::new(),
    };
    let id = world.group(&founding, &[ann, bob, cat]);
    let intent = Intent { admins: [(inbox('b'), Is::Listed)].into(), ..Intent::default() };
    world.change(ann, &id, &intent, (&[bob, cat], &[]));
    (world, people, id)
}

/// Tries a change of terms by one of the three; another reads it.
fn tries(
    preset: Preset,
    by: char,
    change: impl FnOnce(&mut Terms) + Copy,
    expected: Result<(), Violation>,
) {
    let (world, [ann, bob, cat], id) = ranked(preset);
    let (by, reader) = match by {
        'a' => (&ann, &cat),
        'b' => (&bob, &cat),
        _ => (&cat, &ann),
    };
    let bytes = with_terms(by, &id, change);
    match expected {
        Ok(()) => drop(world.apply(reader, &id, &bytes)),
        Err(violation) => refuses(&world, reader, &id, &bytes, violation),
    }
}

#[test]
fn every_extension_must_stay_readable() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let malformed = Violation::Terms(BadTerms::Malformed);
    for of in [IMMUTABLE, MUTABLE, MEMBERSHIP, PERMISSIONS] {
        let garbage = with_extension(&ann, &id, of, Some(vec![0xff; 3]));
        refuses(&world, &bob, &id, &garbage, malformed);
        let absent = with_extension(&ann, &id, of, None);
        refuses(&world, &bob, &id, &absent, Violation::Terms(BadTerms::Absent));
    }
    let no_lists = with_terms(&ann, &id, |terms| terms.mutable.admin_list = None);
    refuses(&world, &bob, &id, &no_lists, malformed);
    let no_policy = with_terms(&ann, &id, |terms| terms.policies.add_member_policy = None);
    refuses(&world, &bob, &id, &no_policy, malformed);
    let no_inbox = with_terms(&ann, &id, |terms| {
        terms.membership.members.insert("nobody".to_owned(), 1);
    });
    refuses(&world, &bob, &id, &no_inbox, malformed);
    let crowd = with_terms(&ann, &id, |terms| {
        terms.membership.members.extend((0..250_u32).map(|n| (format!("{n:064x}"), 1)));
    });
    refuses(&world, &bob, &id, &crowd, Violation::Terms(BadTerms::TooLarge));
    world.apply(&bob, &id, &with_terms(&ann, &id, rename("readable")));
}

#[test]
fn what_a_group_is_for_good_does_not_change() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let mut metadata = ann.group(&id).terms().unwrap().metadata;
    metadata.creator_inbox_id = inbox('b');
    let wrapped = tls_codec::VLBytes::new(metadata.encode_to_vec());
    let body = Some(wrapped.tls_serialize_detached().unwrap());
    let stolen = with_extension(&ann, &id, IMMUTABLE, body);
    refuses(&world, &bob, &id, &stolen, Violation::Immutable);
}

#[test]
fn nobody_outside_is_let_in_to_propose() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let bytes = forge(&ann, &id, |group| {
        let mut extensions = group.mls.extensions().clone();
        let CredentialWithKey { credential, signature_key } = ann.client.credential();
        let outsider = ExternalSender::new(signature_key, credential);
        extensions.add(Extension::ExternalSenders(vec![outsider])).unwrap();
        Forgery { extensions: Some(extensions), ..Forgery::default() }
    });
    let before = bob.kept();
    assert!(matches!(world.read(&bob, &id, &bytes), Processed::Refused(_)));
    assert!(bob.kept() == before);
}

#[test]
fn attributes_stay_within_their_limits() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let limits = [
        (GROUP_NAME, 100),
        ("description", 1000),
        ("group_image_url_square", 2048),
        (APP_DATA, 8192),
    ];
    for (key, limit) in limits {
        let bytes = with_terms(&ann, &id, set(key, &"x".repeat(limit + 1)));
        refuses(&world, &bob, &id, &bytes, Violation::TooLong);
    }
    let bytes = with_terms(&ann, &id, |terms| {
        for (key, limit) in limits {
            set(key, &"x".repeat(limit))(terms);
        }
    });
    assert_eq!(world.apply(&bob, &id, &bytes).change.attributes.len(), 4);
}

#[test]
fn no_key_comes_from_outside() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let psk = PreSharedKeyId::external(b"agreed on elsewhere".to_vec(), vec![7; 32]);
    let provider = Provider::over(&bob.keys);
    psk.store(&provider, b"secret").unwrap();
    provider.storage().keep();
    let bytes = forge(&ann, &id, |group| {
        psk.store(&group.provider, b"secret").unwrap();
        let proposal = Proposal::PreSharedKey(Box::new(PreSharedKeyProposal::new(psk)));
        Forgery { proposals: vec![proposal], ..Forgery::default() }
    });
    refuses(&world, &bob, &id, &bytes, Violation::Psk);
}

#[test]
fn a_commit_has_one_author() {
    let (world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    // Bob proposes, Ann commits to it, and Cat got the proposal, which she keeps none of.
    let proposal = {
        let mut group = bob.group(&id);
        let (proposal, _) = group
            .mls
            .propose_self_update(
                &group.provider,
                &bob.client.installation,
                LeafNodeParameters::default(),
            )
            .unwrap();
        proposal.tls_serialize_detached().unwrap()
    };
    let takes_in = |group: &mut Group<'_>| {
        let message = openmls::prelude::MlsMessageIn::tls_deserialize_exact(&proposal).unwrap();
        let message = message.try_into_protocol_message().unwrap();
        let processed = group.mls.process_message(&group.provider, message).unwrap();
        let openmls::prelude::ProcessedMessageContent::ProposalMessage(proposal) =
            processed.into_content()
        else {
            panic!("no proposal");
        };
        group.mls.store_pending_proposal(group.provider.storage(), *proposal).unwrap();
    };
    let before = cat.kept();
    let outcome = world.read(&cat, &id, &proposal);
    assert!(matches!(outcome, Processed::Refused(Refused::Proposal)), "{outcome:?}");
    assert!(cat.kept() == before);

    let bytes = forge(&ann, &id, |group| {
        takes_in(group);
        Forgery::default()
    });
    refuses_by_mls(&world, &cat, &id, &bytes);
    let mut group = cat.group(&id);
    takes_in(&mut group);
    group.provider.storage().keep();
    drop(group);
    refuses(&world, &cat, &id, &bytes, Violation::SecondActor);
}

#[test]
fn nobody_becomes_another_by_a_commit() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    for identity in [MlsCredential { inbox_id: inbox('b') }.encode_to_vec(), b"nobody".to_vec()] {
        let bytes = forge(&ann, &id, |_| {
            let credential = CredentialWithKey {
                credential: BasicCredential::new(identity.clone()).into(),
                ..ann.client.credential()
            };
            let leaf = LeafNodeParameters::builder().with_credential_with_key(credential).build();
            Forgery { leaf, ..Forgery::default() }
        });
        refuses(&world, &bob, &id, &bytes, Violation::SecondActor);
    }
}

#[test]
fn places_in_logs_only_grow() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let set_place = |place: u64| {
        with_terms(&ann, &id, |terms| {
            terms.membership.members.insert(inbox('b'), place);
        })
    };
    refuses(&world, &bob, &id, &set_place(0), Violation::SequenceDecreased);
    // An address was linked: the log has grown, the installations are the same.
    let installations = world.logs[&inbox('b')][0].1.clone();
    let grown = world.publish() + 1;
    world.log(&inbox('b'), installations);
    refuses(&world, &bob, &id, &set_place(grown - 1), Violation::NoSuchEntry);
    let unknown = world.read(&bob, &id, &set_place(grown + 1));
    assert!(matches!(unknown, Processed::Missing(_)), "it may come: {unknown:?}");
    world.apply(&bob, &id, &set_place(grown));
}

#[test]
fn a_commit_waits_for_the_logs_that_it_names() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let second = Person::new('b');
    world.link(&second);
    let bytes = world.change(&ann, &id, &Intent::default(), (&[], &[&second]));
    let log = world.logs.get_mut(&inbox('b')).unwrap();
    let newest = log.pop().unwrap();
    let before = bob.group(&id).epoch_authenticator();
    let Processed::Missing(unknown) = world.read(&bob, &id, &bytes) else { panic!("not missing") };
    assert_eq!(unknown, [Unknown { inbox: inbox('b'), sequence_id: newest.0 }]);
    assert_eq!(bob.group(&id).epoch_authenticator(), before);
    world.logs.get_mut(&inbox('b')).unwrap().push(newest);
    world.apply(&bob, &id, &bytes);
}

#[test]
fn installations_are_added_only_as_logs_call_for_it() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    // Of a member's inbox, by their own word; of somebody else's; and of nobody's in the group.
    let (second, stranger) = (Person::new('b'), Person::new('c'));
    for person in [&second, &stranger] {
        let bytes = forge(&ann, &id, |group| Forgery::default().add(group, person));
        refuses(&world, &bob, &id, &bytes, Violation::UnexpectedAdd);
    }
    world.link(&stranger);
    let place = world.newest(&inbox('c')).unwrap().unwrap().0;
    let other = Person::new('c');
    let bytes = forge(&ann, &id, |group| {
        let forgery = Forgery::default().add(group, &stranger).add(group, &other);
        forgery.terms(group, |terms| {
            terms.membership.members.insert(inbox('c'), place);
        })
    });
    refuses(&world, &bob, &id, &bytes, Violation::UnexpectedAdd);
    let bytes = forge(&ann, &id, |group| {
        let forgery = Forgery::default().add(group, &stranger);
        forgery.terms(group, |terms| {
            terms.membership.members.insert(inbox('c'), place);
        })
    });
    assert_eq!(world.apply(&bob, &id, &bytes).change.members.added, [inbox('c')]);
}

#[test]
fn installations_are_removed_exactly_as_logs_call_for_it() {
    let (mut world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    let second = Person::new('c');
    world.link(&second);
    world.change(&ann, &id, &Intent::default(), (&[&bob, &cat], &[&second]));
    let bytes = forge(&ann, &id, |group| Forgery::default().remove(group, &cat));
    refuses(&world, &bob, &id, &bytes, Violation::UnexpectedRemoval);

    world.revoke(&second);
    let place = world.newest(&inbox('c')).unwrap().unwrap().0;
    let moved = |terms: &mut Terms| {
        terms.membership.members.insert(inbox('c'), place);
    };
    refuses(&world, &bob, &id, &with_terms(&ann, &id, moved), Violation::UnexpectedRemoval);
    let both = forge(&ann, &id, |group| {
        Forgery::default().remove(group, &cat).remove(group, &second).terms(group, moved)
    });
    refuses(&world, &bob, &id, &both, Violation::UnexpectedRemoval);
    let bytes =
        forge(&ann, &id, |group| Forgery::default().remove(group, &second).terms(group, moved));
    assert!(world.apply(&bob, &id, &bytes).change.tree_changed);
}

#[test]
fn whoever_leaves_the_list_leaves_the_tree() {
    let (world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    let unlisted = |terms: &mut Terms| {
        terms.membership.members.remove(&inbox('c'));
    };
    let bytes = with_terms(&ann, &id, unlisted);
    refuses(&world, &bob, &id, &bytes, Violation::UnexpectedRemoval);
    let bytes =
        forge(&ann, &id, |group| Forgery::default().remove(group, &cat).terms(group, unlisted));
    assert_eq!(world.apply(&bob, &id, &bytes).change.members.removed, [inbox('c')]);
}

#[test]
fn only_a_super_admin_takes_somebody_out_and_in_again() {
    let (world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    let again = |by: &Person, whom: &Person| {
        forge(by, &id, |group| Forgery::default().remove(group, whom).add(group, whom))
    };
    refuses(&world, &cat, &id, &again(&bob, &ann), Violation::UnexpectedRemoval);
    let failed = |by: &Person, whom: &Person| {
        forge(by, &id, |group| {
            Forgery::default().remove(group, whom).terms(group, |terms| {
                terms.membership.failed_installations.push(whom.key().to_vec());
            })
        })
    };
    refuses(&world, &cat, &id, &failed(&bob, &ann), Violation::UnexpectedRemoval);
    world.apply(&cat, &id, &again(&ann, &bob));
    let (world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    let bytes = forge(&ann, &id, |group| {
        Forgery::default().remove(group, &bob).terms(group, |terms| {
            terms.membership.failed_installations.push(bob.key().to_vec());
        })
    });
    world.apply(&cat, &id, &bytes);
}

#[test]
fn a_revoked_installation_commits_no_more() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    world.revoke(&ann);
    let place = world.newest(&inbox('a')).unwrap().unwrap().0;
    let bytes = with_terms(&ann, &id, |terms| {
        terms.membership.members.insert(inbox('a'), place);
        terms.membership.failed_installations.push(ann.key().to_vec());
    });
    refuses(&world, &bob, &id, &bytes, Violation::Impostor);
}

#[test]
fn members_are_added_by_whom_the_group_lets() {
    for (by, expected) in [('a', Ok(())), ('b', Ok(())), ('c', Err(Violation::MayNotAdd))] {
        let (mut world, people, id) = ranked(Preset::AdminsOnly);
        let stranger = Person::new('d');
        world.link(&stranger);
        let place = world.newest(&inbox('d')).unwrap().unwrap().0;
        let [ann, bob, cat] = &people;
        let (by, reader) = match by {
            'a' => (ann, bob),
            'b' => (bob, cat),
            _ => (cat, ann),
        };
        let bytes = forge(by, &id, |group| {
            Forgery::default().add(group, &stranger).terms(group, |terms| {
                terms.membership.members.insert(inbox('d'), place);
            })
        });
        match expected {
            Ok(()) => drop(world.apply(reader, &id, &bytes)),
            Err(violation) => refuses(&world, reader, &id, &bytes, violation),
        }
    }
}

#[test]
fn members_are_removed_by_whom_the_group_lets_and_super_admins_by_nobody() {
    let removal = |by: &Person, whom: &Person, id: &GroupId| {
        forge(by, id, |group| {
            Forgery::default().remove(group, whom).terms(group, |terms| {
                terms.membership.members.remove(whom.inbox());
            })
        })
    };
    let (world, [ann, bob, cat], id) = ranked(Preset::AllMembers);
    refuses(&world, &ann, &id, &removal(&cat, &bob, &id), Violation::MayNotRemove);
    refuses(&world, &cat, &id, &removal(&bob, &ann, &id), Violation::SuperAdminRemoved);
    world.apply(&ann, &id, &removal(&bob, &cat, &id));
}

#[test]
fn attributes_are_changed_by_whom_the_group_lets() {
    let forbidden = Err(Violation::MayNotDescribe);
    tries(Preset::AllMembers, 'c', |terms| rename("By Cat")(terms), Ok(()));
    tries(Preset::AdminsOnly, 'c', |terms| rename("By Cat")(terms), forbidden);
    tries(Preset::AdminsOnly, 'b', |terms| rename("By Bob")(terms), Ok(()));
    tries(Preset::AllMembers, 'c', |terms| set("message_disappear_in_ns", "1")(terms), forbidden);
    tries(Preset::AllMembers, 'c', |terms| set("unheard_of", "x")(terms), forbidden);
    tries(Preset::AllMembers, 'b', |terms| set("unheard_of", "x")(terms), Ok(()));
    tries(Preset::AllMembers, 'b', |terms| set("_unheard_of", "x")(terms), forbidden);
    tries(Preset::AllMembers, 'a', |terms| set("_unheard_of", "x")(terms), Ok(()));
    let dropped = |terms: &mut Terms| drop(terms.mutable.attributes.remove("_commit_log_signer"));
    tries(Preset::AllMembers, 'b', dropped, forbidden);
    tries(Preset::AllMembers, 'b', |terms| set(MINIMUM_VERSION, "1.0.0")(terms), forbidden);
}

#[test]
fn admins_are_made_and_unmade_by_whom_the_group_lets() {
    let forbidden = Err(Violation::MayNotChangeAdmins);
    tries(Preset::AllMembers, 'c', |terms| admins(terms).push(inbox('c')), forbidden);
    tries(Preset::AllMembers, 'b', |terms| admins(terms).push(inbox('c')), forbidden);
    tries(Preset::AllMembers, 'a', |terms| admins(terms).push(inbox('c')), Ok(()));
    tries(Preset::AllMembers, 'c', |terms| admins(terms).clear(), forbidden);
    tries(Preset::AllMembers, 'a', |terms| admins(terms).clear(), Ok(()));
}

#[test]
fn super_admins_are_made_by_super_admins_and_never_run_out() {
    let forbidden = Err(Violation::MayNotChangeSuperAdmins);
    tries(Preset::AllMembers, 'b', |terms| super_admins(terms).push(inbox('b')), forbidden);
    tries(Preset::AllMembers, 'c', |terms| super_admins(terms).push(inbox('c')), forbidden);
    tries(Preset::AllMembers, 'a', |terms| super_admins(terms).push(inbox('b')), Ok(()));
    tries(Preset::AllMembers, 'b', |terms| super_admins(terms).clear(), forbidden);
    tries(Preset::AllMembers, 'a', |terms| super_admins(terms).clear(), forbidden);
    tries(Preset::AllMembers, 'a', |terms| *super_admins(terms) = vec![inbox('c')], Ok(()));
}

#[test]
fn who_may_do_what_is_changed_by_super_admins() {
    let closed = |terms: &mut Terms| terms.policies = Preset::AdminsOnly.policies();
    tries(Preset::AllMembers, 'c', closed, Err(Violation::MayNotPermit));
    tries(Preset::AllMembers, 'b', closed, Err(Violation::MayNotPermit));
    tries(Preset::AllMembers, 'a', closed, Ok(()));
}

#[test]
fn a_group_that_asks_for_a_newer_client_pauses() {
    let (world, [ann, bob, _], id) = ranked(Preset::AllMembers);
    let no_version = with_terms(&ann, &id, set(MINIMUM_VERSION, "newest"));
    refuses(&world, &bob, &id, &no_version, Violation::Version);
    let epoch = bob.group(&id).epoch();
    let newer = with_terms(&ann, &id, set(MINIMUM_VERSION, "1.11.0"));
    let Processed::Paused(version) = world.read(&bob, &id, &newer) else { panic!("not paused") };
    assert_eq!(version, "1.11.0");
    assert_eq!(bob.group(&id).epoch(), epoch, "it is not applied");
    assert_eq!(bob.group(&id).record().state, State::Paused(version));
    assert!(matches!(bob.group(&id).encrypt(b"", b"", now()), Err(GroupError::Paused)));
    world.apply(&bob, &id, &with_terms(&ann, &id, set(MINIMUM_VERSION, "1.10.0")));
    assert_eq!(bob.group(&id).record().state, State::Active, "a commit that counts ends it");
}

#[test]
fn a_direct_conversation_stays_between_two() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&Founding::Dm { peer: inbox('b') }, &[&ann, &bob]);
    let place = world.newest(&inbox('c')).unwrap().unwrap().0;
    let bytes = forge(&ann, &id, |group| {
        Forgery::default().add(group, &cat).terms(group, |terms| {
            terms.membership.members.insert(inbox('c'), place);
        })
    });
    refuses(&world, &bob, &id, &bytes, Violation::MayNotAdd);
    let bytes = forge(&ann, &id, |group| {
        Forgery::default().remove(group, &bob).terms(group, |terms| {
            terms.membership.members.remove(&inbox('b'));
        })
    });
    refuses(&world, &bob, &id, &bytes, Violation::MayNotRemove);
    let closed = with_terms(&ann, &id, |terms| super_admins(terms).push(inbox('a')));
    refuses(&world, &bob, &id, &closed, Violation::MayNotChangeSuperAdmins);
    let second = Person::new('b');
    world.link(&second);
    world.change(&ann, &id, &Intent::default(), (&[&bob], &[&second]));
}

#[test]
fn an_entry_that_nobody_has_is_not_waited_for_for_ever() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let bytes = with_terms(&ann, &id, |terms| {
        terms.membership.members.insert(inbox('b'), u64::MAX);
    });
    for _ in 0..8 {
        world.asked += 1;
        for _ in 0..3 {
            let outcome = world.read(&bob, &id, &bytes);
            assert!(matches!(outcome, Processed::Missing(_)), "it waits: {outcome:?}");
        }
    }
    world.asked += 1;
    refuses(&world, &bob, &id, &bytes, Violation::NoSuchEntry);
    world.apply(&bob, &id, &with_terms(&ann, &id, rename("onward")));
    assert_eq!(bob.group(&id).record().patience, None);
}
