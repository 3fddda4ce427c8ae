//! What is on its way: it is of the journal, and it is either on its way or given up.

use super::each;
use crate::model::id::{Leg, Seq};
use crate::model::outbox::OutboxKind;
use crate::pipeline::last_place;
use crate::store::fsck::{Findings, Invariant};
use crate::store::tables::{BACKLOG, COPIES, DEAD_LETTERS, JOURNAL, MESSAGES, OUTBOX, SEALED};
use crate::store::{ReadError, Reads, Snapshot};

/// Every envelope is of a journaled event, and every message on its way has its copy row.
pub(super) struct RowsAreOfTheJournal;

impl Invariant for RowsAreOfTheJournal {
    fn name(&self) -> &'static str {
        "what is on its way is in the journal and in the ledger"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each(snapshot, &OUTBOX, |key, row| {
            let message = snapshot.get(&MESSAGES, &row.message)?;
            let is_there =
                message.is_some_and(|it| it.conversation == row.conversation && it.seq == row.seq);
            if !is_there {
                findings.add(self.name(), Some(key.clone()), "its event is not in the journal");
            }
            let copy = (row.conversation, row.message, row.leg.clone(), row.part);
            if row.kind != OutboxKind::Control && snapshot.get(&COPIES, &copy)?.is_none() {
                findings.add(self.name(), Some(key), "it has no copy row");
            }
            Ok(())
        })?;
        each(snapshot, &BACKLOG, |key, row| {
            if snapshot.get(&JOURNAL, &row.seq)?.is_none() {
                findings.add(self.name(), Some(key), "its event is not in the journal");
            }
            Ok(())
        })
    }
}

/// A dead letter is not on its way at the same time.
pub(super) struct NothingIsSentAndGivenUp;

impl Invariant for NothingIsSentAndGivenUp {
    fn name(&self) -> &'static str {
        "an envelope is either on its way or given up"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each(snapshot, &DEAD_LETTERS, |key, letter| {
            let at: (Leg, Seq, u16) = (letter.row.leg, letter.row.seq, letter.row.part);
            if snapshot.get(&OUTBOX, &at)?.is_some() {
                findings.add(self.name(), Some(key), "it is both");
            }
            Ok(())
        })
    }
}

/// No account has looked further than the journal goes.
pub(super) struct NobodyIsAhead;

impl Invariant for NobodyIsAhead {
    fn name(&self) -> &'static str {
        "no account is ahead of the journal"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        let head = last_place(snapshot)?;
        each(snapshot, &SEALED, |key, place| {
            if place > head {
                findings.add(self.name(), Some(key), format!("it is at {place} of {head}"));
            }
            Ok(())
        })
    }
}
