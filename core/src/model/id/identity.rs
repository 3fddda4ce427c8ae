//! Someone on one network.

use minicbor::{Decode, Encode};

use super::{Network, RemoteAuthor};

/// Someone's presence on one network. The key of everything that is known about them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Identity {
    /// The network it is on.
    #[n(0)]
    pub network: Network,
    /// Who it is there.
    #[n(1)]
    pub author: RemoteAuthor,
}

impl Identity {
    /// The identity as a URI, `<network>:<author>`: the sender's name in a message id.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}:{}", self.network, self.author)
    }
}
