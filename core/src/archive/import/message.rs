//! Messages, with the rows by which the ledger finds them.

use super::tally::{Conflict, Tally};
use crate::archive::item::{GapItem, MessageItem};
use crate::model::copy::{Copy, Pointer};
use crate::model::id::{MessageId, Seq};
use crate::model::journal::{ExpiryRow, MessageRow, Place, ReactionRow, Record, TombstoneRow};
use crate::pipeline::{emoji_key, place};
use crate::store::tables::{
    COPIES, ERASED, EVENTS, EXPIRIES, JOURNAL, MESSAGES, NOTES, ORIGINS, REACTED, REACTIONS,
    REMOTE, TOMBSTONES,
};
use crate::store::{ChangeError, Reads, Unit};

/// Takes in one message with all that is known of it, or what of it is not known here.
pub(super) fn message(
    unit: &mut Unit<'_>,
    item: &MessageItem,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let id = item.record.message;
    if unit.get(&ERASED, &id)?.is_some() {
        tally.erased();
        return Ok(());
    }
    if unit.is_erased(item.conversation)? {
        tally.conflict(Conflict::Erased(item.conversation));
        return Ok(());
    }
    let seq = match unit.get(&MESSAGES, &id)? {
        Some(row) if is_same(unit, &row, item)? => {
            tally.known();
            merge(unit, row, item)?
        }
        Some(_) => {
            tally.conflict(Conflict::Message(id));
            return Ok(());
        }
        None => {
            tally.came(2);
            appended(unit, item, keeps_places)?
        }
    };
    if let (true, Some(mark)) = (item.is_origin, &item.record.mark) {
        let key = (item.conversation, mark.origin);
        if unit.get(&ORIGINS, &key)?.is_none() {
            unit.put(&ORIGINS, &key, &id)?;
        }
    }
    for copy in &item.copies {
        take_copy(unit, item, copy, tally)?;
    }
    for name in &item.names {
        let pointer = Pointer {
            conversation: item.conversation,
            message: id,
            leg: name.leg.clone(),
            seq,
            part: name.part,
            made_by: name.made_by,
            remote_id: Some(name.remote_id.clone()),
        };
        take_name(unit, &pointer, tally)?;
    }
    for note in &item.notes {
        let key = (item.conversation, seq, note.leg.clone());
        if unit.get(&NOTES, &key)?.is_none() {
            unit.put(&NOTES, &key, note)?;
        }
    }
    reactions(unit, item)
}

/// Whether what is here is the same event. What was taken out of one of the two since is no
/// difference: the id is a digest of all that was said.
fn is_same(unit: &Unit<'_>, row: &MessageRow, item: &MessageItem) -> Result<bool, ChangeError> {
    if row.conversation != item.conversation {
        return Ok(false);
    }
    let Some(here) = unit.get(&EVENTS, &(row.conversation, row.seq))? else { return Ok(true) };
    let is_cut = row.deleted || item.deleted;
    Ok(here.author == item.record.author && (is_cut || here.content == item.record.content))
}

/// Puts a new message at its old place, or behind all others as history.
fn appended(
    unit: &mut Unit<'_>,
    item: &MessageItem,
    keeps_places: bool,
) -> Result<Seq, ChangeError> {
    let row = |seq| MessageRow {
        conversation: item.conversation,
        seq,
        deleted: item.deleted,
        edits: item.edits.clone(),
    };
    let seq = if keeps_places {
        let at = Place { conversation: item.conversation, is_erased: false };
        unit.put(&JOURNAL, &item.seq, &at)?;
        unit.put(&EVENTS, &(item.conversation, item.seq), &item.record)?;
        item.seq
    } else {
        let record = Record { is_history: true, ..item.record.clone() };
        place(unit, item.conversation, &record)?
    };
    unit.put(&MESSAGES, &item.record.message, &row(seq))?;
    Ok(seq)
}

/// What was deleted or edited there is here as well.
fn merge(unit: &mut Unit<'_>, mut row: MessageRow, item: &MessageItem) -> Result<Seq, ChangeError> {
    let (seq, before) = (row.seq, row.clone());
    row.deleted |= item.deleted;
    for edit in &item.edits {
        if !row.edits.contains(edit) {
            row.edits.push(*edit);
        }
    }
    if row != before {
        unit.put(&MESSAGES, &item.record.message, &row)?;
    }
    Ok(seq)
}

fn take_copy(
    unit: &mut Unit<'_>,
    item: &MessageItem,
    copy: &Copy,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let id = item.record.message;
    let key = (item.conversation, id, copy.leg.clone(), copy.part);
    match unit.get(&COPIES, &key)? {
        None => unit.put(&COPIES, &key, copy),
        Some(here) if here == *copy => Ok(()),
        Some(here) if here.remote_id.is_none() => unit.put(&COPIES, &key, copy),
        Some(_) => {
            tally.conflict(Conflict::Copy(id));
            Ok(())
        }
    }
}

fn take_name(
    unit: &mut Unit<'_>,
    pointer: &Pointer,
    tally: &mut Tally,
) -> Result<bool, ChangeError> {
    let Some(id) = pointer.remote_id.clone() else { return Ok(false) };
    let key = (pointer.leg.account.clone(), id);
    match unit.get(&REMOTE, &key)? {
        None => {
            unit.put(&REMOTE, &key, pointer)?;
            return Ok(true);
        }
        Some(here) if here.message == pointer.message => {}
        Some(_) => tally.conflict(Conflict::Name(pointer.message)),
    }
    Ok(false)
}

/// An id that is no copy's.
pub(super) fn other_name(
    unit: &mut Unit<'_>,
    pointer: Pointer,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let at = unit.get(&MESSAGES, &pointer.message)?;
    let seq = at.map_or(pointer.seq, |row| row.seq);
    if take_name(unit, &Pointer { seq, ..pointer }, tally)? {
        tally.came(5)
    } else {
        tally.known()
    }
    Ok(())
}

fn reactions(unit: &mut Unit<'_>, item: &MessageItem) -> Result<(), ChangeError> {
    if let Some(stands) = &item.stands {
        let emoji = emoji_key(&stands.emoji);
        let key = (item.conversation, stands.target, stands.author.clone(), emoji);
        if unit.get(&REACTIONS, &key)?.is_none() {
            let row = ReactionRow { message: item.record.message, emoji: stands.emoji.clone() };
            unit.put(&REACTIONS, &key, &row)?;
        }
    }
    for reacted in &item.reacted {
        let target = item.record.message;
        let key = (item.conversation, target, reacted.leg.clone(), reacted.emoji);
        if unit.get(&REACTED, &key)?.is_none() {
            unit.put(&REACTED, &key, &reacted.people)?;
        }
    }
    Ok(())
}

/// A place without its event keeps the others in theirs.
pub(super) fn gap(
    unit: &mut Unit<'_>,
    gap: &GapItem,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    tally.came(3);
    unit.put(&JOURNAL, &gap.seq, &Place { conversation: gap.conversation, is_erased: true })
}

/// A message that will disappear does so here as well.
pub(super) fn expiry(
    unit: &mut Unit<'_>,
    row: &ExpiryRow,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let key = (row.at, row.message);
    if is_there(unit, &row.message)? && unit.get(&EXPIRIES, &key)?.is_none() {
        tally.came(9);
        unit.put(&EXPIRIES, &key, row)
    } else {
        tally.known();
        Ok(())
    }
}

fn is_there(unit: &Unit<'_>, message: &MessageId) -> Result<bool, ChangeError> {
    Ok(unit.get(&MESSAGES, message)?.is_some())
}

/// A delete that came before its message.
pub(super) fn tombstone(
    unit: &mut Unit<'_>,
    row: &TombstoneRow,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let (Some(account), Some(id), Some(author)) =
        (row.account.clone(), row.remote_id.clone(), row.author.clone())
    else {
        return Ok(());
    };
    let key = (account, id, author);
    if unit.get(&TOMBSTONES, &key)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(10);
    unit.put(&TOMBSTONES, &key, row)
}
