//! A message that another message shows inside itself.

use minicbor::{Decode, Encode};

use super::{Actor, Content, Part};
use crate::model::id::{MessageId, Network, RemoteId};

/// What is quoted, by as many of its names as are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Quote {
    /// The message, if the bridge knows it.
    #[n(0)]
    pub message: Option<MessageId>,
    /// The network it was quoted on.
    #[n(1)]
    pub network: Option<Network>,
    /// What that network calls it.
    #[n(2)]
    pub remote: Option<RemoteId>,
    /// Who said it.
    #[n(3)]
    pub author: Option<Actor>,
    /// Where it can be seen.
    #[n(4)]
    pub url: Option<String>,
    /// What it said, or the beginning of it.
    #[n(5)]
    pub excerpt: Option<String>,
}

impl Content {
    /// The messages that this one shows inside itself.
    #[must_use]
    pub fn quotes(&self) -> Vec<Quote> {
        let quoted = self.body.leaves().into_iter().filter_map(|part| part.single(Part::QUOTE));
        quoted.filter_map(|content| minicbor::decode(content).ok()).collect()
    }
}
