//! The journal's rows: what was accepted, in the order in which it was accepted.

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, decode};

use super::id::{AccountName, ConversationId, Identity, Leg, MessageId, RemoteId, Seq};
use super::level::Level;
use super::mark::Mark;
use super::time::Timestamp;

/// One accepted event. Never changed; what replaces or deletes it is a record of its own. Only of a
/// message whose time is over the words are erased.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Record {
    /// Its id, the same in every copy.
    #[n(0)]
    pub message: MessageId,
    /// Who did it; nobody on a network if the owner did it here.
    #[n(1)]
    pub author: Option<Identity>,
    /// Where it came in; nowhere if the owner did it here.
    #[n(2)]
    pub leg: Option<Leg>,
    /// The network's id of it.
    #[n(3)]
    pub remote_id: Option<RemoteId>,
    /// When, by the author's clock.
    #[n(4)]
    pub sent_at: Timestamp,
    /// When it was accepted, by ours.
    #[n(5)]
    pub received_at: Timestamp,
    /// How well it was protected where it was said.
    #[n(6)]
    pub level: Level,
    /// The content in its canonical encoding.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub content: Vec<u8>,
    /// The mark that its copies carry.
    #[n(8)]
    pub mark: Option<Mark>,
    /// The network's bytes as they were.
    #[cbor(n(9), with = "minicbor::bytes")]
    pub raw: Vec<u8>,
    /// What it answers, where we never saw that.
    #[n(10)]
    pub reply_to_unseen: Option<RemoteId>,
    /// Whether time did it: the message that it deletes was to disappear.
    #[cbor(n(11), default)]
    pub is_expiry: bool,
    /// Whether it was brought in as history: it goes to no leg.
    #[cbor(n(12), default)]
    pub is_history: bool,
    /// The one leg that it is meant for; all that its conversation tells, if it is none.
    #[n(13)]
    pub to: Option<Leg>,
    /// Whether the owner had the message erased that it deletes.
    #[cbor(n(14), default)]
    pub is_erasure: bool,
}

/// A message that will disappear.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ExpiryRow {
    /// When.
    #[n(0)]
    pub at: Timestamp,
    /// Its conversation.
    #[n(1)]
    pub conversation: ConversationId,
    /// Its first version.
    #[n(2)]
    pub message: MessageId,
}

/// Where a place in the journal lies: its conversation holds the record itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Place {
    /// The conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// Whether its record was erased.
    #[cbor(n(1), default)]
    pub is_erased: bool,
}

/// Where a message is, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MessageRow {
    /// Its conversation.
    #[n(0)]
    pub conversation: ConversationId,
    /// Its place in the journal.
    #[n(1)]
    pub seq: Seq,
    /// Whether its author took it back. Once true, true for ever.
    #[n(2)]
    pub deleted: bool,
    /// Later versions of it, oldest first.
    #[n(3)]
    pub edits: Vec<MessageId>,
}

/// An archive that was brought in, or is being.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ImportRow {
    /// When it was begun.
    #[n(0)]
    pub begun_at: Timestamp,
    /// When all of it was there; nothing while it is not.
    #[n(1)]
    pub done_at: Option<Timestamp>,
    /// Whether its messages keep their places: the store had none.
    #[n(2)]
    pub keeps_places: bool,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Conversation {
    /// Its id.
    #[n(0)]
    pub id: ConversationId,
    /// What the owner calls it, if it is linked.
    #[n(1)]
    pub name: Option<String>,
    /// Its legs.
    #[n(2)]
    pub legs: Vec<Leg>,
    /// When it began here.
    #[n(3)]
    pub created_at: Timestamp,
    /// Whether the owner began it by hand: then it is listened to without a link.
    #[cbor(n(4), default)]
    pub is_begun: bool,
}

/// Somebody's reaction to a message, for as long as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ReactionRow {
    /// The message that is the reaction.
    #[n(0)]
    pub message: MessageId,
    /// The emoji.
    #[n(1)]
    pub emoji: String,
}

/// A delete that came before its message.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct TombstoneRow {
    /// When it came.
    #[n(0)]
    pub at: Timestamp,
    /// The account that it came by. This and the next two are in the row key as hashes only; rows
    /// of earlier versions have none of them.
    #[n(1)]
    pub account: Option<AccountName>,
    /// What it deletes.
    #[n(2)]
    pub remote_id: Option<RemoteId>,
    /// Who asked for it.
    #[n(3)]
    pub author: Option<Identity>,
}

impl<'b, C> Decode<'b, C> for TombstoneRow {
    fn decode(from: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        // Before there were fields, the time stood alone.
        if from.datatype()? != Type::Array {
            let at = Timestamp::decode(from, context)?;
            return Ok(Self { at, account: None, remote_id: None, author: None });
        }
        let fields = Fields::decode(from, context)?;
        let Fields { at, account, remote_id, author } = fields;
        Ok(Self { at, account, remote_id, author })
    }
}

#[derive(Decode)]
struct Fields {
    #[n(0)]
    at: Timestamp,
    #[n(1)]
    account: Option<AccountName>,
    #[n(2)]
    remote_id: Option<RemoteId>,
    #[n(3)]
    author: Option<Identity>,
}

/// Something about an event on one leg that its owner should be able to see: why it did not cross,
/// or what was lost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Note {
    /// The leg.
    #[n(0)]
    pub leg: Leg,
    /// Whether it stayed behind altogether.
    #[n(1)]
    pub refused: bool,
    /// Why, for people.
    #[n(2)]
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> TombstoneRow {
        Decoder::new(bytes).decode().unwrap()
    }

    #[test]
    fn tombstones_of_earlier_versions_are_read() {
        let at = Timestamp::from_secs(7);
        let bare = minicbor::to_vec(at).unwrap();
        let row = read(&bare);
        assert_eq!(row, TombstoneRow { at, account: None, remote_id: None, author: None });
        let named = TombstoneRow { account: Some(AccountName::parse("casts").unwrap()), ..row };
        let bytes = minicbor::to_vec(&named).unwrap();
        assert_eq!(read(&bytes), named);
    }
}
