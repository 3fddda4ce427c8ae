//! The first way through the journal: what has copies of ours is taken back.

use std::collections::BTreeSet;

use super::{concerns, places};
use crate::model::content::{Content, Kind, Salt};
use crate::model::copy::MadeBy;
use crate::model::erasure::{Erase, ErasurePhase, ErasureRow};
use crate::model::id::{ConversationId, MessageId};
use crate::model::journal::Record;
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::pipeline::head::last_place;
use crate::pipeline::is_handover;
use crate::pipeline::journal::{change, identified, place};
use crate::store::span::Span;
use crate::store::tables::{COPIES, EVENTS, MESSAGES};
use crate::store::{ChangeError, Reads, SealError, Unit};

/// The bridge's name in message ids.
const BRIDGE_URI: &str = "threadbridge:erasure";

/// Takes the next messages back.
pub(super) fn some(
    unit: &mut Unit<'_>,
    what: &Erase,
    row: &mut ErasureRow,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let places = places(unit, row.place)?;
    let Some((last, _)) = places.last() else {
        row.taken_back_at = last_place(unit)?;
        row.phase = ErasurePhase::Waits;
        return Ok(());
    };
    row.place = *last;
    for (seq, conversation) in places {
        let Some(record) = unit.get(&EVENTS, &(conversation, seq))? else { continue };
        if !record.is_erasure && concerns(unit, what, &record, conversation)? {
            take_back(unit, what, (conversation, &record), (row, now))?;
        }
    }
    Ok(())
}

fn take_back(
    unit: &mut Unit<'_>,
    what: &Erase,
    (conversation, record): (ConversationId, &Record),
    (row, now): (&mut ErasureRow, Timestamp),
) -> Result<(), ChangeError> {
    let content = Content::decode(&record.content).ok();
    let is_said = match content.as_ref().map_or(Kind::Unknown, Content::kind) {
        Kind::Text | Kind::Media | Kind::Link | Kind::Quote | Kind::System | Kind::Unknown => true,
        Kind::Edit
        | Kind::Delete
        | Kind::Reaction
        | Kind::Unreaction
        | Kind::Receipt
        | Kind::Empty => false,
    };
    let is_deleted = unit.get(&MESSAGES, &record.message)?.is_some_and(|it| it.deleted);
    if !is_said || is_deleted {
        return Ok(());
    }
    let mut tell = BTreeSet::new();
    let under = (conversation, record.message);
    for (_, copy) in unit.scan(&COPIES, Span::under(&under), usize::MAX)? {
        match copy.made_by {
            MadeBy::Us if matches!(what, Erase::Account(name) if *name == copy.leg.account) => {
                row.stays(&copy.leg.account, "its account does not run any more");
            }
            MadeBy::Us => {
                tell.insert(copy.leg.account);
            }
            MadeBy::Author => {
                row.stays(&copy.leg.account, "the original: only its author can take it back");
            }
            MadeBy::OtherBridge => {
                row.stays(
                    &copy.leg.account,
                    "another bridge's copy: only that one can take it back",
                );
            }
        }
    }
    if tell.is_empty() {
        // Nobody has it; it is to be known as concerned when what concerns it is gone.
        if content.is_some_and(|it| is_handover(record, &it)) {
            change(unit, &record.message, |row| row.deleted = true)?;
        }
    } else {
        tell.extend(row.accounts.drain(..));
        row.accounts = tell.into_iter().collect();
        row.taken_back = row.taken_back.saturating_add(1);
        bury(unit, (conversation, record.message), now)?;
    }
    Ok(())
}

/// Sets the tombstone of a message.
fn bury(
    unit: &mut Unit<'_>,
    (conversation, message): (ConversationId, MessageId),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let salt = Salt::random().map_err(|_| ChangeError::Seal(SealError::NoRandomness))?;
    let content = Content::deleting(salt, message);
    let (id, content) = identified(&content, BRIDGE_URI, conversation)?;
    let record = Record {
        message: id,
        author: None,
        leg: None,
        remote_id: None,
        sent_at: now,
        received_at: now,
        level: Level::Public,
        content,
        mark: None,
        raw: Vec::new(),
        reply_to_unseen: None,
        is_expiry: false,
        is_history: false,
        to: None,
        is_erasure: true,
    };
    place(unit, conversation, &record)?;
    change(unit, &message, |row| row.deleted = true)
}
