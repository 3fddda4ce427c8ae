//! Verified addresses: an address says in its own signature that a fid speaks for it.

use alloy_primitives::{B256, U256, b256, keccak256};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::farcaster::eip712;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::wire::{
    Protocol, VerificationAddAddressBody as Claim, VerificationRemoveBody as Removal,
};

const SALT: B256 = b256!("f2d857f4a3edcb9b78b4d503bfe733db1e3f6cdc2b7971ee739626c97e86a558");
const MAX_SIGNATURE: usize = 2048;

pub(super) fn check(body: &Claim, fid: u64, network: i32) -> Result<(), Refusal> {
    match Protocol::try_from(body.protocol) {
        Ok(Protocol::Ethereum) => ethereum(body, fid, network),
        Ok(Protocol::Solana) => solana(body, fid, network),
        Err(_) => Err(Refusal::invalid("Message data invalid")),
    }
}

pub(super) fn check_removal(body: &Removal) -> Result<(), Refusal> {
    match Protocol::try_from(body.protocol) {
        Ok(Protocol::Ethereum) => ethereum_address(&body.address),
        Ok(Protocol::Solana) => solana_address(&body.address),
        Err(_) => Err(Refusal::invalid("Message data invalid")),
    }
}

fn ethereum_address(address: &[u8]) -> Result<(), Refusal> {
    match address.len() {
        0 => Err(Refusal::invalid("ethereum address is missing")),
        20 => Ok(()),
        _ => Err(Refusal::invalid("invalid length for eth address")),
    }
}

fn solana_address(address: &[u8]) -> Result<(), Refusal> {
    match address.len() {
        0 => Err(Refusal::invalid("solana address is missing")),
        32 => Ok(()),
        _ => Err(Refusal::invalid("invalid length for sol address")),
    }
}

fn block_hash(hash: &[u8]) -> Result<(), Refusal> {
    match hash.len() {
        0 => Err(Refusal::invalid("blockHash is missing")),
        32 => Ok(()),
        _ => Err(Refusal::invalid("blockHash must be 32 bytes")),
    }
}

fn ethereum(body: &Claim, fid: u64, network: i32) -> Result<(), Refusal> {
    ethereum_address(&body.address)?;
    block_hash(&body.block_hash)?;
    if body.claim_signature.len() > MAX_SIGNATURE {
        return Err(Refusal::invalid("claimSignature > 2048 bytes"));
    }
    if body.verification_type != 0 {
        // A contract's signature is checked on its chain, which a loopback hub has not.
        return Err(Refusal::invalid("invalid chain id"));
    }
    let signer = eip712::recover(&claim_digest(body, fid, network), &body.claim_signature)
        .ok_or_else(|| Refusal::invalid("invalid claimSignature"))?;
    if signer.as_slice() == body.address {
        Ok(())
    } else {
        Err(Refusal::invalid("invalid claimSignature"))
    }
}

fn claim_digest(body: &Claim, fid: u64, network: i32) -> B256 {
    let domain = eip712::struct_hash(
        "EIP712Domain(string name,string version,bytes32 salt)",
        &[keccak256("Farcaster Verify Ethereum Address"), keccak256("2.0.0"), SALT],
    );
    let message = eip712::struct_hash(
        "VerificationClaim(uint256 fid,address address,bytes32 blockHash,uint8 network)",
        &[
            eip712::number(fid),
            eip712::address(&body.address),
            B256::left_padding_from(&body.block_hash),
            eip712::number(u64::try_from(network).unwrap_or_default()),
        ],
    );
    eip712::digest(domain, message)
}

fn solana(body: &Claim, fid: u64, network: i32) -> Result<(), Refusal> {
    solana_address(&body.address)?;
    block_hash(&body.block_hash)?;
    let signature = Signature::from_slice(&body.claim_signature)
        .map_err(|_| Refusal::invalid("claimSignature != 64 bytes"))?;
    let key = <[u8; 32]>::try_from(body.address.as_slice())
        .ok()
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
        .ok_or_else(|| Refusal::invalid("Message data invalid"))?;
    let text = format!(
        "fid: {fid} address: {} network: {network} blockHash: {} protocol: 1",
        base58(&body.address),
        base58(&body.block_hash)
    );
    key.verify_strict(text.as_bytes(), &signature)
        .map_err(|_| Refusal::invalid("invalid signature"))
}

/// Base 58 with Bitcoin's alphabet, for 32 bytes.
fn base58(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut value = U256::from_be_slice(bytes);
    let mut digits = Vec::new();
    while !value.is_zero() {
        let (rest, digit) = value.div_rem(U256::from(58));
        digits.push(digit.to::<usize>());
        value = rest;
    }
    digits.extend(bytes.iter().take_while(|byte| **byte == 0).map(|_| 0));
    digits.iter().rev().filter_map(|digit| ALPHABET.get(*digit)).map(|c| char::from(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim {
            address: hex::decode("1563915e194D8CfBA1943570603F7606A3115508").unwrap(),
            claim_signature: hex::decode(concat!(
                "ba15aaab60849b2cb543b9f1cc201c42009ed74ebd86183270c69caa80c4dacf",
                "53cacd19e06ecf57ab24bca3f0e1344a55d72b083750b91b8cca5a3bf88872491c"
            ))
            .unwrap(),
            block_hash: vec![4; 32],
            ..Claim::default()
        }
    }

    #[test]
    fn the_published_claim_holds_for_its_fid_and_network_only() {
        assert_eq!(
            hex::encode(claim_digest(&claim(), 1234, 1)),
            "f1ab698637cd5e25798a643581b7de7ceaa371b4572681f5db66b02dc7616509"
        );
        check(&claim(), 1234, 1).unwrap();
        assert_eq!(check(&claim(), 1235, 1).unwrap_err().reason, "invalid claimSignature");
        assert_eq!(check(&claim(), 1234, 3).unwrap_err().reason, "invalid claimSignature");
    }

    #[test]
    fn base_58_keeps_leading_zeros() {
        assert_eq!(base58(&[0; 32]), "1".repeat(32));
        let mut one = [0; 32];
        one[31] = 58;
        assert_eq!(base58(&one), format!("{}21", "1".repeat(31)));
    }
}
