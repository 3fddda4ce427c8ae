//! EIP-712: typed structured data, hashed and signed by Ethereum keys.

use alloy_primitives::{Address, B256, Signature, U256, keccak256};

/// The hash of a struct: its type string, then one word for each member.
pub(crate) fn struct_hash(type_string: &str, words: &[B256]) -> B256 {
    let mut bytes = keccak256(type_string).to_vec();
    for word in words {
        bytes.extend_from_slice(word.as_slice());
    }
    keccak256(bytes)
}

/// What is signed: a struct under a domain.
pub(crate) fn digest(domain: B256, message: B256) -> B256 {
    let mut bytes = vec![0x19, 0x01];
    bytes.extend_from_slice(domain.as_slice());
    bytes.extend_from_slice(message.as_slice());
    keccak256(bytes)
}

/// A whole number as a word.
pub(crate) fn number(value: u64) -> B256 {
    B256::from(U256::from(value))
}

/// An address as a word.
pub(crate) fn address(bytes: &[u8]) -> B256 {
    B256::left_padding_from(bytes)
}

/// A list of whole numbers as a word.
pub(crate) fn numbers(values: &[u32]) -> B256 {
    let bytes: Vec<u8> = values.iter().flat_map(|value| number(u64::from(*value)).0).collect();
    keccak256(bytes)
}

/// The address whose key made `signature` (65 bytes) over `digest`.
pub(crate) fn recover(digest: &B256, signature: &[u8]) -> Option<Address> {
    let (rs, v) = signature.split_first_chunk::<64>()?;
    let [v] = v else { return None };
    let is_odd = *v != 0x1b && *v != 0x00;
    Signature::from_bytes_and_parity(rs, is_odd).recover_address_from_prehash(digest).ok()
}
