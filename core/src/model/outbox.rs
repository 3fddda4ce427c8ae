//! The rows of what is on its way out, waits, or failed.

use minicbor::{Decode, Encode};

use super::envelope::{Envelope, Missing, Sealed};
use super::id::{AccountName, ConversationId, Leg, MessageId, Seq};
use super::register::Due;
use super::time::Timestamp;

/// One sealed envelope on its way. Found by leg, place and part, which is the order of sending.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct OutboxRow {
    /// Where to.
    #[n(0)]
    pub leg: Leg,
    /// The event's place in the journal.
    #[n(1)]
    pub seq: Seq,
    /// Which of the event's envelopes on that leg, from 1; [`CONTROL`] for the network's own.
    #[n(2)]
    pub part: u16,
    /// The conversation.
    #[n(3)]
    pub conversation: ConversationId,
    /// The message.
    #[n(4)]
    pub message: MessageId,
    /// The final bytes.
    #[n(5)]
    pub sealed: Sealed,
    /// What it is to the outbox.
    #[n(6)]
    pub kind: OutboxKind,
    /// When it was sealed.
    #[n(7)]
    pub sealed_at: Timestamp,
    /// How often it was tried in vain; waiting because the network asked for it does not count.
    #[n(8)]
    pub attempts: u32,
    /// Since when the network has it but may still throw it away.
    #[n(9)]
    pub taken_at: Option<Timestamp>,
    /// What the last attempt failed of, for people.
    #[n(10)]
    pub last_error: Option<String>,
    /// The account that sealed it and sends it, where a person speaks as themself; nothing if it is
    /// the leg's own.
    #[n(11)]
    pub voice: Option<AccountName>,
    /// What the register is to say of it; nothing of control traffic and of what earlier versions sealed.
    #[n(12)]
    pub due: Option<Due>,
}

/// The part of control traffic; the envelopes of the event itself count from 1.
pub const CONTROL: u16 = 0;

/// What an envelope in the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum OutboxKind {
    /// A message or a part of one: leaves a copy.
    #[n(0)]
    Message,
    /// Something done to a message (a reaction, an edit, a delete).
    #[n(1)]
    Action,
    /// The network's own control traffic, to be read back before anything else is sealed.
    #[n(2)]
    Control,
}

/// An event that a leg cannot take yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BacklogRow {
    /// The leg.
    #[n(0)]
    pub leg: Leg,
    /// The event's place in the journal.
    #[n(1)]
    pub seq: Seq,
    /// What is missing; nothing if it only stands behind another.
    #[n(2)]
    pub missing: Option<Missing>,
    /// Since when.
    #[n(3)]
    pub since: Timestamp,
    /// Which of its envelopes, where others are there already; all of them if none is named.
    #[n(4)]
    pub parts: Vec<u16>,
}

/// An envelope that will not be sent any more by itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct DeadLetter {
    /// The number by which people call it; never used again.
    #[n(0)]
    pub id: u64,
    /// The envelope as it was.
    #[n(1)]
    pub row: OutboxRow,
    /// Why it failed, for people.
    #[n(2)]
    pub reason: String,
    /// When it was given up.
    #[n(3)]
    pub at: Timestamp,
}

/// An envelope that cannot be opened, or cannot be journaled, yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WaitingRow {
    /// The envelope.
    #[n(0)]
    pub envelope: Envelope,
    /// What it waits for.
    #[n(1)]
    pub missing: Missing,
    /// Since when.
    #[n(2)]
    pub since: Timestamp,
    /// How often what it waits for was asked for in vain.
    #[n(3)]
    pub tries: u32,
    /// Its place among those that wait, in the order in which they came.
    #[n(4)]
    pub order: u64,
    /// What is in it, if it was opened: the key that opened it may be used up.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub plaintext: Option<Vec<u8>>,
}

/// How often something was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RefusalCount {
    /// The reason.
    #[n(0)]
    pub reason: String,
    /// How often.
    #[n(1)]
    pub count: u64,
    /// When last.
    #[n(2)]
    pub last_at: Timestamp,
}
