//! Taking posts in: what a server checks, how it knows a post again, and what then happens.

use std::cmp::Ordering;

use thiserror::Error;
use threadbridge_core::adapter::Parsed;
use threadbridge_core::model::capabilities::Unit;
use threadbridge_core::model::id::RemoteId;
use unicode_segmentation::UnicodeSegmentation;

use super::rules::{Naming, Receipts, Sameness, Secrecy};
use super::stream::Stream;
use super::{LoopbackNetwork, State};
use crate::parse::parse;
use crate::ratchet::Place;
use crate::wire::{Body, MAX_POST_BYTES, News, Note, Plain, Post, decode, encode};

/// A post that is taken but not yet in its room.
#[derive(Debug)]
pub(super) struct Held {
    id: String,
    post: Post,
    bytes: Vec<u8>,
}

/// What becomes of a post once it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It enters its room at once.
    Enters,
    /// It waits until the network admits it.
    Held,
    /// It never enters its room.
    ThrownAway,
    /// It never enters its room, and nobody says so.
    Forgotten,
}

/// What the network says to a post that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// What it calls it.
    pub(crate) id: String,
    /// Whether it has it for good.
    pub(crate) is_final: bool,
}

/// Why the network takes a post never, or not any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotTaken {
    #[error("the post is not in the network's format")]
    Malformed,
    #[error("the post is in another's name")]
    NotYours,
    #[error("the room takes only sealed posts, and others only clear ones")]
    WrongSecrecy,
    #[error("the text is longer than the network allows")]
    TooLong,
    #[error("the room's key has changed since the post was sealed")]
    StaleEpoch,
    #[error("the post's epoch has not begun")]
    UnknownEpoch,
    #[error("the stream is full")]
    Full,
}

/// A post with the key that came with it.
pub(super) struct Submission<'a> {
    pub(super) account: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) idempotency_key: [u8; 16],
}

impl LoopbackNetwork {
    /// Takes a post in, or recognises it as one that it has taken.
    pub(super) fn take(
        &self,
        state: &mut State,
        submission: &Submission<'_>,
        fate: Fate,
    ) -> Result<Taken, NotTaken> {
        let is_final = self.rules().receipts == Receipts::Final;
        let sameness = self.sameness(submission);
        if let Some(id) = state.taken.get(&sameness) {
            return Ok(Taken { id: id.clone(), is_final });
        }
        let bytes = submission.bytes;
        if bytes.len() > MAX_POST_BYTES {
            return Err(NotTaken::TooLong);
        }
        let post: Post = decode(bytes).ok_or(NotTaken::Malformed)?;
        self.check(state, submission.account, &post)?;
        let id = match self.rules().naming {
            Naming::Digest => Post::digest(bytes),
            Naming::Network => state.fresh_name("post"),
        };
        let held = Held { id: id.clone(), post, bytes: bytes.to_vec() };
        if fate == Fate::ThrownAway {
            self.throw_away(state, &held);
            return Ok(Taken { id, is_final: false });
        }
        if fate == Fate::Forgotten {
            return Ok(Taken { id, is_final: false });
        }
        state.taken.insert(sameness, id.clone());
        if fate == Fate::Held {
            state.held.push_back(held);
        } else {
            self.enter(state, held);
        }
        Ok(Taken { id, is_final })
    }

    fn sameness(&self, submission: &Submission<'_>) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(submission.account.as_bytes());
        hasher.update(&[0]);
        match self.rules().sameness {
            Sameness::Bytes => hasher.update(submission.bytes),
            Sameness::IdempotencyKey => hasher.update(&submission.idempotency_key),
        };
        hasher.finalize().into()
    }

    fn check(&self, state: &mut State, account: &str, post: &Post) -> Result<(), NotTaken> {
        if post.author != account {
            return Err(NotTaken::NotYours);
        }
        let room = post.room.as_deref().unwrap_or_default();
        if state.streams.get(self.stream_of(room)).is_none_or(Stream::is_full) {
            return Err(NotTaken::Full);
        }
        let secrecy = if post.room.is_some() { self.rules().secrecy } else { Secrecy::Clear };
        match (&post.body, secrecy) {
            (Body::Clear(note), Secrecy::Clear) => self.check_length(note),
            (Body::Sealed { epoch, .. }, Secrecy::Encrypted { past_epochs }) => {
                let latest = self.room(state, room).keys.epoch;
                match latest.checked_sub(*epoch) {
                    None => Err(NotTaken::UnknownEpoch),
                    Some(age) if age > past_epochs => Err(NotTaken::StaleEpoch),
                    Some(_) => Ok(()),
                }
            }
            (Body::Rekey { epoch, .. }, Secrecy::Encrypted { .. }) => {
                match self.room(state, room).keys.epoch.cmp(epoch) {
                    Ordering::Less => Err(NotTaken::UnknownEpoch),
                    Ordering::Equal => Ok(()),
                    Ordering::Greater => Err(NotTaken::StaleEpoch),
                }
            }
            (Body::Clear(_), Secrecy::Encrypted { .. })
            | (Body::Sealed { .. } | Body::Rekey { .. }, Secrecy::Clear) => {
                Err(NotTaken::WrongSecrecy)
            }
        }
    }

    fn check_length(&self, note: &[u8]) -> Result<(), NotTaken> {
        match decode(note).ok_or(NotTaken::Malformed)? {
            Note::Say(words) | Note::Edit { words, .. } => {
                let limit = self.rules().capabilities.limits.text;
                if length(&words.text, limit.unit) > limit.max {
                    return Err(NotTaken::TooLong);
                }
                Ok(())
            }
            Note::Delete { .. }
            | Note::React { .. }
            | Note::Unreact { .. }
            | Note::Read { .. }
            | Note::Profile { .. }
            | Note::Claim { .. } => Ok(()),
        }
    }

    fn throw_away(&self, state: &mut State, held: &Held) {
        let name = state.fresh_name("thrown");
        let room = held.post.room.clone().unwrap_or_default();
        let reason = "the network changed its mind".to_owned();
        let (id, author) = (held.id.clone(), held.post.author.clone());
        self.append(state, &room, name, News::Thrown { id, author, reason });
    }

    /// Puts a post into its room: the people's apps show it, and whoever listens hears of it.
    pub(super) fn enter(&self, state: &mut State, held: Held) {
        let Held { id, post, bytes } = held;
        let name = post.room.clone().unwrap_or_default();
        if post.room.is_some() {
            self.show(state, &name, &id, &post);
        }
        self.append(state, &name, id, News::Posted(bytes));
    }

    fn show(&self, state: &mut State, name: &str, id: &str, post: &Post) {
        let network = self.name().clone();
        let room = self.room(state, name);
        let note = match &post.body {
            Body::Clear(note) => {
                let next = post.number.saturating_add(1);
                room.posts.insert(post.author.clone(), next);
                Some(note.clone())
            }
            Body::Sealed { epoch, ciphertext } => {
                let place = Place {
                    room: name,
                    author: &post.author,
                    at: post.at,
                    epoch: *epoch,
                    number: post.number,
                };
                room.keys.open(&place, ciphertext).ok()
            }
            Body::Rekey { epoch, salt, tag } => {
                let known = room.keys.rekey_tag(*epoch, &post.author, salt) == Some(*tag);
                if known && room.keys.rekey(*epoch, salt).is_ok() {
                    return;
                }
                None
            }
        };
        let plain = note.map(|note| Plain {
            id: id.to_owned(),
            room: Some(name.to_owned()),
            author: post.author.clone(),
            at: post.at,
            note,
        });
        let parsed = plain.and_then(|plain| parse(&network, &encode(&plain)).ok());
        let Some(parsed) = parsed else {
            room.unreadable = room.unreadable.saturating_add(1);
            return;
        };
        for parsed in parsed {
            match parsed {
                Parsed::Event(event) => room.show(*event),
                Parsed::Profile(..) | Parsed::Proof(_) => {}
            }
        }
    }
}

fn length(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Bytes => text.len(),
        Unit::Characters => text.chars().count(),
        Unit::Utf16 => text.encode_utf16().count(),
        Unit::Graphemes => text.graphemes(true).count(),
    }
}

impl Taken {
    /// The name in the form of the bridge.
    pub(crate) fn remote_id(&self) -> Option<RemoteId> {
        RemoteId::parse(self.id.clone()).ok()
    }
}
