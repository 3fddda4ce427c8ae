//! The copy ledger: every appearance belongs to a message, and is found by its network's id.

use super::each;
use super::journal::each_record;
use crate::model::copy::MadeBy;
use crate::store::fsck::{Findings, Invariant};
use crate::store::span::Span;
use crate::store::tables::{COPIES, REMOTE};
use crate::store::{ReadError, Reads, Snapshot};

/// One event for each network's id: the id that a record came under leads back to its message, and
/// the original is among its copies.
pub(super) struct EventsAppear;

impl Invariant for EventsAppear {
    fn name(&self) -> &'static str {
        "an event is known by the id that it came under"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each_record(snapshot, |row, conversation, _, record| {
            let (Some(leg), Some(id)) = (&record.leg, &record.remote_id) else { return Ok(()) };
            let pointer = snapshot.get(&REMOTE, &(leg.account.clone(), id.clone()))?;
            if pointer.is_none_or(|it| it.message != record.message) {
                findings.add(self.name(), Some(row.clone()), "the id leads elsewhere");
            }
            let key = (conversation, record.message, leg.clone(), 0);
            let copy = snapshot.get(&COPIES, &key)?;
            if copy.is_none_or(|copy| copy.made_by != MadeBy::Author) {
                findings.add(self.name(), Some(row), "the original is not among its copies");
            }
            Ok(())
        })
    }
}

/// Every copy belongs to a record, and the id that it has leads to its message.
pub(super) struct CopiesAreFound;

impl Invariant for CopiesAreFound {
    fn name(&self) -> &'static str {
        "a copy belongs to a message and is found by its id"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        let mut owned = 0_u64;
        each_record(snapshot, |row, conversation, _, record| {
            let under = (conversation, record.message);
            for (_, copy) in snapshot.scan(&COPIES, Span::under(&under), usize::MAX)? {
                owned = owned.saturating_add(1);
                let Some(id) = copy.remote_id else { continue };
                let pointer = snapshot.get(&REMOTE, &(copy.leg.account, id))?;
                if pointer.is_none_or(|it| it.message != record.message) {
                    findings.add(self.name(), Some(row.clone()), "a copy's id leads elsewhere");
                }
            }
            Ok(())
        })?;
        let mut all = 0_u64;
        each(snapshot, &COPIES, |_, _| {
            all = all.saturating_add(1);
            Ok(())
        })?;
        if all != owned {
            let what = format!("{} copies belong to no message", all.abs_diff(owned));
            findings.add(self.name(), None, what);
        }
        Ok(())
    }
}
