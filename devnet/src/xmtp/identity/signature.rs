//! Signatures of identity updates: by whom they are, if by anybody.

use alloy_primitives::{Signature as Ecdsa, eip191_hash_message};
use ed25519_dalek::{Digest as _, Sha512, Signature as Ed25519, VerifyingKey};

use super::{Member, installation, legacy, passkey};
use crate::xmtp::chain::{self, Chains};
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::signature::Signature as Kind;
use crate::xmtp::wire::identity::{
    RecoverableEd25519Signature, Signature, SmartContractWalletSignature,
};

/// What an installation's signature of an update is bound to.
pub(super) const CONTEXT: &[u8] = b"IDENTITY UPDATE SIGNATURE";

/// A signature that was found good.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) by: Member,
    /// What a replay is known by: the bytes, with a low S.
    pub(super) bytes: Vec<u8>,
    /// Of the chain whose contract signed.
    pub(super) chain_id: Option<u64>,
    /// Whether a key of the network's second version signed for the wallet.
    pub(super) is_delegated: bool,
}

impl Signed {
    pub(super) const fn new(by: Member, bytes: Vec<u8>) -> Self {
        Self { by, bytes, chain_id: None, is_delegated: false }
    }
}

/// Checks a signature over `text`.
pub(super) fn verify(
    signature: Option<&Signature>,
    text: &str,
    chains: &Chains,
) -> Result<Signed, Refusal> {
    let missing = Refusal::Missing("signature");
    match signature.and_then(|signature| signature.signature.as_ref()).ok_or(missing)? {
        Kind::Erc191(signature) => {
            let (by, bytes) = wallet(text, &signature.bytes)?;
            Ok(Signed::new(by, bytes))
        }
        Kind::Erc6492(signature) => contract(text, signature, chains),
        Kind::InstallationKey(signature) => installed(text, signature),
        Kind::DelegatedErc191(signature) => legacy::verify(text, signature),
        Kind::Passkey(signature) => passkey::verify(text, signature),
    }
}

/// Whose wallet signed a text for people (EIP-191), and the signature with a low S.
pub(super) fn wallet(text: &str, bytes: &[u8]) -> Result<(Member, Vec<u8>), Refusal> {
    let is_known_v = matches!(bytes.last(), Some(0 | 1 | 27 | 28));
    if bytes.len() != 65 || !is_known_v {
        return Err(Refusal::Malformed("signature"));
    }
    let signature = Ecdsa::from_raw(bytes).map_err(|_| Refusal::Malformed("signature"))?;
    let signature = signature.normalized_s();
    let address = signature
        .recover_address_from_msg(text)
        .map_err(|_| Refusal::Signature("nobody can have made it"))?;
    Ok((Member::Ethereum(format!("{address:#x}")), signature.as_bytes().to_vec()))
}

fn contract(
    text: &str,
    signature: &SmartContractWalletSignature,
    chains: &Chains,
) -> Result<Signed, Refusal> {
    let account = chain::account(&signature.account_id).ok_or(Refusal::Malformed("account id"))?;
    let hash = eip191_hash_message(text);
    let block = Some(signature.block_number);
    if !chains.verdict(account, hash, &signature.signature, block).is_valid {
        return Err(Refusal::Signature("the contract does not take it"));
    }
    let by = Member::Ethereum(format!("{:#x}", account.1));
    let signed = Signed::new(by, signature.signature.clone());
    Ok(Signed { chain_id: Some(account.0), ..signed })
}

fn installed(text: &str, signature: &RecoverableEd25519Signature) -> Result<Signed, Refusal> {
    let key = installation(&signature.public_key)?;
    let malformed = |_| Refusal::Malformed("signature");
    let verifying = VerifyingKey::from_bytes(&key).map_err(malformed)?;
    let bytes = Ed25519::from_slice(&signature.bytes).map_err(malformed)?;
    verifying
        .verify_prehashed_strict(Sha512::new_with_prefix(text), Some(CONTEXT), &bytes)
        .map_err(|_| Refusal::Signature("it is not the installation's"))?;
    Ok(Signed::new(Member::Installation(key), signature.bytes.clone()))
}
