//! What is said on XMTP: content types, the bytes that they are written in, and what goes with them.
//!
//! Inside a group travels a `PlaintextEnvelope` (`envelope`), in it an `EncodedContent`, over whose
//! very bytes a message has its id (`id`). `body` reads and writes each type; a type that nobody
//! here knows is shown by the words that its sender gave for such a case (`fallback`). `heard` is how
//! `open` hands over to `parse` what it proved.

pub(crate) mod body;
pub(crate) mod compression;
pub(crate) mod envelope;
pub(crate) mod fallback;
pub(crate) mod heard;
pub(crate) mod id;
pub(crate) mod kind;
pub(crate) mod reaction;
pub(crate) mod remote;
pub(crate) mod write;

#[cfg(test)]
mod tests;
