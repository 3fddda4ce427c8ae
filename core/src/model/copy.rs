//! The copy ledger's rows: one appearance of a message on one leg, the original included.

use minicbor::{Decode, Encode};

use super::id::{AccountName, ConversationId, Leg, MessageId, RemoteId, Seq};
use super::outbox::{OutboxKind, OutboxRow};
use super::time::Timestamp;

/// One appearance of a message. Kept for ever, so that an edit, a reply, a reaction or a delete
/// finds it at any age.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Copy {
    /// Where it appears.
    #[n(0)]
    pub leg: Leg,
    /// Which of the message's envelopes there it is, in order; the original is 0.
    #[n(1)]
    pub part: u16,
    /// What the network calls it; unknown until it is sent where ids cannot be known before.
    #[n(2)]
    pub remote_id: Option<RemoteId>,
    /// Who put it there.
    #[n(3)]
    pub made_by: MadeBy,
    /// When it came, or when it was sealed.
    #[n(4)]
    pub at: Timestamp,
    /// Whether people see it as a message; an edit or a reaction in its own form is none.
    #[n(5)]
    pub is_shown: bool,
    /// The account by which its author said it as themself; nothing if it was the leg's own.
    #[n(6)]
    pub voice: Option<AccountName>,
}

impl Copy {
    /// The copy that an envelope of ours makes.
    #[must_use]
    pub fn ours(row: &OutboxRow) -> Self {
        Self {
            leg: row.leg.clone(),
            part: row.part,
            remote_id: row.sealed.remote_id.clone(),
            made_by: MadeBy::Us,
            at: row.sealed_at,
            is_shown: row.kind == OutboxKind::Message,
            voice: row.voice.clone(),
        }
    }
}

/// Who put a copy where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MadeBy {
    /// The author themself: the original.
    #[n(0)]
    Author,
    /// This bridge.
    #[n(1)]
    Us,
    /// Another bridge, by the copy's mark.
    #[n(2)]
    OtherBridge,
}

/// What the ledger finds under a network's id.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Pointer {
    /// The conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// The message.
    #[n(1)]
    pub message: MessageId,
    /// The leg on which it has that id.
    #[n(2)]
    pub leg: Leg,
    /// The event's place in the journal.
    #[n(3)]
    pub seq: Seq,
    /// Which of the event's envelopes on that leg it is, from 0.
    #[n(4)]
    pub part: u16,
    /// Who put that copy there.
    #[n(5)]
    pub made_by: MadeBy,
    /// The network's id itself, of which the row key has a hash only; rows of earlier versions have
    /// none.
    #[n(6)]
    pub remote_id: Option<RemoteId>,
}
