//! Reading the shards of the network: whole blocks in unbroken order, whatever streams, page tokens
//! and nodes do.

pub mod block;
pub mod cursor;
pub mod follow;
pub mod paging;
