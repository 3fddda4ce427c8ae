//! Putting a message together from its text, what stands around it and what stands beside it, and
//! taking it apart again into pieces that fit.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::Withheld;
use super::splitter::{Piece, Room, Unsplittable, split};
use super::telling::{Loss, Telling};
use crate::model::capabilities::{Feature, Payload, Support};
use crate::model::content;
use crate::model::outgoing::{Embed, Mention, ReplyTo, Say};

/// A message before it is cut to size.
#[derive(Debug)]
pub(super) struct Draft {
    /// What stands before the author's words: quotes and the author's name.
    pub(super) before: String,
    /// The author's words.
    pub(super) text: String,
    /// People named in the author's words.
    pub(super) mentions: Vec<content::Mention>,
    /// Lines below the author's words.
    pub(super) below: Vec<String>,
    /// What stands beside the text.
    pub(super) embeds: Vec<Embed>,
    /// What it answers.
    pub(super) reply_to: ReplyTo,
}

impl Draft {
    /// The messages that the draft comes to, in order. Each answers the one before.
    ///
    /// What comes to a less protected place says how well it was protected before.
    pub(super) fn cut(
        mut self,
        telling: &Telling<'_>,
        losses: &mut Vec<Loss>,
    ) -> Result<Vec<Say>, Withheld> {
        if telling.level.falls_to(telling.capabilities.level) {
            self.before.insert_str(0, &format!("[{}] ", telling.level));
        }
        let mentions = self.known_mentions(telling, losses)?;
        let text = self.composed();
        let mut whole: Vec<_> = self.mentions.iter().map(|it| self.place(&it.range)).collect();
        whole.extend(addresses(&text));
        whole.extend(self.beginning());
        let payload = telling.capabilities.limits.payload;
        let stands_alone =
            |it: &Embed| telling.capabilities.media_stands_alone && matches!(it, Embed::Media(_));
        let (alone, beside) = std::mem::take(&mut self.embeds).into_iter().partition(stands_alone);
        let batches = batches(beside, telling, !text.is_empty());
        let room = |index: usize| {
            let beside = batches.get(index).map_or(&[][..], Vec::as_slice);
            room(telling, mentions.len(), payload.map(|it| (it, beside)))
        };
        let cut = |text: &str| split(text, &whole, room, true);
        let too_much = |refusal: Unsplittable| Withheld(Feature::Text, refusal.to_string());
        let mut pieces = cut(&text).map_err(too_much)?;
        if pieces.len() > 1 {
            // Blanks at the end are not worth a piece.
            pieces = cut(text.trim_end()).map_err(too_much)?;
        }
        Ok(says(telling, pieces, batches, (&mentions, self.reply_to, alone)))
    }

    /// What stands before the author's words, with the first of their characters: a name alone is
    /// no message.
    fn beginning(&self) -> Option<Range<usize>> {
        let words = self.text.trim_start();
        let first = words.graphemes(true).next()?;
        let blanks = self.text.len().saturating_sub(words.len());
        Some(0..self.before.len().saturating_add(blanks).saturating_add(first.len()))
    }

    /// Where a range of the author's words comes to stand.
    const fn place(&self, range: &Range<usize>) -> Range<usize> {
        let before = self.before.len();
        range.start.saturating_add(before)..range.end.saturating_add(before)
    }

    fn composed(&self) -> String {
        let mut text = format!("{}{}", self.before, self.text);
        if self.text.is_empty() {
            text.truncate(text.trim_end().len());
        }
        for line in &self.below {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }

    fn known_mentions(
        &self,
        telling: &Telling<'_>,
        losses: &mut Vec<Loss>,
    ) -> Result<Vec<Mention>, Withheld> {
        let support = telling.capabilities.features.mention;
        if self.mentions.is_empty() {
            return Ok(Vec::new());
        }
        if support == Support::Rejected {
            return Err(Withheld(Feature::Mention, "nobody can be named there".to_owned()));
        }
        if !support.is_native() {
            losses.push(Loss::words(Feature::Mention, "people are named in plain text"));
            return Ok(Vec::new());
        }
        let known = self.mentions.iter().filter_map(|mention| {
            let is_there = mention.identity.network == *telling.network;
            let elsewhere = || telling.people.get(&mention.identity).cloned();
            let identity = Some(&mention.identity).filter(|_| is_there).cloned();
            let range = self.place(&mention.range);
            identity.or_else(elsewhere).map(|identity| Mention { range, identity })
        });
        let known: Vec<_> = known.collect();
        if known.len() < self.mentions.len() {
            let reason = "people who are not known there are named in plain text";
            losses.push(Loss::words(Feature::Mention, reason));
        }
        Ok(known)
    }
}

/// Deals what stands beside the text out to as many messages as it takes. Where a text shares the
/// message, at most half of it is given away.
fn batches(embeds: Vec<Embed>, telling: &Telling<'_>, has_text: bool) -> Vec<Vec<Embed>> {
    let limits = &telling.capabilities.limits;
    let payload = limits.payload;
    let most = payload.map_or(usize::MAX, |it| {
        let free = it.max_bytes.saturating_sub(it.fixed_bytes);
        if has_text { free / 2 } else { free }
    });
    let mut batches: Vec<Vec<Embed>> = Vec::new();
    let mut used = 0_usize;
    for embed in embeds {
        let size = payload.map_or(0, |it| size(&embed, it));
        used = used.saturating_add(size);
        match batches.last_mut() {
            Some(batch) if batch.len() < limits.embeds && used <= most => batch.push(embed),
            _ => {
                used = size;
                batches.push(vec![embed]);
            }
        }
    }
    batches
}

fn size(embed: &Embed, payload: Payload) -> usize {
    let own = match embed {
        Embed::Url(url) => url.len(),
        Embed::Quote(remote) => remote.as_str().len(),
        Embed::Media(part) => part.url.len(),
    };
    own.saturating_add(payload.embed_bytes)
}

fn room(telling: &Telling<'_>, mentions: usize, beside: Option<(Payload, &[Embed])>) -> Room {
    let limits = &telling.capabilities.limits;
    let bytes = beside.map_or(usize::MAX, |(payload, embeds)| {
        let named = mentions.min(limits.mentions).saturating_mul(payload.mention_bytes);
        let beside: usize = embeds.iter().map(|embed| size(embed, payload)).sum();
        let taken = payload.fixed_bytes.saturating_add(named).saturating_add(beside);
        payload.max_bytes.saturating_sub(taken)
    });
    Room { text: limits.text, bytes }
}

fn says(
    telling: &Telling<'_>,
    pieces: Vec<Piece>,
    batches: Vec<Vec<Embed>>,
    (mentions, reply_to, alone): (&[Mention], ReplyTo, Vec<Embed>),
) -> Vec<Say> {
    let is_wordless = batches.is_empty() && pieces.iter().all(|it| it.text.is_empty());
    let count = if is_wordless && !alone.is_empty() { 0 } else { pieces.len().max(batches.len()) };
    let mut pieces = pieces.into_iter();
    let mut batches = batches.into_iter();
    let mut reply_to = Some(reply_to);
    let chained = if telling.capabilities.features.reply.is_native() {
        ReplyTo::PartBefore
    } else {
        ReplyTo::Conversation
    };
    let expires_there = telling.capabilities.features.expiry.is_native();
    let say = |_| {
        let piece = pieces.next().unwrap_or(Piece { text: String::new(), source: 0..0 });
        Say {
            mentions: within(&piece, mentions, telling.capabilities.limits.mentions),
            text: piece.text,
            embeds: batches.next().unwrap_or_default(),
            reply_to: reply_to.take().unwrap_or_else(|| chained.clone()),
            sent_at: telling.sent_at,
            mark: telling.mark.cloned(),
            expires: telling.content.expires.filter(|_| expires_there),
        }
    };
    let mut says: Vec<Say> = (0..count).map(say).collect();
    says.extend(alone.into_iter().map(|embed| Say {
        text: String::new(),
        mentions: Vec::new(),
        embeds: vec![embed],
        reply_to: reply_to.take().unwrap_or(ReplyTo::Conversation),
        sent_at: telling.sent_at,
        mark: telling.mark.cloned(),
        expires: telling.content.expires.filter(|_| expires_there),
    }));
    says
}

/// The people named within a piece, by their places in it. More than the network takes stay text.
fn within(piece: &Piece, mentions: &[Mention], most: usize) -> Vec<Mention> {
    let source = &piece.source;
    let inside = mentions
        .iter()
        .filter(|it| source.start <= it.range.start && it.range.end <= source.end)
        .take(most);
    let moved = inside.map(|it| {
        let start = it.range.start.saturating_sub(source.start);
        let end = it.range.end.saturating_sub(source.start);
        Mention { range: start..end, identity: it.identity.clone() }
    });
    moved.collect()
}

/// Where addresses stand in a text.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("://")) {
        let middle = from.saturating_add(at);
        let (before, after) = text.split_at_checked(middle).unwrap_or_default();
        let scheme = before.chars().rev().take_while(char::is_ascii_alphanumeric).count();
        let length = after.find(char::is_whitespace).unwrap_or(after.len());
        let end = middle.saturating_add(length);
        if scheme > 0 {
            found.push(middle.saturating_sub(scheme)..end);
        }
        from = end.max(middle.saturating_add(3));
    }
    found
}
