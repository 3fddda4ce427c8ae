//! Plaintext → final bytes. Before anything is said in a group, its tree is made to agree with the
//! logs of its members (who was added, who was revoked), and our own leaf is renewed where others made
//! it; each is a commit that must be read back first. Then the content is encrypted, once.

mod comparing;
mod group;
mod media;
mod regroup;

use sha2::Sha256;
use threadbridge_core::adapter::{Missing, Sealed, Sealing};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

use crate::arrival::encode;
use crate::content::body::should_push;
use crate::content::envelope::{MAX_MESSAGE_BYTES, wrap};
use crate::content::id::MessageId;
use crate::kept::{Kept, keys_unreadable};
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::mls::group::record::GroupId;
use crate::open::not_begun;
use crate::place::Place;
use crate::send::Parcel;
use crate::session::Session;
use crate::sync::consent::Consents;
use crate::sync::hmac::SharedKey;

/// What sealing stops at.
pub(crate) enum Halt {
    Missing(Missing),
    First(Sealed),
    Refused(String),
}

impl From<Missing> for Halt {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<Halt> for Sealing {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Missing(missing) => Self::Missing(missing),
            Halt::First(sealed) => Self::First(sealed),
            Halt::Refused(reason) => Self::Refused { reason },
        }
    }
}

/// A plaintext that is being sealed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SealingFor<'a> {
    pub(crate) session: &'a Session,
    pub(crate) keys: &'a Keys,
    pub(crate) now: Timestamp,
}

impl<'a> SealingFor<'a> {
    /// Seals a content, an `EncodedContent`, for a conversation.
    pub(crate) fn seal(&self, conversation: &RemoteConversation, content: &[u8]) -> Sealing {
        self.sealed(conversation, content).map_or_else(Sealing::from, Sealing::Ready)
    }

    fn sealed(&self, conversation: &RemoteConversation, content: &[u8]) -> Result<Sealed, Halt> {
        let place = Place::parse(conversation)
            .ok_or_else(|| Halt::Refused("the network has no such conversation".to_owned()))?;
        let client = self.client()?;
        let group = self.group(&client, &place)?;
        let peer = group.record().peer.as_deref();
        let is_denied =
            Consents::new(self.keys).is_denied(&hex::encode(group.id().as_bytes()), peer);
        if is_denied.map_err(|_unread| keys_unreadable())? {
            return Err(Halt::Refused(
                "the owner denied the conversation, here or in another app".to_owned(),
            ));
        }
        let group = self.brought_up_to_date(group, &place)?;
        let content = self.with_file(group.id().as_bytes(), content)?;
        self.encrypt(group, &content)
    }

    /// Makes sure that a group follows the logs of its members.
    pub(crate) fn tended(&self, id: &GroupId) -> Result<(), Halt> {
        // It may have been compared just before somebody came.
        self.kept().forget_compared(id.as_bytes());
        let client = self.client()?;
        self.current(&client, id).map(drop)
    }

    /// Seals a content for a group.
    pub(crate) fn said_in(&self, id: &GroupId, content: &[u8]) -> Result<Sealed, Halt> {
        let client = self.client()?;
        let group = self.current(&client, id)?;
        self.encrypt(group, content)
    }

    fn current<'c>(&self, client: &'c Client, id: &GroupId) -> Result<Group<'c>, Halt>
    where
        'a: 'c,
    {
        let place = Place::Group(id.as_bytes().to_vec());
        let group = self.group(client, &place)?;
        self.brought_up_to_date(group, &place)
    }

    fn encrypt(&self, group: Group<'_>, content: &[u8]) -> Result<Sealed, Halt> {
        let idempotency_key = self.idempotency_key()?;
        let id = MessageId::of(group.id().as_bytes(), &idempotency_key, content);
        let should_push = should_push(content);
        let plain = wrap(content.to_vec(), &idempotency_key);
        let (of, epoch) = (group.id().as_bytes().to_vec(), group.epoch());
        let data = group.encrypt(&plain, id.as_bytes(), self.now);
        let data = data.map_err(|error| Halt::Refused(error.to_string()))?;
        if data.len() > MAX_MESSAGE_BYTES {
            return Err(Halt::Refused("the message is larger than the network takes".to_owned()));
        }
        let sender_hmac = self.sender_hmac(&of, &data)?;
        let parcel = Parcel { group: of, epoch, data, sender_hmac, should_push, is_commit: false };
        let remote_id = RemoteId::parse(id.to_string()).ok();
        Ok(Sealed { bytes: encode(&parcel), remote_id })
    }

    /// New each time: the same words said twice are two messages.
    fn idempotency_key(&self) -> Result<String, Missing> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_random| keys_unreadable())?;
        Ok(format!("{}-{}", self.now.as_micros(), hex::encode(random)))
    }

    /// By which servers that wake phones know whom not to wake.
    pub(super) fn sender_hmac(&self, group: &[u8], data: &[u8]) -> Result<Vec<u8>, Missing> {
        let key = SharedKey::of(self.keys).map_err(|_unread| keys_unreadable())?;
        let tag = key.and_then(|key| key.tag(group, data, self.now));
        tag.map(Vec::from).ok_or_else(keys_unreadable)
    }

    /// The envelope of a commit of our own.
    pub(super) fn commit(
        &self,
        group: &GroupId,
        epoch: u64,
        data: Vec<u8>,
    ) -> Result<Halt, Missing> {
        let of = group.as_bytes().to_vec();
        let sender_hmac = self.sender_hmac(&of, &data)?;
        let name = commit_name(&data);
        let parcel =
            Parcel { group: of, epoch, data, sender_hmac, should_push: false, is_commit: true };
        Ok(Halt::First(Sealed { bytes: encode(&parcel), remote_id: name }))
    }

    fn client(&self) -> Result<Client, Missing> {
        let inbox = self.kept().inbox()?.ok_or_else(not_begun)?;
        let client = self.session.client(self.keys, inbox).map_err(|_| keys_unreadable())?;
        client.ok_or_else(not_begun)
    }

    pub(super) const fn kept(&self) -> Kept<'a> {
        Kept::over(self.keys)
    }
}

/// What the envelope of a commit is called when it is read back.
pub(crate) fn commit_name(data: &[u8]) -> Option<RemoteId> {
    use sha2::Digest as _;
    RemoteId::parse(format!("commit/{}", hex::encode(Sha256::digest(data)))).ok()
}
