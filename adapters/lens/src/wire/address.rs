//! Addresses of accounts, feeds, groups and apps. Lens answers in mixed case; here they are always
//! in lower case, so that equal ones compare equal.

use std::{fmt, str::FromStr};

use alloy_primitives::keccak256;
use k256::ecdsa::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use thiserror::Error;

/// An address: of an account, a feed, a group, an app or a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address([u8; 20]);

/// A text that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("that is no address, expected 0x and 40 hexadecimal digits")]
pub struct InvalidAddress;

impl Address {
    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    pub(crate) const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The address of a key: the end of its point's digest.
    pub(crate) fn of_key(key: &VerifyingKey) -> Self {
        let point = key.to_encoded_point(false);
        let digest = keccak256(point.as_bytes().get(1..).unwrap_or_default());
        Self(digest.last_chunk::<20>().copied().unwrap_or_default())
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").ok_or(InvalidAddress)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_digits| InvalidAddress)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_case_is_the_same_address() {
        let mixed: Address = "0xcB5E109FFC0E15565082d78E68dDDf2573703580".parse().unwrap();
        assert_eq!(mixed.to_string(), "0xcb5e109ffc0e15565082d78e68dddf2573703580");
        assert_eq!(Ok(mixed), mixed.to_string().parse());
    }

    #[test]
    fn other_texts_are_no_address() {
        for bad in ["", "0x", "cb5e109ffc0e15565082d78e68dddf2573703580", "0xcb5e", "0xzz"] {
            assert_eq!(bad.parse::<Address>(), Err(InvalidAddress));
        }
    }

    #[test]
    fn a_key_has_the_address_that_ethereum_gives_it() {
        // The key 1, whose address is known to everybody.
        let mut key = [0; 32];
        key[31] = 1;
        let key = k256::ecdsa::SigningKey::from_slice(&key).unwrap();
        let address = Address::of_key(key.verifying_key());
        assert_eq!(address.to_string(), "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    }
}
