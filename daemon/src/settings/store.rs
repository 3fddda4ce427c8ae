//! `[store]`: where everything is kept, and what opens it.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use threadbridge_core::secret::{InvalidSecretRef, SecretRef};

/// The encrypted store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// The store's file; relative to the folder of the settings file.
    #[serde(default = "default_path")]
    pub path: PathBuf,
    /// What opens it: `passphrase` asks for one at the terminal; otherwise where the key or the
    /// passphrase is kept.
    pub key: KeySource,
}

fn default_path() -> PathBuf {
    PathBuf::from("threadbridge.store")
}

/// Where the store's key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["file:store.key"]))]
pub enum KeySource {
    /// The owner types it.
    Passphrase,
    /// It is kept somewhere. 64 hexadecimal digits are a key, all else is a passphrase.
    Kept(SecretRef),
}

/// A text that says not where a key is. It may be the key itself, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidKeySource {
    /// Neither `passphrase` nor a reference; most likely the secret itself.
    #[error(
        "a secret must not stand in the settings, expected `passphrase`, `file:PATH`, `env:NAME` \
         or `keyring:NAME`"
    )]
    Literal,
    /// A reference that cannot be one.
    #[error(transparent)]
    Reference(InvalidSecretRef),
}

impl TryFrom<String> for KeySource {
    type Error = InvalidKeySource;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text == "passphrase" {
            return Ok(Self::Passphrase);
        }
        SecretRef::parse(&text).map(Self::Kept).map_err(|invalid| match invalid {
            InvalidSecretRef::Literal => InvalidKeySource::Literal,
            InvalidSecretRef::Nameless | InvalidSecretRef::IsASetting => {
                InvalidKeySource::Reference(invalid)
            }
        })
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passphrase => f.write_str("passphrase"),
            Self::Kept(reference) => reference.fmt(f),
        }
    }
}
