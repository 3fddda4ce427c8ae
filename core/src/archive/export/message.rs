//! One event with all that is known of it.

use std::collections::BTreeSet;
use std::io::Write;

use super::{ExportError, Out};
use crate::archive::item::{
    ConversationItem, GapItem, Item, MessageItem, Reacted, RemoteName, Standing,
};
use crate::model::content::{Content, Kind};
use crate::model::copy::Copy;
use crate::model::id::{ConversationId, Leg, MessageId, RemoteId, Seq};
use crate::model::journal::{Conversation, Record};
use crate::pipeline::emoji_key;
use crate::store::Reads;
use crate::store::span::Span;
use crate::store::tables::{
    CONVERSATIONS, COPIES, DIRECTS, EVENTS, LEGS, MESSAGES, NOTES, ORIGINS, REACTED, REACTIONS,
    REMOTE,
};

impl<W: Write> Out<'_, W> {
    /// The event at a place, if it is wanted.
    pub(super) fn event(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<(), ExportError> {
        let Some(record) = self.snapshot.get(&EVENTS, &(conversation, seq))? else {
            if self.selection.is_whole() {
                self.written.gaps = self.written.gaps.saturating_add(1);
                self.push(&Item::Gap(GapItem { seq, conversation }))?;
            }
            return Ok(());
        };
        if !self.wants(&record) {
            return Ok(());
        }
        self.conversation(conversation)?;
        if let Some(leg) = &record.leg {
            self.former_leg(conversation, leg)?;
        }
        self.people.extend(record.author.clone());
        self.accounts.extend(record.leg.iter().map(|leg| leg.account.clone()));
        let item = self.message(conversation, seq, record)?;
        self.push(&Item::Message(Box::new(item)))
    }

    fn wants(&self, record: &Record) -> bool {
        let authors = self.selection.authors.as_ref();
        let is_theirs = authors
            .is_none_or(|wanted| record.author.as_ref().is_some_and(|who| wanted.contains(who)));
        is_theirs && self.selection.has_time(record.sent_at)
    }

    /// A conversation, the first time that it is needed.
    pub(super) fn conversation(&mut self, id: ConversationId) -> Result<(), ExportError> {
        if !self.conversations.insert(id) {
            return Ok(());
        }
        let Some(conversation) = self.snapshot.get(&CONVERSATIONS, &id)? else { return Ok(()) };
        self.accounts.extend(conversation.legs.iter().map(|leg| leg.account.clone()));
        let mut legs = Vec::new();
        let listed: BTreeSet<&Leg> = conversation.legs.iter().collect();
        for leg in listed {
            if self.snapshot.get(&LEGS, leg)? == Some(id) {
                legs.push(leg.clone());
            }
        }
        self.written.legs.extend(legs.iter().cloned());
        self.written.conversations = self.written.conversations.saturating_add(1);
        self.push(&Item::Conversation(ConversationItem { conversation, legs }))?;
        match self.snapshot.get(&DIRECTS, &id)? {
            Some(direct) if self.selection.authors.is_none() => self.push(&Item::Direct(direct)),
            Some(_) | None => Ok(()),
        }
    }

    /// A leg that is no longer the conversation's, and still leads to it.
    fn former_leg(&mut self, id: ConversationId, leg: &Leg) -> Result<(), ExportError> {
        if self.written.legs.contains(leg) || self.snapshot.get(&LEGS, leg)? != Some(id) {
            return Ok(());
        }
        let Some(conversation) = self.snapshot.get(&CONVERSATIONS, &id)? else { return Ok(()) };
        self.written.legs.insert(leg.clone());
        let legs = vec![leg.clone()];
        self.push(&Item::Conversation(ConversationItem { conversation, legs }))
    }

    fn message(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
        record: Record,
    ) -> Result<MessageItem, ExportError> {
        let message = record.message;
        let row = self.snapshot.get(&MESSAGES, &message)?;
        let mut copies: Vec<Copy> = Vec::new();
        let under = (conversation, message);
        for (_, copy) in self.snapshot.scan(&COPIES, Span::under(&under), usize::MAX)? {
            self.accounts.insert(copy.leg.account.clone());
            self.accounts.extend(copy.voice.clone());
            copies.push(copy);
        }
        copies.sort_by(|one, other| (&one.leg, one.part).cmp(&(&other.leg, other.part)));
        let notes = self.snapshot.scan(&NOTES, Span::under(&(conversation, seq)), usize::MAX)?;
        let mut notes: Vec<_> = notes.into_iter().map(|(_, note)| note).collect();
        notes.sort_by(|one, other| one.leg.cmp(&other.leg));
        let names = self.names(&record, &copies)?;
        let is_origin = match &record.mark {
            Some(mark) => {
                self.snapshot.get(&ORIGINS, &(conversation, mark.origin))? == Some(message)
            }
            None => false,
        };
        let stands = self.standing(conversation, &record)?;
        let reacted = self.reacted(conversation, message, &copies)?;
        let written = &mut self.written;
        written.copies = written.copies.saturating_add(count(&copies));
        written.notes = written.notes.saturating_add(count(&notes));
        written.names = written.names.saturating_add(count(&names));
        written.origins = written.origins.saturating_add(u64::from(is_origin));
        written.reactions = written.reactions.saturating_add(u64::from(stands.is_some()));
        written.reacted = written.reacted.saturating_add(count(&reacted));
        let (deleted, edits) = row.map(|row| (row.deleted, row.edits)).unwrap_or_default();
        Ok(MessageItem {
            conversation,
            seq,
            record,
            deleted,
            edits,
            is_origin,
            copies,
            names,
            notes,
            stands,
            reacted,
        })
    }

    /// The ids of a message's copies, as far as they lead to it.
    fn names(&self, record: &Record, copies: &[Copy]) -> Result<Vec<RemoteName>, ExportError> {
        let of_copies =
            copies.iter().filter_map(|copy| Some((&copy.leg, copy.remote_id.as_ref()?)));
        let own = record.leg.as_ref().zip(record.remote_id.as_ref());
        let ids: BTreeSet<(&Leg, &RemoteId)> = of_copies.chain(own).collect();
        let mut names: Vec<RemoteName> = Vec::new();
        for (leg, id) in ids {
            let pointer = self.snapshot.get(&REMOTE, &(leg.account.clone(), id.clone()))?;
            let Some(pointer) = pointer.filter(|it| it.message == record.message) else { continue };
            let is_known =
                names.iter().any(|name| name.remote_id == *id && name.leg.account == leg.account);
            if !is_known {
                names.push(RemoteName {
                    leg: pointer.leg,
                    remote_id: id.clone(),
                    part: pointer.part,
                    made_by: pointer.made_by,
                });
            }
        }
        Ok(names)
    }

    /// What a reaction still stands at.
    fn standing(
        &self,
        conversation: ConversationId,
        record: &Record,
    ) -> Result<Option<Standing>, ExportError> {
        let Some(author) = &record.author else { return Ok(None) };
        let Ok(content) = Content::decode(&record.content) else { return Ok(None) };
        if content.kind() != Kind::Reaction {
            return Ok(None);
        }
        let (Some(target), Some(emoji)) =
            (content.in_reply_to, content.reactions().first().copied())
        else {
            return Ok(None);
        };
        let key = (conversation, target, author.clone(), emoji_key(emoji));
        let row = self.snapshot.get(&REACTIONS, &key)?;
        Ok(row.filter(|row| row.message == record.message).map(|row| Standing {
            target,
            author: author.clone(),
            emoji: row.emoji,
        }))
    }

    /// Our accounts' reactions to a message. The row keys have the emoji's key in clear and the leg
    /// as a hash, so each leg on which the message is or may be is asked.
    fn reacted(
        &self,
        conversation: ConversationId,
        message: MessageId,
        copies: &[Copy],
    ) -> Result<Vec<Reacted>, ExportError> {
        let under = (conversation, message);
        let rows = self.snapshot.scan(&REACTED, Span::under(&under), usize::MAX)?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let emoji: BTreeSet<[u8; 8]> =
            rows.iter().filter_map(|(key, _)| key.part(REACTED_EMOJI_AT)).collect();
        let row = self.snapshot.get(&CONVERSATIONS, &conversation)?;
        let listed = row.map(|Conversation { legs, .. }| legs).unwrap_or_default();
        let legs: BTreeSet<&Leg> = listed.iter().chain(copies.iter().map(|it| &it.leg)).collect();
        let mut reacted = Vec::new();
        for leg in legs {
            for emoji in &emoji {
                let key = (conversation, message, leg.clone(), *emoji);
                if let Some(people) = self.snapshot.get(&REACTED, &key)? {
                    reacted.push(Reacted { leg: leg.clone(), emoji: *emoji, people });
                }
            }
        }
        Ok(reacted)
    }
}

/// Behind the conversation, and the hashes of the message and of the leg's two parts.
const REACTED_EMOJI_AT: usize = 16 + 3 * crate::store::key::HASHED_BYTES;

fn count<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
