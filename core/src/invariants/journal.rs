//! The journal: every accepted event is there, once, and found by its id.

use super::each;
use crate::model::id::{ConversationId, Seq};
use crate::model::journal::Record;
use crate::store::fsck::{Findings, Invariant};
use crate::store::key::RowKey;
use crate::store::tables::{EVENTS, EXPIRIES, JOURNAL, MESSAGES};
use crate::store::{ReadError, Reads, Snapshot};

/// Places follow one another from 1, and each has its record.
pub(super) struct HasNoHoles;

impl Invariant for HasNoHoles {
    fn name(&self) -> &'static str {
        "the journal has no holes"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        let mut expected = Seq(1);
        each(snapshot, &JOURNAL, |row, place| {
            let seq = row.part(0).map(|bytes| Seq(u64::from_be_bytes(bytes))).unwrap_or_default();
            if seq != expected {
                findings.add(self.name(), Some(row.clone()), format!("{expected} is not there"));
            }
            expected = seq.next();
            if !place.is_erased && snapshot.get(&EVENTS, &(place.conversation, seq))?.is_none() {
                findings.add(self.name(), Some(row), format!("{seq} has lost its record"));
            }
            Ok(())
        })
    }
}

/// Every record is in the journal at its place, and found by its message's id.
pub(super) struct MessagesAreFound;

impl Invariant for MessagesAreFound {
    fn name(&self) -> &'static str {
        "a record is found by its message's id"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each_record(snapshot, |row, conversation, seq, record| {
            let at = snapshot.get(&JOURNAL, &seq)?.map(|place| place.conversation);
            if at != Some(conversation) {
                findings.add(self.name(), Some(row.clone()), "it is not in the journal");
            }
            let found = snapshot.get(&MESSAGES, &record.message)?;
            if found.is_none_or(|it| (it.conversation, it.seq) != (conversation, seq)) {
                findings.add(self.name(), Some(row), "its id leads elsewhere");
            }
            Ok(())
        })
    }
}

/// A message that will disappear is there.
pub(super) struct WhatEndsIsThere;

impl Invariant for WhatEndsIsThere {
    fn name(&self) -> &'static str {
        "a message that will disappear is in the journal"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each(snapshot, &EXPIRIES, |key, row| {
            if snapshot.get(&MESSAGES, &row.message)?.is_none() {
                findings.add(self.name(), Some(key), "its message is not there");
            }
            Ok(())
        })
    }
}

/// Shows every record with its conversation and place.
pub(super) fn each_record(
    snapshot: &Snapshot,
    mut show: impl FnMut(RowKey, ConversationId, Seq, Record) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    each(snapshot, &EVENTS, |row, record| {
        let conversation = row.part(0).map(ConversationId::from_bytes);
        let seq = row.part(16).map(|bytes| Seq(u64::from_be_bytes(bytes)));
        match conversation.zip(seq) {
            Some((conversation, seq)) => show(row, conversation, seq, record),
            None => Ok(()),
        }
    })
}
