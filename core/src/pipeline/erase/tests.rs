use super::{Stepped, erase, step};
use crate::archive::tests::generated::{Fate, Plot, Said, leg, person, room};
use crate::archive::tests::store;
use crate::media::SEALED;
use crate::model::content::{Content, Disposition, Part, Salt};
use crate::model::erasure::{Erase, ErasurePhase};
use crate::model::id::{MessageId, Seq};
use crate::model::time::Timestamp;
use crate::pipeline::owner::journal_own;
use crate::store::Store;
use crate::store::fsck::fsck;
use crate::store::span::Span;
use crate::store::tables::{ERASURES, EVENTS, MESSAGES, OUTBOX, SEALED as SEALED_TO};
use crate::store::{ChangeError, Reads};

fn said(room: u8, by: u8, text: &str, fate: Fate) -> Said {
    Said { room, by, text: text.to_owned(), fate }
}

/// Two people in two rooms, with everything that can become of what they say.
fn plot() -> Plot {
    let said = vec![
        said(0, 1, "secret one", Fate::Copied),
        said(0, 2, "kept one", Fate::Copied),
        said(1, 1, "secret two", Fate::Reacted),
        said(1, 1, "secret three", Fate::Edited),
        said(1, 1, "secret four", Fate::Disappears),
        said(1, 2, "kept two", Fate::Deleted),
    ];
    Plot { said, extras: vec![(0, 1), (0, 2), (1, 1)], erases: None }
}

fn at(days: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + days * 86_400)
}

/// Everything that the store holds, opened, has these words nowhere.
fn is_nowhere(store: &Store, words: &str) {
    for (table, values) in store.snapshot().unwrap().all_values() {
        for value in values {
            let is_in = value.windows(words.len()).any(|it| it == words.as_bytes());
            assert!(!is_in, "`{words}` is still in `{table}`");
        }
    }
}

fn is_in_order(store: &Store) {
    let report = fsck(&store.snapshot().unwrap(), crate::invariants::ALL, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

/// Goes on as a bridge does whose accounts tell their networks at once.
async fn goes_on(store: &Store) {
    loop {
        match step(store, at(0)).await.unwrap() {
            Stepped::On => {}
            Stepped::Nothing => return,
            Stepped::Waits(last) => {
                let told = move |unit: &mut crate::store::Unit<'_>| {
                    unit.put(&SEALED_TO, &leg("there", 0).account, &last)
                };
                store.write(told).await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_in_the_store() {
    let store = store(&plot()).await;
    let id = erase(&store, Erase::Person(vec![person(1)]), at(0)).await.unwrap();
    goes_on(&store).await;
    for words in ["secret", "author-1", "otherwise", "N0"] {
        is_nowhere(&store, words);
    }
    is_in_order(&store);
    let row = store.snapshot().unwrap().get(&ERASURES, &id).unwrap().unwrap();
    assert_eq!((row.phase, row.taken_back), (ErasurePhase::Done, 1));
    assert!(row.stays.iter().any(|it| it.reason.contains("only its author")));
}

#[tokio::test]
async fn nothing_of_an_erased_conversation_is_in_the_store() {
    let store = store(&plot()).await;
    erase(&store, Erase::Conversation(room(1)), at(0)).await.unwrap();
    goes_on(&store).await;
    for words in ["secret two", "secret three", "kept two", "room/1"] {
        is_nowhere(&store, words);
    }
    is_in_order(&store);
    let kept = store.snapshot().unwrap().all_values();
    assert!(kept["events"].iter().any(|it| it.windows(10).any(|it| it == b"secret one")));
}

#[tokio::test]
async fn nothing_of_an_erased_account_is_in_the_store() {
    let mut plot = plot();
    plot.extras.extend([(3, 2), (4, 2), (5, 2), (2, 2)]);
    let store = store(&plot).await;
    erase(&store, Erase::Account(leg("here", 0).account), at(0)).await.unwrap();
    goes_on(&store).await;
    for words in ["secret", "kept"] {
        is_nowhere(&store, words);
    }
    is_in_order(&store);
}

/// A history that the owner handed over in a room.
async fn hands_over(store: &Store, n: u8) -> MessageId {
    let file = Part::enclosed(Disposition::Attachment, SEALED, "history.age", vec![n; 8]);
    let content = Content::of_parts(Salt::from_bytes([n; 16]), vec![file]);
    let to = (room(n), Some(leg("there", n)));
    let journal = move |unit: &mut crate::store::Unit<'_>| journal_own(unit, to, &content, at(0));
    store.write(journal).await.unwrap().0
}

#[tokio::test]
async fn a_history_that_was_handed_over_goes_with_what_may_be_in_it_and_with_nothing_else() {
    let store = store(&plot()).await;
    let (first, second) = (hands_over(&store, 0).await, hands_over(&store, 1).await);
    let snapshot = store.snapshot().unwrap();
    let said = snapshot.scan(&EVENTS, Span::under(&room(0)), 1).unwrap();
    let message = said[0].1.message;
    drop(snapshot);
    erase(&store, Erase::Message(message), at(0)).await.unwrap();
    goes_on(&store).await;
    let is_there = |id: MessageId| store.snapshot().unwrap().get(&MESSAGES, &id).unwrap().is_some();
    assert!(!is_there(message) && !is_there(first) && is_there(second));
    erase(&store, Erase::Person(vec![person(2)]), at(0)).await.unwrap();
    goes_on(&store).await;
    assert!(!is_there(second), "they spoke there too");
    is_in_order(&store);
}

#[tokio::test]
async fn networks_are_waited_for_and_not_for_ever() {
    let store = store(&Plot {
        said: vec![said(0, 1, "secret", Fate::OnItsWay)],
        extras: Vec::new(),
        erases: None,
    })
    .await;
    erase(&store, Erase::Person(vec![person(1)]), at(0)).await.unwrap();
    let mut last = Stepped::On;
    while last == Stepped::On {
        last = step(&store, at(0)).await.unwrap();
    }
    assert_eq!(last, Stepped::Waits(Seq(2)));
    // Sealed alone is not told: it is still on its way.
    store.write(|unit| unit.put(&SEALED_TO, &leg("there", 0).account, &Seq(2))).await.unwrap();
    assert_eq!(step(&store, at(1)).await.unwrap(), Stepped::Waits(Seq(2)));
    assert_eq!(step(&store, at(8)).await.unwrap(), Stepped::On);
    while step(&store, at(8)).await.unwrap() == Stepped::On {}
    is_nowhere(&store, "secret");
    let is_sent = |unit: &mut crate::store::Unit<'_>| {
        Ok::<_, ChangeError>(unit.scan(&OUTBOX, Span::all(), 9)?.len())
    };
    assert_eq!(store.write(is_sent).await.unwrap(), 0);
    is_in_order(&store);
}
