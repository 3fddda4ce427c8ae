//! The order of rows, against a map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::model::time::Timestamp;
use crate::store::key::{Key, RowKey};
use crate::store::span::Span;

#[derive(Clone, Debug)]
struct Case {
    committed: Vec<(u8, u64, bool)>,
    waiting: Vec<(u8, u64, bool)>,
    prefix: Option<u8>,
    lower: Option<(u8, u64, bool)>,
    upper: Option<(u8, u64, bool)>,
    falling: bool,
    limit: usize,
}

fn cases() -> impl Strategy<Value = Case> {
    let row = || (0..4_u8, 0..12_u64, prop::bool::weighted(0.75));
    let rows = || prop::collection::vec(row(), 0..40);
    let parts = (
        rows(),
        rows(),
        prop::option::of(0..4_u8),
        prop::option::of(row()),
        prop::option::of(row()),
        any::<bool>(),
        0..30_usize,
    );
    parts.prop_map(|(committed, waiting, prefix, lower, upper, falling, limit)| Case {
        committed,
        waiting,
        prefix,
        lower,
        upper,
        falling,
        limit,
    })
}

fn conversation(n: u8) -> ConversationId {
    ConversationId::from_bytes([n * 85; 16])
}

fn make(unit: &mut Unit<'_>, rows: &[(u8, u64, bool)]) -> Result<(), ChangeError> {
    for (id, seq, is_put) in rows {
        let key = (conversation(*id), Seq(*seq));
        match is_put {
            true => unit.put(&NOTES, &key, &note(&format!("{id} {seq}")))?,
            false => unit.delete(&NOTES, &key)?,
        }
    }
    Ok(())
}

fn expected(case: &Case) -> Vec<(u8, u64)> {
    let mut model = BTreeMap::new();
    for (id, seq, is_put) in case.committed.iter().chain(&case.waiting) {
        match is_put {
            true => drop(model.insert((*id, *seq), ())),
            false => drop(model.remove(&(*id, *seq))),
        }
    }
    let mut rows: Vec<_> = model
        .into_keys()
        .filter(|(id, _)| case.prefix.is_none_or(|prefix| prefix == *id))
        .filter(|row| {
            case.lower.is_none_or(|(a, b, is_in)| *row > (a, b) || is_in && *row == (a, b))
        })
        .filter(|row| {
            case.upper.is_none_or(|(a, b, is_in)| *row < (a, b) || is_in && *row == (a, b))
        })
        .collect();
    if case.falling {
        rows.reverse();
    }
    rows.truncate(case.limit);
    rows
}

fn found(from: &impl Reads, case: &Case) -> Vec<(u8, u64)> {
    let prefix = case.prefix.map(conversation);
    let lower = case.lower.map(|(id, seq, is_in)| ((conversation(id), Seq(seq)), is_in));
    let upper = case.upper.map(|(id, seq, is_in)| ((conversation(id), Seq(seq)), is_in));
    let mut span = prefix.as_ref().map_or(Span::all(), |prefix| Span::under(prefix));
    if let Some((key, is_in)) = &lower {
        span = if *is_in { span.from(key) } else { span.after(key) };
    }
    if let Some((key, is_in)) = &upper {
        span = if *is_in { span.to(key) } else { span.before(key) };
    }
    let span = if case.falling { span.falling() } else { span };
    let rows = from.scan(&NOTES, span, case.limit).unwrap();
    rows.iter()
        .map(|(key, note)| {
            let id = key.part::<1>(0).unwrap()[0] / 85;
            let seq = u64::from_be_bytes(key.part(16).unwrap());
            assert_eq!(note.text.as_deref(), Some(format!("{id} {seq}").as_str()));
            (id, seq)
        })
        .collect()
}

#[test]
fn spans_read_as_ranges_of_a_map_from_snapshots_and_through_changes() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut runner = TestRunner::new(ProptestConfig { cases: 64, ..ProptestConfig::default() });
    let result = runner.run(&cases(), |case| {
        let store = Store::in_memory().unwrap();
        let rows = case.committed.clone();
        runtime.block_on(store.write(move |unit| make(unit, &rows))).unwrap();
        let again = case.clone();
        let in_unit = store.write(move |unit| {
            make(unit, &again.waiting)?;
            Ok::<_, ChangeError>(found(unit, &again))
        });
        prop_assert_eq!(runtime.block_on(in_unit).unwrap(), expected(&case));
        prop_assert_eq!(found(&store.snapshot().unwrap(), &case), expected(&case));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn numbers_times_and_tuples_sort_in_the_file_as_they_do_in_memory() {
    let store = Store::in_memory().unwrap();
    let snapshot = store.snapshot().unwrap();
    let bytes = |key: &dyn Key| RowKey::of(key, snapshot.vault(), "test_notes");
    let strategy = (any::<(u32, i64)>(), any::<(u32, i64)>());
    let mut runner = TestRunner::default();
    let result = runner.run(&strategy, |(a, b)| {
        let key = |(n, at): (u32, i64)| bytes(&(n, Timestamp::from_micros(at)));
        prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        Ok(())
    });
    result.unwrap();
}

#[tokio::test]
async fn a_scan_continues_behind_the_last_key_it_gave() {
    let store = Store::in_memory().unwrap();
    let name = account("casts");
    store
        .write(move |unit| {
            (0..25).try_for_each(|n| unit.put(&LABELS, &(account("casts"), n), &note("x")))
        })
        .await
        .unwrap();
    let snapshot = store.snapshot().unwrap();
    let mut numbers = Vec::new();
    let mut page = snapshot.scan(&LABELS, Span::under(&name), 10).unwrap();
    while let Some((last, _)) = page.last().cloned() {
        numbers.extend(page.iter().map(|(key, _)| u32::from_be_bytes(key.part(16).unwrap())));
        page = snapshot.scan(&LABELS, Span::under(&name).after(&last), 10).unwrap();
    }
    assert_eq!(numbers, (0..25).collect::<Vec<_>>());
}
