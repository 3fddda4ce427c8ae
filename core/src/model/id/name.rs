//! Names that the owner or an adapter's crate gives: plain enough for files and settings.

use std::fmt;

use minicbor::{Decode, Encode};

use super::text::Text;
use super::{InvalidId, name};

/// A network, such as `farcaster`. Named by its adapter's crate; unique in the bridge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Network(#[n(0)] Text);

impl Network {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        name(text.into()).map(|text| Self(text.into()))
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One login of the owner on one network. Named by the owner in `bridge.toml`; unique in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AccountName(#[n(0)] Text);

impl AccountName {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        name(text.into()).map(|text| Self(text.into()))
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
