//! The people on the network, with apps of their own that never fail.

use thiserror::Error;
use threadbridge_core::model::id::{Identity, RemoteAuthor, RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};

use super::publish::{Fate, NotTaken, Submission};
use super::rules::Secrecy;
use super::{Heard, LoopbackNetwork, State};
use crate::ratchet::Place;
use crate::render::{Unwritable, render};
use crate::seal::rekey_salt;
use crate::wire::{Body, News, Note, Post, encode};

/// Somebody on the network.
#[derive(Clone, Debug)]
pub struct Person {
    network: LoopbackNetwork,
    name: String,
}

/// Why somebody could not say something.
#[derive(Debug, Error)]
#[error("the network did not take what {name} said")]
pub struct Unsaid {
    name: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Person {
    pub(super) fn new(network: LoopbackNetwork, name: &str) -> Self {
        Self { network, name: name.to_owned() }
    }

    /// Says something in a room.
    pub fn says(&self, room: &RemoteConversation, text: &str) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::Say(self.words(text, ReplyTo::Conversation)))
    }

    /// Answers a message.
    pub fn replies(
        &self,
        room: &RemoteConversation,
        to: &RemoteId,
        text: &str,
    ) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::Say(self.words(text, ReplyTo::Message(to.clone()))))
    }

    /// Replaces what they said.
    pub fn edits(
        &self,
        room: &RemoteConversation,
        target: &RemoteId,
        text: &str,
    ) -> Result<RemoteId, Unsaid> {
        let say = self.words(text, ReplyTo::Conversation);
        self.does(room, &Outgoing::Edit { target: target.clone(), say })
    }

    /// Takes back what they said.
    pub fn deletes(
        &self,
        room: &RemoteConversation,
        target: &RemoteId,
    ) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::Delete { target: target.clone() })
    }

    /// Reacts to a message.
    pub fn reacts(
        &self,
        room: &RemoteConversation,
        target: &RemoteId,
        emoji: &str,
    ) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::React { target: target.clone(), emoji: emoji.to_owned() })
    }

    /// Takes a reaction back.
    pub fn unreacts(
        &self,
        room: &RemoteConversation,
        target: &RemoteId,
        emoji: &str,
    ) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::Unreact { target: target.clone(), emoji: emoji.to_owned() })
    }

    /// Reads a room as far as a message.
    pub fn reads(&self, room: &RemoteConversation, up_to: &RemoteId) -> Result<RemoteId, Unsaid> {
        self.does(room, &Outgoing::Read { up_to: up_to.clone() })
    }

    /// Does anything that can be done in a room.
    pub fn does(&self, room: &RemoteConversation, outgoing: &Outgoing) -> Result<RemoteId, Unsaid> {
        let note = render(self.network.name(), outgoing).map_err(|it| self.unsaid(it))?;
        self.network.change(|state| self.post(state, room.as_str(), &note))
    }

    /// Shows themself under another name.
    pub fn calls_themself(&self, name: &str) -> Result<RemoteId, Unsaid> {
        self.tells_everybody(&Note::Profile { name: name.to_owned() })
    }

    /// Proves that they are somebody on another network.
    pub fn claims(&self, other: &Identity) -> Result<RemoteId, Unsaid> {
        self.speaks_of(other, true)
    }

    /// Takes back that they are somebody on another network.
    pub fn disclaims(&self, other: &Identity) -> Result<RemoteId, Unsaid> {
        self.speaks_of(other, false)
    }

    /// Is somebody on another network no longer, without a word to anybody; whoever asks is told.
    pub fn loses(&self, other: &Identity) {
        self.network.change(|state| state.lost.insert((self.name.clone(), other.uri())));
    }

    fn speaks_of(&self, other: &Identity, holds: bool) -> Result<RemoteId, Unsaid> {
        let (network, who) = (other.network.as_str().to_owned(), other.author.as_str().to_owned());
        self.tells_everybody(&Note::Claim { network, who, holds })
    }

    fn tells_everybody(&self, note: &Note) -> Result<RemoteId, Unsaid> {
        let note = encode(note);
        let at = self.now();
        let number = u64::try_from(at).unwrap_or_default();
        let body = Body::Clear(note);
        let post = Post { room: None, author: self.name.clone(), at, number, body };
        self.network.change(|state| self.submit(state, &post))
    }

    /// Joins an encrypted room: whoever speaks next there changes its key first.
    pub fn joins(&self, room: &RemoteConversation) {
        self.network.change(|state| {
            self.network.room(state, room.as_str()).keys.rekey_due = true;
            let id = state.fresh_name("joined");
            let news = News::Joined { room: room.as_str().to_owned() };
            self.network.append(state, room.as_str(), id, news);
        });
    }

    /// Changes the key of an encrypted room.
    pub fn rekeys(&self, room: &RemoteConversation) -> Result<RemoteId, Unsaid> {
        self.network.change(|state| self.rekey(state, room.as_str()))
    }

    /// What they see in a room, in order.
    #[must_use]
    pub fn hears(&self, room: &RemoteConversation) -> Vec<Heard> {
        let rules = self.network.rules();
        let at = rules.capabilities.features.expiry.is_native().then(|| rules.clock.now());
        self.network.read(|state| {
            state.rooms.get(room.as_str()).map(|room| room.shown(at)).unwrap_or_default()
        })
    }

    /// What they see in a room as soon as it is `enough`. Waits for ever if it never is.
    pub async fn hears_until(
        &self,
        room: &RemoteConversation,
        enough: impl Fn(&[Heard]) -> bool,
    ) -> Vec<Heard> {
        let mut changes = self.network.changes();
        loop {
            changes.mark_unchanged();
            let heard = self.hears(room);
            if enough(&heard) || changes.changed().await.is_err() {
                return heard;
            }
        }
    }

    /// How far they have read in a room, as the others see it.
    #[must_use]
    pub fn has_read(&self, room: &RemoteConversation) -> Option<RemoteId> {
        let who = RemoteAuthor::parse(self.name.clone()).ok()?;
        self.network.read(|state| state.rooms.get(room.as_str())?.read_up_to(&who).cloned())
    }

    fn words(&self, text: &str, reply_to: ReplyTo) -> Say {
        Say {
            text: text.to_owned(),
            mentions: Vec::new(),
            embeds: Vec::new(),
            reply_to,
            sent_at: self.network.rules().clock.now(),
            mark: None,
            expires: None,
        }
    }

    fn post(&self, state: &mut State, room: &str, note: &[u8]) -> Result<RemoteId, Unsaid> {
        let at = self.now();
        let (number, body) = match self.network.rules().secrecy {
            Secrecy::Clear => {
                let posts = &self.network.room(state, room).posts;
                (posts.get(&self.name).copied().unwrap_or_default(), Body::Clear(note.to_vec()))
            }
            Secrecy::Encrypted { .. } => {
                if self.network.room(state, room).keys.rekey_due {
                    self.rekey(state, room)?;
                }
                // The others' apps, which share the room's keys here, move on when they open it.
                let mut keys = self.network.room(state, room).keys.clone();
                let number = keys.next_number(&self.name).unwrap_or_default();
                let place = Place { room, author: &self.name, at, epoch: keys.epoch, number };
                let ciphertext = keys.seal(&place, note).map_err(|it| self.unsaid(it))?;
                (number, Body::Sealed { epoch: place.epoch, ciphertext })
            }
        };
        let room = Some(room.to_owned());
        self.submit(state, &Post { room, author: self.name.clone(), at, number, body })
    }

    fn rekey(&self, state: &mut State, room: &str) -> Result<RemoteId, Unsaid> {
        let keys = &self.network.room(state, room).keys;
        let (at, epoch) = (self.now(), keys.epoch);
        let salt = rekey_salt(&self.name, room, epoch, at);
        let tag = keys.rekey_tag(epoch, &self.name, &salt);
        let tag = tag.ok_or(NotTaken::UnknownEpoch).map_err(|it| self.unsaid(it))?;
        let body = Body::Rekey { epoch, salt, tag };
        let room = Some(room.to_owned());
        self.submit(state, &Post { room, author: self.name.clone(), at, number: 0, body })
    }

    fn submit(&self, state: &mut State, post: &Post) -> Result<RemoteId, Unsaid> {
        let bytes = encode(post);
        let mut idempotency_key = [0; 16];
        blake3::Hasher::new().update(&bytes).finalize_xof().fill(&mut idempotency_key);
        let submission = Submission { account: &self.name, bytes: &bytes, idempotency_key };
        let taken = self.network.take(state, &submission, Fate::Enters);
        let taken = taken.map_err(|it| self.unsaid(it))?;
        taken.remote_id().ok_or_else(|| self.unsaid(Unwritable::Name))
    }

    fn now(&self) -> i64 {
        self.network.rules().clock.now().as_micros()
    }

    fn unsaid(&self, source: impl std::error::Error + Send + Sync + 'static) -> Unsaid {
        Unsaid { name: self.name.clone(), source: Box::new(source) }
    }
}
