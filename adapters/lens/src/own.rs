//! The account's own address and key.

use std::fmt;

use alloy_primitives::keccak256;
use k256::ecdsa::SigningKey;
use threadbridge_core::model::id::Identity;
use zeroize::Zeroizing;

use crate::{config::Role, wire::address::Address};

/// Who the account speaks as.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) account: Address,
    pub(crate) identity: Identity,
    pub(crate) app: Address,
    pub(crate) role: Role,
    pub(crate) key: LoginKey,
}

/// The key that signs logins. Nothing else is ever signed with it.
pub(crate) struct LoginKey {
    key: SigningKey,
    address: Address,
}

impl LoginKey {
    /// Reads 64 hexadecimal digits, with or without `0x` before them.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let bytes = Zeroizing::new(hex::decode(digits).ok()?);
        let key = SigningKey::from_slice(&bytes).ok()?;
        let address = Address::of_key(key.verifying_key());
        Some(Self { key, address })
    }

    pub(crate) const fn address(&self) -> Address {
        self.address
    }

    /// Signs a text as wallets do (EIP-191): 65 bytes with the recovery number last.
    pub(crate) fn sign(&self, text: &str) -> Option<String> {
        let prefixed = format!("\x19Ethereum Signed Message:\n{}{text}", text.len());
        let digest = keccak256(prefixed.as_bytes());
        let (signature, recovery) = self.key.sign_prehash_recoverable(digest.as_slice()).ok()?;
        let v = recovery.to_byte().saturating_add(27);
        Some(format!("0x{}{}", hex::encode(signature.to_bytes()), hex::encode([v])))
    }
}

impl fmt::Debug for LoginKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginKey").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_wallets_make() {
        // The example of web3.js: accounts.sign("Some data", key).
        let key = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
        let key = LoginKey::parse(key).unwrap();
        assert_eq!(key.address().to_string(), "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23");
        let signature = key.sign("Some data").unwrap();
        assert_eq!(
            signature,
            "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
             6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a029\
             1c"
        );
    }

    #[test]
    fn other_texts_are_no_key() {
        for bad in ["", "0x", &"0".repeat(64), &"z".repeat(64), &"1".repeat(63)] {
            assert!(LoginKey::parse(bad).is_none());
        }
    }
}
