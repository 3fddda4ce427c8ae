//! What requests bring: one strict type for each shape, so that what is unknown is refused.

use alloy_primitives::{Address, B256};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::lens::graphql::Failure;
use crate::lens::world::id;

/// Reads the argument `request` and refuses any other.
pub(super) fn request<T: DeserializeOwned>(arguments: &Map<String, Value>) -> Result<T, Failure> {
    argument(arguments, "request")
}

/// Reads the one argument that an operation takes.
pub(super) fn argument<T: DeserializeOwned>(
    arguments: &Map<String, Value>,
    name: &str,
) -> Result<T, Failure> {
    if let Some(stranger) = arguments.keys().find(|key| *key != name) {
        return Err(Failure::request(format!("unknown argument \"{stranger}\"")));
    }
    let value = arguments
        .get(name)
        .ok_or_else(|| Failure::input(format!("argument \"{name}\" is required")))?;
    T::deserialize(value).map_err(|error| Failure::input(format!("{name}: {error}")))
}

/// Refuses all arguments.
pub(super) fn nothing(arguments: &Map<String, Value>) -> Result<(), Failure> {
    match arguments.keys().next() {
        Some(stranger) => Err(Failure::request(format!("unknown argument \"{stranger}\""))),
        None => Ok(()),
    }
}

/// An `EvmAddress`, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evm(pub(super) Address);

impl<'de> Deserialize<'de> for Evm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        id::address(&text).map(Self).ok_or_else(|| D::Error::custom("not an EvmAddress"))
    }
}

/// A `TxHash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hash(pub(super) B256);

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        id::hash(&text).map(Self).ok_or_else(|| D::Error::custom("not a TxHash"))
    }
}

/// Always `true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Yes;

impl<'de> Deserialize<'de> for Yes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if bool::deserialize(deserializer)? {
            Ok(Self)
        } else {
            Err(D::Error::custom("must be true"))
        }
    }
}

/// How much is on a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum PageSize {
    Ten,
    #[default]
    Fifty,
}

impl PageSize {
    pub(super) const fn items(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Fifty => 50,
        }
    }
}

/// A feed, one way or another.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FeedOneOf {
    GlobalFeed(Yes),
    Feed(Evm),
    App(#[expect(dead_code, reason = "every app's feed is the global one here")] Evm),
}

/// A graph, one way or another.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum GraphOneOf {
    GlobalGraph(Yes),
    Graph(Evm),
    App(#[expect(dead_code, reason = "every app's graph is the global one here")] Evm),
}

/// A name to look up.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UsernameInput {
    pub(super) local_name: String,
    pub(super) namespace: Option<Evm>,
}

/// A part of a name to look up.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UsernameSearch {
    pub(super) local_name_query: String,
    pub(super) namespaces: Option<Vec<Evm>>,
}
