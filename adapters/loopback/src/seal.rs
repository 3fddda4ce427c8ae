//! Plaintext → final bytes. They are made once: each post bears a number of its own, so the same
//! words said twice are two posts, and the same bytes sent twice are one.

use threadbridge_core::adapter::{Missing, Sealed, Sealing};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

use crate::fetch::Wanted;
use crate::network::Naming;
use crate::network::session::Session;
use crate::ratchet::{Place, RoomKeys};
use crate::wire::{Body, Post, Secret, decode, encode};

/// A plaintext that is being sealed.
pub(crate) struct SealingFor<'a> {
    pub(crate) session: &'a Session,
    pub(crate) keys: &'a Keys,
    pub(crate) now: Timestamp,
}

impl SealingFor<'_> {
    /// Seals a note for a room.
    pub(crate) fn seal(&self, room: &RemoteConversation, note: &[u8]) -> Sealing {
        let sealing = if self.session.is_encrypted() {
            self.encrypt(room.as_str(), note)
        } else {
            self.number(room.as_str(), note)
        };
        sealing.unwrap_or_else(Sealing::Missing)
    }

    fn number(&self, room: &str, note: &[u8]) -> Result<Sealing, Missing> {
        let key = row("posts", room);
        let number = match self.keys.get(&key).map_err(|_| keys_unreadable())? {
            Some(bytes) => decode(&bytes).ok_or_else(keys_unreadable)?,
            None => 0_u64,
        };
        self.keys.put(&key, &encode(&number.saturating_add(1)));
        Ok(Sealing::Ready(self.post(room, number, Body::Clear(note.to_vec()))))
    }

    fn encrypt(&self, room: &str, note: &[u8]) -> Result<Sealing, Missing> {
        let latest = || Wanted::key(room, None).missing();
        let mut keys = load_room(self.keys, room)?.ok_or_else(latest)?;
        if keys.rekey_due {
            return self.rekey(room, &keys).map(Sealing::First);
        }
        let author = self.session.account();
        let number = keys.next_number(author).ok_or_else(latest)?;
        let at = self.now.as_micros();
        let place = Place { room, author, at, epoch: keys.epoch, number };
        match keys.seal(&place, note) {
            Ok(ciphertext) => {
                save_room(self.keys, room, &keys);
                let body = Body::Sealed { epoch: keys.epoch, ciphertext };
                Ok(Sealing::Ready(self.post(room, number, body)))
            }
            Err(error) => Ok(Sealing::Refused { reason: error.to_string() }),
        }
    }

    /// The key change that must be read back before anything else is said. It is the same one each
    /// time it is asked for, until the epoch that it ends has ended.
    fn rekey(&self, room: &str, keys: &RoomKeys) -> Result<Sealed, Missing> {
        if let Some(bytes) = pending_rekey(self.keys, room)?
            && ends(&bytes) == Some(keys.epoch)
        {
            return Ok(self.named(bytes));
        }
        let author = self.session.account();
        let salt = rekey_salt(author, room, keys.epoch, self.now.as_micros());
        let tag = keys.rekey_tag(keys.epoch, author, &salt);
        let tag = tag.ok_or_else(|| Wanted::key(room, None).missing())?;
        let sealed = self.post(room, 0, Body::Rekey { epoch: keys.epoch, salt, tag });
        self.keys.put(&row("rekey", room), &sealed.bytes);
        Ok(sealed)
    }

    fn post(&self, room: &str, number: u64, body: Body) -> Sealed {
        let author = self.session.account().to_owned();
        let room = Some(room.to_owned());
        self.named(encode(&Post { room, author, at: self.now.as_micros(), number, body }))
    }

    fn named(&self, bytes: Vec<u8>) -> Sealed {
        let remote_id = match self.session.network().rules().naming {
            Naming::Digest => RemoteId::parse(Post::digest(&bytes)).ok(),
            Naming::Network => None,
        };
        Sealed { bytes, remote_id }
    }
}

/// A rekey's salt must be new, not secret: the next key is made of it and of the last key.
pub(crate) fn rekey_salt(author: &str, room: &str, epoch: u64, at: i64) -> [u8; 32] {
    let material = [author.as_bytes(), room.as_bytes(), &epoch.to_be_bytes(), &at.to_be_bytes()];
    *Secret::derive("threadbridge loopback 2026 salt", &material).as_bytes()
}

/// What the account knows of a room's key.
pub(crate) fn load_room(keys: &Keys, room: &str) -> Result<Option<RoomKeys>, Missing> {
    match keys.get(&row("room", room)).map_err(|_| keys_unreadable())? {
        Some(bytes) => decode(&bytes).map(Some).ok_or_else(keys_unreadable),
        None => Ok(None),
    }
}

/// Keeps what the account knows of a room's key.
pub(crate) fn save_room(keys: &Keys, room: &str, known: &RoomKeys) {
    keys.put(&row("room", room), &encode(known));
}

/// A key change of our own that was not read back yet.
pub(crate) fn pending_rekey(keys: &Keys, room: &str) -> Result<Option<Vec<u8>>, Missing> {
    let bytes = keys.get(&row("rekey", room)).map_err(|_| keys_unreadable())?;
    Ok(bytes.map(|bytes| bytes.to_vec()))
}

/// The epoch that a key change ends.
fn ends(bytes: &[u8]) -> Option<u64> {
    match decode::<Post>(bytes)?.body {
        Body::Rekey { epoch, .. } => Some(epoch),
        Body::Clear(_) | Body::Sealed { .. } => None,
    }
}

/// A key change was read back: a pending one of our own is done, or came too late.
pub(crate) fn forget_rekey(keys: &Keys, room: &str) {
    keys.delete(&row("rekey", room));
}

/// Without its keys nothing can be said of an envelope; it waits until they can be read.
fn keys_unreadable() -> Missing {
    Missing {
        what: "own keys".to_owned(),
        reason: "the account's keys cannot be read from the store".to_owned(),
    }
}

fn row(kind: &str, room: &str) -> Vec<u8> {
    format!("{kind}/{room}").into_bytes()
}
