//! What must hold for the rows of a store together, at any moment, also beside a running bridge:
//! `fsck` checks all of it.

mod conversations;
mod journal;
mod ledger;
mod outbox;
mod people;
mod register;

use crate::store::fsck::Invariant;
use crate::store::key::{Key, RowKey};
use crate::store::span::Span;
use crate::store::table::{Record, Table};
use crate::store::{ReadError, Reads, Snapshot};

/// All of them.
pub const ALL: &[&dyn Invariant] = &[
    &journal::HasNoHoles,
    &journal::MessagesAreFound,
    &journal::WhatEndsIsThere,
    &ledger::EventsAppear,
    &ledger::CopiesAreFound,
    &outbox::RowsAreOfTheJournal,
    &outbox::NothingIsSentAndGivenUp,
    &outbox::NobodyIsAhead,
    &conversations::LegsAgree,
    &conversations::WhatWaitsIsNotJournaled,
    &people::BondsAreFoundFromBothEnds,
    &register::TheRegisterIsWhole,
];

/// How many rows are held at once.
const PAGE: usize = 1024;

/// Shows every row of a table, page by page.
pub(crate) fn each<K: Key, V: Record>(
    snapshot: &Snapshot,
    table: &Table<K, V>,
    mut show: impl FnMut(RowKey, V) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut last: Option<RowKey> = None;
    loop {
        let page = match &last {
            None => snapshot.scan(table, Span::all(), PAGE)?,
            Some(key) => snapshot.scan(table, Span::all().after(key), PAGE)?,
        };
        let Some((key, _)) = page.last() else { return Ok(()) };
        last = Some(key.clone());
        for (key, value) in page {
            show(key, value)?;
        }
    }
}
