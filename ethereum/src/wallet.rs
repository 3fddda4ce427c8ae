//! An address, as people write it.

use std::fmt;

use alloy_primitives::Address;
use thiserror::Error;
use threadbridge_core::model::id::{Identity, InvalidId, Network, RemoteAuthor};

/// What the network of addresses is called.
pub const NETWORK: &str = "ethereum";

/// An address on Ethereum and the chains that are like it. Printed in small letters, which is also
/// how the store knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wallet(pub(crate) Address);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidWallet {
    /// It does not look like one.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Form,
    /// Its capital letters are a checksum (EIP-55) that is not its own.
    #[error("the address has a typing error: its capital letters do not fit it (EIP-55)")]
    Checksum,
}

impl Wallet {
    /// Reads an address. One in letters of both sizes must have the right ones (EIP-55).
    pub fn parse(text: &str) -> Result<Self, InvalidWallet> {
        let digits = text.strip_prefix("0x").ok_or(InvalidWallet::Form)?;
        let bytes: [u8; 20] = hex::decode(digits)
            .ok()
            .and_then(|it| it.try_into().ok())
            .ok_or(InvalidWallet::Form)?;
        let address = Address::from(bytes);
        let has = |test: fn(&u8) -> bool| digits.bytes().any(|it| test(&it));
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        if is_mixed && address.to_checksum(None) != text {
            return Err(InvalidWallet::Checksum);
        }
        Ok(Self(address))
    }

    /// The wallet that an identity is, if it is one.
    #[must_use]
    pub fn of(identity: &Identity) -> Option<Self> {
        let is_wallet = identity.network.as_str() == NETWORK;
        is_wallet.then(|| Self::parse(identity.author.as_str()).ok()).flatten()
    }

    /// As an identity among others.
    pub fn identity(&self) -> Result<Identity, InvalidId> {
        Ok(Identity {
            network: Network::parse(NETWORK)?,
            author: RemoteAuthor::parse(self.to_string())?,
        })
    }
}

impl fmt::Display for Wallet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_whatever_letters_unless_they_are_wrong() {
        // From EIP-55.
        let told = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let small = told.to_lowercase();
        for text in [told, &small, &format!("0x{}", small.trim_start_matches("0x").to_uppercase())]
        {
            let wallet = Wallet::parse(text).unwrap();
            assert_eq!(wallet.to_string(), small);
            assert_eq!(Wallet::of(&wallet.identity().unwrap()), Some(wallet));
        }
        let wrong = told.replace("aAeb", "AAeb");
        assert_eq!(Wallet::parse(&wrong), Err(InvalidWallet::Checksum));
        for text in ["", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x12", "vitalik.eth"] {
            assert_eq!(Wallet::parse(text), Err(InvalidWallet::Form), "{text}");
        }
    }
}
