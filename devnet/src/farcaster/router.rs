//! Which data shard a fid lives on.

use sha2::{Digest as _, Sha256};

/// The data shard of `fid`, from 1 to `data_shards`.
///
/// # Examples
///
/// ```
/// use threadbridge_devnet::farcaster::router::shard_of;
///
/// assert!((1..=2).contains(&shard_of(1234, 2)));
/// ```
pub fn shard_of(fid: u64, data_shards: u32) -> u32 {
    // The network hashes the fid as four big-endian bytes, whatever its width elsewhere.
    let narrow = u32::try_from(fid).unwrap_or(u32::MAX);
    let digest = Sha256::digest(narrow.to_be_bytes());
    let first = digest.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    first % data_shards.max(1) + 1
}
