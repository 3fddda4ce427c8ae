//! The portable archive: what a store holds, in a file that its owner can take anywhere.
//!
//! `docs/archive.md` describes the file, for those who write a reader of their own. Here
//! [`frame`] is its outer form (frames sealed one by one, chained, signed), [`item`] what lies in
//! the frames, [`export`] the way from a snapshot into a file and [`import`] the way back. All of
//! it streams: neither way holds more than a frame and some rows.

pub mod export;
pub mod frame;
pub mod import;
pub mod item;
pub mod owner;
pub mod verify;

#[cfg(test)]
pub(crate) mod tests;
