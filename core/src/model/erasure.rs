//! What the owner wants gone, and how far that is.

use minicbor::{Decode, Encode};

use super::id::{AccountName, ConversationId, Identity, MessageId, Seq};
use super::time::Timestamp;

/// What is to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Erase {
    /// A message with its versions and what was reacted to it.
    #[n(0)]
    Message(#[n(0)] MessageId),
    /// All that was ever said in a conversation.
    #[n(1)]
    Conversation(#[n(0)] ConversationId),
    /// All that somebody said, and who they are.
    #[n(2)]
    Person(#[n(0)] Vec<Identity>),
    /// All that came by an account, and its keys.
    #[n(3)]
    Account(#[n(0)] AccountName),
}

/// How far an erasure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ErasurePhase {
    /// What has copies elsewhere is taken back there.
    #[n(0)]
    TakesBack,
    /// The networks are told.
    #[n(1)]
    Waits,
    /// Rows are deleted.
    #[n(2)]
    Deletes,
    /// Nothing of it is here any more.
    #[n(3)]
    Done,
}

/// An erasure. What it is of goes with what was erased.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ErasureRow {
    /// The number by which people call it; never used again.
    #[n(0)]
    pub id: u64,
    /// What is to be erased; nothing once it is.
    #[n(1)]
    pub what: Option<Erase>,
    /// When it was asked for.
    #[n(2)]
    pub begun_at: Timestamp,
    /// How far it is.
    #[n(3)]
    pub phase: ErasurePhase,
    /// How far this phase has gone through the journal.
    #[n(4)]
    pub place: Seq,
    /// The journal's end when everything was taken back.
    #[n(5)]
    pub taken_back_at: Seq,
    /// The accounts that have to tell their networks.
    #[n(6)]
    pub accounts: Vec<AccountName>,
    /// How many messages were erased here.
    #[n(7)]
    pub erased: u64,
    /// How many of them were taken back elsewhere, or tried to be.
    #[n(8)]
    pub taken_back: u64,
    /// What could not be erased, by account and reason.
    #[n(9)]
    pub stays: Vec<Stays>,
    /// When nothing of it was here any more.
    #[n(10)]
    pub done_at: Option<Timestamp>,
}

/// Copies that could not be erased.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Stays {
    /// The account on whose network they are.
    #[n(0)]
    pub account: AccountName,
    /// Why.
    #[n(1)]
    pub reason: String,
    /// How many.
    #[n(2)]
    pub count: u64,
}

impl ErasureRow {
    /// Counts something that stays.
    pub(crate) fn stays(&mut self, account: &AccountName, reason: &str) {
        let known = |it: &&mut Stays| it.account == *account && it.reason == reason;
        match self.stays.iter_mut().find(known) {
            Some(known) => known.count = known.count.saturating_add(1),
            None => {
                let (account, reason) = (account.clone(), reason.to_owned());
                self.stays.push(Stays { account, reason, count: 1 });
            }
        }
    }
}
