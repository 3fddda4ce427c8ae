//! Every table of the store.

use minicbor::{Decode, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::model::copy::{Copy, Pointer};
use crate::model::direct::Direct;
use crate::model::envelope::Cursor;
use crate::model::erasure::ErasureRow;
use crate::model::event::ProfileRow;
use crate::model::health::HealthRow;
use crate::model::id::{AccountName, ConversationId, Identity, Leg, MessageId, RemoteId, Seq};
use crate::model::journal::{
    Conversation, ExpiryRow, ImportRow, MessageRow, Note, Place, ReactionRow, Record, TombstoneRow,
};
use crate::model::mark::Origin;
use crate::model::outbox::{BacklogRow, DeadLetter, OutboxRow, RefusalCount, WaitingRow};
use crate::model::person::{Apart, Claim, Home, Introduced, Parting, Standing, Tie};
use crate::model::proof::{Proof, ProofId};
use crate::model::register::{Entry, Grant, Head, Subject, SubjectRow, Sum};
use crate::model::time::Timestamp;
use crate::store::key::{Key, KeyWriter};
use crate::store::table::{AnyTable, Table};

/// What must be readable before any key is known: the locked store key and the number of the last
/// commit. Its values are not sealed, so it is no [`Table`].
pub(super) const META: &str = "meta";

/// The key of each conversation.
pub(super) const CONVERSATION_KEYS: Table<ConversationId, ConversationSecret> =
    Table::of_store("conversation_keys");

/// What each account's protocol keeps: ratchets, key packages, cursors.
pub(super) const ACCOUNT_KEYS: Table<AccountKey, AccountValue> = Table::of_store("account_keys");

/// The journal: where each place lies.
pub const JOURNAL: Table<Seq, Place> = Table::of_store("journal");

/// The records themselves, by conversation and place.
pub const EVENTS: Table<(ConversationId, Seq), Record> = Table::of_conversation("events");

/// Where each message is.
pub const MESSAGES: Table<MessageId, MessageRow> = Table::of_store("messages");

/// The copy ledger: every appearance of a message, by leg and by the envelope's part there.
pub const COPIES: Table<(ConversationId, MessageId, Leg, u16), Copy> =
    Table::of_conversation("copies");

/// What a network's id stands for.
pub const REMOTE: Table<(AccountName, RemoteId), Pointer> = Table::of_store("remote");

/// The first message of all copies, within a conversation.
pub const ORIGINS: Table<(ConversationId, Origin), MessageId> = Table::of_conversation("origins");

/// Reactions that stand, by the message, the person and the emoji.
pub const REACTIONS: Table<(ConversationId, MessageId, Identity, [u8; 8]), ReactionRow> =
    Table::of_conversation("reactions");

/// Our own account's reactions on a leg, with all the people that each stands for.
pub const REACTED: Table<(ConversationId, MessageId, Leg, [u8; 8]), Vec<MessageId>> =
    Table::of_conversation("reacted");

/// Deletes that came before their message, by the author who may.
pub const TOMBSTONES: Table<(AccountName, RemoteId, Identity), TombstoneRow> =
    Table::of_store("tombstones");

/// Messages that will disappear, the next one first.
pub const EXPIRIES: Table<(Timestamp, MessageId), ExpiryRow> = Table::of_store("expiries");

/// What should be seen about an event on a leg.
pub const NOTES: Table<(ConversationId, Seq, Leg), Note> = Table::of_conversation("leg_notes");

/// Who has spoken in a conversation.
pub const PEOPLE: Table<(ConversationId, Identity), Identity> = Table::of_conversation("people");

/// Conversations.
pub const CONVERSATIONS: Table<ConversationId, Conversation> = Table::of_store("conversations");

/// The conversation of each leg.
pub const LEGS: Table<Leg, ConversationId> = Table::of_store("legs");

/// How people show themselves.
pub const PROFILES: Table<Identity, ProfileRow> = Table::of_store("profiles");

/// Evidence of who is one person with whom, by the one of the two whose network has it.
pub const PROOFS: Table<(Identity, ProofId), Proof> = Table::of_store("proofs");

/// The same proofs by the other of the two: who claims it.
pub const CLAIMS: Table<(Identity, ProofId), Claim> = Table::of_store("claims");

/// Every identity that anything was ever said to join with another.
pub const HOMES: Table<Identity, Home> = Table::of_store("homes");

/// Whom the owner joined by hand, under each of the two.
pub const TIES: Table<(Identity, Identity), Tie> = Table::of_store("ties");

/// Whom the owner separated from all that proofs join.
pub const APART: Table<Identity, Apart> = Table::of_store("apart");

/// Whom the owner's settings introduced, by their place there.
pub const INTRODUCED: Table<u64, Introduced> = Table::of_store("introduced");

/// The last partings, the oldest first.
pub const PARTINGS: Table<u64, Parting> = Table::of_store("partings");

/// What the owner thinks of people.
pub const STANDINGS: Table<Identity, Standing> = Table::of_store("standings");

/// Direct conversations, with all the ways to the other one.
pub const DIRECTS: Table<ConversationId, Direct> = Table::of_conversation("directs");

/// How far each of an account's streams was read.
pub const CURSORS: Table<Stream, Cursor> = Table::of_store("cursors");

/// Envelopes that wait for what they lack.
pub const WAITING: Table<(AccountName, RemoteId), WaitingRow> = Table::of_store("waiting");

/// What was refused, by account and reason.
pub const REFUSALS: Table<Stream, RefusalCount> = Table::of_store("refusals");

/// How far each account has looked through the journal.
pub const SEALED: Table<AccountName, Seq> = Table::of_store("sealed");

/// Events that a leg cannot take yet, in order.
pub const BACKLOG: Table<(Leg, Seq), BacklogRow> = Table::of_store("backlog");

/// Envelopes on their way, in the order of sending.
pub const OUTBOX: Table<(Leg, Seq, u16), OutboxRow> = Table::of_store("outbox");

/// Envelopes that were given up.
pub const DEAD_LETTERS: Table<u64, DeadLetter> = Table::of_store("dead_letters");

/// How each account is doing.
pub const HEALTH: Table<AccountName, HealthRow> = Table::of_store("health");

/// Numbers that are never used twice, by what they count.
pub const COUNTERS: Table<[u8; 4], u64> = Table::of_store("counters");

/// Archives that were brought in, or are being.
pub const IMPORTS: Table<[u8; 16], ImportRow> = Table::of_store("imports");

/// Messages that were erased, and since when: what an archive brings of them stays out.
pub const ERASED: Table<MessageId, Timestamp> = Table::of_store("erased");

/// Ids by which networks may bring again what was erased.
pub const FORGOTTEN: Table<(AccountName, RemoteId), Timestamp> = Table::of_store("forgotten");

/// What the owner had erased, and what could not be.
pub const ERASURES: Table<u64, ErasureRow> = Table::of_store("erasures");

/// The register's chain: what went to which network by whose leave, day by day.
pub const REGISTER: Table<u64, Entry> = Table::of_store("register");

/// Where the chain ends, under 0.
pub const REGISTER_HEAD: Table<u64, Head> = Table::of_store("register_head");

/// What went where on days that are not in the chain yet, the oldest first.
pub const REGISTER_SUMS: Table<SumKey, Sum> = Table::of_store("register_sums");

/// Whom the chain speaks of.
pub const SUBJECTS: Table<Subject, SubjectRow> = Table::of_store("subjects");

/// What the settings allow, by link.
pub const GRANTS: Table<Subject, Grant> = Table::of_store("grants");

/// A digest of the settings that the grants were taken from, under 0.
pub const GRANTED: Table<u64, [u8; 32]> = Table::of_store("granted");

/// A sum of the register.
#[derive(Clone, Debug)]
pub struct SumKey {
    day: u64,
    what: Vec<u8>,
}

impl SumKey {
    /// Where a sum lies.
    #[must_use]
    pub fn of(sum: &Sum) -> Self {
        let carried = &sum.carried;
        let terms = carried.terms.bits().to_be_bytes();
        let words = [carried.class.as_str(), carried.network.as_str()].join(" ");
        Self { day: sum.day, what: [sum.subject.as_bytes(), &terms[..], words.as_bytes()].concat() }
    }
}

impl Key for SumKey {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.day.write(to);
        to.hashed(&self.what);
    }
}

impl Key for Subject {
    fn write(&self, to: &mut KeyWriter<'_>) {
        let (kind, name) = match self {
            Self::Leg(leg, link) => {
                let link = link.as_deref().unwrap_or_default();
                ("leg", format!("{leg}\0{link}"))
            }
            Self::Link(name) => ("link", name.clone()),
            Self::Person(who) => ("person", who.uri()),
        };
        to.hashed(format!("{kind}\0{name}").as_bytes());
    }
}

/// Something of an account that has a name: a stream, a reason.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The account.
    pub account: AccountName,
    /// The name.
    pub name: String,
}

impl Key for Stream {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.account.write(to);
        to.hashed(self.name.as_bytes());
    }
}

impl Key for Origin {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_bytes());
    }
}

/// All of them; what checks, erases, copies or migrates a store goes through this list.
pub const ALL: &[&dyn AnyTable] = &[
    &CONVERSATION_KEYS,
    &ACCOUNT_KEYS,
    &JOURNAL,
    &EVENTS,
    &MESSAGES,
    &COPIES,
    &REMOTE,
    &ORIGINS,
    &REACTIONS,
    &REACTED,
    &TOMBSTONES,
    &EXPIRIES,
    &NOTES,
    &CONVERSATIONS,
    &PEOPLE,
    &LEGS,
    &PROFILES,
    &PROOFS,
    &CLAIMS,
    &HOMES,
    &TIES,
    &APART,
    &INTRODUCED,
    &PARTINGS,
    &STANDINGS,
    &DIRECTS,
    &CURSORS,
    &WAITING,
    &REFUSALS,
    &SEALED,
    &BACKLOG,
    &OUTBOX,
    &DEAD_LETTERS,
    &HEALTH,
    &COUNTERS,
    &IMPORTS,
    &ERASED,
    &FORGOTTEN,
    &ERASURES,
    &REGISTER,
    &REGISTER_HEAD,
    &REGISTER_SUMS,
    &SUBJECTS,
    &GRANTS,
    &GRANTED,
    #[cfg(test)]
    &crate::store::tests::NOTES,
    #[cfg(test)]
    &crate::store::tests::LABELS,
];

/// The key that seals a conversation's rows; none once the conversation was erased.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct ConversationSecret {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) key: Option<[u8; 32]>,
}

impl std::fmt::Debug for ConversationSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConversationSecret(..)")
    }
}

/// One key of one account.
#[derive(Clone, Debug)]
pub struct AccountKey {
    pub(super) account: AccountName,
    pub(super) key: Vec<u8>,
}

impl Key for AccountKey {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.account.write(to);
        to.hashed(&self.key);
    }
}

/// One value of one account, with the key that its row key only has a hash of.
#[derive(Clone, Encode, Decode, Zeroize, ZeroizeOnDrop)]
pub struct AccountValue {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) key: Vec<u8>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) value: Vec<u8>,
}

impl std::fmt::Debug for AccountValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountValue(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tables_share_a_name() {
        let mut names: Vec<_> = ALL.iter().map(|table| table.name()).chain([META]).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len() + 1);
        assert!(names.iter().all(|name| !name.contains('\0')));
    }
}
