//! What an event's references mean here: its conversation, and the messages that it is about.

use super::Source;
use crate::model::content::{Content, Receipt, Salt};
use crate::model::copy::{MadeBy, Pointer};
use crate::model::event::{Action, Event};
use crate::model::id::{ConversationId, Leg, MessageId, RemoteId};
use crate::model::journal::{Conversation, TombstoneRow};
use crate::model::time::Timestamp;
use crate::store::tables::{CONVERSATIONS, EVENTS, LEGS, MESSAGES, REACTIONS, REMOTE, TOMBSTONES};
use crate::store::{ChangeError, Reads, SealError, Unit};

/// The messages that an event is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Referents {
    /// What it answers.
    pub(crate) reply_to: Option<MessageId>,
    /// What it answers, where we never saw that.
    pub(crate) reply_to_unseen: Option<RemoteId>,
    /// What it edits, deletes, reacts to or has read.
    pub(crate) target: Option<MessageId>,
    /// The reaction that it takes back.
    pub(crate) reaction: Option<MessageId>,
}

/// What looking for them came to.
pub(crate) enum Referred {
    /// They are known, or the event needs none.
    Known(Referents),
    /// One that it needs has not arrived.
    NotYet(RemoteId),
    /// It is void whenever it comes: it is about something deleted, or about a copy that says
    /// nothing about the original.
    Nothing,
    /// What it asks for is so at this moment. It has to be known when it comes again, because things
    /// may be otherwise by then.
    SoAlready(Pointer),
    /// Its author may not.
    Forbidden(&'static str),
}

/// The conversation of a leg; a new one if nothing was ever said there.
pub(crate) fn conversation_of(
    unit: &mut Unit<'_>,
    leg: &Leg,
    now: Timestamp,
) -> Result<ConversationId, ChangeError> {
    if let Some(id) = unit.get(&LEGS, leg)? {
        return Ok(id);
    }
    let id = ConversationId::fresh();
    unit.put(&LEGS, leg, &id)?;
    let legs = vec![leg.clone()];
    let begun = Conversation { id, name: None, legs, created_at: now, is_begun: false };
    unit.put(&CONVERSATIONS, &id, &begun)?;
    Ok(id)
}

/// Finds the messages that `event` is about, and whether its author may do that to them.
pub(crate) fn referred(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    conversation: ConversationId,
) -> Result<Referred, ChangeError> {
    let find = |unit: &Unit<'_>, id: &RemoteId| {
        let found = unit.get(&REMOTE, &(source.account.clone(), id.clone()))?;
        Ok::<_, ChangeError>(found.filter(|it| it.conversation == conversation))
    };
    let (target, is_own_only) = match &event.action {
        Action::Say(said) => {
            let found = said.reply_to.as_ref().map(|id| find(unit, id)).transpose()?.flatten();
            let reply_to = found.map(|it| it.message);
            let reply_to_unseen = said.reply_to.clone().filter(|_| reply_to.is_none());
            return Ok(Referred::Known(Referents {
                reply_to,
                reply_to_unseen,
                ..Referents::default()
            }));
        }
        Action::Edit { target, .. } | Action::Delete { target } => (target, true),
        Action::React { target, .. } | Action::Unreact { target, .. } => (target, false),
        Action::Read { up_to } => (up_to, false),
    };
    let Some(pointer) = find(unit, target)? else {
        return unseen(unit, source, event, target);
    };
    if is_own_only {
        match may_replace(unit, event, &pointer)? {
            Permission::Granted => {}
            Permission::OnlyACopy => return Ok(Referred::Nothing),
            Permission::Refused => {
                return Ok(Referred::Forbidden("only its author may change a message"));
            }
        }
    }
    let is_deleted = unit.get(&MESSAGES, &pointer.message)?.is_some_and(|row| row.deleted);
    if is_deleted {
        return Ok(Referred::Nothing);
    }
    let reaction = reaction(unit, event, &pointer)?;
    match (&event.action, reaction) {
        (Action::React { .. }, Some(_)) | (Action::Unreact { .. }, None) => {
            let remote_id = Some(event.id.clone());
            let made_by = MadeBy::OtherBridge;
            Ok(Referred::SoAlready(Pointer { made_by, remote_id, ..pointer }))
        }
        (_, reaction) => Ok(Referred::Known(Referents {
            target: Some(pointer.message),
            reaction,
            ..Referents::default()
        })),
    }
}

/// A delete that comes before its message is kept and wins; everything else waits.
fn unseen(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    target: &RemoteId,
) -> Result<Referred, ChangeError> {
    match &event.action {
        Action::Delete { .. } => {
            let key = (source.account.clone(), target.clone(), event.author.clone());
            let (account, remote_id, author) = key.clone();
            let row = TombstoneRow {
                at: source.now,
                account: Some(account),
                remote_id: Some(remote_id),
                author: Some(author),
            };
            unit.put(&TOMBSTONES, &key, &row)?;
            Ok(Referred::Nothing)
        }
        Action::Read { .. } => Ok(Referred::Nothing),
        Action::Say(_) | Action::Edit { .. } | Action::React { .. } | Action::Unreact { .. } => {
            Ok(Referred::NotYet(target.clone()))
        }
    }
}

enum Permission {
    Granted,
    OnlyACopy,
    Refused,
}

fn may_replace(
    unit: &Unit<'_>,
    event: &Event,
    pointer: &Pointer,
) -> Result<Permission, ChangeError> {
    match pointer.made_by {
        MadeBy::Us | MadeBy::OtherBridge => return Ok(Permission::OnlyACopy),
        MadeBy::Author => {}
    }
    let Some(row) = unit.get(&MESSAGES, &pointer.message)? else { return Ok(Permission::Refused) };
    let record = unit.get(&EVENTS, &(row.conversation, row.seq))?;
    let author = record.and_then(|record| record.author);
    Ok(if author.as_ref() == Some(&event.author) {
        Permission::Granted
    } else {
        Permission::Refused
    })
}

fn reaction(
    unit: &Unit<'_>,
    event: &Event,
    pointer: &Pointer,
) -> Result<Option<MessageId>, ChangeError> {
    let (Action::React { emoji, .. } | Action::Unreact { emoji, .. }) = &event.action else {
        return Ok(None);
    };
    let emoji = super::append::emoji_key(emoji);
    let key = (pointer.conversation, pointer.message, event.author.clone(), emoji);
    Ok(unit.get(&REACTIONS, &key)?.map(|row| row.message))
}

/// The event in canonical form, its references turned into message ids.
pub(crate) fn content_of(action: &Action, referred: &Referents) -> Result<Content, ChangeError> {
    let salt = || Salt::random().map_err(|_| ChangeError::Seal(SealError::NoRandomness));
    Ok(match (action, referred.target) {
        (Action::Say(said), _) => match referred.reply_to {
            Some(reply_to) => said.content.clone().replying_to(reply_to),
            None => said.content.clone(),
        },
        (Action::Edit { said, .. }, Some(target)) => said.content.clone().replacing(target),
        (Action::Delete { .. }, Some(target)) => Content::deleting(salt()?, target),
        (Action::React { emoji, .. }, Some(target)) => Content::reacting(salt()?, target, emoji),
        (Action::Unreact { .. }, Some(target)) => {
            Content::unreacting(salt()?, referred.reaction.unwrap_or(target), target)
        }
        (Action::Read { .. }, Some(target)) => {
            Content::reporting(salt()?, &Receipt::read([target]))
        }
        (Action::Edit { said, .. }, None) => said.content.clone(),
        (
            Action::Delete { .. }
            | Action::React { .. }
            | Action::Unreact { .. }
            | Action::Read { .. },
            None,
        ) => Content::of_parts(salt()?, Vec::new()),
    })
}
