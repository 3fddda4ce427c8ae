//! What stands between `open` and `parse`: something that a group's member proved to have said or
//! done, with what `parse` cannot look up.

use minicbor::{Decode, Encode};
use threadbridge_core::model::{id::RemoteConversation, proof::Proof};

use super::id::MessageId;
use crate::identity::inbox::InboxId;

/// What was proven about a group, or about people.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) enum Heard {
    /// Somebody said something.
    #[n(0)]
    Said {
        #[n(0)]
        place: Place,
        /// The message's id.
        #[n(1)]
        id: MessageId,
        /// The `EncodedContent` as it was received.
        #[cbor(n(2), with = "minicbor::bytes")]
        content: Vec<u8>,
        /// The message before it that its author could have read, for what says that everything was
        /// read; nothing if there is none.
        #[n(3)]
        before: Option<MessageId>,
    },
    /// Somebody changed the group.
    #[n(1)]
    Changed {
        #[n(0)]
        place: Place,
        /// What the change is known by: the same each time it is opened.
        #[n(1)]
        id: String,
        #[n(2)]
        joined: Vec<InboxId>,
        #[n(3)]
        left: Vec<InboxId>,
        /// The name that the group has from then on, if that is another.
        #[n(4)]
        renamed: Option<String>,
    },
    /// Somebody said something before this account was there, as an installation tells that was.
    #[n(3)]
    Past {
        #[n(0)]
        place: Place,
        #[n(1)]
        id: MessageId,
        /// The `EncodedContent`.
        #[cbor(n(2), with = "minicbor::bytes")]
        content: Vec<u8>,
    },
    /// Somebody's identity log was learnt.
    #[n(2)]
    Known {
        #[n(0)]
        inbox: InboxId,
        /// The address that they are shown by; nothing if they have none.
        #[n(1)]
        address: Option<String>,
        /// Evidence of which addresses are theirs.
        #[n(2)]
        proofs: Vec<Proof>,
    },
}

/// Where and by whom, as the group proved it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(crate) struct Place {
    /// The conversation's name among the account's.
    #[n(0)]
    pub(crate) conversation: String,
    #[n(1)]
    pub(crate) sender: InboxId,
    /// By the server's clock, in nanoseconds since 1970.
    #[n(2)]
    pub(crate) at_ns: u64,
    /// With whom it is, if it is between two.
    #[n(3)]
    pub(crate) peer: Option<InboxId>,
}

impl Heard {
    /// With whom the conversation is, whose name does not tell.
    pub(crate) fn peer(&self) -> Option<(RemoteConversation, InboxId)> {
        let (Self::Said { place, .. } | Self::Changed { place, .. }) = self else { return None };
        Some((RemoteConversation::parse(place.conversation.as_str()).ok()?, place.peer?))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match minicbor::encode(self, &mut bytes) {
            Ok(()) => bytes,
            #[expect(clippy::unreachable, reason = "a vector takes every byte")]
            Err(_) => unreachable!("a vector takes every byte"),
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}
