//! Evidence that a wallet signed a challenge, in the form in which wallets and explorers show signed
//! messages, so that anybody can check it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use threadbridge_core::model::id::{Identity, InvalidId};
use threadbridge_core::model::proof::{Block, Proof, ProofKind, ProofState};
use threadbridge_core::model::time::Timestamp;

use crate::challenge::{Challenge, is_about};
use crate::contract::vouches;
use crate::node::{Node, NodeError};
use crate::signature::WalletSignature;
use crate::wallet::Wallet;

/// What checks signatures of keys: the text, the recovered key, the small S.
const BY_KEY: &str = "ethereum-signature/1";
/// What has a contract check its own: the text, and what the contract says at a block.
const BY_CONTRACT: &str = "ethereum-contract/1";

/// Why nothing is proven.
#[derive(Debug, Error)]
pub enum Unproven {
    /// Somebody else's, or of another text.
    #[error(
        "that is not the wallet's signature of a challenge that is still good; the text has to be \
         signed to the letter, by the wallet that it names"
    )]
    Signature,
    /// It cannot be kept.
    #[error("the proof cannot be written down")]
    Id(#[from] InvalidId),
    /// It cannot be kept.
    #[error("the evidence cannot be written down")]
    Evidence(#[from] serde_json::Error),
}

/// Why a contract vouches for nothing.
#[derive(Debug, Error)]
pub enum NotVouched {
    /// It says that it did not sign.
    #[error(transparent)]
    Unproven(#[from] Unproven),
    /// The node gave no good answer.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// A signed message as explorers take it.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evidence {
    pub(crate) address: String,
    pub(crate) msg: String,
    pub(crate) sig: String,
    pub(crate) version: String,
}

impl Evidence {
    pub(crate) fn new(challenge: &Challenge, signature: &WalletSignature) -> Self {
        Self {
            address: challenge.wallet.to_string(),
            msg: challenge.text(),
            sig: signature.to_string(),
            version: "2".to_owned(),
        }
    }
}

impl WalletSignature {
    /// What the signature proves by itself, if one of these challenges was signed by its wallet's key.
    pub fn proves(&self, challenges: &[Challenge], now: Timestamp) -> Result<Proof, Unproven> {
        let signed = |it: &&Challenge| self.signer_of(&it.text()) == Some(it.wallet);
        let challenge = challenges.iter().find(signed).ok_or(Unproven::Signature)?;
        let (kind, checker) = (ProofKind::ChallengeSignature, BY_KEY.to_owned());
        Ok(Proof { kind, checker, ..self.proof(challenge, now)? })
    }

    /// What it proves if one of these challenges was signed by its wallet, which is a contract and
    /// says so itself (ERC-1271), or will once it is made (ERC-6492).
    pub async fn proves_by_contract(
        &self,
        node: &Node,
        challenges: &[Challenge],
        now: Timestamp,
    ) -> Result<Proof, NotVouched> {
        let at = node.head().await?;
        for challenge in challenges {
            if vouches(node, challenge.wallet, (&challenge.text(), self), &at).await? {
                return Ok(Proof { block: Some(at), ..self.proof(challenge, now)? });
            }
        }
        Err(Unproven::Signature.into())
    }

    fn proof(&self, challenge: &Challenge, now: Timestamp) -> Result<Proof, Unproven> {
        Ok(Proof {
            one: challenge.of.clone(),
            other: challenge.wallet.identity()?,
            kind: ProofKind::ContractSignature,
            evidence: serde_json::to_vec(&Evidence::new(challenge, self))?,
            checker: BY_CONTRACT.to_owned(),
            checked_at: now,
            block: None,
            state: ProofState::Valid,
        })
    }
}

/// Who checks the proof of a contract's signature and the block that says so, if it still holds.
pub(crate) async fn still_vouched(
    node: &Node,
    proof: &Proof,
) -> Result<Option<(&'static str, Block)>, NodeError> {
    let Some((text, signature, wallet)) = of(proof) else { return Ok(None) };
    let at = node.head().await?;
    let holds = vouches(node, wallet, (&text, &signature), &at).await?;
    Ok(holds.then_some((BY_CONTRACT, at)))
}

/// The text and the signature of a proof that speaks of its two; nothing if it does not.
pub(crate) fn of(proof: &Proof) -> Option<(String, WalletSignature, Wallet)> {
    let evidence: Evidence = serde_json::from_slice(&proof.evidence).ok()?;
    let wallet = Wallet::of(&proof.other)?;
    let signature = WalletSignature::parse(&evidence.sig).ok()?;
    let speaks = Wallet::parse(&evidence.address) == Ok(wallet)
        && is_about(&evidence.msg, &proof.one, wallet);
    speaks.then_some((evidence.msg, signature, wallet))
}

/// Who checks the proof of a key's signature, if it holds.
pub(crate) fn still_signed(proof: &Proof) -> Option<&'static str> {
    let (text, signature, wallet) = of(proof)?;
    (signature.signer_of(&text) == Some(wallet)).then_some(BY_KEY)
}

/// Whether an identity can say that a wallet is its own: no wallet can, nor what is not one line.
#[must_use]
pub fn can_have_wallet(of: &Identity) -> bool {
    of.network.as_str() != crate::NETWORK && !of.author.as_str().contains(char::is_control)
}

#[cfg(test)]
mod tests;
