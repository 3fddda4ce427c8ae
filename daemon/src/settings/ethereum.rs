//! `[ethereum]`: the node by which names and contract wallets are looked up.

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_ethereum::NodeConfig;

use super::lens::{InvalidWebAddress, WebAddress};

/// Where Ethereum is asked, and for what: whose a name is, and what a wallet that is a contract says
/// to a signature. Without it neither is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EthereumSettings {
    /// The JSON-RPC of a node, such as `https://rpc.example`.
    pub rpc: Option<NodeAddress>,
    /// Of which chain the node has to be (EIP-155).
    #[schemars(range(min = 1))]
    pub chain_id: u64,
    /// What the node is shown as `Authorization: Bearer …`.
    pub key: Option<SecretRef>,
}

/// Where a node is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["https://rpc.example"]))]
pub struct NodeAddress(WebAddress);

/// A text that is no node's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidNodeAddress {
    /// It is nowhere on the web.
    #[error(transparent)]
    Web(#[from] InvalidWebAddress),
    /// Anybody on the way could say what the node says.
    #[error("whoever is on the wire could answer in its place, expected `https://`")]
    Open,
}

impl TryFrom<String> for NodeAddress {
    type Error = InvalidNodeAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let address = WebAddress::try_from(text)?;
        if address.is_private { Ok(Self(address)) } else { Err(InvalidNodeAddress::Open) }
    }
}

impl Default for EthereumSettings {
    fn default() -> Self {
        Self { rpc: None, chain_id: 1, key: None }
    }
}

impl EthereumSettings {
    /// The node, shown this key; nothing if none is named.
    #[must_use]
    pub fn node(&self, key: Option<Secret>) -> Option<NodeConfig> {
        let rpc = self.rpc.as_ref()?.0.url.clone();
        Some(NodeConfig { rpc, chain_id: self.chain_id, key })
    }
}
