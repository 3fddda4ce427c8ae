//! XMTP: end-to-end encrypted conversations by MLS (RFC 9420).

mod capabilities;
mod content;
mod identity;
mod mark;
mod parse;
mod render;
mod wire;
