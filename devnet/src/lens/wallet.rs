//! Keys of Ethereum, and the texts they sign (EIP-191).

use alloy_primitives::{Address, Signature, eip191_hash_message, keccak256};
use k256::ecdsa::SigningKey;

/// A key that owns or manages accounts.
#[derive(Clone)]
pub struct Wallet(SigningKey);

impl std::fmt::Debug for Wallet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Wallet").field(&self.address()).finish()
    }
}

impl Wallet {
    /// The wallet of a 32-byte secret in hex, with or without `0x`.
    ///
    /// # Errors
    ///
    /// If it is not a secret of the curve.
    pub fn parse(secret: &str) -> Result<Self, NotASecret> {
        let bytes = hex::decode(secret.trim_start_matches("0x")).map_err(|_| NotASecret)?;
        SigningKey::from_slice(&bytes).map(Self).map_err(|_| NotASecret)
    }

    /// The same wallet for the same words: what a devnet gives to people it makes up.
    pub(crate) fn of(words: &str) -> Self {
        let mut secret = keccak256(words);
        loop {
            if let Ok(key) = SigningKey::from_slice(secret.as_slice()) {
                return Self(key);
            }
            secret = keccak256(secret);
        }
    }

    /// The secret, in hex with `0x`.
    pub fn secret(&self) -> String {
        format!("0x{}", hex::encode(self.0.to_bytes()))
    }

    /// The wallet's address.
    pub fn address(&self) -> Address {
        Address::from_private_key(&self.0)
    }

    /// Signs a text as wallets do for people (`personal_sign`); 65 bytes in hex with `0x`.
    ///
    /// # Errors
    ///
    /// If the curve has no signature for it, which has never been seen.
    pub fn sign(&self, text: &str) -> Result<String, NotASecret> {
        let hash = eip191_hash_message(text.as_bytes());
        let signature = self.0.sign_prehash_recoverable(hash.as_slice()).map_err(|_| NotASecret)?;
        Ok(format!("0x{}", hex::encode(Signature::from(signature).as_bytes())))
    }
}

/// A secret that is no key, or cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is not a key of secp256k1")]
pub struct NotASecret;

/// Whose key signed a text, if the signature (hex with `0x`) is one.
pub(crate) fn signer(text: &str, signature: &str) -> Option<Address> {
    let bytes = hex::decode(signature.strip_prefix("0x")?).ok()?;
    let signature = Signature::from_raw(&bytes).ok()?;
    signature.recover_address_from_msg(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signer_of_a_text_is_found_again() {
        let wallet = Wallet::of("ann");
        let signature = wallet.sign("hello").unwrap();
        assert_eq!(signer("hello", &signature), Some(wallet.address()));
        assert_ne!(signer("hellp", &signature), Some(wallet.address()));
        assert_eq!(signer("hello", "0x00"), None);
        assert_eq!(Wallet::parse(&wallet.secret()).unwrap().address(), wallet.address());
    }

    #[test]
    fn a_signature_of_another_implementation_is_understood() {
        // By viem 2: account of the private key 0x01…01, `signMessage({ message: "hello" })`.
        let wallet = Wallet::parse(&"01".repeat(32)).unwrap();
        assert_eq!(wallet.address().to_string(), "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1");
        assert_eq!(signer("hello", VIEM), Some(wallet.address()));
    }

    const VIEM: &str = "0xf186a035b50de31ac4d913b550ae6fe2fe9e7225c635f108c71e9135de228a2a567dd55d0a4d2115d30c9226903b0feef967ae4d2daf2c07c7fb70676600c15d1b";
}
