//! What a log proves in the bridge's words: which addresses are an inbox's.

use std::collections::BTreeSet;

use prost::Message as _;
use thiserror::Error;
use threadbridge_core::model::{
    id::{Identity, InvalidId, Network, RemoteAuthor},
    proof::{Proof, ProofKind, ProofState},
    time::Timestamp,
};

use super::{inbox::InboxId, logs::Logs, state::State};
use crate::{
    rows::Unread,
    wire::proto::identity::get_identity_updates_response::{IdentityUpdateLog, Response},
};

/// The network of addresses.
pub(crate) const WALLETS: &str = "ethereum";
/// What checks such logs: every signature, and every rule of who may add whom.
pub(crate) const CHECKER: &str = "xmtp-association-log/1";

/// Why there are no proofs.
#[derive(Debug, Error)]
pub(crate) enum Unproven {
    #[error(transparent)]
    Unread(#[from] Unread),
    #[error("an identity has no usable name")]
    Name(#[from] InvalidId),
}

/// What the entries behind `since` prove, and what they take back. The evidence for an address is
/// the log as far as the entry that added it, so that it stays the same while the log grows.
pub(crate) fn proofs(
    network: &Network,
    logs: Logs<'_>,
    inbox: InboxId,
    since: u64,
) -> Result<Vec<Proof>, Unproven> {
    let one =
        Identity { network: network.clone(), author: RemoteAuthor::parse(inbox.to_string())? };
    let mut log = Response { inbox_id: inbox.to_string(), updates: Vec::new() };
    let (mut proofs, mut before) = (Vec::new(), BTreeSet::new());
    for (sequence_id, update) in logs.evidence(inbox)? {
        let at = i64::try_from(update.client_timestamp_ns / 1_000).unwrap_or(i64::MAX);
        let update = Some(update);
        log.updates.push(IdentityUpdateLog { sequence_id, server_timestamp_ns: 0, update });
        let after = addresses(logs.state(inbox, sequence_id)?.as_ref());
        if sequence_id > since {
            let lapsed = || ProofState::Lapsed {
                since: Timestamp::from_micros(at),
                reason: "the inbox's owner took the address out".to_owned(),
            };
            let joined = after.difference(&before).map(|address| (address, ProofState::Valid));
            let left = before.difference(&after).map(|address| (address, lapsed()));
            for (address, state) in joined.chain(left) {
                proofs.push(Proof {
                    one: one.clone(),
                    other: Identity {
                        network: Network::parse(WALLETS)?,
                        author: RemoteAuthor::parse(address.as_str())?,
                    },
                    kind: ProofKind::AssociationLog,
                    evidence: log.encode_to_vec(),
                    checker: CHECKER.to_owned(),
                    checked_at: Timestamp::default(),
                    block: None,
                    state,
                });
            }
        }
        before = after;
    }
    Ok(proofs)
}

fn addresses(state: Option<&State>) -> BTreeSet<String> {
    state.map(State::addresses).into_iter().flatten().map(str::to_owned).collect()
}
