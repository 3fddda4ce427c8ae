//! Gasless app keys (FIP-272): what a `KEY_ADD` and a `KEY_REMOVE` must prove.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolType, sol_data};

use crate::farcaster::eip712;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::wire::{KeyAddBody, KeyRemoveBody, MessageType};

const MAX_TTL_S: u32 = 90 * 24 * 60 * 60;
const MAX_SCOPES: usize = 16;
/// The custody key takes the app key away.
pub(crate) const REMOVE_BY_CUSTODY: u32 = 1;
/// The app key takes itself away.
const REMOVE_BY_SELF: u32 = 2;

type RequestFields = (sol_data::Uint<256>, sol_data::Address, sol_data::Bytes, sol_data::Uint<256>);

/// Who asked for a key, as its metadata prove.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyRequest {
    pub(crate) fid: u64,
    pub(crate) signer: Address,
}

pub(super) fn check_addition(body: &KeyAddBody) -> Result<(), Refusal> {
    if body.key.len() != 32 {
        return Err(Refusal::invalid("key must be 32 bytes"));
    }
    if body.key_type != 1 {
        return Err(Refusal::invalid("invalid key type"));
    }
    if body.deadline == 0 {
        return Err(Refusal::invalid("deadline is missing"));
    }
    if body.ttl == 0 || body.ttl > MAX_TTL_S {
        return Err(Refusal::invalid(format!("ttl must be > 0 and <= {MAX_TTL_S} seconds")));
    }
    if body.metadata_type != 1 {
        return Err(Refusal::invalid("invalid metadata type"));
    }
    if body.metadata.is_empty() {
        return Err(Refusal::invalid("metadata is missing"));
    }
    check_scopes(&body.scopes)
}

fn check_scopes(scopes: &[i32]) -> Result<(), Refusal> {
    if scopes.is_empty() {
        return Err(Refusal::invalid("scopes must be non-empty"));
    }
    if scopes.len() > MAX_SCOPES {
        return Err(Refusal::invalid(format!("scopes list exceeds max of {MAX_SCOPES} entries")));
    }
    for scope in scopes {
        let is_known = MessageType::try_from(*scope).is_ok();
        if !is_known || !matches!(scope, 1..=8 | 11..=15) {
            return Err(Refusal::invalid(format!("scope \"{scope}\" is not a valid MessageType")));
        }
    }
    Ok(())
}

pub(super) fn check_removal(body: &KeyRemoveBody) -> Result<(), Refusal> {
    if body.key.len() != 32 {
        return Err(Refusal::invalid("key must be 32 bytes"));
    }
    if !matches!(body.signature_type, REMOVE_BY_CUSTODY | REMOVE_BY_SELF) {
        return Err(Refusal::invalid("invalid signature type"));
    }
    if body.deadline == 0 {
        return Err(Refusal::invalid("deadline is missing"));
    }
    Ok(())
}

fn domain() -> B256 {
    eip712::struct_hash(
        "EIP712Domain(string name,string version,uint256 chainId)",
        &[keccak256("Farcaster KeyAdd"), keccak256("1"), eip712::number(1)],
    )
}

/// The address that allowed a key to be added.
pub(crate) fn custody_of_addition(fid: u64, body: &KeyAddBody) -> Option<Address> {
    let scopes: Option<Vec<u32>> =
        body.scopes.iter().map(|scope| u32::try_from(*scope).ok()).collect();
    let message = eip712::struct_hash(
        "KeyAdd(uint256 fid,bytes key,uint32 keyType,uint32[] scopes,uint32 ttl,\
         uint32 nonce,uint256 deadline)",
        &[
            eip712::number(fid),
            keccak256(&body.key),
            eip712::number(u64::from(body.key_type)),
            eip712::numbers(&scopes?),
            eip712::number(u64::from(body.ttl)),
            eip712::number(u64::from(body.nonce)),
            eip712::number(u64::from(body.deadline)),
        ],
    );
    eip712::recover(&eip712::digest(domain(), message), &body.custody_signature)
}

/// The address that allowed a key to be taken away.
pub(crate) fn custody_of_removal(fid: u64, body: &KeyRemoveBody) -> Option<Address> {
    let message = eip712::struct_hash(
        "KeyRemove(uint256 fid,bytes key,uint32 nonce,uint256 deadline)",
        &[
            eip712::number(fid),
            keccak256(&body.key),
            eip712::number(u64::from(body.nonce)),
            eip712::number(u64::from(body.deadline)),
        ],
    );
    eip712::recover(&eip712::digest(domain(), message), &body.signature)
}

/// Reads and checks who asked for the key. Times are the network's seconds.
pub(crate) fn request(body: &KeyAddBody, now_s: u64) -> Result<KeyRequest, Refusal> {
    let malformed =
        || Refusal::invalid("SignedKeyRequest metadata is malformed or signature does not verify");
    let (fid, signer, signature, deadline) =
        RequestFields::abi_decode(&body.metadata).map_err(|_| malformed())?;
    let deadline = u64::try_from(deadline).map_err(|_| malformed())?;
    if deadline < now_s {
        return Err(Refusal::invalid("SignedKeyRequest deadline has expired"));
    }
    let fid = u64::try_from(fid).map_err(|_| malformed())?;
    let message = eip712::struct_hash(
        "SignedKeyRequest(uint256 requestFid,bytes key,uint256 deadline)",
        &[eip712::number(fid), keccak256(&body.key), eip712::number(deadline)],
    );
    let recovered = eip712::recover(&eip712::digest(domain(), message), &signature);
    if recovered != Some(signer) {
        return Err(malformed());
    }
    Ok(KeyRequest { fid, signer })
}
