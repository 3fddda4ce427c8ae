//! Questions about the hub itself.

use tonic::Status;

use crate::farcaster::clock;
use crate::farcaster::store::{Chain, PageRequest, Shard};
use crate::farcaster::wire::{DbStats, FidsRequest, FidsResponse, GetInfoResponse, ShardInfo};

/// The release whose behavior this hub follows.
const VERSION: &str = "0.14.2";

impl Chain {
    pub(crate) fn describe(&self) -> GetInfoResponse {
        let now_ms = clock::unix_ms();
        let shards: Vec<ShardInfo> =
            self.shards.values().map(|shard| self.describe_shard(shard, now_ms)).collect();
        let sum = |of: fn(&ShardInfo) -> u64| shards.iter().map(of).sum();
        GetInfoResponse {
            version: VERSION.to_owned(),
            db_stats: Some(DbStats {
                num_messages: sum(|shard| shard.num_messages),
                num_fid_registrations: sum(|shard| shard.num_fid_registrations),
                approx_size: sum(|shard| shard.approx_size),
            }),
            peer_id: "threadbridge-devnet".to_owned(),
            num_shards: self.settings.data_shards,
            shard_infos: shards,
            next_engine_version_timestamp: 0,
        }
    }

    fn describe_shard(&self, shard: &Shard, now_ms: u64) -> ShardInfo {
        let since = if shard.last_block_ms == 0 { self.started_ms } else { shard.last_block_ms };
        let registered =
            shard.accounts.keys().filter(|fid| self.registry.registration(**fid).is_some()).count();
        ShardInfo {
            shard_id: shard.id,
            max_height: shard.height,
            num_messages: wide(shard.message_count()),
            num_fid_registrations: wide(registered),
            approx_size: wide(shard.log.size_bytes()),
            block_delay: now_ms.saturating_sub(since) / 1000,
            mempool_size: wide(shard.waiting()),
            num_onchain_events: 0,
        }
    }

    pub(crate) fn fids(&self, request: FidsRequest) -> Result<FidsResponse, Status> {
        let shard = self
            .shards
            .get(&request.shard_id)
            .filter(|shard| shard.id != 0)
            .ok_or_else(|| Status::invalid_argument("no shard store for fid"))?;
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let fids = self
            .registry
            .fids()
            .filter(|fid| shard.accounts.contains_key(fid))
            .map(|fid| (fid.to_be_bytes().to_vec(), fid));
        let page = page.cut(fids);
        Ok(FidsResponse { fids: page.items, next_page_token: page.next })
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
