//! The second way through the journal: every row is deleted.

use std::collections::BTreeSet;

use super::{concerns, places};
use crate::model::content::Content;
use crate::model::erasure::{Erase, ErasurePhase, ErasureRow};
use crate::model::id::{AccountName, ConversationId, Identity, MessageId, RemoteId, Seq};
use crate::model::journal::{Place, Record};
use crate::model::time::Timestamp;
use crate::pipeline::journal::forget_letters;
use crate::register::{self, Gone};
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{
    APART, BACKLOG, CLAIMS, CONVERSATIONS, COPIES, CURSORS, DEAD_LETTERS, ERASED, EVENTS, EXPIRIES,
    FORGOTTEN, HEALTH, HOMES, JOURNAL, LEGS, MESSAGES, NOTES, ORIGINS, OUTBOX, PEOPLE, PROFILES,
    PROOFS, REACTED, REACTIONS, REFUSALS, REMOTE, SEALED, STANDINGS, TIES, TOMBSTONES, WAITING,
};
use crate::store::{ChangeError, Reads, Unit};

/// Rows of an erased conversation that are deleted in one transaction.
const SWEEP: usize = 1000;
/// Rows that are looked at at once.
const PAGE: usize = 1024;

/// Deletes the next messages, and at the end what is of no message.
pub(super) fn some(
    unit: &mut Unit<'_>,
    what: &Erase,
    row: &mut ErasureRow,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let places = places(unit, row.place)?;
    let Some((last, _)) = places.last() else {
        if at_the_end(unit, what)? {
            (row.phase, row.what, row.done_at) = (ErasurePhase::Done, None, Some(now));
            row.accounts.clear();
        }
        return Ok(());
    };
    row.place = *last;
    let mut gone = BTreeSet::new();
    for (seq, conversation) in places {
        let Some(record) = unit.get(&EVENTS, &(conversation, seq))? else { continue };
        if concerns(unit, what, &record, conversation)? {
            if record.is_erasure {
                what_stays(unit, (conversation, seq), &record, row)?;
            } else {
                row.erased = row.erased.saturating_add(1);
            }
            message(unit, (conversation, seq), &record, now)?;
            gone.insert(record.message);
        }
    }
    forget_ends(unit, &gone)?;
    forget_letters(unit, &gone)
}

/// Deletes messages here alone: nobody is told.
pub(in crate::pipeline) fn forget(
    unit: &mut Unit<'_>,
    messages: &[(ConversationId, Seq)],
    now: Timestamp,
) -> Result<(), ChangeError> {
    let mut gone = BTreeSet::new();
    for at in messages {
        if let Some(record) = unit.get(&EVENTS, at)? {
            message(unit, *at, &record, now)?;
            gone.insert(record.message);
        }
    }
    forget_ends(unit, &gone)?;
    forget_letters(unit, &gone)
}

/// What is gone does not disappear once more.
fn forget_ends(unit: &mut Unit<'_>, gone: &BTreeSet<MessageId>) -> Result<(), ChangeError> {
    let mut page = unit.scan(&EXPIRIES, Span::all(), PAGE)?;
    while let (false, Some((last, _))) = (gone.is_empty(), page.last()) {
        let next = unit.scan(&EXPIRIES, Span::all().after(last), PAGE)?;
        for (key, _) in page.iter().filter(|(_, row)| gone.contains(&row.message)) {
            unit.delete_row(&EXPIRIES, key);
        }
        page = next;
    }
    Ok(())
}

/// What a tombstone came to: where nothing could be taken back, and why.
fn what_stays(
    unit: &Unit<'_>,
    (conversation, seq): (ConversationId, Seq),
    record: &Record,
    row: &mut ErasureRow,
) -> Result<(), ChangeError> {
    for (_, note) in unit.scan(&NOTES, Span::under(&(conversation, seq)), usize::MAX)? {
        row.stays(&note.leg.account, &note.reason);
    }
    for (_, letter) in unit.scan(&DEAD_LETTERS, Span::all(), usize::MAX)? {
        if letter.row.message == record.message {
            row.stays(&letter.row.leg.account, &letter.reason);
        }
    }
    let under = (conversation, record.message);
    for (_, copy) in unit.scan(&COPIES, Span::under(&under), usize::MAX)? {
        if !unit.scan(&OUTBOX, Span::under(&(copy.leg.clone(), seq)), 1)?.is_empty() {
            row.stays(&copy.leg.account, "the network could not be told in time");
        }
    }
    Ok(())
}

/// Deletes an event with all that is known of it. Its place stays, empty.
fn message(
    unit: &mut Unit<'_>,
    (conversation, seq): (ConversationId, Seq),
    record: &Record,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let id = record.message;
    unit.put(&ERASED, &id, &now)?;
    let of_record = record.leg.iter().map(|leg| leg.account.clone()).zip(record.remote_id.clone());
    let mut names: BTreeSet<(AccountName, RemoteId)> = of_record.collect();
    let under = (conversation, id);
    for (key, copy) in unit.scan(&COPIES, Span::under(&under), usize::MAX)? {
        rows_under(unit, &OUTBOX, &(copy.leg.clone(), seq))?;
        let account = copy.leg.account;
        names.extend(copy.remote_id.map(|id| (account, id)));
        unit.delete_row(&COPIES, &key);
    }
    for (account, remote) in names {
        let key = (account, remote);
        if unit.get(&REMOTE, &key)?.is_some_and(|it| it.message == id) {
            unit.delete(&REMOTE, &key)?;
            // The network may bring it again; it must not come back.
            unit.put(&FORGOTTEN, &key, &now)?;
        }
    }
    rows_under(unit, &REACTIONS, &under)?;
    rows_under(unit, &REACTED, &under)?;
    rows_under(unit, &NOTES, &(conversation, seq))?;
    stood(unit, conversation, record)?;
    if let Some(mark) = &record.mark
        && unit.get(&ORIGINS, &(conversation, mark.origin))? == Some(id)
    {
        unit.delete(&ORIGINS, &(conversation, mark.origin))?;
    }
    unit.delete(&MESSAGES, &id)?;
    unit.delete(&EVENTS, &(conversation, seq))?;
    unit.put(&JOURNAL, &seq, &Place { conversation, is_erased: true })
}

/// A reaction that stood at another message.
fn stood(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    record: &Record,
) -> Result<(), ChangeError> {
    let Ok(content) = Content::decode(&record.content) else { return Ok(()) };
    let (Some(author), Some(target)) = (&record.author, content.in_reply_to) else { return Ok(()) };
    for emoji in content.reactions() {
        let key = (conversation, target, author.clone(), crate::pipeline::emoji_key(emoji));
        if unit.get(&REACTIONS, &key)?.is_some_and(|it| it.message == record.message) {
            unit.delete(&REACTIONS, &key)?;
        }
    }
    Ok(())
}

/// Deletes the rows whose keys begin with a prefix.
fn rows_under<K: crate::store::key::Key, V: crate::store::table::Record>(
    unit: &mut Unit<'_>,
    table: &crate::store::table::Table<K, V>,
    prefix: &dyn crate::store::key::Key,
) -> Result<(), ChangeError> {
    let rows: Vec<(RowKey, V)> = unit.scan(table, Span::under(prefix), usize::MAX)?;
    rows.iter().for_each(|(key, _)| unit.delete_row(table, key));
    Ok(())
}

/// What is of no message; whether that is all.
fn at_the_end(unit: &mut Unit<'_>, what: &Erase) -> Result<bool, ChangeError> {
    match what {
        Erase::Message(_) => Ok(true),
        Erase::Conversation(id) => conversation(unit, *id),
        Erase::Person(who) => {
            who.iter().try_for_each(|it| person(unit, it))?;
            Ok(true)
        }
        Erase::Account(name) => account(unit, name).map(|()| true),
    }
}

fn conversation(unit: &mut Unit<'_>, id: ConversationId) -> Result<bool, ChangeError> {
    if let Some(row) = unit.get(&CONVERSATIONS, &id)? {
        register::forget(unit, &Gone::Conversation(id, &row.legs))?;
        for leg in row.legs {
            if unit.get(&LEGS, &leg)? == Some(id) {
                unit.delete(&LEGS, &leg)?;
            }
        }
        unit.delete(&CONVERSATIONS, &id)?;
        unit.erase_conversation(id)?;
    }
    Ok(unit.sweep_conversation(id, SWEEP)? < SWEEP)
}

fn person(unit: &mut Unit<'_>, who: &Identity) -> Result<(), ChangeError> {
    register::forget(unit, &Gone::Person(who))?;
    unit.delete(&PROFILES, who)?;
    unit.delete(&HOMES, who)?;
    unit.delete(&APART, who)?;
    unit.delete(&STANDINGS, who)?;
    for (key, row) in unit.scan(&PEOPLE, Span::all(), usize::MAX)? {
        if row == *who {
            unit.delete_row(&PEOPLE, &key);
        }
    }
    for (key, tie) in unit.scan(&TIES, Span::all(), usize::MAX)? {
        if tie.one == *who || tie.other == *who {
            unit.delete_row(&TIES, &key);
        }
    }
    for (key, proof) in unit.scan(&PROOFS, Span::all(), usize::MAX)? {
        if proof.one == *who || proof.other == *who {
            unit.delete(&CLAIMS, &(proof.other.clone(), proof.id()))?;
            unit.delete_row(&PROOFS, &key);
        }
    }
    for (key, row) in unit.scan(&TOMBSTONES, Span::all(), usize::MAX)? {
        if row.author.as_ref() == Some(who) {
            unit.delete_row(&TOMBSTONES, &key);
        }
    }
    Ok(())
}

fn account(unit: &mut Unit<'_>, name: &AccountName) -> Result<(), ChangeError> {
    register::forget(unit, &Gone::Account(name))?;
    unit.delete_account_keys(name)?;
    rows_under(unit, &CURSORS, name)?;
    rows_under(unit, &WAITING, name)?;
    rows_under(unit, &REFUSALS, name)?;
    rows_under(unit, &OUTBOX, name)?;
    rows_under(unit, &BACKLOG, name)?;
    rows_under(unit, &LEGS, name)?;
    rows_under(unit, &TOMBSTONES, name)?;
    unit.delete(&SEALED, name)?;
    unit.delete(&HEALTH, name)?;
    for (_, mut row) in unit.scan(&CONVERSATIONS, Span::all(), usize::MAX)? {
        let before = row.legs.len();
        row.legs.retain(|leg| leg.account != *name);
        if row.legs.len() != before {
            unit.put(&CONVERSATIONS, &row.id.clone(), &row)?;
        }
    }
    Ok(())
}
