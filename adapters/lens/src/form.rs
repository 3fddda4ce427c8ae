//! How something stands in an envelope: as JSON behind its digest, so that bytes that changed on their
//! way through the store or a backup are not taken for what was put in, nor one form for another.

use serde::{Serialize, de::DeserializeOwned};
use threadbridge_core::{adapter::Envelope, model::id::RemoteId};

const DIGEST_BYTES: usize = 16;

/// One form of envelopes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// What the digest is made for.
    pub(crate) domain: &'static str,
    /// How many bytes of JSON it holds at most.
    pub(crate) most: usize,
}

impl Form {
    /// Puts something into an envelope; nothing if it is too large.
    pub(crate) fn put(self, id: RemoteId, it: &impl Serialize) -> Option<Envelope> {
        let json = serde_json::to_vec(it).ok().filter(|json| json.len() <= self.most)?;
        let mut bytes = self.digest(&json).to_vec();
        bytes.extend_from_slice(&json);
        Some(Envelope { id, bytes })
    }

    /// Takes it out of one; nothing if it is not what was put in. Whether it stands under its own id
    /// is still to be looked at.
    pub(crate) fn take<T: DeserializeOwned>(self, envelope: &Envelope) -> Option<T> {
        let (claimed, json) = envelope.bytes.split_first_chunk::<DIGEST_BYTES>()?;
        if json.len() > self.most || *claimed != self.digest(json) {
            return None;
        }
        serde_json::from_slice(json).ok()
    }

    fn digest(self, json: &[u8]) -> [u8; DIGEST_BYTES] {
        let mut digest = [0; DIGEST_BYTES];
        let mut hasher = blake3::Hasher::new_derive_key(self.domain);
        hasher.update(json).finalize_xof().fill(&mut digest);
        digest
    }
}
