//! Groups that are used again without being loaded.

use super::*;
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::mls::group::process::Application;

fn name() -> AccountName {
    AccountName::parse("xmtp").unwrap()
}

/// Somebody whose keys are in a store, with another in a conversation of two.
async fn somebody_in_a_store(world: &mut World, other: &Person) -> (Store, Client, GroupId) {
    let store = Store::in_memory().unwrap();
    let bob = Person::over(store.keys(&name()).unwrap(), 'b');
    world.link(&bob);
    let id = world.group(&Founding::Dm { peer: bob.inbox().to_owned() }, &[other, &bob]);
    let Person { keys, client } = bob;
    store.write(move |unit| unit.apply(keys)).await.unwrap();
    (store, client, id)
}

#[tokio::test]
async fn what_was_never_committed_is_not_used_again() {
    let (mut world, [ann]) = World::of(['a']);
    let (store, client, id) = somebody_in_a_store(&mut world, &ann).await;
    let words = says(&ann, &id, "hello");
    let cursor = world.publish();
    let hears = |keys: &threadbridge_core::store::Keys| {
        let group = Group::load(keys, &client, &id).unwrap().unwrap();
        let outcome = group.process(cursor, &words, now(), &world).unwrap();
        let Processed::Application(Application { plain, .. }) = outcome else {
            panic!("not heard: {outcome:?}")
        };
        plain
    };
    // The key of the message is used up by each of them; only the last one counts.
    for _ in 0..2 {
        assert_eq!(hears(&store.keys(&name()).unwrap()), b"hello");
    }
    let keys = store.keys(&name()).unwrap();
    assert_eq!(hears(&keys), b"hello");
    store.write(move |unit| unit.apply(keys)).await.unwrap();

    let keys = store.keys(&name()).unwrap();
    let again = Group::load(&keys, &client, &id).unwrap().unwrap();
    let again = again.process(cursor, &words, now(), &world).unwrap();
    assert!(matches!(again, Processed::Refused(_)), "heard twice: {again:?}");
}

#[test]
fn a_group_used_again_is_the_one_that_is_kept() {
    let (mut world, [ann, bob, cat]) = World::of(['a', 'b', 'c']);
    let id = world.group(&open_group(), &[&ann, &bob]);
    for round in 0..4 {
        // Somebody else's client has nothing that was used before, and loads what is kept.
        let loads = Client::new(ann.client.inbox.clone(), ann.client.installation.clone());
        let loaded = Group::load(&ann.keys, &loads, &id).unwrap().unwrap();
        assert_eq!(loaded.epoch_authenticator(), ann.group(&id).epoch_authenticator());
        assert_eq!(loaded.leaves(), ann.group(&id).leaves());
        let first = loaded.encrypt(b"loaded", b"loaded", now()).unwrap();
        let second = says(&ann, &id, "used again");
        assert_eq!(hears(&world, &bob, &id, &first).1, b"loaded");
        assert_eq!(hears(&world, &bob, &id, &second).1, b"used again");
        if round == 1 {
            world.change(&ann, &id, &adding(&[&cat]), (&[&bob], &[&cat]));
        }
    }
    is_same_epoch(&id, &[&ann, &bob, &cat]);
}
