//! What an archive holds, one thing after another. The numbers are kept for ever.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::model::copy::{Copy, MadeBy, Pointer};
use crate::model::direct::Direct;
use crate::model::envelope::Cursor;
use crate::model::event::ProfileRow;
use crate::model::id::{AccountName, ConversationId, Identity, Leg, MessageId, RemoteId, Seq};
use crate::model::journal::{Conversation, ExpiryRow, Note, Record, TombstoneRow};
use crate::model::outbox::{BacklogRow, DeadLetter, OutboxRow, RefusalCount, WaitingRow};
use crate::model::person::{Apart, Home, Parting, Standing as Attitude, Tie};
use crate::model::proof::Proof;
use crate::model::register::{Entry, Grant, SubjectRow, Sum};

/// One thing of an archive.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Item {
    /// A conversation; stands before everything that is in it.
    #[n(1)]
    Conversation(#[n(0)] ConversationItem),
    /// An event with all that is known of it.
    #[n(2)]
    Message(#[n(0)] Box<MessageItem>),
    /// A place of the journal whose event was erased with its conversation.
    #[n(3)]
    Gap(#[n(0)] GapItem),
    /// A conversation that was erased.
    #[n(4)]
    Erased(#[n(0)] ConversationId),
    /// An id by which a network may name a message again, and that is no copy's.
    #[n(5)]
    Name(#[n(0)] Pointer),
    /// Somebody who has spoken in a conversation.
    #[n(6)]
    Participant(#[n(0)] ParticipantItem),
    /// How somebody shows themself.
    #[n(7)]
    Profile(#[n(0)] ProfileRow),
    /// Evidence that two are one person.
    #[n(8)]
    Proof(#[n(0)] Proof),
    /// A message that will disappear.
    #[n(9)]
    Expiry(#[n(0)] ExpiryRow),
    /// A delete that came before its message.
    #[n(10)]
    Tombstone(#[n(0)] TombstoneRow),
    /// An account; stands before everything that is its own.
    #[n(11)]
    Account(#[n(0)] AccountItem),
    /// A value of an account's protocol.
    #[n(12)]
    Key(#[n(0)] KeyItem),
    /// How far a stream of an account was read.
    #[n(13)]
    Cursor(#[n(0)] CursorItem),
    /// An envelope that waits for what it lacks.
    #[n(14)]
    Waiting(#[n(0)] WaitingItem),
    /// How often something was refused.
    #[n(15)]
    Refusal(#[n(0)] RefusalItem),
    /// An event that a leg cannot take yet.
    #[n(16)]
    Backlog(#[n(0)] BacklogRow),
    /// An envelope on its way.
    #[n(17)]
    Outbox(#[n(0)] OutboxRow),
    /// An envelope that was given up.
    #[n(18)]
    DeadLetter(#[n(0)] DeadLetter),
    /// A number that is never used twice.
    #[n(19)]
    Counter(#[n(0)] CounterItem),
    /// Which person somebody is by themself.
    #[n(20)]
    Home(#[n(0)] Home),
    /// The owner's word that two are one person.
    #[n(21)]
    Tie(#[n(0)] Tie),
    /// The owner's word that proofs join somebody with nobody.
    #[n(22)]
    Apart(#[n(0)] Apart),
    /// People who are one no more.
    #[n(23)]
    Parting(#[n(0)] PartingItem),
    /// What the owner thinks of somebody.
    #[n(24)]
    Attitude(#[n(0)] Attitude),
    /// The ways of a direct conversation.
    #[n(25)]
    Direct(#[n(0)] Direct),
    /// An entry of the register's chain.
    #[n(26)]
    Register(#[n(0)] Entry),
    /// Whom the register speaks of.
    #[n(27)]
    Subject(#[n(0)] SubjectRow),
    /// A sum of the register that is not in its chain yet.
    #[n(28)]
    Sum(#[n(0)] Sum),
    /// What the settings allowed last.
    #[n(29)]
    Grant(#[n(0)] Grant),
}

impl Item {
    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u8 {
        match self {
            Self::Conversation(_) => 1,
            Self::Message(_) => 2,
            Self::Gap(_) => 3,
            Self::Erased(_) => 4,
            Self::Name(_) => 5,
            Self::Participant(_) => 6,
            Self::Profile(_) => 7,
            Self::Proof(_) => 8,
            Self::Expiry(_) => 9,
            Self::Tombstone(_) => 10,
            Self::Account(_) => 11,
            Self::Key(_) => 12,
            Self::Cursor(_) => 13,
            Self::Waiting(_) => 14,
            Self::Refusal(_) => 15,
            Self::Backlog(_) => 16,
            Self::Outbox(_) => 17,
            Self::DeadLetter(_) => 18,
            Self::Counter(_) => 19,
            Self::Home(_) => 20,
            Self::Tie(_) => 21,
            Self::Apart(_) => 22,
            Self::Parting(_) => 23,
            Self::Attitude(_) => 24,
            Self::Direct(_) => 25,
            Self::Register(_) => 26,
            Self::Subject(_) => 27,
            Self::Sum(_) => 28,
            Self::Grant(_) => 29,
        }
    }
}

/// What an item of a number is called, in the plural.
#[must_use]
pub const fn name(number: u8) -> &'static str {
    match number {
        1 => "conversations",
        2 => "messages",
        3 => "places of erased messages",
        4 => "erased conversations",
        5 => "other ids",
        6 => "participants",
        7 => "profiles",
        8 => "proofs",
        9 => "messages that will disappear",
        10 => "early deletes",
        11 => "accounts",
        12 => "keys of accounts",
        13 => "cursors",
        14 => "waiting envelopes",
        15 => "refusals",
        16 => "backlog rows",
        17 => "outbox rows",
        18 => "dead letters",
        19 => "counters",
        20 => "people",
        21 => "people joined by hand",
        22 => "people kept apart",
        23 => "partings",
        25 => "direct conversations",
        26 => "entries of the register",
        27 => "names in the register",
        28 => "open sums of the register",
        29 => "permissions",
        24 => "people whom the owner accepted, muted or blocked",
        _ => "unknown items",
    }
}

/// A conversation with the legs that lead to it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ConversationItem {
    /// Its row.
    #[n(0)]
    pub conversation: Conversation,
    /// The legs whose events belong to it.
    #[n(1)]
    pub legs: Vec<Leg>,
}

/// An event of the journal with all that is known of it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct MessageItem {
    /// Its conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// Its place.
    #[n(1)]
    pub seq: Seq,
    /// The event, with the network's bytes as they were.
    #[n(2)]
    pub record: Record,
    /// Whether its author took it back.
    #[n(3)]
    pub deleted: bool,
    /// Later versions of it, oldest first.
    #[n(4)]
    pub edits: Vec<MessageId>,
    /// Whether it is the first of all its copies, under its mark's origin.
    #[n(5)]
    pub is_origin: bool,
    /// Where it appears, by leg and part.
    #[n(6)]
    pub copies: Vec<Copy>,
    /// Ids by which networks name it.
    #[n(7)]
    pub names: Vec<RemoteName>,
    /// What should be seen about it, by leg.
    #[n(8)]
    pub notes: Vec<Note>,
    /// What it is a standing reaction to.
    #[n(9)]
    pub stands: Option<Standing>,
    /// Our own accounts' reactions to it.
    #[n(10)]
    pub reacted: Vec<Reacted>,
}

/// An id by which an account's network names a message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RemoteName {
    /// The leg.
    #[n(0)]
    pub leg: Leg,
    /// The id.
    #[n(1)]
    pub remote_id: RemoteId,
    /// Which of the event's envelopes it is.
    #[n(2)]
    pub part: u16,
    /// Who put that copy there.
    #[n(3)]
    pub made_by: MadeBy,
}

/// A reaction that stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// The message.
    #[n(0)]
    pub target: MessageId,
    /// Whose it is.
    #[n(1)]
    pub author: Identity,
    /// The emoji.
    #[n(2)]
    pub emoji: String,
}

/// Our account's reaction on a leg, with all that it stands for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Reacted {
    /// The leg.
    #[n(0)]
    pub leg: Leg,
    /// The emoji's key: the first 8 bytes of BLAKE3 of its text.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub emoji: [u8; 8],
    /// The reactions of people that it stands for.
    #[n(2)]
    pub people: Vec<MessageId>,
}

/// A place without its event.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GapItem {
    /// The place.
    #[n(0)]
    pub seq: Seq,
    /// The conversation that it was in.
    #[n(1)]
    pub conversation: ConversationId,
}

/// Somebody in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ParticipantItem {
    /// The conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// Who.
    #[n(1)]
    pub identity: Identity,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AccountItem {
    /// Its name.
    #[n(0)]
    pub name: AccountName,
    /// How far it has looked through the journal.
    #[n(1)]
    pub sealed: Option<Seq>,
}

/// A value of an account's protocol.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct KeyItem {
    /// Whose.
    #[n(0)]
    #[zeroize(skip)]
    pub account: AccountName,
    /// Its key.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: Vec<u8>,
    /// The value.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub value: Vec<u8>,
}

impl std::fmt::Debug for KeyItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyItem").field("account", &self.account).finish_non_exhaustive()
    }
}

/// How far a stream was read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CursorItem {
    /// Whose.
    #[n(0)]
    pub account: AccountName,
    /// How far.
    #[n(1)]
    pub cursor: Cursor,
}

/// An envelope that waits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct WaitingItem {
    /// The account that it came by.
    #[n(0)]
    pub account: AccountName,
    /// Its row.
    #[n(1)]
    pub row: WaitingRow,
}

/// What was refused.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RefusalItem {
    /// The account that it came by.
    #[n(0)]
    pub account: AccountName,
    /// Its row.
    #[n(1)]
    pub row: RefusalCount,
}

/// A parting with its number.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PartingItem {
    /// Its number.
    #[n(0)]
    pub number: u64,
    /// Who parted from whom.
    #[n(1)]
    pub parting: Parting,
}

/// A number that is never used twice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CounterItem {
    /// What it counts, in four letters.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub name: [u8; 4],
    /// The last one that was used.
    #[n(1)]
    pub last: u64,
}
