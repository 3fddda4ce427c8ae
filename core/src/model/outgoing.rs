//! What is to be said on one leg: content that fits there, with that network's own references.
//! `fit` makes it, an adapter's `render` turns it into the network's format.

use std::ops::Range;

use super::content::{Expiration, ExternalPart};
use super::id::{Identity, RemoteId};
use super::mark::Mark;
use super::time::Timestamp;

/// One thing to do on one leg.
#[derive(Clone, Debug, PartialEq)]
pub enum Outgoing {
    /// Say something new.
    Say(Say),
    /// Replace what was said.
    Edit {
        /// The copy's id there.
        target: RemoteId,
        /// What stands there instead.
        say: Say,
    },
    /// Take back what was said.
    Delete {
        /// The copy's id there.
        target: RemoteId,
    },
    /// React to a message.
    React {
        /// The copy's id there.
        target: RemoteId,
        /// The reaction, one of those that the leg can express.
        emoji: String,
    },
    /// Take back a reaction.
    Unreact {
        /// The copy's id there.
        target: RemoteId,
        /// The reaction.
        emoji: String,
    },
    /// Tell that the conversation was read as far as a message.
    Read {
        /// The copy's id there.
        up_to: RemoteId,
    },
}

/// Something to say. Within the leg's limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Say {
    /// The whole text, attribution included.
    pub text: String,
    /// People named in the text whom the destination network knows.
    pub mentions: Vec<Mention>,
    /// Links, quotes and media beside the text, in order.
    pub embeds: Vec<Embed>,
    /// What it answers; nothing means the conversation itself.
    pub reply_to: ReplyTo,
    /// When the author said it.
    pub sent_at: Timestamp,
    /// The mark that the copy carries; nothing where the network hides copies from no bridge.
    pub mark: Option<Mark>,
    /// When it disappears, where the network sees to that itself.
    pub expires: Option<Expiration>,
}

/// What a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// Nothing: it stands in the conversation.
    Conversation,
    /// A message there.
    Message(RemoteId),
    /// The part before it of the same message, whose id is known only once that is sealed.
    PartBefore,
}

/// Somebody named in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The name's place in the text, in bytes, sign included.
    pub range: Range<usize>,
    /// Who it is.
    pub identity: Identity,
}

/// Something beside the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Embed {
    /// A link.
    Url(String),
    /// Another message of the same network.
    Quote(RemoteId),
    /// Media that lies elsewhere.
    Media(ExternalPart),
}
