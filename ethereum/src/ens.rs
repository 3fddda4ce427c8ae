//! Names of the Ethereum Name Service, forward and back.
//!
//! Which names are the same is a large table (ENSIP-15). Only those are taken here that are surely
//! themselves: of small letters, digits, hyphens and leading underscores; all others are refused.

use alloy_primitives::{Address, B256, address, keccak256};
use alloy_sol_types::{SolCall, sol};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use threadbridge_core::model::id::{Identity, InvalidId, Network, RemoteAuthor};
use threadbridge_core::model::proof::{Block, Proof, ProofKind, ProofState};
use threadbridge_core::model::time::Timestamp;

use crate::node::{Call, Node, NodeError, Returned};
use crate::wallet::Wallet;

sol! {
    function resolver(bytes32 node) returns (address);
    function addr(bytes32 node) returns (address);
    function name(bytes32 node) returns (string);
}

/// The registry, on every chain that has one.
const REGISTRY: Address = address!("00000000000C2E074eC69A0dFb2997BA6C7d2e1e");
/// What the network of names is called.
pub const NAMES: &str = "ens";
/// What checks names: forward, back, and whether both agree.
const CHECKER: &str = "ens/1";
const MAX_BYTES: usize = 255;

/// A name that is surely normalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnsName(String);

/// Why a text is no name that can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// It is none.
    #[error("a name of ENS has parts with dots between them, such as ann.eth")]
    Form,
    /// It may be one, but which one is not sure.
    #[error(
        "only names of letters a to z, digits, hyphens and leading underscores are looked up; name \
         the wallet by its address"
    )]
    Unsure,
}

/// Why a name leads to no wallet.
#[derive(Debug, Error)]
pub enum Unresolved {
    /// The node gave no good answer.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Nobody has set it up.
    #[error("the name leads to no address")]
    Nowhere,
    /// Its resolver would have to be asked elsewhere (ERC-3668), or fails.
    #[error("the name's resolver does not answer on chain; name the wallet by its address")]
    OffChain,
    /// It cannot be kept.
    #[error("the name cannot be written down")]
    Id(#[from] InvalidId),
    /// It cannot be kept.
    #[error("the evidence cannot be written down")]
    Evidence(#[from] serde_json::Error),
}

/// What a name and a wallet say of each other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Evidence {
    name: String,
    addr: String,
    reverse: String,
}

impl EnsName {
    /// Reads a name; whether capital letters are used makes no difference.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let name = text.to_ascii_lowercase();
        if !name.contains('.') || name.len() > MAX_BYTES || name.split('.').any(str::is_empty) {
            return Err(InvalidName::Form);
        }
        if name.split('.').all(is_sure) { Ok(Self(name)) } else { Err(InvalidName::Unsure) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The wallet that it leads to, and the block that says so.
    pub async fn wallet(&self, node: &Node) -> Result<(Wallet, Block), Unresolved> {
        let at = node.head().await?;
        Ok((forward(node, self, &at).await?, at))
    }

    /// The proof that a wallet and a name are each other's; nothing if they are not.
    pub async fn proves(&self, node: &Node, now: Timestamp) -> Result<Option<Proof>, Unresolved> {
        let (wallet, at) = self.wallet(node).await?;
        if back(node, wallet, &at).await?.as_ref() != Some(self) {
            return Ok(None);
        }
        let name = self.0.clone();
        let evidence = Evidence { name: name.clone(), addr: wallet.to_string(), reverse: name };
        Ok(Some(Proof {
            one: Identity {
                network: Network::parse(NAMES)?,
                author: RemoteAuthor::parse(self.0.clone())?,
            },
            other: wallet.identity()?,
            kind: ProofKind::Name,
            evidence: serde_json::to_vec(&evidence)?,
            checker: CHECKER.to_owned(),
            checked_at: now,
            block: Some(at),
            state: ProofState::Valid,
        }))
    }
}

/// The name of a proof of names, and its wallet.
pub(crate) fn of(proof: &Proof) -> Option<(EnsName, Wallet)> {
    let is_name = proof.kind == ProofKind::Name && proof.one.network.as_str() == NAMES;
    let name = EnsName::parse(proof.one.author.as_str()).ok().filter(|_| is_name)?;
    Some((name, Wallet::of(&proof.other)?))
}

/// Letters and digits are themselves in every version of the table; `xn--` and its kin are not.
fn is_sure(label: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
    let after = label.trim_start_matches('_');
    label.get(2..4).is_none_or(|it| it != "--") && after.chars().all(is_plain)
}

/// ENSIP-1.
fn node_of(name: &str) -> B256 {
    let labels = name.split('.').rev();
    labels.fold(B256::ZERO, |node, label| {
        keccak256([node.as_slice(), keccak256(label).as_slice()].concat())
    })
}

async fn resolver_of(node: &Node, of: B256, at: &Block) -> Result<Wallet, Unresolved> {
    let resolver = asked(node, Wallet(REGISTRY), &resolverCall { node: of }, at).await?;
    if resolver == Address::ZERO { Err(Unresolved::Nowhere) } else { Ok(Wallet(resolver)) }
}

async fn forward(node: &Node, name: &EnsName, at: &Block) -> Result<Wallet, Unresolved> {
    let of = node_of(&name.0);
    let resolver = resolver_of(node, of, at).await?;
    let found = asked(node, resolver, &addrCall { node: of }, at).await?;
    if found == Address::ZERO { Err(Unresolved::Nowhere) } else { Ok(Wallet(found)) }
}

/// The name that a wallet says it goes by (ENSIP-3), if it is one that is surely normalized.
async fn back(node: &Node, wallet: Wallet, at: &Block) -> Result<Option<EnsName>, Unresolved> {
    let of = node_of(&format!("{}.addr.reverse", hex::encode(wallet.0)));
    let resolver = match resolver_of(node, of, at).await {
        Err(Unresolved::Nowhere) => return Ok(None),
        resolver => resolver?,
    };
    match asked(node, resolver, &nameCall { node: of }, at).await {
        // Whoever is said to be called otherwise than the name is written is not called so.
        Ok(name) => Ok(EnsName::parse(&name).ok().filter(|it| it.0 == name)),
        Err(Unresolved::OffChain) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn asked<C: SolCall>(
    node: &Node,
    contract: Wallet,
    call: &C,
    at: &Block,
) -> Result<C::Return, Unresolved> {
    match node.call(Call::To(contract, call.abi_encode()), at).await? {
        Returned::Reverted => Err(Unresolved::OffChain),
        Returned::Bytes(bytes) if bytes.is_empty() => Err(Unresolved::OffChain),
        Returned::Bytes(bytes) => C::abi_decode_returns_validate(&bytes)
            .map_err(|_abi| NodeError::Malformed { expected: "what the interface returns" }.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_nodes_that_the_standard_gives_them() {
        // From ENSIP-1.
        for (name, node) in [
            ("eth", "0x93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae"),
            ("foo.eth", "0xde9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f"),
        ] {
            assert_eq!(node_of(name).to_string(), node);
        }
    }

    #[test]
    fn only_names_that_are_surely_normalized_are_taken() {
        assert_eq!(EnsName::parse("Ann.eth").unwrap().as_str(), "ann.eth");
        for name in ["a-1.b.eth", "_x.eth", "4.eth"] {
            assert_eq!(EnsName::parse(name).unwrap().as_str(), name);
        }
        for name in ["eth", "", ".eth", "ann..eth", "ann.eth."] {
            assert_eq!(EnsName::parse(name), Err(InvalidName::Form), "{name}");
        }
        for name in ["аnn.eth", "xn--nn-3lc.eth", "a_b.eth", "ann\u{200d}.eth", "a b.eth"] {
            assert_eq!(EnsName::parse(name), Err(InvalidName::Unsure), "{name}");
        }
    }
}
