//! `[accounts.NAME]` with `network = "farcaster"`.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::secret::SecretRef;
use url::Url;

use crate::wire::proto::FarcasterNetwork;

/// An account on Farcaster.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Nodes in order of preference; the next one is used when one fails.
    #[schemars(length(min = 1))]
    pub nodes: Vec<NodeConfig>,
    /// The network that the nodes belong to.
    #[serde(default)]
    pub chain: Chain,
    /// The account's own fid. Without it the account only reads.
    #[serde(default)]
    pub fid: Option<std::num::NonZeroU64>,
    /// The private key of a signer (app key) of that fid: 64 hexadecimal digits. Without it the
    /// account only reads.
    #[serde(default)]
    pub signer: Option<SecretRef>,
    /// Direct casts, for conversations `direct/FID`. The operator can read them. Off by default.
    #[serde(default)]
    pub direct_casts: Option<DirectCasts>,
}

/// One node.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// `grpc://HOST:PORT`, `grpcs://HOST:PORT` (with TLS), `http://…` or `https://…`. Over HTTP
    /// some messages cannot be verified, and events are polled.
    pub url: String,
    /// The key of a hosted node, sent as `x-api-key`.
    #[serde(default)]
    pub api_key: Option<SecretRef>,
    /// The name for a node that asks for name and password.
    #[serde(default)]
    pub user: Option<String>,
    /// The password for a node that asks for name and password.
    #[serde(default)]
    pub password: Option<SecretRef>,
}

/// Which network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Chain {
    /// The real one.
    #[default]
    Mainnet,
    /// The public test network.
    Testnet,
    /// A node of one's own, such as Threadbridge's devnet.
    Devnet,
}

impl From<Chain> for FarcasterNetwork {
    fn from(chain: Chain) -> Self {
        match chain {
            Chain::Mainnet => Self::Mainnet,
            Chain::Testnet => Self::Testnet,
            Chain::Devnet => Self::Devnet,
        }
    }
}

/// Direct casts by the documented key API. They can be sent, not read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectCasts {
    /// The API key, made in the app's developer page.
    pub key: SecretRef,
    /// Where the API is.
    #[serde(default = "direct_api")]
    pub api: Url,
}

#[expect(clippy::unwrap_used, reason = "the address is a literal, and a test parses it")]
fn direct_api() -> Url {
    Url::parse("https://api.farcaster.xyz").unwrap()
}

impl Config {
    /// Every secret that the settings name, to be resolved before [`connect`](crate::connect).
    pub fn secrets(&self) -> BTreeSet<SecretRef> {
        let of_nodes = self.nodes.iter().flat_map(|node| [&node.api_key, &node.password]);
        let mut secrets: BTreeSet<_> = of_nodes.flatten().cloned().collect();
        secrets.extend(self.signer.clone());
        secrets.extend(self.direct_casts.as_ref().map(|direct| direct.key.clone()));
        secrets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_account_has_sensible_defaults() {
        let config: Config = serde_json::from_value(serde_json::json!({
            "nodes": [{ "url": "grpc://127.0.0.1:3383" }],
            "fid": 7,
            "signer": "env:SIGNER",
            "direct_casts": { "key": "keyring:dc" },
        }))
        .unwrap();
        assert_eq!(config.chain, Chain::Mainnet);
        assert_eq!(config.secrets().len(), 2);
        assert_eq!(config.direct_casts.unwrap().api.host_str(), Some("api.farcaster.xyz"));
    }

    #[test]
    fn unknown_keys_and_literal_secrets_are_refused() {
        let read = |json| serde_json::from_value::<Config>(json);
        let nodes = serde_json::json!([{ "url": "grpc://x:1" }]);
        assert!(read(serde_json::json!({ "nodes": nodes, "signr": "env:X" })).is_err());
        assert!(read(serde_json::json!({ "nodes": nodes, "signer": "ab".repeat(32) })).is_err());
        assert!(read(serde_json::json!({ "nodes": nodes, "fid": 0 })).is_err());
    }
}
