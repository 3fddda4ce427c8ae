//! What the account keeps, in the same transaction as the messages it belongs to: what it sealed
//! itself, so that it is known when it comes back, and how people are called.

use serde::{Deserialize, Serialize};
use threadbridge_core::{model::id::RemoteConversation, store::Keys};

use crate::{draft::OpId, wire::address::Address};

/// The store could not be read; the work is to be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

/// How somebody is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Called {
    /// What names them in a text: `lens/NAME`, or the addresses of namespace and account.
    pub(crate) mention: Option<String>,
    pub(crate) handle: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) picture_url: Option<String>,
}

/// What the account did to a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Deleted it.
    Deleted,
    /// Gave it an upvote.
    Upvoted,
    /// Took its upvote back.
    Withdrew,
    /// Reposted it.
    Reposted,
    /// Took its repost back.
    Unreposted,
}

impl Deed {
    const fn key(self) -> u8 {
        match self {
            Self::Deleted => b'd',
            Self::Upvoted => b'u',
            Self::Withdrew => b'w',
            Self::Reposted => b'r',
            Self::Unreposted => b'n',
        }
    }
}

/// The account's own facts.
#[derive(Debug)]
pub(crate) struct Known<'k>(&'k Keys);

impl<'k> Known<'k> {
    pub(crate) const fn new(keys: &'k Keys) -> Self {
        Self(keys)
    }

    /// A number that no other seal has.
    pub(crate) fn next_number(&self) -> Result<u64, Unreadable> {
        let stored = self.0.get(b"n").map_err(|_read| Unreadable)?;
        let last = stored.and_then(|it| it.as_slice().try_into().ok().map(u64::from_be_bytes));
        let next = last.unwrap_or(0).saturating_add(1);
        self.0.put(b"n", &next.to_be_bytes());
        Ok(next)
    }

    /// Whether the account sealed words under that id.
    pub(crate) fn said(&self, op: &OpId) -> Result<bool, Unreadable> {
        Ok(self.0.get(&key(b'o', op.as_str())).map_err(|_read| Unreadable)?.is_some())
    }

    /// Keeps that the account sealed words under that id.
    pub(crate) fn set_said(&self, op: &OpId) {
        self.0.put(&key(b'o', op.as_str()), &[]);
    }

    /// Whether the account ever did that to a post, or is about to.
    pub(crate) fn did(&self, deed: Deed, post: &str) -> Result<bool, Unreadable> {
        Ok(self.0.get(&key(deed.key(), post)).map_err(|_read| Unreadable)?.is_some())
    }

    /// Keeps that the account does that to a post, for good: what undoes it may be sealed long before
    /// either is sent, and shows after it.
    pub(crate) fn set_did(&self, deed: Deed, post: &str) {
        self.0.put(&key(deed.key(), post), &[]);
    }

    /// How somebody is called.
    pub(crate) fn called(&self, who: Address) -> Result<Option<Called>, Unreadable> {
        let stored = self.0.get(&key(b'c', &who.to_string())).map_err(|_read| Unreadable)?;
        match stored {
            None => Ok(None),
            Some(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|_json| Unreadable),
        }
    }

    /// Keeps how somebody is called.
    pub(crate) fn set_called(&self, who: Address, called: &Called) {
        // Texts in a struct are always JSON.
        let bytes = serde_json::to_vec(called).unwrap_or_default();
        self.0.put(&key(b'c', &who.to_string()), &bytes);
    }

    /// Whose an account was when it was seen last.
    pub(crate) fn owner(&self, of: Address) -> Result<Option<Address>, Unreadable> {
        let stored = self.0.get(&key(b'o', &of.to_string())).map_err(|_read| Unreadable)?;
        Ok(stored.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok()))
    }

    /// Keeps whose an account is.
    pub(crate) fn set_owner(&self, of: Address, owner: Address) {
        self.0.put(&key(b'o', &of.to_string()), owner.to_string().as_bytes());
    }

    /// The words that were sealed last for a conversation.
    pub(crate) fn said_last(
        &self,
        conversation: &RemoteConversation,
    ) -> Result<Option<OpId>, Unreadable> {
        let stored = self.0.get(&key(b'p', conversation.as_str())).map_err(|_read| Unreadable)?;
        Ok(stored.and_then(|bytes| OpId::parse(std::str::from_utf8(&bytes).ok()?)))
    }

    /// Keeps the words that were sealed last for a conversation.
    pub(crate) fn set_said_last(&self, conversation: &RemoteConversation, op: &OpId) {
        self.0.put(&key(b'p', conversation.as_str()), op.as_str().as_bytes());
    }
}

fn key(kind: u8, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len().saturating_add(1));
    key.push(kind);
    key.extend_from_slice(name.as_bytes());
    key
}
