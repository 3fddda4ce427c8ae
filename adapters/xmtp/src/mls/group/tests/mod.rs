//! Groups among people in one process.

mod commits;
mod forge;
mod joins;
mod mutants;
mod reuse;

use std::collections::BTreeMap;
use std::time::Duration;

use threadbridge_core::model::id::AccountName;
use threadbridge_core::store::Store;

use crate::mls::attribute::GROUP_NAME;
use crate::mls::group::commit::CommitError;
use crate::mls::group::create::Founding;
use crate::mls::group::join::{Joined, NotJoined};
use crate::mls::group::plan::{Intent, Is, PlanError};
use crate::mls::group::process::{Processed, Whose};
use crate::mls::group::record::{GroupId, Kind, State};
use crate::mls::group::records::Records;
use crate::mls::group::refused::Refused;
use crate::mls::key_package::KeyPackages;
use crate::mls::people::{Person, World, adding, inbox, now, open_group};
use crate::mls::permission::Preset;
use crate::mls::provider::MAX_PAST_EPOCHS;
use crate::mls::validate::Violation;

fn hears(world: &World, person: &Person, id: &GroupId, bytes: &[u8]) -> (String, Vec<u8>) {
    let outcome = world.read(person, id, bytes);
    let Processed::Application(message) = outcome else { panic!("not heard: {outcome:?}") };
    (message.inbox, message.plain)
}

fn says(person: &Person, id: &GroupId, words: &str) -> Vec<u8> {
    person.group(id).encrypt(words.as_bytes(), words.as_bytes(), now()).unwrap()
}

fn is_same_epoch(id: &GroupId, people: &[&Person]) {
    let authenticators: Vec<_> =
        people.iter().map(|person| person.group(id).epoch_authenticator()).collect();
    assert!(authenticators.windows(2).all(|two| two[0] == two[1]), "forked");
}

#[test]
fn two_people_talk_in_a_direct_conversation() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&Founding::Dm { peer: bob.inbox().to_owned() }, &[&ann, &bob]);
    is_same_epoch(&id, &[&ann, &bob]);

    let words = says(&ann, &id, "hello");
    assert_eq!(hears(&world, &bob, &id, &words), (inbox('a'), b"hello".to_vec()));
    let Processed::Own(tag) = world.read(&ann, &id, &words) else { panic!("not her own") };
    assert_eq!(tag, Some(b"hello".to_vec()));
    let words = says(&bob, &id, "and you");
    assert_eq!(hears(&world, &ann, &id, &words), (inbox('b'), b"and you".to_vec()));

    let dms = Records(&bob.keys).dms(&inbox('a')).unwrap();
    assert_eq!(dms.len(), 1);
    assert_eq!((&dms[0].0, dms[0].1.kind), (&id, Kind::Dm));
    assert_eq!(Records(&ann.keys).groups().unwrap(), [id]);
}

#[test]
fn a_message_opens_once() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let words = says(&ann, &id, "hello");
    hears(&world, &bob, &id, &words);
    let before = bob.kept();
    let again = world.read(&bob, &id, &words);
    assert!(matches!(again, Processed::Refused(Refused::OpenedBefore)), "{again:?}");
    assert!(bob.kept() == before);
}

#[test]
fn a_commit_counts_only_when_it_is_read_back() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let made = world.commit(&ann, &id, &adding(&[&cat]));
    assert_eq!(ann.group(&id).leaves().len(), 2, "it is not applied yet");
    assert_eq!(ann.group(&id).pending().unwrap().unwrap().bytes, made.bytes);
    assert!(Records(&ann.keys).owed(&id).unwrap().len() == 1, "of the first commit");
    Records(&ann.keys).welcomed(&id, u64::MAX).unwrap();

    let cursor = world.publish();
    let applied = world.apply(&ann, &id, &made.bytes);
    assert_eq!((applied.whose, applied.owes_welcomes), (Whose::Own, true));
    assert_eq!(applied.change.members.added, [inbox('c')]);
    assert_eq!(ann.group(&id).leaves().len(), 3);
    assert_eq!(Records(&ann.keys).owed(&id).unwrap()[0].cursor, cursor);
    world.apply(&bob, &id, &made.bytes);
    world.join(&ann, &id, &cat);
    is_same_epoch(&id, &[&ann, &bob, &cat]);
    Records(&ann.keys).welcomed(&id, cursor).unwrap();
    assert!(Records(&ann.keys).owed(&id).unwrap().is_empty());
}

#[test]
fn of_two_commits_at_once_the_first_one_counts() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    for round in 0..50 {
        let renew = Intent { renew: true, ..Intent::default() };
        let rename = Intent {
            attributes: [(GROUP_NAME.to_owned(), Some(format!("round {round}")))].into(),
            ..Intent::default()
        };
        let of_ann = world.commit(&ann, &id, &rename).bytes;
        let of_bob = world.commit(&bob, &id, &renew).bytes;
        let (first, second) = if round % 3 == 0 { (of_bob, of_ann) } else { (of_ann, of_bob) };
        for person in [&ann, &bob] {
            world.apply(person, &id, &first);
            assert!(matches!(world.read(person, &id, &second), Processed::Stale(_)));
            assert!(person.group(&id).pending().unwrap().is_none());
        }
        is_same_epoch(&id, &[&ann, &bob]);
        let words = says(&ann, &id, "still here");
        hears(&world, &bob, &id, &words);
    }
}

#[test]
fn messages_that_a_commit_overtook_are_still_heard() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let words = says(&bob, &id, "late");
    for _ in 0..3 {
        let renew = Intent { renew: true, ..Intent::default() };
        world.change(&ann, &id, &renew, (&[], &[]));
    }
    assert_eq!(hears(&world, &ann, &id, &words).1, b"late");
}

#[test]
fn whoever_is_removed_hears_no_more() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob, &cat]);
    let intent = Intent { remove: [inbox('b')].into(), ..Intent::default() };
    let bytes = world.change(&ann, &id, &intent, (&[&cat], &[]));
    let applied = world.apply(&bob, &id, &bytes);
    assert!(applied.is_removed);
    assert!(crate::mls::group::Group::load(&bob.keys, &bob.client, &id).unwrap().is_none());
    assert_eq!(Records(&bob.keys).record(&id).unwrap().unwrap().state, State::Removed);
    let words = says(&ann, &id, "without him");
    hears(&world, &cat, &id, &words);

    world.change(&ann, &id, &adding(&[&bob]), (&[&cat], &[&bob]));
    is_same_epoch(&id, &[&ann, &bob, &cat]);
    assert_eq!(Records(&bob.keys).record(&id).unwrap().unwrap().state, State::Active);
}

#[test]
fn installations_come_and_go_with_their_logs() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let plan = world.plan(&ann, &id, &Intent::default());
    assert!(plan.is_empty(), "the tree is what the logs say");

    let second = Person::new('b');
    world.link(&second);
    world.change(&ann, &id, &Intent::default(), (&[&bob], &[&second]));
    is_same_epoch(&id, &[&ann, &bob, &second]);

    world.revoke(&bob);
    let bytes = world.change(&ann, &id, &Intent::default(), (&[&second], &[]));
    assert!(world.apply(&bob, &id, &bytes).is_removed);
    assert_eq!(ann.group(&id).leaves().len(), 2);
    is_same_epoch(&id, &[&ann, &second]);
}

#[test]
fn an_installation_without_a_key_package_is_noted_and_left_out() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let second = Person::new('b');
    world.link(&second);
    world.spoil_key_package(&second);
    let id = ann.create(&open_group());
    world.change(&ann, &id, &adding(&[&bob]), (&[], &[&bob]));
    let failed = ann.group(&id).terms().unwrap().membership.failed_installations;
    assert_eq!(failed, [second.key().to_vec()]);
    assert!(world.plan(&bob, &id, &Intent::default()).is_empty(), "nobody tries again and again");

    world.revoke(&second);
    world.change(&bob, &id, &Intent { renew: true, ..Intent::default() }, (&[&ann], &[]));
    is_same_epoch(&id, &[&ann, &bob]);
}

#[test]
fn what_a_newer_client_put_into_a_group_outlives_our_changes() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let set = |key: &str, value: &str| Intent {
        attributes: [(key.to_owned(), Some(value.to_owned()))].into(),
        ..Intent::default()
    };
    world.change(&ann, &id, &set("app_data", "tag"), (&[&bob], &[]));
    world.change(&ann, &id, &set("unheard_of", "kept"), (&[&bob], &[]));
    world.change(&bob, &id, &set(GROUP_NAME, "Renamed"), (&[&ann], &[]));
    let attributes = ann.group(&id).terms().unwrap().mutable.attributes;
    assert_eq!(attributes["app_data"], "tag");
    assert_eq!(attributes["unheard_of"], "kept");
    assert_eq!(attributes[GROUP_NAME], "Renamed");
}

#[test]
fn a_leaf_that_joined_asks_for_new_keys_once() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    assert!(!ann.group(&id).is_renewal_due(now()));
    assert!(bob.group(&id).is_renewal_due(now()));
    world.change(&bob, &id, &Intent { renew: true, ..Intent::default() }, (&[&ann], &[]));
    assert!(!bob.group(&id).is_renewal_due(now()));
    let later = now().plus(Duration::from_secs(31 * 24 * 60 * 60));
    assert!(bob.group(&id).is_renewal_due(later));
}

#[test]
fn a_message_of_an_epoch_to_come_is_counted_and_changes_nothing_else() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    world.change(&ann, &id, &Intent { renew: true, ..Intent::default() }, (&[], &[]));
    let words = says(&ann, &id, "ahead");
    assert!(matches!(world.read(&bob, &id, &words), Processed::Ahead));
    assert_eq!(bob.group(&id).record().ahead, 1);
}

#[test]
fn a_welcome_that_was_used_leads_to_the_group_that_is_there() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let owed = Records(&ann.keys).owed(&id).unwrap().pop().unwrap();
    let before = bob.kept();
    let again = world.welcome(&bob, &owed.welcome, owed.cursor);
    assert!(matches!(again, Joined::Not(NotJoined::Known)));
    assert!(bob.kept() == before);
}

#[test]
fn nobody_joins_by_a_welcome_for_another() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let owed = Records(&ann.keys).owed(&id).unwrap().pop().unwrap();
    let before = cat.kept();
    let joined = world.welcome(&cat, &owed.welcome, owed.cursor);
    assert!(matches!(joined, Joined::Not(NotJoined::NoKeyPackage)));
    for bytes in [&[][..], b"garbage", &owed.welcome[..owed.welcome.len() - 1]] {
        assert!(matches!(world.welcome(&bob, bytes, 0), Joined::Not(NotJoined::Malformed)));
    }
    assert!(cat.kept() == before);
}

#[test]
fn what_the_others_would_refuse_is_not_committed() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let founding = Founding::Group {
        preset: Preset::AdminsOnly,
        name: String::new(),
        description: String::new(),
        image: String::new(),
    };
    let id = world.group(&founding, &[&ann, &bob]);
    let rename = Intent {
        attributes: [(GROUP_NAME.to_owned(), Some("Mine".to_owned()))].into(),
        ..Intent::default()
    };
    let before = bob.kept();
    let plan = world.plan(&bob, &id, &rename);
    let made = bob.group(&id).commit(plan, &BTreeMap::new(), now());
    let Err(CommitError::Forbidden(violation)) = made else { panic!("it was made: {made:?}") };
    assert_eq!(violation, Violation::MayNotDescribe);
    assert!(bob.kept() == before);
    world.change(&ann, &id, &rename, (&[&bob], &[]));
}

#[test]
fn a_direct_conversation_with_nobody_who_can_be_reached_is_not_begun() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    world.spoil_key_package(&bob);
    let id = ann.create(&Founding::Dm { peer: inbox('b') });
    let plan = world.plan(&ann, &id, &adding(&[&bob]));
    let before = ann.kept();
    let made = ann.group(&id).commit(plan, &BTreeMap::new(), now());
    assert!(matches!(made, Err(CommitError::Unreachable)), "{made:?}");
    assert!(ann.kept() == before);

    world.log(&inbox('b'), [].into());
    let nobody = ann.group(&id).plan(&adding(&[&bob]), &world);
    assert!(matches!(nobody, Err(PlanError::Empty)), "{nobody:?}");
    let unknown = Intent { add: [inbox('f')].into(), ..Intent::default() };
    let unknown = ann.group(&id).plan(&unknown, &world);
    assert!(matches!(unknown, Err(PlanError::Unknown(_))), "{unknown:?}");
}

#[test]
fn whoever_comes_back_with_a_key_package_is_failed_no_more() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let second = Person::new('b');
    world.link(&second);
    world.spoil_key_package(&second);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let removal = Intent { remove: [inbox('b')].into(), ..Intent::default() };
    world.change(&ann, &id, &removal, (&[], &[]));
    world.replace_key_package(&second, second.key_package());
    let bytes = world.change(&ann, &id, &adding(&[&bob]), (&[], &[&second]));
    assert_eq!(ann.group(&id).leaves().len(), 3);
    assert!(ann.group(&id).terms().unwrap().membership.failed_installations.is_empty());
    drop(bytes);
}

#[test]
fn nobody_is_added_by_a_key_package_that_has_expired() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let days = Duration::from_secs(90 * 24 * 60 * 60);
    let expired = KeyPackages::load(&cat.keys).unwrap().made_at(&cat.client, days).unwrap();
    let plan = world.plan(&ann, &id, &adding(&[&cat]));
    let packages = BTreeMap::from([(cat.key(), expired)]);
    let made = ann.group(&id).commit(plan, &packages, now());
    assert!(matches!(made, Err(CommitError::Unreachable)), "{made:?}");
}

#[tokio::test]
async fn a_group_goes_on_after_each_step_was_committed_and_read_again() {
    let store = Store::in_memory().unwrap();
    let account = AccountName::parse("xmtp").unwrap();
    let (mut world, [ann]) = World::of(['a']);
    let mut bob = Person::over(store.keys(&account).unwrap(), 'b');
    world.link(&bob);
    let id = world.group(&open_group(), &[&ann, &bob]);
    for round in 0..6 {
        let Person { keys, client } = bob;
        store.write(move |unit| unit.apply(keys)).await.unwrap();
        bob = Person { keys: store.keys(&account).unwrap(), client };
        if round % 2 == 0 {
            let renew = Intent { renew: true, ..Intent::default() };
            world.change(&bob, &id, &renew, (&[&ann], &[]));
        }
        let words = says(&ann, &id, "to him");
        hears(&world, &bob, &id, &words);
        let words = says(&bob, &id, "to her");
        hears(&world, &ann, &id, &words);
        is_same_epoch(&id, &[&ann, &bob]);
    }
}

#[test]
fn an_abandoned_step_leaves_the_keys_as_they_were() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let before = ann.kept();
    let mut group = ann.group(&id);
    group.mls.create_message(&group.provider, &ann.client.installation, b"unsaid").unwrap();
    drop(group);
    assert!(ann.kept() == before);
    assert_eq!(ann.group(&id).epoch(), Records(&ann.keys).record(&id).unwrap().unwrap().epoch);
}

#[test]
fn admins_come_and_go_and_speak_of_it() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    for (is, added, removed) in
        [(Is::Listed, vec![inbox('b')], vec![]), (Is::Unlisted, vec![], vec![inbox('b')])]
    {
        let intent = Intent { admins: [(inbox('b'), is)].into(), ..Intent::default() };
        let made = world.commit(&ann, &id, &intent);
        world.publish();
        world.apply(&ann, &id, &made.bytes);
        let change = world.apply(&bob, &id, &made.bytes).change;
        assert_eq!((change.admins.added, change.admins.removed), (added, removed));
        assert!(world.plan(&ann, &id, &intent).is_empty(), "it is so already");
    }
}

#[test]
fn a_message_writes_no_more_than_its_keys_and_its_record() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let written = |before: &BTreeMap<Vec<u8>, Vec<u8>>, person: &Person| -> Vec<String> {
        let after = person.kept();
        let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
        let kind = |name: &[u8]| {
            String::from_utf8_lossy(name.split(|byte| *byte == b'/').nth(1).unwrap()).into_owned()
        };
        changed.map(|(name, _)| kind(name)).collect()
    };
    let before = ann.kept();
    let words = says(&ann, &id, "hello");
    assert_eq!(written(&before, &ann), ["echo", "record", "secrets"]);
    let before = bob.kept();
    hears(&world, &bob, &id, &words);
    assert_eq!(written(&before, &bob), ["record", "secrets"]);
}

#[test]
fn what_comes_when_its_keys_are_thrown_away_counts_as_unsaid() {
    let (mut world, [ann, bob]) = World::of(['a', 'b']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    let (in_time, late) = (says(&ann, &id, "in time"), says(&ann, &id, "late"));
    let renew = Intent { renew: true, ..Intent::default() };
    for _ in 0..MAX_PAST_EPOCHS {
        world.change(&bob, &id, &renew, (&[&ann], &[]));
    }
    assert_eq!(hears(&world, &bob, &id, &in_time).1, b"in time");
    assert!(matches!(world.read(&ann, &id, &in_time), Processed::Own(Some(_))));
    world.change(&bob, &id, &renew, (&[&ann], &[]));
    let outcome = world.read(&bob, &id, &late);
    assert!(matches!(outcome, Processed::Refused(Refused::TooOld)), "{outcome:?}");
    assert!(matches!(world.read(&ann, &id, &late), Processed::TooLate));
}

#[test]
fn whoever_is_left_behind_knows_it_and_goes_on_when_added_anew() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob, &cat]);
    // A commit that Bob never saw.
    world.change(&ann, &id, &Intent { renew: true, ..Intent::default() }, (&[&cat], &[]));
    let standing = || crate::standing(&bob.keys, id.as_bytes()).unwrap().unwrap();
    let (epoch, authenticator) = (standing().epoch, standing().authenticator);
    let of_ann = crate::standing(&ann.keys, id.as_bytes()).unwrap().unwrap();
    assert_eq!((of_ann.epoch, of_ann.is_left_behind), (epoch + 1, false));
    assert_eq!(of_ann.authenticator, Some(hex::encode(ann.group(&id).epoch_authenticator())));
    for n in 0..8 {
        assert!(!standing().is_left_behind, "after {n}");
        let words = says(&ann, &id, "without him");
        assert!(matches!(world.read(&bob, &id, &words), Processed::Ahead));
    }
    assert!(standing().is_left_behind);
    let told = crate::facts::facts(&bob.keys, now()).unwrap();
    assert!(told.iter().any(|it| it.value.contains("went on without")), "{told:?}");
    assert_eq!((standing().epoch, standing().authenticator), (epoch, authenticator));

    let removal = Intent { remove: [inbox('b')].into(), ..Intent::default() };
    world.change(&ann, &id, &removal, (&[&cat], &[]));
    world.change(&ann, &id, &adding(&[&bob]), (&[&cat], &[&bob]));
    assert!(!standing().is_left_behind);
    is_same_epoch(&id, &[&ann, &bob, &cat]);
    let words = says(&bob, &id, "here I am again");
    hears(&world, &cat, &id, &words);
}
