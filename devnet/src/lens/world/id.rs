//! Names of things: addresses, posts and transactions.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue as _;
use serde_json::Value;

/// Testnet of Lens Chain.
pub const CHAIN_ID: u32 = 37_111;

/// The number of a post: unique over chains and feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostId(pub(crate) U256);

impl std::fmt::Display for PostId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl PostId {
    /// As the feed contract computes it, from how many posts its author had in that feed.
    pub(crate) fn of(feed: Address, author: Address, nth: u64) -> Self {
        let words = ("evm:".to_owned(), U256::from(CHAIN_ID), feed, author, U256::from(nth));
        Self(U256::from_be_bytes(keccak256(words.abi_encode_params()).0))
    }

    /// The decimal number, or nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { U256::from_str_radix(text, 10).ok().map(Self) } else { None }
    }

    /// The short name: 19 letters and digits that are hard to confuse.
    pub(crate) fn slug(self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut bits = self.0 >> 161_usize;
        let mut slug = Vec::new();
        for _ in 0..19 {
            let digit = usize::try_from(bits.as_limbs().first().unwrap_or(&0) & 31).unwrap_or(0);
            slug.extend(DIGITS.get(digit).copied().map(char::from));
            bits >>= 5_usize;
        }
        slug.iter().rev().collect()
    }
}

/// An address that is made of words, and is nobody's.
pub(crate) fn address_of(words: &str) -> Address {
    Address::from_slice(keccak256(words).get(12..).unwrap_or_default())
}

/// An address as people write it, in any case.
pub(crate) fn address(text: &str) -> Option<Address> {
    if text.len() == 42 && text.starts_with("0x") { text.parse().ok() } else { None }
}

/// A transaction's hash as people write it.
pub(crate) fn hash(text: &str) -> Option<B256> {
    if text.len() == 66 && text.starts_with("0x") { text.parse().ok() } else { None }
}

/// Something that cannot be guessed, in the shape of a UUID (version 4).
pub(crate) fn uuid() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the system has no randomness");
    }
    let number = u128::from_be_bytes(bytes);
    let version = (number & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{version:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// An address in JSON, with the capital letters of its checksum: clients must not compare texts.
pub(crate) fn shown(address: Address) -> Value {
    Value::String(address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_has_a_number_and_a_slug() {
        let feed = address_of("feed");
        let [first, second] = [1, 2].map(|nth| PostId::of(feed, address_of("ann"), nth));
        assert_ne!(first, second);
        assert_eq!(PostId::parse(&first.to_string()), Some(first));
        assert_eq!(PostId::parse(&first.slug()), None);
        assert_eq!(first.slug().len(), 19);
        assert_ne!(first.slug(), second.slug());
        assert_eq!(PostId::parse(""), None);
    }

    #[test]
    fn a_post_number_is_what_the_contract_computes() {
        // By viem 2: keccak256(encodeAbiParameters(string, uint256, address, address, uint256)).
        let [feed, author] = [[0x11; 20], [0x22; 20]].map(Address::from);
        assert_eq!(PostId::of(feed, author, 3).to_string(), EXPECTED);
    }

    const EXPECTED: &str =
        "78239366020643592993005556174685567170620236187381033669631319358228074884910";

    #[test]
    fn a_uuid_has_its_version_and_is_new_each_time() {
        let id = uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes().get(14), Some(&b'4'));
        assert_ne!(id, uuid());
    }
}
