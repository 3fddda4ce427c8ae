//! Contract wallets (ERC-1271, ERC-6492): only their chain can say whether they signed.

use alloy_primitives::eip191_hash_message;
use minicbor::{Decode, Encode};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use super::{
    member::Member,
    refused::Refused,
    signature::{Kind, Unproven, Verified},
};
use crate::wire::proto::identity::{
    SmartContractWalletSignature, verify_smart_contract_wallet_signatures_request,
};

/// What a contract is said to have signed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Claim {
    /// CAIP-10.
    #[n(0)]
    pub(crate) account_id: String,
    /// As of which block.
    #[n(1)]
    pub(crate) block: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) hash: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) signature: Vec<u8>,
}

impl Claim {
    /// As a node is asked.
    pub(crate) fn to_proto(&self) -> verify_smart_contract_wallet_signatures_request::Signature {
        verify_smart_contract_wallet_signatures_request::Signature {
            account_id: self.account_id.clone(),
            block_number: Some(self.block),
            signature: self.signature.clone(),
            hash: self.hash.to_vec(),
        }
    }

    /// By what its verdict is found again.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_proto().encode_to_vec()).into()
    }
}

/// Answers that the chains gave.
pub(crate) trait Verdicts {
    /// Whether the claim with this digest holds; nothing if nobody was asked.
    fn verdict(&self, digest: &[u8; 32]) -> Option<bool>;
}

pub(crate) fn verify(
    text: &str,
    signature: &SmartContractWalletSignature,
    verdicts: &impl Verdicts,
) -> Result<Verified, Unproven> {
    let (chain_id, signer) = account(&signature.account_id).ok_or(Refused::Signature)?;
    let claim = Claim {
        account_id: signature.account_id.clone(),
        block: signature.block_number,
        hash: eip191_hash_message(text).0,
        signature: signature.signature.clone(),
    };
    match verdicts.verdict(&claim.digest()) {
        Some(true) => Ok(Verified {
            signer,
            kind: Kind::Contract,
            bytes: signature.signature.clone(),
            chain_id: Some(chain_id),
        }),
        Some(false) => Err(Refused::Signature.into()),
        None => Err(Unproven::NeedsVerdict(Box::new(claim))),
    }
}

/// CAIP-10 of an Ethereum chain: `eip155:<chain>:<address>`.
fn account(id: &str) -> Option<(u64, Member)> {
    let mut parts = id.split(':');
    let (Some("eip155"), Some(chain), Some(address), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let digits = address.strip_prefix("0x").unwrap_or(address);
    let is_address = digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_chain = chain.bytes().all(|byte| byte.is_ascii_digit());
    (is_address && is_chain).then_some(())?;
    Some((chain.parse().ok()?, Member::Ethereum(address.to_lowercase())))
}
