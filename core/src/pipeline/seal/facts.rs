//! What fitting an event to a leg needs to know of other events.

use super::Placed;
use super::draft::Draft;
use crate::fit::fallback::excerpt;
use crate::fit::{Referent, Speaker};
use crate::model::content::{Content, Kind};
use crate::model::copy::MadeBy;
use crate::model::id::{ConversationId, Identity, Leg, MessageId};
use crate::model::journal::Record;
use crate::store::tables::{EVENTS, MESSAGES, PROFILES};
use crate::store::{ReadError, Reads};

/// The message that an event is about, by its content: what it edits, deletes or reacts to.
pub(super) fn target_of(content: &Content) -> Option<MessageId> {
    match content.kind() {
        Kind::Reaction | Kind::Unreaction => content.in_reply_to,
        Kind::Edit | Kind::Delete => content.replaces,
        Kind::Receipt => content.receipt().and_then(|it| it.messages.last().map(|(id, _)| *id)),
        Kind::Text | Kind::Media | Kind::Link | Kind::Quote | Kind::System | Kind::Empty => None,
        Kind::Unknown => None,
    }
}

/// The message that an event answers.
pub(super) fn answered_by(content: &Content) -> Option<MessageId> {
    target_of(content).map_or(content.in_reply_to, |_| None)
}

/// Whether a message was taken back by its author.
pub(super) fn is_deleted(draft: &Draft<'_>, message: MessageId) -> Result<bool, ReadError> {
    Ok(draft.snapshot.get(&MESSAGES, &message)?.is_some_and(|row| row.deleted))
}

/// A message as a leg knows it; nothing if its id there is still to come.
pub(super) fn referent(
    draft: &Draft<'_>,
    conversation: ConversationId,
    message: MessageId,
    leg: &Leg,
) -> Result<Option<Referent>, ReadError> {
    let copies = draft.copies(conversation, message, leg)?;
    if copies.iter().any(|copy| copy.remote_id.is_none()) {
        return Ok(None);
    }
    let is_original = copies.iter().any(|copy| copy.made_by == MadeBy::Author);
    let mut referent = Referent {
        copies: copies.into_iter().filter_map(|copy| copy.remote_id).collect(),
        is_original,
        ..Referent::default()
    };
    if let Some(record) = record(draft, message)? {
        let content = Content::decode(&record.content).ok();
        referent.excerpt = content.as_ref().map(excerpt);
        referent.author = match &record.author {
            Some(author) => Some(speaker(draft, author)?.name),
            None => None,
        };
    }
    Ok(Some(referent))
}

pub(super) fn record(draft: &Draft<'_>, message: MessageId) -> Result<Option<Record>, ReadError> {
    match draft.snapshot.get(&MESSAGES, &message)? {
        Some(row) => draft.snapshot.get(&EVENTS, &(row.conversation, row.seq)),
        None => Ok(None),
    }
}

/// Who speaks, by the name that they chose.
pub(super) fn speaker(draft: &Draft<'_>, author: &Identity) -> Result<Speaker, ReadError> {
    let profile = draft.snapshot.get(&PROFILES, author)?.unwrap_or_default();
    let name = profile.display_name.or_else(|| profile.handle.clone());
    Ok(Speaker {
        identity: author.clone(),
        name: name.unwrap_or_else(|| author.author.as_str().to_owned()),
        handle: profile.handle,
    })
}

/// The emoji of a reaction, or of the one that is taken back.
pub(super) fn emoji(
    draft: &Draft<'_>,
    event: &Placed,
    content: &Content,
) -> Result<Option<String>, ReadError> {
    let first = |content: &Content| content.reactions().first().map(|it| (*it).to_owned());
    match content.kind() {
        Kind::Reaction => Ok(first(content)),
        Kind::Unreaction => {
            let reaction = content.replaces.unwrap_or(event.record.message);
            let record = record(draft, reaction)?;
            let content = record.and_then(|it| Content::decode(&it.content).ok());
            Ok(content.as_ref().and_then(first))
        }
        Kind::Text
        | Kind::Media
        | Kind::Link
        | Kind::Quote
        | Kind::Edit
        | Kind::Delete
        | Kind::Receipt
        | Kind::System
        | Kind::Empty
        | Kind::Unknown => Ok(None),
    }
}
