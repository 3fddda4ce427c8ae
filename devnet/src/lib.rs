//! The networks that Threadbridge bridges, on loopback.
//!
//! Each is written from its network's documentation and observed behavior, and shares no code with
//! the bridge but the generated wire types: a shared misreading would hide itself.

mod dial;
mod line;

pub mod ethereum;
pub mod farcaster;
pub mod lens;
pub mod xmtp;
