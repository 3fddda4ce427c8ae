//! What can be read of an archive without its key.

use minicbor::{Decode, Encode};

use crate::archive::owner::OwnerId;
use crate::model::time::Timestamp;
use crate::store::{Kdf, RootSecret, SealError, SecretKey, UnlockError};

/// The header is not longer.
pub(super) const MAX_HEADER_BYTES: u32 = 4096;

/// An archive lies around for years, so its passphrase is stretched more than a store's.
const FOR_PASSPHRASES: Kdf = Kdf::Argon2id { memory_kib: 64 * 1024, passes: 3 };

const ROOT: &str = "threadbridge 2026 archive: root";
const FRAMES: &str = "threadbridge 2026 archive: frames";
const CHECK: &str = "threadbridge 2026 archive: check";

/// What can be read of an archive without its key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The version of its form.
    #[n(0)]
    pub(super) version: u32,
    /// Which archive it is: 16 random bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) id: [u8; 16],
    /// When it was made.
    #[n(2)]
    pub(super) created_at: Timestamp,
    /// How its key comes from a secret.
    #[n(3)]
    pub(super) kdf: Kdf,
    /// The salt for that.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(super) salt: [u8; 16],
    /// Tells a wrong secret from an altered file.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub(super) check: [u8; 16],
    /// Who signed it.
    #[cbor(n(6), with = "minicbor::bytes")]
    pub(super) owner: [u8; 32],
}

/// What distinguishes one archive of the same things from another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewArchive {
    pub(crate) id: [u8; 16],
    pub(crate) salt: [u8; 16],
    pub(crate) created_at: Timestamp,
}

impl NewArchive {
    pub(crate) fn random(created_at: Timestamp) -> Result<Self, SealError> {
        let (mut id, mut salt) = ([0; 16], [0; 16]);
        getrandom::fill(&mut id).map_err(|_| SealError::NoRandomness)?;
        getrandom::fill(&mut salt).map_err(|_| SealError::NoRandomness)?;
        Ok(Self { id, salt, created_at })
    }
}

impl Header {
    /// A header for a new archive, and the key of its frames.
    pub(super) fn new(
        new: NewArchive,
        secret: &RootSecret,
        owner: OwnerId,
    ) -> Result<(Self, SecretKey), UnlockError> {
        let kdf = match secret {
            RootSecret::Passphrase(_) => FOR_PASSPHRASES,
            RootSecret::KeyFile(_) => Kdf::Random,
        };
        let root = kdf.stretch(secret, &new.salt, ROOT)?;
        let NewArchive { id, salt, created_at } = new;
        let (check, owner) = (check(&root), *owner.as_bytes());
        let header = Self { version: super::VERSION, id, created_at, kdf, salt, check, owner };
        let key = header.frames(&root);
        Ok((header, key))
    }

    /// The key of the frames.
    pub(super) fn unlock(&self, secret: &RootSecret) -> Result<SecretKey, UnlockError> {
        let root = self.kdf.stretch(secret, &self.salt, ROOT)?;
        if check(&root) == self.check { Ok(self.frames(&root)) } else { Err(UnlockError::Wrong) }
    }

    /// A key file has no salt of its own: without one, two archives would share their key.
    fn frames(&self, root: &SecretKey) -> SecretKey {
        let mut hasher = blake3::Hasher::new_keyed(root.derive(FRAMES).as_bytes());
        hasher.update(&self.salt);
        let key = zeroize::Zeroizing::new(*hasher.finalize().as_bytes());
        SecretKey::from_bytes(key.as_slice()).unwrap_or_else(|| root.derive(FRAMES))
    }

    /// Which archive it is.
    #[must_use]
    pub const fn id(&self) -> [u8; 16] {
        self.id
    }

    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// Who says that they made it; believed once the signature is verified.
    #[must_use]
    pub const fn owner(&self) -> OwnerId {
        OwnerId::from_bytes(self.owner)
    }

    /// Whether it opens with a passphrase; else with a key file.
    #[must_use]
    pub const fn wants_passphrase(&self) -> bool {
        matches!(self.kdf, Kdf::Argon2id { .. })
    }
}

fn check(root: &SecretKey) -> [u8; 16] {
    let mut check = [0; 16];
    let mut hasher = blake3::Hasher::new();
    hasher.update(root.derive(CHECK).as_bytes());
    hasher.finalize_xof().fill(&mut check);
    check
}
