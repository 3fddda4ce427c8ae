//! Looks at every node in turn and at the account's key, for the owner who asks what is wrong.

use std::time::Duration;

use crate::{
    Farcaster,
    node::failure::NodeError,
    wire::{proto::MessageType, sign::SignerKey},
};

/// A node by its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeReport {
    /// Its software's version.
    pub version: String,
    /// How many shards with casts it has.
    pub shards: usize,
    /// How old the latest block is of the shard that is furthest behind.
    pub behind: Duration,
    /// The time on its clock (RFC 9110 §6.6.1), if it says it.
    pub date: Option<String>,
}

/// What the network says about the account's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignerState {
    /// The account has none: it only reads.
    Absent,
    /// It may sign casts.
    Active {
        /// Until when, in Unix seconds, if it is not used before; nothing if it does not expire.
        expires_at_s: Option<u64>,
        /// What it may sign, by the network's names of message types; empty if everything.
        scopes: Vec<String>,
    },
    /// It may sign, but not casts.
    OutOfScope {
        /// What it may sign.
        scopes: Vec<String>,
    },
    /// It was removed from the fid.
    Removed,
    /// It was never added to the fid.
    Unknown,
}

impl Farcaster {
    /// Asks every node how it is doing, the preferred one first; each by host and port.
    pub async fn examine(&self) -> Vec<(String, Result<NodeReport, NodeError>)> {
        let mut reports = Vec::new();
        for node in self.pool.nodes() {
            let report = async {
                let (status, date) = (node.status().await?, node.date().await?);
                let data = status.shards.iter().filter(|shard| shard.shard > 0);
                Ok(NodeReport {
                    version: status.version.clone(),
                    shards: status.data_shards().len(),
                    behind: Duration::from_secs(data.map(|it| it.block_delay_s).max().unwrap_or(0)),
                    date,
                })
            };
            reports.push((node.name().to_owned(), report.await));
        }
        reports
    }

    /// Whether the account's key may speak for its fid, by what a node says.
    pub async fn signer_state(&self) -> Result<SignerState, NodeError> {
        let key = self.own.as_ref().and_then(|own| own.key.as_ref()).map(SignerKey::public);
        let (Some(own), Some(key)) = (&self.own, key) else { return Ok(SignerState::Absent) };
        let fid = own.fid;
        let signers = self.pool.ask(|node| async move { node.signers(fid).await }).await?;
        let Some(signer) = signers.into_iter().find(|signer| signer.key == key) else {
            return Ok(SignerState::Unknown);
        };
        let cast = i32::from(MessageType::CastAdd);
        let scopes = || signer.scopes.iter().map(|scope| scope_name(*scope)).collect();
        Ok(if signer.removed_at_s.is_some() {
            SignerState::Removed
        } else if signer.may_sign(cast) {
            SignerState::Active { expires_at_s: signer.expires_at_s, scopes: scopes() }
        } else {
            SignerState::OutOfScope { scopes: scopes() }
        })
    }
}

/// `MESSAGE_TYPE_CAST_ADD` as people read it.
fn scope_name(scope: i32) -> String {
    match MessageType::try_from(scope) {
        Ok(kind) => {
            let name = kind.as_str_name();
            name.trim_start_matches("MESSAGE_TYPE_").to_lowercase().replace('_', " ")
        }
        Err(_) => format!("type {scope}"),
    }
}
