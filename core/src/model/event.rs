//! What happened on a network, in our words but with the network's own references: what an adapter
//! makes of an envelope. The journal turns the references into message ids.

use minicbor::{Decode, Encode};

use super::content::Content;
use super::id::{Identity, RemoteConversation, RemoteId};
use super::mark::Mark;
use super::time::Timestamp;

/// One thing that somebody did in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Where.
    pub conversation: RemoteConversation,
    /// The network's id of this very event; the same each time it is received.
    pub id: RemoteId,
    /// Who did it, as the network proved it.
    pub author: Identity,
    /// When, by the author's clock. May be wrong or forged; order comes from arrival.
    pub sent_at: Timestamp,
    /// What.
    pub action: Action,
    /// Whether it happened before the account was there, and is told afterwards. It takes its place
    /// in the thread by its own time, and goes to no other leg.
    pub is_history: bool,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Said something new.
    Say(Said),
    /// Replaced what they had said.
    Edit {
        /// The first version of it.
        target: RemoteId,
        /// What stands there instead.
        said: Said,
    },
    /// Took back what they had said.
    Delete {
        /// The first version of it.
        target: RemoteId,
    },
    /// Reacted to a message. A share without words (a recast, a repost) is the reaction `🔁`.
    React {
        /// The message.
        target: RemoteId,
        /// The reaction, an emoji.
        emoji: String,
    },
    /// Took back a reaction.
    Unreact {
        /// The message that it was to.
        target: RemoteId,
        /// The reaction, an emoji.
        emoji: String,
    },
    /// Read the conversation as far as a message.
    Read {
        /// The last message read.
        up_to: RemoteId,
    },
}

/// Something said, with the network's references beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The content; its `in_reply_to` and `replaces` are filled in by the journal.
    pub content: Content,
    /// The message that it answers.
    pub reply_to: Option<RemoteId>,
    /// Messages that it quotes, in the order in which they are shown.
    pub quotes: Vec<RemoteId>,
    /// The mark, if another bridge (or ours, in another life) made this copy.
    pub mark: Option<Mark>,
}

impl Said {
    /// Plain content that refers to nothing.
    #[must_use]
    pub const fn new(content: Content) -> Self {
        Self { content, reply_to: None, quotes: Vec::new(), mark: None }
    }
}

/// How somebody shows themself on a network. Decoration: it proves nothing and joins nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Profile {
    /// The name they chose, in any characters.
    #[n(0)]
    pub display_name: Option<String>,
    /// The name by which they are found, without a sign before it.
    #[n(1)]
    pub handle: Option<String>,
    /// Where their picture is; never fetched on receipt.
    #[n(2)]
    pub picture_url: Option<String>,
}

/// A profile as it is kept, with whose it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct ProfileRow {
    /// See [`Profile::display_name`].
    #[n(0)]
    pub display_name: Option<String>,
    /// See [`Profile::handle`].
    #[n(1)]
    pub handle: Option<String>,
    /// See [`Profile::picture_url`].
    #[n(2)]
    pub picture_url: Option<String>,
    /// Whose it is, of which the row key has a hash only; rows of earlier versions do not say.
    #[n(3)]
    pub identity: Option<Identity>,
}

impl ProfileRow {
    /// How `identity` shows itself.
    #[must_use]
    pub fn new(identity: Identity, profile: Profile) -> Self {
        let Profile { display_name, handle, picture_url } = profile;
        Self { display_name, handle, picture_url, identity: Some(identity) }
    }

    /// The profile alone.
    #[must_use]
    pub fn into_profile(self) -> Profile {
        let Self { display_name, handle, picture_url, .. } = self;
        Profile { display_name, handle, picture_url }
    }
}

impl Profile {
    /// This profile with what `newer` knows put over it.
    #[must_use]
    pub fn updated(self, newer: Self) -> Self {
        Self {
            display_name: newer.display_name.or(self.display_name),
            handle: newer.handle.or(self.handle),
            picture_url: newer.picture_url.or(self.picture_url),
        }
    }
}
