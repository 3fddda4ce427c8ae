//! What people say.

use minicbor::{Decode, Encode};

/// What somebody does in a room, or says of themself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Note {
    #[n(0)]
    Say(#[n(0)] Words),
    #[n(1)]
    Edit {
        #[n(0)]
        target: String,
        #[n(1)]
        words: Words,
    },
    #[n(2)]
    Delete {
        #[n(0)]
        target: String,
    },
    #[n(3)]
    React {
        #[n(0)]
        target: String,
        #[n(1)]
        emoji: String,
    },
    #[n(4)]
    Unreact {
        #[n(0)]
        target: String,
        #[n(1)]
        emoji: String,
    },
    #[n(5)]
    Read {
        #[n(0)]
        up_to: String,
    },
    #[n(6)]
    Profile {
        #[n(0)]
        name: String,
    },
    /// The author and somebody on another network are one, or are no longer. On this network a word
    /// is proof enough.
    #[n(7)]
    Claim {
        #[n(0)]
        network: String,
        #[n(1)]
        who: String,
        #[n(2)]
        holds: bool,
    },
}

/// Something said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Words {
    #[n(0)]
    pub(crate) text: String,
    #[n(1)]
    pub(crate) names: Vec<Name>,
    #[n(2)]
    pub(crate) beside: Vec<Beside>,
    #[n(3)]
    pub(crate) reply_to: Option<String>,
    /// The mark of a copy that a bridge made.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) mark: Option<Vec<u8>>,
    /// When it disappears from the room, in seconds since the Unix epoch.
    #[n(5)]
    pub(crate) ends_s: Option<u32>,
}

/// Somebody named in the text.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Name {
    /// Where the name begins in the text, in bytes.
    #[n(0)]
    pub(crate) start: u32,
    /// Where it ends.
    #[n(1)]
    pub(crate) end: u32,
    #[n(2)]
    pub(crate) who: String,
}

/// Something beside the text.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Beside {
    #[n(0)]
    Link(#[n(0)] String),
    #[n(1)]
    Quote(#[n(0)] String),
    #[n(2)]
    Media {
        #[n(0)]
        url: String,
        #[n(1)]
        content_type: String,
        #[n(2)]
        filename: String,
        #[n(3)]
        description: String,
        #[n(4)]
        size_bytes: u64,
    },
}
