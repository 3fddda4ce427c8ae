//! Envelope → plaintext: checks the network's stamp and, in encrypted rooms, opens what is sealed.

use std::collections::BTreeSet;

use threadbridge_core::adapter::{Envelope, Missing, Opened, Refusal};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::store::Keys;

use crate::fetch::Wanted;
use crate::network::Naming;
use crate::network::session::Session;
use crate::ratchet::{Place, RoomKeys, Unopened, take_over};
use crate::seal::{forget_rekey, load_room, pending_rekey, save_room};
use crate::wire::{Body, Entry, News, Plain, Post, decode, encode};

/// What opening stops at.
enum Stop {
    Missing(Missing),
    Refused(Refusal),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// An envelope that is being opened.
pub(crate) struct Opening<'a> {
    pub(crate) session: &'a Session,
    pub(crate) keys: &'a Keys,
    pub(crate) linked: &'a BTreeSet<RemoteConversation>,
}

impl Opening<'_> {
    /// Opens one envelope. Whatever is refused leaves the keys as they were.
    pub(crate) fn open(&self, envelope: &Envelope) -> Opened {
        let opened = Entry::proven(&envelope.bytes, self.session.secret())
            .map_err(Stop::from)
            .and_then(|entry| self.news(envelope, entry));
        match opened {
            Ok(opened) => opened,
            Err(Stop::Missing(missing)) => Opened::Missing(missing),
            Err(Stop::Refused(refusal)) => Opened::Refused(refusal),
        }
    }

    fn news(&self, envelope: &Envelope, entry: Entry) -> Result<Opened, Stop> {
        if entry.id != envelope.id.as_str() {
            return Err(refused("the entry is not the one that it was announced as"));
        }
        match entry.news {
            News::Posted(bytes) => self.post(envelope, &bytes),
            News::Thrown { id, author, reason } if author == self.own() => {
                Ok(Opened::Rejected { id: remote_id(id)?, reason })
            }
            News::Thrown { .. } => Ok(Opened::Elsewhere),
            News::Joined { room } => {
                if !self.is_linked(&room) {
                    return Ok(Opened::Elsewhere);
                }
                if let Some(mut keys) = load_room(self.keys, &room)? {
                    keys.rekey_due = true;
                    save_room(self.keys, &room, &keys);
                }
                Ok(Opened::Learnt)
            }
            News::RoomKey { room, epoch, sealed } => {
                let secret = take_over(&sealed, self.session.secret())
                    .ok_or_else(|| refused("the room's key was not sealed for this account"))?;
                let mut keys = load_room(self.keys, &room)?.unwrap_or_else(RoomKeys::forgotten);
                keys.learn(epoch, secret);
                save_room(self.keys, &room, &keys);
                Ok(Opened::Learnt)
            }
        }
    }

    fn post(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Opened, Stop> {
        let naming = self.session.network().rules().naming;
        if naming == Naming::Digest && Post::digest(bytes) != envelope.id.as_str() {
            return Err(refused("the post is not the one that its name stands for"));
        }
        let post: Post =
            decode(bytes).ok_or_else(|| refused("the post is not in the network's format"))?;
        let room = match &post.room {
            Some(room) if self.is_linked(room) => room.clone(),
            Some(_) => return Ok(Opened::Elsewhere),
            None => String::new(),
        };
        let note = match &post.body {
            Body::Clear(note) if post.room.is_none() || !self.session.is_encrypted() => {
                note.clone()
            }
            Body::Clear(_) => return Err(refused("an encrypted room holds no clear posts")),
            Body::Sealed { .. } | Body::Rekey { .. } if post.author == self.own() => {
                // Its key was used up when it was sealed: what it says is in the journal.
                if let Body::Rekey { epoch, salt, tag } = &post.body {
                    self.rekey(&post, &room, *epoch, (salt, tag))?;
                }
                return Ok(Opened::Confirmed(envelope.id.clone()));
            }
            Body::Sealed { epoch, ciphertext } => self.sealed(&post, &room, *epoch, ciphertext)?,
            Body::Rekey { epoch, salt, tag } => {
                self.rekey(&post, &room, *epoch, (salt, tag))?;
                return Ok(Opened::Learnt);
            }
        };
        let Post { room, author, at, .. } = post;
        let id = envelope.id.as_str().to_owned();
        Ok(Opened::Plaintext(encode(&Plain { id, room, author, at, note })))
    }

    fn sealed(
        &self,
        post: &Post,
        room: &str,
        epoch: u64,
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, Stop> {
        let mut keys = load_room(self.keys, room)?.unwrap_or_default();
        let place = Place { room, author: &post.author, at: post.at, epoch, number: post.number };
        match keys.open(&place, ciphertext) {
            Ok(note) => {
                save_room(self.keys, room, &keys);
                Ok(note)
            }
            Err(Unopened::NoKey) => Err(Wanted::key(room, Some(epoch)).missing().into()),
            Err(
                error @ (Unopened::Used
                | Unopened::TooFarAhead
                | Unopened::TooManySenders
                | Unopened::Forged),
            ) => Err(refused(&error.to_string())),
        }
    }

    /// Applies a key change that was read back in the network's order, ours or another's.
    fn rekey(
        &self,
        post: &Post,
        room: &str,
        epoch: u64,
        (salt, tag): (&[u8; 32], &[u8; 32]),
    ) -> Result<(), Stop> {
        let next = epoch.saturating_add(1);
        let mut keys = load_room(self.keys, room)?.unwrap_or_default();
        if keys.secret(next).is_some() {
            // A member handed the next key over before. Our own change is done nevertheless.
            if pending_rekey(self.keys, room)? == Some(encode(post)) {
                keys.rekey_due = false;
                save_room(self.keys, room, &keys);
                forget_rekey(self.keys, room);
            }
            return Ok(());
        }
        match keys.rekey_tag(epoch, &post.author, salt) {
            None => Err(Wanted::key(room, Some(next)).missing().into()),
            Some(known) if known != *tag => {
                Err(refused("the key change does not prove that its author knew the key"))
            }
            Some(_) => {
                let changed = keys.rekey(epoch, salt);
                changed.map_err(|error| refused(&error.to_string()))?;
                save_room(self.keys, room, &keys);
                forget_rekey(self.keys, room);
                Ok(())
            }
        }
    }

    fn own(&self) -> &str {
        self.session.account()
    }

    fn is_linked(&self, room: &str) -> bool {
        RemoteConversation::parse(room).is_ok_and(|room| self.linked.contains(&room))
    }
}

fn remote_id(id: String) -> Result<RemoteId, Stop> {
    RemoteId::parse(id).map_err(|_| refused("the network names a post as nothing can be named"))
}

fn refused(reason: &str) -> Stop {
    Stop::Refused(Refusal::new(reason))
}
