//! A conversation on one network.

use std::fmt;

use minicbor::{Decode, Encode};

use super::{AccountName, InvalidId, RemoteConversation};

/// A conversation's presence on one network, through one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Leg {
    /// The account that takes part.
    #[n(0)]
    pub account: AccountName,
    /// What the network calls the conversation.
    #[n(1)]
    pub conversation: RemoteConversation,
}

impl Leg {
    /// Reads the form that `bridge.toml` uses, `account:conversation`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let (account, conversation) = text.split_once(':').ok_or(InvalidId::Empty)?;
        Ok(Self {
            account: AccountName::parse(account)?,
            conversation: RemoteConversation::parse(conversation)?,
        })
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.account, self.conversation)
    }
}
