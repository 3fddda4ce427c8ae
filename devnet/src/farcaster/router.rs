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
    // The network hashes the lower four bytes of the fid, whatever its width elsewhere.
    let [.., a, b, c, d] = fid.to_be_bytes();
    let digest = Sha256::digest([a, b, c, d]);
    let first = digest.first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    first % data_shards.max(1) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fids_go_where_the_network_has_them() {
        // By Python's hashlib over `struct.pack(">I", fid)`.
        for (fid, shard) in EXPECTED {
            assert_eq!(shard_of(fid, 2), shard, "fid {fid}");
        }
    }

    const EXPECTED: [(u64, u32); 5] = [(1, 1), (2, 2), (3, 1), (1234, 1), (4294967295, 2)];
}
