//! Proven claims of addresses in the bridge's words: evidence that a fid and an address are one
//! person.

use threadbridge_core::model::{
    id::{Identity, InvalidId, Network, RemoteAuthor},
    proof::{Proof, ProofKind, ProofState},
    time::Timestamp,
};

use crate::{
    name::identity,
    wire::{
        proto::{MessageData, message_data::Body},
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
