//! Units, groups and what failures leave behind.

use std::sync::mpsc;

use super::*;
use crate::store::unit::MAX_VALUE_BYTES;

#[tokio::test]
async fn a_unit_sees_the_units_before_it_and_a_snapshot_sees_what_was_committed() {
    let store = Store::in_memory().unwrap();
    let id = ConversationId::fresh();
    let before = store.snapshot().unwrap();
    put(&store, id, 1, "first").await;
    put(&store, id, 2, "second").await;
    let seen = store.write(move |unit| Ok::<_, ReadError>(texts(unit, id))).await.unwrap();
    assert_eq!(seen, ["first", "second"]);
    assert_eq!(texts(&store.snapshot().unwrap(), id), ["first", "second"]);
    assert!(texts(&before, id).is_empty());
}

/// Holds the writer up until everything else was sent, so that it all shares one commit.
fn held_up(store: &Store) -> (mpsc::Sender<()>, impl Future<Output = ()> + use<>) {
    let (release, held) = mpsc::channel();
    let store = store.clone();
    let blocked = async move {
        store.write(move |_| held.recv()).await.unwrap();
    };
    (release, blocked)
}

#[tokio::test]
async fn units_that_wait_share_a_commit_in_the_order_they_were_sent() {
    let (_folder, _path, store) = fresh();
    let id = ConversationId::fresh();
    let (release, blocked) = held_up(&store);
    let writes = async {
        let all = (0..100).map(|n| {
            let store = &store;
            async move {
                store
                    .write(move |unit| {
                        let so_far = texts(unit, id).len() as u64;
                        assert_eq!(so_far, n);
                        unit.put(&NOTES, &(id, Seq(n)), &note(&n.to_string()))
                    })
                    .await
                    .unwrap();
            }
        });
        join_all(all).await;
    };
    let release = async {
        tokio::task::yield_now().await;
        release.send(()).unwrap();
    };
    join_all_three(blocked, writes, release).await;
    let snapshot = store.snapshot().unwrap();
    assert_eq!(texts(&snapshot, id), (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
    // One commit began the store, and one took all the units.
    assert_eq!(snapshot.commit().unwrap(), 2);
}

#[tokio::test]
async fn a_unit_that_fails_or_panics_takes_nothing_else_with_it() {
    let (_folder, path, store) = fresh();
    let (id, lost) = (ConversationId::fresh(), ConversationId::fresh());
    let (release, blocked) = held_up(&store);
    let writes = async {
        let all = (0..9_u64).map(|n| {
            let store = &store;
            async move {
                let result = store
                    .write(move |unit| {
                        unit.put(&NOTES, &(id, Seq(n)), &note(&n.to_string())).unwrap();
                        match n % 3 {
                            0 => Ok(()),
                            1 => {
                                unit.put(&NOTES, &(lost, Seq(n)), &note("lost")).unwrap();
                                unit.delete(&NOTES, &(id, Seq(0))).unwrap();
                                Err("no")
                            }
                            _ => panic!("a unit that panics on purpose"),
                        }
                    })
                    .await;
                match n % 3 {
                    0 => assert!(result.is_ok()),
                    1 => assert!(matches!(result, Err(WriteError::GivenUp("no")))),
                    _ => assert!(matches!(result, Err(WriteError::Panicked))),
                }
            }
        });
        join_all(all).await;
    };
    let release = async {
        tokio::task::yield_now().await;
        release.send(()).unwrap();
    };
    join_all_three(blocked, writes, release).await;
    // The conversation that only failed units touched got a key with the first one that did not.
    put(&store, lost, 1, "found").await;
    store.close().await.unwrap();
    let reopened = Store::open(&path, &secret()).unwrap();
    assert_eq!(texts(&reopened.snapshot().unwrap(), id), ["0", "3", "6"]);
    assert_eq!(texts(&reopened.snapshot().unwrap(), lost), ["found"]);
}

#[tokio::test]
async fn what_was_sent_before_closing_is_kept_and_nothing_after() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    let (release, blocked) = held_up(&store);
    let clone = store.clone();
    let writes = async {
        put(&clone, id, 1, "before").await;
    };
    let close = async {
        tokio::task::yield_now().await;
        let closing = store.close();
        release.send(()).unwrap();
        closing.await.unwrap();
    };
    join_all_three(blocked, writes, close).await;
    let late = clone.write(move |unit| unit.put(&NOTES, &(id, Seq(2)), &note("after"))).await;
    assert!(matches!(late, Err(WriteError::Closed)));
    assert!(matches!(clone.snapshot(), Err(ReadError::Disk(DiskError::Closed))));
    let reopened = Store::open(&path, &secret()).unwrap();
    assert_eq!(texts(&reopened.snapshot().unwrap(), id), ["before"]);
}

#[tokio::test]
async fn a_store_is_free_when_its_last_clone_is_dropped() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    put(&store, id, 1, "kept").await;
    let clone = store.clone();
    drop(store);
    assert!(matches!(Store::open(&path, &secret()), Err(OpenError::InUse { .. })));
    drop(clone);
    let reopened = Store::open(&path, &secret()).unwrap();
    assert_eq!(texts(&reopened.snapshot().unwrap(), id), ["kept"]);
}

#[tokio::test]
async fn a_value_that_is_too_large_is_refused() {
    let store = Store::in_memory().unwrap();
    let id = ConversationId::fresh();
    let large = note(&"x".repeat(MAX_VALUE_BYTES));
    let refused = store.write(move |unit| unit.put(&NOTES, &(id, Seq(1)), &large)).await;
    let Err(WriteError::GivenUp(ChangeError::Unfit { table })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(table, "test_notes");
}

#[tokio::test]
async fn an_erased_conversation_is_gone_and_takes_nothing_more() {
    let (_folder, path, store) = fresh();
    let (id, other) = (ConversationId::fresh(), ConversationId::fresh());
    for seq in 0..20 {
        put(&store, id, seq, "secret").await;
    }
    put(&store, other, 1, "stays").await;
    let before = store.snapshot().unwrap();
    assert_eq!(texts(&before, id).len(), 20);
    store.erase_conversation(id).await.unwrap();
    let after = store.snapshot().unwrap();
    assert!(texts(&after, id).is_empty());
    assert_eq!(texts(&after, other), ["stays"]);
    assert_eq!(texts(&before, id).len(), 20);
    let late = store.write(move |unit| unit.put(&NOTES, &(id, Seq(99)), &note("late"))).await;
    assert!(matches!(late, Err(WriteError::GivenUp(ChangeError::Erased))));
    drop((before, after));
    store.close().await.unwrap();
    let reopened = Store::open(&path, &secret()).unwrap();
    assert!(texts(&reopened.snapshot().unwrap(), id).is_empty());
}

#[tokio::test]
async fn without_its_key_an_erased_conversation_is_gone_before_its_rows_are() {
    let store = Store::in_memory().unwrap();
    let id = ConversationId::fresh();
    put(&store, id, 1, "secret").await;
    store.write(move |unit| unit.erase_conversation(id)).await.unwrap();
    let snapshot = store.snapshot().unwrap();
    assert!(texts(&snapshot, id).is_empty());
    assert_eq!(snapshot.get(&NOTES, &(id, Seq(1))).unwrap(), None);
    let swept = store.write(move |unit| unit.sweep_conversation(id, 10)).await.unwrap();
    assert_eq!(swept, 1);
}

async fn join_all<F: Future<Output = ()>>(all: impl Iterator<Item = F>) {
    let mut all: Vec<_> = all.map(Box::pin).collect();
    std::future::poll_fn(|task| {
        all.retain_mut(|one| one.as_mut().poll(task).is_pending());
        if all.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

async fn join_all_three(
    first: impl Future<Output = ()>,
    second: impl Future<Output = ()>,
    third: impl Future<Output = ()>,
) {
    tokio::join!(first, second, third);
}
