//! XMTP: end-to-end encrypted conversations by MLS (RFC 9420).

mod content;
mod identity;
mod wire;
