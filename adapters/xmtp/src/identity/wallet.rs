//! Wallets with a key of their own: signatures by EIP-191.

use std::fmt;

use alloy_primitives::{Address, eip191_hash_message};
use k256::ecdsa::SigningKey;
use zeroize::Zeroizing;

use super::{
    member::Member,
    refused::Refused,
    signature::{Kind, Verified},
};
use crate::wire::proto::identity::{
    RecoverableEcdsaSignature, Signature, signature::Signature as Kinds,
};

/// Who signed `text`, by `signature`: 65 bytes with the recovery number last.
pub(crate) fn verify(text: &str, signature: &[u8]) -> Result<Verified, Refused> {
    let bytes = lower(signature)?;
    let signature = alloy_primitives::Signature::from_raw(&bytes).map_err(refuse)?;
    let signer = signature.recover_address_from_msg(text).map_err(refuse)?;
    Ok(Verified { signer: member(&signer), kind: Kind::Wallet, bytes, chain_id: None })
}

/// With the lower of the two `s` that both verify, so that a signature has one form by which it is
/// known. The recovery number stays as it was: the official clients leave it, so that the upper form
/// recovers somebody else for them, and has to for us.
fn lower(signature: &[u8]) -> Result<Vec<u8>, Refused> {
    let (numbers, recovery) = signature.split_at_checked(64).ok_or(Refused::Signature)?;
    let [recovery] = recovery else { return Err(Refused::Signature) };
    let numbers = k256::ecdsa::Signature::from_slice(numbers).map_err(refuse)?;
    let mut bytes = numbers.normalize_s().unwrap_or(numbers).to_bytes().to_vec();
    bytes.push(*recovery);
    Ok(bytes)
}

fn refuse<E>(_why: E) -> Refused {
    Refused::Signature
}

/// The member that has this address.
pub(crate) fn member(address: &Address) -> Member {
    Member::Ethereum(format!("0x{}", hex::encode(address)))
}

/// The owner's wallet, where its key is in the settings.
pub(crate) struct WalletKey {
    key: SigningKey,
    address: Address,
}

impl WalletKey {
    /// Reads 64 hexadecimal digits, with or without `0x` before them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = Zeroizing::new(hex::decode(digits).ok()?);
        let key = SigningKey::from_slice(&bytes).ok()?;
        let address = Address::from_public_key(key.verifying_key());
        Some(Self { key, address })
    }

    pub(crate) fn member(&self) -> Member {
        member(&self.address)
    }

    /// Signs as wallets do. None if the key fails, which no key has been seen to.
    pub(crate) fn sign(&self, text: &str) -> Option<Signature> {
        let digest = eip191_hash_message(text);
        let (signature, recovery) = self.key.sign_prehash_recoverable(digest.as_slice()).ok()?;
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(recovery.to_byte().saturating_add(27));
        Some(signature_of(bytes))
    }
}

/// The signature that a wallet elsewhere gave for a draft's text.
pub(crate) const fn signature_of(bytes: Vec<u8>) -> Signature {
    Signature { signature: Some(Kinds::Erc191(RecoverableEcdsaSignature { bytes })) }
}

impl fmt::Debug for WalletKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletKey").field("address", &self.address).finish_non_exhaustive()
    }
}
