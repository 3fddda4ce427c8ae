//! What XMTP sends and keeps.

pub(crate) mod proto;
