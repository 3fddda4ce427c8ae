//! Reading the shards of the network: whole blocks in unbroken order, whatever streams, page tokens
//! and nodes do.

pub(crate) mod block;
pub(crate) mod cursor;
pub(crate) mod follow;
pub(crate) mod paging;
