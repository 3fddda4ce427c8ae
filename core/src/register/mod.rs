//! Writes the register: sums of the day while it lasts, then entries of a chain that never change.
//!
//! What goes to a network is counted in the transaction that writes down that the network has it.
//! There is one sum a day for each leg, class and terms, so the register grows with days and
//! conversations, not with messages, and does not tell when somebody spoke. When the day is over
//! its sums become entries. The chain has digests in place of names; whose they are stands beside
//! it and goes with what is erased, which leaves the chain as it was.

mod forget;
mod grants;
mod statement;

pub(crate) use self::forget::{Gone, forget};
pub(crate) use self::grants::{granted, thought};
pub use self::statement::{Broken, SIGNED_FOR, Statement};

#[cfg(test)]
mod tests;

use thiserror::Error;

use crate::model::id::ConversationId;
use crate::model::outbox::OutboxRow;
use crate::model::register::{
    Carried, Due, Entry, Said, Subject, SubjectId, SubjectRow, Sum, day_of,
};
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{REGISTER, REGISTER_HEAD, REGISTER_SUMS, SUBJECTS, SumKey};
use crate::store::{ChangeError, ReadError, Reads, SealError, Store, Unit, WriteError};

/// Sums that one transaction closes.
const AT_ONCE: usize = 64;

/// Counts an envelope that its network has.
pub(crate) fn carried(
    unit: &mut Unit<'_>,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let Some(Due { network, class, terms, link }) = row.due.clone() else { return Ok(()) };
    let subject = Subject::Leg(row.leg.clone(), link);
    let subject = subject_of(unit, subject, Some(row.conversation))?;
    let carried = Carried { network, class, terms, count: 1 };
    let mut sum = Sum { day: day_of(now), subject, carried };
    let key = SumKey::of(&sum);
    match unit.get(&REGISTER_SUMS, &key)? {
        Some(known) => sum.carried.count = known.carried.count.saturating_add(1),
        // A new sum comes seldom: then it is looked whether a day is over.
        None => close(unit, sum.day)?,
    }
    unit.put(&REGISTER_SUMS, &key, &sum)
}

/// Makes entries of sums of days before `today`, the oldest first.
pub(crate) fn close(unit: &mut Unit<'_>, today: u64) -> Result<(), ChangeError> {
    let sums = unit.scan(&REGISTER_SUMS, Span::all(), AT_ONCE)?;
    for (key, sum) in sums.into_iter().filter(|(_, sum)| sum.day < today) {
        unit.delete_row(&REGISTER_SUMS, &key);
        append(unit, sum.day, sum.subject, Said::Carried(sum.carried))?;
    }
    Ok(())
}

/// Makes entries of all sums of days that are over, where there are any.
pub(crate) async fn close_days(store: &Store, now: Timestamp) -> Result<(), NotClosed> {
    let today = day_of(now);
    loop {
        let first = store.snapshot()?.scan(&REGISTER_SUMS, Span::all(), 1)?;
        if first.first().is_none_or(|(_, sum)| sum.day >= today) {
            return Ok(());
        }
        store.write(move |unit| close(unit, today)).await?;
    }
}

/// Why days were not closed. They will be.
#[derive(Debug, Error)]
pub(crate) enum NotClosed {
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// It could not be written.
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Puts an entry at the end of the chain.
fn append(
    unit: &mut Unit<'_>,
    day: u64,
    subject: SubjectId,
    said: Said,
) -> Result<(), ChangeError> {
    let head = unit.get(&REGISTER_HEAD, &0)?.unwrap_or_default();
    let number = head.count.saturating_add(1);
    let entry = Entry { number, before: head.hash, day, subject, said };
    let Some(head) = head.behind(&entry) else {
        return Err(ChangeError::Unfit { table: REGISTER.name() });
    };
    unit.put(&REGISTER, &number, &entry)?;
    unit.put(&REGISTER_HEAD, &0, &head)
}

/// What stands for a subject; made when it is met first.
fn subject_of(
    unit: &mut Unit<'_>,
    subject: Subject,
    conversation: Option<ConversationId>,
) -> Result<SubjectId, ChangeError> {
    if let Some(known) = unit.get(&SUBJECTS, &subject)? {
        return Ok(known.id);
    }
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|_| ChangeError::Seal(SealError::NoRandomness))?;
    let Some(id) = SubjectId::of(&salt, &subject) else {
        return Err(ChangeError::Unfit { table: SUBJECTS.name() });
    };
    let row = SubjectRow { id, salt, subject, conversation };
    unit.put(&SUBJECTS, &row.subject.clone(), &row)?;
    Ok(id)
}
