//! XMTP: end-to-end encrypted conversations by MLS (RFC 9420).

mod identity;
mod wire;
