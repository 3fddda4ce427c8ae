//! What is asked of a node, and the answers that are not messages.

use crate::wire::{SignedMessage, proto::CastId, verify::PublicKey};

/// A listing that a node can page through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Listing {
    /// All casts of a fid.
    CastsBy(u64),
    /// All casts of a fid that stand, and its removals of others. Nodes offer it over gRPC only.
    CastsAndRemovals(u64),
    /// Casts that mention a fid.
    Mentions(u64),
    /// Direct replies to a cast.
    Replies(CastId),
    /// Casts under a URL. Only a hint: a node may leave casts out without saying so where another
    /// URL begins with this one.
    Under(String),
    /// Reactions to a cast.
    Reactions(CastId),
    /// The profile fields of a fid.
    Profile(u64),
    /// The addresses that a fid says are its own.
    Addresses(u64),
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MessagePage {
    /// Not in any order that means something.
    pub messages: Vec<SignedMessage>,
    /// How many more there were that no hash could vouch for (JSON renderings only).
    pub unverifiable: usize,
    /// To ask for the next page with. Its presence does not mean that there is one.
    pub next: Option<Vec<u8>>,
}

/// A node's own account of its health.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeStatus {
    /// Software version.
    pub version: String,
    /// All shards that it hosts, shard 0 included.
    pub shards: Vec<ShardStatus>,
    /// Unix seconds at which the network's rules change next; 0 where nothing is planned.
    pub rules_change_at_s: u64,
}

/// How far a shard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShardStatus {
    /// 0 is for blocks and on-chain events; data begins with 1.
    pub shard: u32,
    /// The latest confirmed block.
    pub max_height: u64,
    /// Seconds since that block.
    pub block_delay_s: u64,
}

impl NodeStatus {
    /// The shards that carry casts.
    pub(crate) fn data_shards(&self) -> Vec<u32> {
        self.shards.iter().map(|status| status.shard).filter(|shard| *shard > 0).collect()
    }

    /// One shard's state, if this node hosts it.
    pub(crate) fn shard(&self, shard: u32) -> Option<ShardStatus> {
        self.shards.iter().find(|status| status.shard == shard).copied()
    }
}

/// A key that may speak for a fid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignerRecord {
    /// The key.
    pub key: PublicKey,
    /// Unix seconds; `None` for keys that do not expire.
    pub expires_at_s: Option<u64>,
    /// The message types that it may sign; empty means all.
    pub scopes: Vec<i32>,
    /// Unix seconds from which on it may not sign any more; `None` for keys that may.
    pub removed_at_s: Option<u64>,
    /// The fid of the app that asked for it; `None` for keys that were added on chain.
    pub request_fid: Option<u64>,
}

/// The numbers that were used last for adding and removing a fid's keys. Each has to be larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyNonces {
    /// By the wallet that has custody.
    pub custody: u32,
    /// By the keys that an app asked for.
    pub app: u32,
}

impl SignerRecord {
    /// Whether it may sign messages of this type.
    pub(crate) fn may_sign(&self, kind: i32) -> bool {
        self.removed_at_s.is_none() && (self.scopes.is_empty() || self.scopes.contains(&kind))
    }
}

/// What a fid may store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Storage {
    /// Rented units of any age.
    pub units: u32,
    /// Casts.
    pub casts: Allowance,
    /// Likes and recasts.
    pub reactions: Allowance,
    /// The sum of the limits of all stores; the hourly rate follows from it.
    pub total_limit: u64,
    /// Whether a Pro subscription is active.
    pub is_pro: bool,
}

/// How many messages of a kind a fid may keep; beyond that the oldest is pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// How many may be kept.
    pub limit: u64,
    /// How many are.
    pub used: u64,
}

impl Allowance {
    /// How many more fit before the oldest goes.
    pub fn left(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}
