//! What the account has learnt and keeps, in the same transaction as the messages it learnt it
//! from: where casts belong, who may sign for whom, how people are called, what was signed last.

use prost::Message;
use threadbridge_core::{model::id::RemoteConversation, store::Keys};

use crate::{
    carried::SignersOf,
    name::Name,
    wire::{hash::MessageHash, proto::ReactionBody},
};

/// The store could not be read; the work is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// A cast that belongs to a conversation.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Member {
    #[prost(uint64, tag = "1")]
    pub(crate) fid: u64,
    #[prost(string, tag = "2")]
    pub(crate) conversation: String,
    #[prost(enumeration = "Standing", tag = "3")]
    pub(crate) standing: i32,
}

/// Whether a cast is still on the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Standing {
    /// As far as we know.
    Present = 0,
    /// It had to make room for newer ones. Its author did not take it back.
    Pruned = 1,
    /// Its signer or author lost the right to it.
    Revoked = 2,
}

/// How somebody is called.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Called {
    #[prost(string, optional, tag = "1")]
    pub(crate) username: Option<String>,
    #[prost(string, optional, tag = "2")]
    pub(crate) display_name: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) picture_url: Option<String>,
}

/// The account's own facts.
#[derive(Debug)]
pub(crate) struct Known<'k>(&'k Keys);

impl<'k> Known<'k> {
    pub(crate) fn new(keys: &'k Keys) -> Self {
        Self(keys)
    }

    /// Where a cast belongs.
    pub(crate) fn member(&self, hash: &MessageHash) -> Result<Option<Member>, Unreadable> {
        self.read(&key(b'm', hash.as_bytes()))
    }

    /// Keeps where a cast belongs.
    pub(crate) fn add_member(&self, name: &Name, conversation: &RemoteConversation) {
        let member = Member {
            fid: name.fid,
            conversation: conversation.as_str().to_owned(),
            standing: Standing::Present.into(),
        };
        self.write(&key(b'm', name.hash.as_bytes()), &member);
    }

    /// Keeps that a cast is no longer on the network though nobody deleted it.
    pub(crate) fn set_standing(&self, hash: &MessageHash, member: Member, standing: Standing) {
        let member = Member { standing: standing.into(), ..member };
        self.write(&key(b'm', hash.as_bytes()), &member);
    }

    /// Forgets a cast that turned out to be forged.
    pub(crate) fn remove_member(&self, hash: &MessageHash) {
        self.0.delete(&key(b'm', hash.as_bytes()));
    }

    /// Who may sign for a fid.
    pub(crate) fn signers(&self, fid: u64) -> Result<Option<SignersOf>, Unreadable> {
        self.read(&key(b's', &fid.to_be_bytes()))
    }

    /// Keeps who may sign for a fid.
    pub(crate) fn set_signers(&self, signers: &SignersOf) {
        self.write(&key(b's', &signers.fid.to_be_bytes()), signers);
    }

    /// Forgets who may sign for a fid, because that has changed.
    pub(crate) fn forget_signers(&self, fid: u64) {
        self.0.delete(&key(b's', &fid.to_be_bytes()));
    }

    /// How often events were lost for good.
    pub(crate) fn epoch(&self) -> Result<u64, Unreadable> {
        let stored = self.0.get(b"e").map_err(|_read| Unreadable)?;
        let epoch =
            stored.and_then(|bytes| bytes.as_slice().try_into().ok().map(u64::from_be_bytes));
        Ok(epoch.unwrap_or(0))
    }

    /// Keeps that events were lost for good.
    pub(crate) fn next_epoch(&self) -> Result<(), Unreadable> {
        let epoch = self.epoch()?.saturating_add(1);
        self.0.put(b"e", &epoch.to_be_bytes());
        Ok(())
    }

    /// Whether no node has this cast.
    pub(crate) fn is_absent(&self, name: &Name) -> Result<bool, Unreadable> {
        Ok(self.0.get(&absent(name)).map_err(|_read| Unreadable)?.is_some())
    }

    /// Keeps that no node has this cast.
    pub(crate) fn set_absent(&self, name: &Name) {
        self.0.put(&absent(name), &[]);
    }

    /// How a fid is called; `None` if its profile was never read.
    pub(crate) fn called(&self, fid: u64) -> Result<Option<Called>, Unreadable> {
        self.read(&key(b'u', &fid.to_be_bytes()))
    }

    /// Keeps how a fid is called.
    pub(crate) fn set_called(&self, fid: u64, called: &Called) {
        self.write(&key(b'u', &fid.to_be_bytes()), called);
    }

    /// When a fid last added or removed an address, in Farcaster seconds.
    pub(crate) fn claimed_at(&self, fid: u64, address: &[u8]) -> Result<Option<u32>, Unreadable> {
        let stored = self.0.get(&claim(fid, address)).map_err(|_read| Unreadable)?;
        Ok(stored.and_then(|bytes| bytes.as_slice().try_into().ok().map(u32::from_be_bytes)))
    }

    /// Keeps when a fid last added or removed an address.
    pub(crate) fn set_claimed_at(&self, fid: u64, address: &[u8], timestamp: u32) {
        self.0.put(&claim(fid, address), &timestamp.to_be_bytes());
    }

    /// Who has custody of a fid.
    pub(crate) fn custody(&self, fid: u64) -> Result<Option<Vec<u8>>, Unreadable> {
        let stored = self.0.get(&key(b'c', &fid.to_be_bytes())).map_err(|_read| Unreadable)?;
        Ok(stored.map(|bytes| bytes.to_vec()))
    }

    /// Keeps who has custody of a fid.
    pub(crate) fn set_custody(&self, fid: u64, holder: &[u8]) {
        self.0.put(&key(b'c', &fid.to_be_bytes()), holder);
    }

    /// The author of a thread's root whose name does not say it.
    pub(crate) fn root_author(&self, root: &MessageHash) -> Result<Option<u64>, Unreadable> {
        Ok(self.member(root)?.map(|member| member.fid))
    }

    /// The latest timestamp that was signed, in Farcaster seconds.
    pub(crate) fn signed_at(&self) -> Result<Option<u32>, Unreadable> {
        let stored = self.0.get(b"t").map_err(|_read| Unreadable)?;
        Ok(stored.and_then(|bytes| bytes.as_slice().try_into().ok().map(u32::from_be_bytes)))
    }

    /// Keeps the latest timestamp that was signed.
    pub(crate) fn set_signed_at(&self, timestamp: u32) {
        self.0.put(b"t", &timestamp.to_be_bytes());
    }

    /// When the account last gave this reaction, or took it back, in Farcaster seconds.
    pub(crate) fn reacted_at(&self, reaction: &ReactionBody) -> Result<Option<u32>, Unreadable> {
        let stored = self.0.get(&reacted(reaction)).map_err(|_read| Unreadable)?;
        Ok(stored.and_then(|bytes| bytes.as_slice().try_into().ok().map(u32::from_be_bytes)))
    }

    /// Keeps when the account gave this reaction, or took it back.
    pub(crate) fn set_reacted_at(&self, reaction: &ReactionBody, timestamp: u32) {
        self.0.put(&reacted(reaction), &timestamp.to_be_bytes());
    }

    /// The cast that was sealed last for a conversation.
    pub(crate) fn sealed_last(
        &self,
        conversation: &RemoteConversation,
    ) -> Result<Option<MessageHash>, Unreadable> {
        let stored = self.0.get(&key(b'p', conversation.as_str().as_bytes()));
        Ok(stored.map_err(|_read| Unreadable)?.and_then(|bytes| MessageHash::from_slice(&bytes)))
    }

    /// Keeps the cast that was sealed last for a conversation.
    pub(crate) fn set_sealed_last(&self, conversation: &RemoteConversation, hash: &MessageHash) {
        self.0.put(&key(b'p', conversation.as_str().as_bytes()), hash.as_bytes());
    }

    fn read<T: Message + Default>(&self, key: &[u8]) -> Result<Option<T>, Unreadable> {
        let stored = self.0.get(key).map_err(|_read| Unreadable)?;
        match stored {
            None => Ok(None),
            Some(bytes) => T::decode(bytes.as_slice()).map(Some).map_err(|_decode| Unreadable),
        }
    }

    fn write(&self, key: &[u8], value: &impl Message) {
        self.0.put(key, &value.encode_to_vec());
    }
}

fn key(kind: u8, name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(kind);
    key.extend_from_slice(name);
    key
}

fn claim(fid: u64, address: &[u8]) -> Vec<u8> {
    let mut key = key(b'v', &fid.to_be_bytes());
    key.extend_from_slice(address);
    key
}

/// A kind of reaction and what it is to: nodes keep the latest message of each.
fn reacted(reaction: &ReactionBody) -> Vec<u8> {
    key(b'r', &reaction.encode_to_vec())
}

fn absent(name: &Name) -> Vec<u8> {
    let mut key = key(b'x', name.hash.as_bytes());
    key.extend_from_slice(&name.fid.to_be_bytes());
    key
}
