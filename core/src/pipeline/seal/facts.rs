//! What fitting an event to a leg needs to know of other events.

use std::borrow::Cow;

use super::Placed;
use super::draft::Draft;
use crate::fit::fallback::excerpt;
use crate::fit::{Referent, Speaker};
use crate::model::content::{Content, Expiration, Kind};
use crate::model::copy::{Copy, MadeBy};
use crate::model::id::{ConversationId, Identity, Leg, MessageId, RemoteId};
use crate::model::journal::Record;
use crate::store::span::Span;
use crate::store::tables::{EVENTS, MESSAGES, PEOPLE, PROFILES};
use crate::store::{ReadError, Reads};

/// With how many people of a conversation a speaker's name is compared.
const MAX_PEOPLE: usize = 256;

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

/// The content with its end: a new version of a message ends when the first one does.
pub(super) fn with_its_end<'c>(
    draft: &Draft<'_>,
    content: &'c Content,
) -> Result<Cow<'c, Content>, ReadError> {
    let (Kind::Edit, Some(first), None) = (content.kind(), content.replaces, content.expires)
    else {
        return Ok(Cow::Borrowed(content));
    };
    let Some(record) = record(draft, first)? else { return Ok(Cow::Borrowed(content)) };
    let first = Content::decode(&record.content).ok();
    let ends = first.and_then(|it| it.ends(record.received_at));
    let Some(ends) = ends.and_then(|it| u32::try_from(it.as_secs()).ok()) else {
        return Ok(Cow::Borrowed(content));
    };
    Ok(Cow::Owned(content.clone().expiring(Expiration::At(ends))))
}

/// What is to be done to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum To {
    /// It is pointed at: whoever put it there.
    Point,
    /// It is changed or taken away: only what we put there can be.
    Change,
}

/// Leaves the copies that something is done to. Another bridge's copy is that bridge's to change,
/// and is pointed at only where there is no better.
fn mine_first(copies: &mut Vec<Copy>, to: To) {
    let has_better = copies.iter().any(|copy| copy.made_by != MadeBy::OtherBridge);
    copies.retain(|copy| match to {
        To::Point => !has_better || copy.made_by != MadeBy::OtherBridge,
        To::Change => copy.made_by == MadeBy::Us,
    });
}

/// A message as a leg knows it; nothing if its id there is still to come.
pub(super) fn referent(
    draft: &Draft<'_>,
    conversation: ConversationId,
    message: MessageId,
    (leg, to): (&Leg, To),
) -> Result<Option<Referent>, ReadError> {
    let mut copies = draft.copies(conversation, message, leg)?;
    copies.retain(|copy| copy.is_shown);
    let record = record(draft, message)?;
    let content = record.as_ref().and_then(|it| Content::decode(&it.content).ok());
    if let (true, Some(Content { replaces: Some(first), .. })) = (copies.is_empty(), &content)
        && *first != message
    {
        // A version that replaced the first in its place is found where the first is.
        copies = draft.copies(conversation, *first, leg)?;
        copies.retain(|copy| copy.is_shown);
    }
    mine_first(&mut copies, to);
    if copies.iter().any(|copy| copy.remote_id.is_none()) {
        return Ok(None);
    }
    let is_original = copies.iter().any(|copy| copy.made_by == MadeBy::Author);
    let mut referent = Referent {
        copies: copies.into_iter().filter_map(|copy| copy.remote_id).collect(),
        is_original,
        ..Referent::default()
    };
    if let Some(record) = record {
        // What was taken back is not quoted.
        let is_deleted = is_deleted(draft, message)?;
        referent.excerpt = content.as_ref().filter(|_| !is_deleted).map(excerpt);
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

/// Words that stand on a leg for later versions of a message: a delete has to reach them too.
pub(super) fn later_versions(
    draft: &Draft<'_>,
    conversation: ConversationId,
    message: MessageId,
    leg: &Leg,
) -> Result<Vec<RemoteId>, ReadError> {
    let row = draft.snapshot.get(&MESSAGES, &message)?;
    let mut found = Vec::new();
    for edit in row.map(|row| row.edits).unwrap_or_default() {
        let copies = draft.copies(conversation, edit, leg)?;
        let words = copies.into_iter().filter(|it| it.is_shown && it.made_by == MadeBy::Us);
        found.extend(words.filter_map(|it| it.remote_id));
    }
    Ok(found)
}

/// The people of a conversation, at most [`MAX_PEOPLE`]: those for whom a speaker must not be taken.
pub(super) fn others(
    draft: &mut Draft<'_>,
    conversation: ConversationId,
    speaker_is: Option<&Identity>,
) -> Result<Vec<Speaker>, ReadError> {
    if !draft.people.contains_key(&conversation) {
        let rows = draft.snapshot.scan(&PEOPLE, Span::under(&conversation), MAX_PEOPLE)?;
        let people = rows.iter().map(|(_, who)| speaker(draft, who)).collect::<Result<_, _>>()?;
        draft.people.insert(conversation, people);
    }
    let known = &draft.account.routes.borrow().people;
    let kin = speaker_is.map(|it| draft.kin(it)).transpose()?;
    let is_kin =
        |it: &Speaker| kin.as_ref().is_some_and(|kin| kin.identities.contains(&it.identity));
    // Nobody is taken for somebody else by their own name on another network.
    let is_one = |it: &Speaker| speaker_is.is_some_and(|is| known.is_one(is, &it.identity));
    let is_other = |it: &&Speaker| !is_kin(it) && !is_one(it);
    let people = draft.people.get(&conversation).into_iter().flatten();
    Ok(people.filter(is_other).cloned().collect())
}

/// Who speaks, by the name that they chose; who chose none, by what the owner calls them.
pub(super) fn speaker(draft: &Draft<'_>, author: &Identity) -> Result<Speaker, ReadError> {
    let profile = draft.snapshot.get(&PROFILES, author)?.unwrap_or_default();
    let called = || draft.account.routes.borrow().people.name_of(author).map(str::to_owned);
    let name = profile.display_name.or_else(called).or_else(|| profile.handle.clone());
    Ok(Speaker {
        identity: author.clone(),
        name: name.unwrap_or_else(|| author.author.as_str().to_owned()),
        handle: profile.handle,
        is_known: draft.is_known(author)?,
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
