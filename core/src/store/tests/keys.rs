//! Account keys over a snapshot.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

#[tokio::test]
async fn keys_are_seen_by_nobody_else_until_they_are_applied() {
    let store = Store::in_memory().unwrap();
    let keys = store.keys(&account("casts")).unwrap();
    keys.put(b"ratchet", b"1");
    assert_eq!(keys.get(b"ratchet").unwrap().unwrap().as_slice(), b"1");
    assert!(store.keys(&account("casts")).unwrap().get(b"ratchet").unwrap().is_none());
    store.write(move |unit| unit.apply(keys)).await.unwrap();
    let later = store.keys(&account("casts")).unwrap();
    assert_eq!(later.get(b"ratchet").unwrap().unwrap().as_slice(), b"1");
    assert!(store.keys(&account("lens")).unwrap().get(b"ratchet").unwrap().is_none());
}

#[tokio::test]
async fn keys_of_a_unit_that_fails_are_gone() {
    let store = Store::in_memory().unwrap();
    let keys = store.keys(&account("casts")).unwrap();
    keys.put(b"ratchet", b"1");
    let failed = store.write(move |unit| {
        unit.apply(keys).unwrap();
        Err::<(), _>("no")
    });
    assert!(failed.await.is_err());
    let later = store.keys(&account("casts")).unwrap();
    assert!(later.get(b"ratchet").unwrap().is_none());
    later.put(b"ratchet", b"2");
    store.write(move |unit| unit.apply(later)).await.unwrap();
}

#[tokio::test]
async fn keys_that_were_read_before_others_were_applied_are_refused() {
    let store = Store::in_memory().unwrap();
    let (first, second) = (store.keys(&account("a")).unwrap(), store.keys(&account("a")).unwrap());
    let elsewhere = store.keys(&account("b")).unwrap();
    for keys in [&first, &second, &elsewhere] {
        keys.put(b"ratchet", b"next");
    }
    store.write(move |unit| unit.apply(first)).await.unwrap();
    let refused = store.write(move |unit| unit.apply(second)).await;
    assert!(matches!(refused, Err(WriteError::GivenUp(ChangeError::Outdated))));
    store.write(move |unit| unit.apply(elsewhere)).await.unwrap();
    let (one, two) = (store.keys(&account("a")).unwrap(), store.keys(&account("a")).unwrap());
    one.put(b"ratchet", b"after");
    two.put(b"ratchet", b"after");
    let refused = store.write(move |unit| unit.apply(one).and_then(|()| unit.apply(two))).await;
    assert!(matches!(refused, Err(WriteError::GivenUp(ChangeError::Outdated))));
}

#[test]
fn keys_print_their_account_only() {
    let store = Store::in_memory().unwrap();
    let keys = store.keys(&account("casts")).unwrap();
    keys.put(b"ratchet", b"1");
    assert_eq!(format!("{keys:?}"), r#"Keys { account: "casts", .. }"#);
}

#[derive(Clone, Debug)]
enum Step {
    Put(u8, Vec<u8>),
    Delete(u8),
    Apply,
    Drop,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..12_u8, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(k, v)| Step::Put(k, v)),
        2 => (0..12_u8).prop_map(Step::Delete),
        1 => Just(Step::Apply),
        1 => Just(Step::Drop),
    ];
    prop::collection::vec(step, 0..60)
}

#[test]
fn keys_behave_as_a_map_that_is_taken_over_or_dropped() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = Store::in_memory().unwrap();
    let case = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, ..ProptestConfig::default() });
    let result = runner.run(&steps(), |steps| {
        case.set(case.get() + 1);
        let account = account(&format!("case-{}", case.get()));
        let mut kept = std::collections::BTreeMap::new();
        let mut model = kept.clone();
        let mut keys = store.keys(&account).unwrap();
        for step in steps {
            match step {
                Step::Put(key, value) => {
                    keys.put(&[key], &value);
                    model.insert(vec![key], value);
                }
                Step::Delete(key) => {
                    keys.delete(&[key]);
                    model.remove(&vec![key]);
                }
                Step::Apply => {
                    runtime.block_on(store.write(move |unit| unit.apply(keys))).unwrap();
                    kept = model.clone();
                    keys = store.keys(&account).unwrap();
                }
                Step::Drop => {
                    model = kept.clone();
                    keys = store.keys(&account).unwrap();
                }
            }
            prop_assert_eq!(keys.list().unwrap(), model.keys().cloned().collect::<Vec<_>>());
            for key in 0..12 {
                let found = keys.get(&[key]).unwrap().map(|value| value.to_vec());
                prop_assert_eq!(found.as_ref(), model.get(&vec![key]));
            }
        }
        Ok(())
    });
    result.unwrap();
}
