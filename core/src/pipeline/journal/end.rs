//! The end of messages that disappear: a tombstone that is nobody's but the bridge's own, so that it
//! outlives restarts, wins every race and reaches every copy as any other does.

use std::collections::BTreeSet;

use super::append::{change, identified, place};
use crate::model::content::{Content, Kind, Salt};
use crate::model::id::{ConversationId, MessageId, Seq};
use crate::model::journal::{ExpiryRow, Record};
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{DEAD_LETTERS, EVENTS, EXPIRIES, MESSAGES};
use crate::store::{ChangeError, Reads, SealError, Unit};

/// How many messages end in one transaction.
const AT_ONCE: usize = 64;
/// The bridge's name in message ids.
const BRIDGE_URI: &str = "threadbridge:expiry";

/// Remembers when what was accepted at `now` disappears, if it does. An edit's end is the end of
/// what it edits.
pub(crate) fn will_end(
    unit: &mut Unit<'_>,
    content: &Content,
    (conversation, message): (ConversationId, MessageId),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let Some(at) = content.ends(now) else { return Ok(()) };
    let message = match content.kind() {
        Kind::Edit => content.replaces.unwrap_or(message),
        Kind::Text | Kind::Media | Kind::Link | Kind::Quote | Kind::System | Kind::Unknown => {
            message
        }
        Kind::Reaction | Kind::Unreaction | Kind::Delete | Kind::Receipt | Kind::Empty => {
            return Ok(());
        }
    };
    unit.put(&EXPIRIES, &(at, message), &ExpiryRow { at, conversation, message })
}

/// Ends the messages whose time is over at `now`, a bounded number of them. Returns the place of the
/// last tombstone, if there was one to set.
pub(crate) fn end_due(unit: &mut Unit<'_>, now: Timestamp) -> Result<Option<Seq>, ChangeError> {
    let rows = unit.scan(&EXPIRIES, Span::all(), AT_ONCE)?;
    let due: Vec<_> = rows.into_iter().map(|(_, row)| row).take_while(|it| it.at <= now).collect();
    let mut last = None;
    let mut erased = BTreeSet::new();
    for row in due {
        unit.delete(&EXPIRIES, &(row.at, row.message))?;
        let Some(message) = unit.get(&MESSAGES, &row.message)? else { continue };
        // With a conversation that was erased everything of it is gone.
        if unit.get(&EVENTS, &(message.conversation, message.seq))?.is_none() {
            continue;
        }
        if !message.deleted {
            last = Some(bury(unit, &row, now)?);
        }
        for version in message.edits.into_iter().chain([row.message]) {
            erase(unit, version)?;
            erased.insert(version);
        }
    }
    forget_letters(unit, &erased)?;
    Ok(last)
}

/// Sets the tombstone of a message.
fn bury(unit: &mut Unit<'_>, row: &ExpiryRow, now: Timestamp) -> Result<Seq, ChangeError> {
    let salt = Salt::random().map_err(|_| ChangeError::Seal(SealError::NoRandomness))?;
    let content = Content::deleting(salt, row.message);
    let (message, content) = identified(&content, BRIDGE_URI, row.conversation)?;
    let record = Record {
        message,
        author: None,
        leg: None,
        remote_id: None,
        sent_at: row.at,
        received_at: now,
        level: Level::Public,
        content,
        mark: None,
        raw: Vec::new(),
        reply_to_unseen: None,
        is_expiry: true,
        is_history: false,
        to: None,
        is_erasure: false,
    };
    let seq = place(unit, row.conversation, &record)?;
    change(unit, &row.message, |row| row.deleted = true)?;
    Ok(seq)
}

/// Takes the words out of a record.
fn erase(unit: &mut Unit<'_>, message: MessageId) -> Result<(), ChangeError> {
    let Some(row) = unit.get(&MESSAGES, &message)? else { return Ok(()) };
    let at = (row.conversation, row.seq);
    let Some(record) = unit.get(&EVENTS, &at)? else { return Ok(()) };
    let nothing = Content::of_parts(Salt::from_bytes([0; 16]), Vec::new());
    let content = nothing.encode().map_err(|_| ChangeError::Unfit { table: EVENTS.name() })?;
    unit.put(&EVENTS, &at, &Record { content, raw: Vec::new(), ..record })
}

/// A dead letter still has the words in it, sealed for others.
pub(crate) fn forget_letters(
    unit: &mut Unit<'_>,
    of: &BTreeSet<MessageId>,
) -> Result<(), ChangeError> {
    if of.is_empty() {
        return Ok(());
    }
    let mut page = unit.scan(&DEAD_LETTERS, Span::all(), AT_ONCE)?;
    while let Some((last, _)) = page.last() {
        let next = unit.scan(&DEAD_LETTERS, Span::all().after(last), AT_ONCE)?;
        for (_, letter) in page.iter().filter(|(_, it)| of.contains(&it.row.message)) {
            unit.delete(&DEAD_LETTERS, &letter.id)?;
        }
        page = next;
    }
    Ok(())
}
