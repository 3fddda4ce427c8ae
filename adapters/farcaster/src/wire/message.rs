//! The signed envelope of every Farcaster message.

use super::limits;

/// No hash, signature or key is as long.
const MOST_OF_A_KEY: usize = 128;

/// `Message` of message.proto. Field 1, which the network declares as a nested message, is kept
/// as the bytes that arrived: encoders disagree about empty fields, so a message that is decoded
/// and encoded again may no longer have its hash.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub(crate) struct SignedMessage {
    /// Serialized `MessageData`, as the sender's encoder or the node wrote it.
    #[prost(bytes = "vec", optional, tag = "1")]
    pub data: Option<Vec<u8>>,
    /// The 20-byte hash that the sender claims.
    #[prost(bytes = "vec", tag = "2")]
    pub hash: Vec<u8>,
    /// 1 is BLAKE3.
    #[prost(int32, tag = "3")]
    pub hash_scheme: i32,
    /// Over the hash, not over the data.
    #[prost(bytes = "vec", tag = "4")]
    pub signature: Vec<u8>,
    /// 1 is Ed25519.
    #[prost(int32, tag = "5")]
    pub signature_scheme: i32,
    /// The public key: 32 bytes.
    #[prost(bytes = "vec", tag = "6")]
    pub signer: Vec<u8>,
    /// Serialized `MessageData` exactly as it was hashed; where present, `data` means nothing.
    #[prost(bytes = "vec", optional, tag = "7")]
    pub data_bytes: Option<Vec<u8>>,
}

impl SignedMessage {
    /// The bytes that were hashed: `data_bytes`, else `data` as it arrived. Nodes read them the
    /// same way, so a forged `data` beside honest `data_bytes` has no effect.
    pub(crate) fn signed_bytes(&self) -> Option<&[u8]> {
        self.data_bytes.as_deref().filter(|bytes| !bytes.is_empty()).or(self.data.as_deref())
    }

    /// Without what proves nothing, however large a node made it. What is larger than any message
    /// stays too large, and is refused for that.
    pub(crate) fn trimmed(mut self) -> Self {
        if self.data_bytes.as_ref().is_some_and(|bytes| !bytes.is_empty()) {
            self.data = None;
        }
        for bytes in [&mut self.data, &mut self.data_bytes].into_iter().flatten() {
            trim(bytes, limits::LARGEST_DATA_BYTES + 1);
        }
        trim(&mut self.hash, MOST_OF_A_KEY);
        trim(&mut self.signature, MOST_OF_A_KEY);
        trim(&mut self.signer, MOST_OF_A_KEY);
        self
    }
}

fn trim(bytes: &mut Vec<u8>, most: usize) {
    if bytes.len() > most {
        bytes.truncate(most);
        bytes.shrink_to_fit();
    }
}
