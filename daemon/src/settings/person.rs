//! `[[people]]`: who is who, by your word, and who speaks by an account of their own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error as ThisError;
use threadbridge_core::model::id::{AccountName, Identity, InvalidId, Network, RemoteAuthor};
use threadbridge_core::model::person::Introduction;

/// Somebody whom you introduce.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonSettings {
    /// What you call them.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Who they are: an account of this file that is theirs, or `NETWORK:ID`. Accounts that are
    /// nobody's are yours.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub is: Vec<Presence>,
    /// The accounts by which they speak as themself: where the first would speak for them, the
    /// second does. Such an account is theirs, is of the same network, and has no legs.
    #[serde(default)]
    pub voices: BTreeMap<AccountRef, AccountRef>,
}

/// The name of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["casts"]))]
pub struct AccountRef(pub AccountName);

/// A text that names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("{0}, expected the name of an account, such as `casts`")]
pub struct InvalidAccount(InvalidId);

impl TryFrom<String> for AccountRef {
    type Error = InvalidAccount;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        AccountName::parse(text).map(Self).map_err(InvalidAccount)
    }
}

/// Somewhere that a person is: an account, or `NETWORK:ID`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["farcaster:5"]))]
pub enum Presence {
    /// An account of this file.
    Account(AccountName),
    /// Somebody on a network.
    Identity(Identity),
}

/// A text that names neither an account nor somebody on a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("{0}, expected the name of an account, or `NETWORK:ID`, such as `farcaster:5`")]
pub struct InvalidPresence(InvalidId);

impl TryFrom<String> for Presence {
    type Error = InvalidPresence;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let Some((network, author)) = text.split_once(':') else {
            return AccountName::parse(text).map(Self::Account).map_err(InvalidPresence);
        };
        let network = Network::parse(network).map_err(InvalidPresence)?;
        let author = RemoteAuthor::parse(author).map_err(InvalidPresence)?;
        Ok(Self::Identity(Identity { network, author }))
    }
}

impl PersonSettings {
    /// The person as core takes them.
    #[must_use]
    pub fn introduction(&self) -> Introduction {
        let mut person = Introduction { name: self.name.clone(), ..Introduction::default() };
        for presence in &self.is {
            match presence {
                Presence::Account(account) => person.accounts.insert(account.clone()),
                Presence::Identity(identity) => person.identities.insert(identity.clone()),
            };
        }
        let voices = self.voices.iter();
        person.voices = voices.map(|(by, voice)| (by.0.clone(), voice.0.clone())).collect();
        person
    }
}
