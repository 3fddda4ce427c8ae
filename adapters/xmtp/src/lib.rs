//! XMTP: end-to-end encrypted conversations by MLS (RFC 9420).

mod capabilities;
mod content;
mod identity;
mod mark;
mod mls;
mod parse;
mod render;
mod rows;
mod sync;
mod welcome;
mod wire;
