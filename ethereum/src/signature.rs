//! What a wallet gives back when it signs a text.

use std::fmt;

use alloy_primitives::{Signature, eip191_hash_message};
use thiserror::Error;

use crate::wallet::Wallet;

/// No wallet's answer is longer: room for the calls that make a contract (ERC-6492).
const MAX_BYTES: usize = 8 * 1024;

/// The bytes that a wallet gave for a text, of whatever sort of wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletSignature(Vec<u8>);

/// Why a text is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidSignature {
    /// It is not hexadecimal.
    #[error("a signature is 0x and hexadecimal digits, 130 of them for most wallets")]
    Form,
    /// No wallet signs so.
    #[error("a signature of that length is no wallet's")]
    Length,
}

impl WalletSignature {
    /// Reads what the wallet shows.
    pub fn parse(text: &str) -> Result<Self, InvalidSignature> {
        let digits = text.trim().strip_prefix("0x").ok_or(InvalidSignature::Form)?;
        if digits.len() > 2 * MAX_BYTES {
            return Err(InvalidSignature::Length);
        }
        let bytes = hex::decode(digits).map_err(|_digits| InvalidSignature::Form)?;
        if bytes.is_empty() { Err(InvalidSignature::Length) } else { Ok(Self(bytes)) }
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whose key signed `text` by it (EIP-191, version 0x45); nobody if no key signs so. Of the two
    /// forms of each signature only the one with the small S counts (EIP-2), so that nobody makes
    /// another of it.
    #[must_use]
    pub fn signer_of(&self, text: &str) -> Option<Wallet> {
        let signature = Signature::from_raw(&self.0).ok()?;
        if signature.normalize_s().is_some() {
            return None;
        }
        let digest = eip191_hash_message(text);
        signature.recover_address_from_prehash(&digest).ok().map(Wallet)
    }
}

impl fmt::Display for WalletSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(&self.0))
    }
}
