//! Proven claims of addresses in the bridge's words: evidence that a fid and an address are one
//! person.

use prost::Message as _;
use threadbridge_core::model::{
    id::{Identity, InvalidId, Network, RemoteAuthor},
    proof::{Block, Proof, ProofKind, ProofState},
    time::Timestamp,
};

use crate::{
    name::identity,
    proven::CustodyOf,
    wire::{
        custody,
        proto::{MessageData, OnChainEvent, message_data::Body},
        time::FarcasterTime,
    },
};

/// The network of addresses.
const WALLETS: &str = "ethereum";

/// What checks such claims: hash and signature of the message, that its signer speaks for the fid,
/// and the address's own signature (EIP-712).
pub(crate) const CHECKER: &str = "farcaster-verification/1";

/// Reads what `open` has proven, with the message as evidence; `None` if it is about no address.
pub(crate) fn read(data: &MessageData, evidence: Vec<u8>) -> Option<Result<Proof, InvalidId>> {
    let since = FarcasterTime::from_seconds(data.timestamp).unix_ms() / 1000;
    let since = Timestamp::from_secs(i64::try_from(since).unwrap_or(i64::MAX));
    let (address, state) = match &data.body {
        Some(Body::VerificationAddAddressBody(claim)) => (&claim.address, ProofState::Valid),
        Some(Body::VerificationRemoveBody(removal)) => {
            let reason = "its owner took the address back".to_owned();
            (&removal.address, ProofState::Lapsed { since, reason })
        }
        Some(_) | None => return None,
    };
    Some(proof(data.fid, address, evidence, state))
}

/// What checks who has custody: the last event of the registry of ids, by what a node says.
pub(crate) const CUSTODY_CHECKER: &str = "farcaster-custody/1";

/// Who has custody of a fid, and who has it no more.
pub(crate) fn of_custody(custody: &CustodyOf) -> Result<Vec<Proof>, InvalidId> {
    let Some(event) = &custody.event else { return Ok(Vec::new()) };
    let Some(holder) = custody::holder(event) else { return Ok(Vec::new()) };
    let of = |address: &[u8], state: ProofState| {
        let evidence = event.encode_to_vec();
        let proof = proof(event.fid, address, evidence, state)?;
        let checker = CUSTODY_CHECKER.to_owned();
        let block = Some(block(event));
        Ok::<_, InvalidId>(Proof { kind: ProofKind::AccountOwner, checker, block, ..proof })
    };
    let mut proofs = Vec::new();
    if !custody.before.is_empty() {
        let since = i64::try_from(event.block_timestamp).unwrap_or(i64::MAX);
        let reason = "somebody else has custody of the fid".to_owned();
        let since = Timestamp::from_secs(since);
        proofs.push(of(&custody.before, ProofState::Lapsed { since, reason })?);
    }
    proofs.push(of(&holder, ProofState::Valid)?);
    Ok(proofs)
}

/// The block in which an event was.
pub(crate) fn block(event: &OnChainEvent) -> Block {
    Block {
        chain: event.chain_id.into(),
        number: event.block_number.into(),
        hash: event.block_hash.clone(),
    }
}

fn proof(
    fid: u64,
    address: &[u8],
    evidence: Vec<u8>,
    state: ProofState,
) -> Result<Proof, InvalidId> {
    Ok(Proof {
        one: identity(fid)?,
        other: Identity {
            network: Network::parse(WALLETS)?,
            author: RemoteAuthor::parse(format!("0x{}", hex::encode(address)))?,
        },
        kind: ProofKind::MutualClaim,
        evidence,
        checker: CHECKER.to_owned(),
        checked_at: Timestamp::default(),
        block: None,
        state,
    })
}

/// The bytes of an identity that is an address.
pub(crate) fn address(of: &Identity) -> Option<[u8; 20]> {
    let digits =
        of.author.as_str().strip_prefix("0x").filter(|_| of.network.as_str() == WALLETS)?;
    hex::decode(digits).ok()?.try_into().ok()
}
