//! The account's own fid and key.

use threadbridge_core::model::id::Identity;

use crate::wire::{SignedMessage, proto::MessageData, sign::SignerKey};

/// Who the account speaks as.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) fid: u64,
    pub(crate) identity: Identity,
    /// Without it the account can only read.
    pub(crate) key: Option<SignerKey>,
}

impl Own {
    /// Whether this bridge made the message: it bears our fid and our key. What the owner casts
    /// with another app bears another key.
    pub(crate) fn signed(&self, data: &MessageData, message: &SignedMessage) -> bool {
        let key = self.key.as_ref().map(SignerKey::public);
        data.fid == self.fid && key.is_some_and(|key| message.signer == key.as_bytes())
    }
}
