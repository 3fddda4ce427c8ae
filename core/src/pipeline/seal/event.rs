//! One event for one leg: fitted, rendered, sealed.

use std::collections::BTreeMap;

use super::Placed;
use super::draft::{Draft, ReactedKey};
use super::due::due;
use super::facts::{
    To, answered_by, emoji, is_deleted, later_versions, others, referent, speaker, target_of,
    with_its_end,
};
use super::regroup::{regroup, wanted};
use super::teller::{Teller, teller};
use crate::adapter::{Sealed, Sealing};
use crate::fit::{Fitted, Referent, Telling, fit};
use crate::model::content::{Content, Kind};
use crate::model::id::{Leg, MessageId};
use crate::model::outbox::{CONTROL, OutboxKind, OutboxRow};
use crate::model::outgoing::{Outgoing, ReplyTo};
use crate::model::register::Due;
use crate::pipeline::journal::emoji_key;
use crate::store::ReadError;

/// Seals an event for a leg, or postpones it, or notes why it stays behind.
///
/// Doing it again does no harm: an event that has a copy there is done, but for those of its
/// envelopes that are named in `parts`.
pub(super) fn seal_event(
    draft: &mut Draft<'_>,
    event: &Placed,
    leg: &Leg,
    parts: &[u16],
) -> Result<(), ReadError> {
    let message = event.record.message;
    if parts.is_empty() && !draft.copies(event.conversation, message, leg)?.is_empty() {
        return Ok(());
    }
    if draft.is_backlogged(leg) {
        draft.postpone(event, leg, None);
        return Ok(());
    }
    let Ok(content) = Content::decode(&event.record.content) else {
        draft.note(event, leg, true, "its content was written by a later version".to_owned());
        return Ok(());
    };
    // What came too late is not said.
    if content.ends(event.record.received_at).is_some_and(|end| end <= draft.now) {
        return Ok(());
    }
    if let Some(change) = wanted(event, &content) {
        return regroup(draft, event, leg, (&change, &content));
    }
    let target = target_of(&content);
    if is_void(draft, message, &content, target)? {
        return Ok(());
    }
    let teller = teller(draft, event, leg, &content)?;
    if draft.speaker(teller.voice.as_ref()).is_none() {
        draft.note(event, leg, true, "the account that said it there is gone".to_owned());
        return Ok(());
    }
    let content = with_its_end(draft, &content)?;
    let Some(fitted) = fitted(draft, event, (leg, &teller), &content)? else {
        draft.postpone(event, leg, None);
        return Ok(());
    };
    if let Some((is_whole, reason)) = fitted.note() {
        draft.note(event, leg, is_whole, reason);
    }
    let due = due(draft, event, (leg, &teller), &content)?;
    if let Some(rows) = seal_all(draft, event, (leg, &teller), (fitted.outgoing, parts, due)) {
        draft.enqueue(rows);
    }
    Ok(())
}

/// A tombstone wins every race: what was taken back is not said, nor is anything about it, but for
/// the taking back itself.
fn is_void(
    draft: &Draft<'_>,
    message: MessageId,
    content: &Content,
    target: Option<MessageId>,
) -> Result<bool, ReadError> {
    if is_deleted(draft, message)? {
        return Ok(true);
    }
    match target {
        Some(target) if content.kind() != Kind::Delete => is_deleted(draft, target),
        Some(_) | None => Ok(false),
    }
}

/// What the event becomes there; nothing while a message that it refers to has no id there yet.
fn fitted(
    draft: &mut Draft<'_>,
    event: &Placed,
    (leg, teller): (&Leg, &Teller),
    content: &Content,
) -> Result<Option<Fitted>, ReadError> {
    let conversation = event.conversation;
    let find = |draft: &Draft<'_>, message: Option<MessageId>, to: To| match message {
        Some(message) => Ok::<_, ReadError>(
            referent(draft, conversation, message, (leg, to))?.map_or(Err(()), |it| Ok(Some(it))),
        ),
        None => Ok(Ok(None)),
    };
    let of = |draft: &Draft<'_>, message| find(draft, message, To::Point);
    let is_change = matches!(content.kind(), Kind::Edit | Kind::Delete);
    let to = if is_change { To::Change } else { To::Point };
    let target_id = target_of(content);
    let (Ok(mut target), Ok(reply_to)) =
        (find(draft, target_id, to)?, of(draft, answered_by(content))?)
    else {
        return Ok(None);
    };
    if let (Kind::Delete, Some(message), Some(target)) =
        (content.kind(), target_id, target.as_mut())
    {
        target.copies.extend(later_versions(draft, conversation, message, leg)?);
    }
    let mut quotes = Vec::new();
    for quote in content.quotes() {
        let Ok(quote) = of(draft, quote.message)? else { return Ok(None) };
        quotes.push(quote.unwrap_or_default());
    }
    let taken_back = content.replaces.filter(|_| content.kind() == Kind::Unreaction);
    let Ok(reaction) = find(draft, taken_back, To::Change)? else { return Ok(None) };
    let emoji = emoji(draft, event, content)?;
    let account = draft.account;
    let Some(adapter) = account.adapter_of(teller.voice.as_ref()) else { return Ok(None) };
    let capabilities = adapter.capabilities(&leg.conversation);
    let native = capabilities.features.reaction.is_native();
    let sent = emoji.as_ref().filter(|_| native).and_then(|it| capabilities.reactions.sent_for(it));
    let reaction_is_shared = match (target_id, sent) {
        // Whoever speaks by an account of their own reacts for themself alone.
        (Some(target), Some(sent)) if teller.voice.is_none() => {
            let key = (conversation, target, leg.clone(), emoji_key(&sent));
            counted(draft, key, event, content)?
        }
        _ => false,
    };
    let routes = draft.account.routes.borrow().clone();
    let author = event.record.author.as_ref().filter(|_| teller.is_named);
    let telling = Telling {
        content,
        sent_at: event.record.sent_at,
        level: event.record.level,
        speaker: author.map(|it| speaker(draft, it)).transpose()?,
        attribution: routes.get(conversation).map_or("", |it| it.attribution()),
        others: others(draft, conversation, author)?,
        people: BTreeMap::new(),
        mark: event.record.mark.as_ref(),
        network: adapter.network(),
        capabilities,
        reply_to: reply_to.or_else(|| unseen(event)),
        target,
        reaction,
        emoji,
        quotes,
        reaction_is_shared,
        is_expiry: event.record.is_expiry,
        is_erasure: event.record.is_erasure,
    };
    Ok(Some(fit(&telling)))
}

/// An answer to something that we never saw is still an answer.
fn unseen(event: &Placed) -> Option<Referent> {
    event.record.reply_to_unseen.as_ref().map(|_| Referent::default())
}

/// Counts the people behind our account's one reaction; whether it stands for others too.
fn counted(
    draft: &mut Draft<'_>,
    key: ReactedKey,
    event: &Placed,
    content: &Content,
) -> Result<bool, ReadError> {
    let mut people = draft.reacted(&key)?;
    if content.kind() == Kind::Reaction {
        people.retain(|reaction| *reaction != event.record.message);
        let is_shared = !people.is_empty();
        people.push(event.record.message);
        draft.set_reacted(key, people);
        return Ok(is_shared);
    }
    people.retain(|reaction| Some(*reaction) != content.replaces);
    let is_shared = !people.is_empty();
    draft.set_reacted(key, people);
    Ok(is_shared)
}

/// Renders and seals what is to be done; nothing if it was postponed or noted instead.
fn seal_all(
    draft: &mut Draft<'_>,
    event: &Placed,
    (leg, teller): (&Leg, &Teller),
    (outgoing, parts, due): (Vec<Outgoing>, &[u16], Option<Due>),
) -> Option<Vec<OutboxRow>> {
    let mut rows: Vec<OutboxRow> = Vec::with_capacity(outgoing.len());
    let is_wanted = |part: u16| parts.is_empty() || parts.contains(&part);
    for (part, outgoing) in (1..).zip(outgoing).filter(|(part, _)| is_wanted(*part)) {
        let before = rows.last().and_then(|row| row.sealed.remote_id.clone());
        let is_message = matches!(outgoing, Outgoing::Say(_));
        let outgoing = behind(outgoing, before);
        let (adapter, keys) = draft.speaker(teller.voice.as_ref())?;
        let plaintext = match adapter.render(&leg.conversation, &outgoing) {
            Ok(plaintext) => plaintext,
            Err(unrenderable) => {
                draft.note(event, leg, true, unrenderable.reason);
                return None;
            }
        };
        let kind = if is_message { OutboxKind::Message } else { OutboxKind::Action };
        match adapter.seal(keys, &leg.conversation, &plaintext, draft.now) {
            Sealing::Ready(sealed) => {
                let mut row = row(draft, event, (leg, teller), (part, sealed, kind));
                row.due = due.clone();
                rows.push(row);
            }
            Sealing::Missing(missing) => {
                draft.postpone(event, leg, Some(missing));
                return None;
            }
            Sealing::First(sealed) => {
                draft.postpone(event, leg, None);
                let control = (CONTROL, sealed, OutboxKind::Control);
                return Some(vec![row(draft, event, (leg, teller), control)]);
            }
            Sealing::Done => {}
            Sealing::Refused { reason } => {
                draft.note(event, leg, true, reason);
                return None;
            }
        }
    }
    Some(rows)
}

/// Ties a part to the one before it, now that its id is known; where ids come only later, the part
/// stands by itself.
fn behind(outgoing: Outgoing, before: Option<crate::model::id::RemoteId>) -> Outgoing {
    match outgoing {
        Outgoing::Say(mut say) if say.reply_to == ReplyTo::PartBefore => {
            say.reply_to = before.map_or(ReplyTo::Conversation, ReplyTo::Message);
            Outgoing::Say(say)
        }
        other @ (Outgoing::Say(_)
        | Outgoing::Edit { .. }
        | Outgoing::Delete { .. }
        | Outgoing::React { .. }
        | Outgoing::Unreact { .. }
        | Outgoing::Read { .. }) => other,
    }
}

pub(super) fn row(
    draft: &Draft<'_>,
    event: &Placed,
    (leg, teller): (&Leg, &Teller),
    (part, sealed, kind): (u16, Sealed, OutboxKind),
) -> OutboxRow {
    OutboxRow {
        leg: leg.clone(),
        seq: event.seq,
        part,
        conversation: event.conversation,
        message: event.record.message,
        sealed,
        kind,
        sealed_at: draft.now,
        attempts: 0,
        taken_at: None,
        last_error: None,
        voice: teller.voice.clone(),
        due: None,
    }
}
