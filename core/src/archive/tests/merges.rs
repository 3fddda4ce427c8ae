//! What is brought into a store that has a journal of its own.

use super::generated::{Fate, Plot, Said, leg, room};
use super::{Selection, at, secret, selected, store, values};
use crate::archive::import::{Accounts, Conflict, import, unfinished};
use crate::model::id::Seq;
use crate::model::journal::ImportRow;
use crate::store::span::Span;
use crate::store::tables::{CONVERSATIONS, EVENTS, IMPORTS, JOURNAL, LEGS, SEALED};
use crate::store::{Reads, Store};

fn said(room: u8, text: &str) -> Said {
    Said { room, by: 1, text: text.to_owned(), fate: Fate::Copied }
}

fn plot(said: &[Said]) -> Plot {
    Plot { said: said.to_vec(), extras: Vec::new(), erases: None }
}

async fn brought(store: &Store, bytes: &[u8]) -> crate::archive::import::Imported {
    let from = std::io::Cursor::new(bytes);
    import(store, from, &secret(), Accounts::LeaveOut, at(10)).await.unwrap()
}

fn exported(store: &Store) -> Vec<u8> {
    selected(&store.snapshot().unwrap(), &Selection::default()).0
}

#[tokio::test]
async fn what_is_brought_into_a_live_store_is_history_behind_its_own() {
    let bytes = exported(&store(&plot(&[said(0, "old"), said(0, "older")])).await);
    let there = store(&plot(&[said(1, "own")])).await;
    there.write(|unit| unit.put(&SEALED, &leg("here", 0).account, &Seq(1))).await.unwrap();
    let imported = brought(&there, &bytes).await;
    // Both plots name their messages alike, which two stores of one account would not.
    // A register stays in its own store.
    let named = |it: &Conflict| matches!(it, Conflict::Name(_) | Conflict::Register);
    assert!(imported.tally.conflicts.iter().all(named), "{:?}", imported.tally);
    let snapshot = there.snapshot().unwrap();
    assert_eq!(snapshot.scan(&JOURNAL, Span::all(), 9).unwrap().len(), 3);
    let events = snapshot.scan(&EVENTS, Span::under(&room(0)), 9).unwrap();
    assert!(events.len() == 2 && events.iter().all(|(_, record)| record.is_history));
    let own = snapshot.scan(&EVENTS, Span::under(&room(1)), 9).unwrap();
    assert!(own.len() == 1 && !own[0].1.is_history);
}

#[tokio::test]
async fn a_leg_that_is_elsewhere_here_stays_there_and_is_told() {
    let bytes = exported(&store(&plot(&[said(0, "old")])).await);
    let there = store(&plot(&[said(1, "own")])).await;
    let taken = leg("here", 0);
    let key = taken.clone();
    there.write(move |unit| unit.put(&LEGS, &key, &room(1))).await.unwrap();
    let imported = brought(&there, &bytes).await;
    assert!(imported.tally.conflicts.contains(&Conflict::Leg(taken.clone())));
    let snapshot = there.snapshot().unwrap();
    assert_eq!(snapshot.get(&LEGS, &taken).unwrap(), Some(room(1)));
    let conversation = snapshot.get(&CONVERSATIONS, &room(0)).unwrap().unwrap();
    assert_eq!(conversation.legs, [leg("there", 0)]);
}

#[tokio::test]
async fn a_conversation_that_was_erased_here_stays_so() {
    let here = store(&plot(&[said(0, "old"), said(1, "kept")])).await;
    let bytes = exported(&here);
    here.erase_conversation(room(0)).await.unwrap();
    let imported = brought(&here, &bytes).await;
    assert!(imported.tally.conflicts.contains(&Conflict::Erased(room(0))));
    assert!(here.snapshot().unwrap().scan(&EVENTS, Span::under(&room(0)), 9).unwrap().is_empty());
}

#[tokio::test]
async fn an_import_that_was_interrupted_goes_on_where_it_was() {
    let many: Vec<Said> = (0..90).map(|n| said(n % 3, &format!("number {n}"))).collect();
    let here = store(&plot(&many)).await;
    let bytes = exported(&here);
    // Interrupted amid its messages: some are there, and the import is not marked as done.
    let there = Store::in_memory().unwrap();
    brought(&there, &bytes).await;
    let id = super::new().id;
    let cut = ImportRow { begun_at: at(10), done_at: None, keeps_places: true };
    there.write(move |unit| unit.put(&IMPORTS, &id, &cut)).await.unwrap();
    there
        .write(|unit| {
            let last = unit.scan(&JOURNAL, Span::all().falling(), 30)?;
            for (key, place) in last {
                let seq = Seq(u64::from_be_bytes(key.part(0).unwrap()));
                let record = unit.get(&EVENTS, &(place.conversation, seq))?.unwrap();
                unit.delete(&crate::store::tables::MESSAGES, &record.message)?;
                unit.delete(&EVENTS, &(place.conversation, seq))?;
                unit.delete(&JOURNAL, &seq)?;
            }
            Ok::<_, crate::store::ChangeError>(())
        })
        .await
        .unwrap();
    assert!(unfinished(&there.snapshot().unwrap()).unwrap());
    let imported = brought(&there, &bytes).await;
    assert!(imported.keeps_places);
    assert!(!unfinished(&there.snapshot().unwrap()).unwrap());
    assert_eq!(values(&here), values(&there));
}
