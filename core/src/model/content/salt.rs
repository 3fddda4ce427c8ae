//! What makes two contents that say the same two messages.

use crate::model::mark::Origin;

/// 16 bytes that make a message's id its own. Made by whoever writes the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt([u8; 16]);

impl Salt {
    /// An unpredictable one, for what the owner says.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The one for what was received as `origin`: reading the same envelope again, here or on
    /// another machine, gives the same content and the same message id.
    #[must_use]
    pub fn of(origin: Origin) -> Self {
        let mut hash = blake3::Hasher::new_derive_key("threadbridge 2026 salt");
        hash.update(origin.as_bytes());
        let mut bytes = [0; 16];
        hash.finalize_xof().fill(&mut bytes);
        Self(bytes)
    }

    /// The salt with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}
