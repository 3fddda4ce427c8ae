//! Writing the frames of an archive.

use std::io::{self, Write};

use thiserror::Error;
use zeroize::Zeroizing;

use super::{
    Chain, FRAME_BYTES, FrameKind, Header, MAGIC, MAX_FRAME_BYTES, Manifest, NewArchive,
    SIGNED_FOR, bound_to, length, seal,
};
use crate::archive::item::Item;
use crate::archive::owner::OwnerKey;
use crate::store::{RootSecret, SecretKey};

/// How hard zstd tries; more costs time and gains little.
const LEVEL: i32 = 3;

/// Why an archive was not written.
#[derive(Debug, Error)]
pub enum UnwrittenError {
    /// The file could not be written.
    #[error("the archive could not be written")]
    Io(#[from] io::Error),
    /// The passphrase is empty.
    #[error("an archive cannot be locked with an empty passphrase; choose one")]
    EmptyPassphrase,
    /// The keys of the archive could not be made.
    #[error("the keys of the archive could not be made")]
    Keys,
    /// One thing is larger than a frame may be.
    #[error("one message is too large for an archive")]
    TooLarge,
}

/// Writes items into frames.
pub struct FrameWriter<W> {
    to: W,
    key: SecretKey,
    chain: Chain,
    items: Zeroizing<Vec<u8>>,
    digest: blake3::Hasher,
    manifest: Manifest,
}

impl<W> std::fmt::Debug for FrameWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameWriter").field("manifest", &self.manifest).finish_non_exhaustive()
    }
}

impl<W: Write> FrameWriter<W> {
    pub(crate) fn begin(
        mut to: W,
        new: NewArchive,
        secret: &RootSecret,
        owner: &OwnerKey,
    ) -> Result<(Self, Header), UnwrittenError> {
        if secret.is_empty() {
            return Err(UnwrittenError::EmptyPassphrase);
        }
        let (header, key) =
            Header::new(new, secret, owner.public()).map_err(|_| UnwrittenError::Keys)?;
        let fields = minicbor::to_vec(&header).map_err(|_| UnwrittenError::Keys)?;
        let length = length(&fields).ok_or(UnwrittenError::Keys)?;
        let bytes = [MAGIC.as_slice(), &length, &fields].concat();
        to.write_all(&bytes)?;
        let writer = Self {
            to,
            key,
            chain: Chain::begin(&bytes),
            items: Zeroizing::default(),
            digest: blake3::Hasher::new(),
            manifest: Manifest::default(),
        };
        Ok((writer, header))
    }

    /// Adds one thing.
    pub fn push(&mut self, item: &Item) -> Result<(), UnwrittenError> {
        let before = self.items.len();
        minicbor::encode(item, &mut *self.items).map_err(|_| UnwrittenError::TooLarge)?;
        self.digest.update(self.items.get(before..).unwrap_or_default());
        let added = self.items.len().saturating_sub(before);
        let added = u64::try_from(added).unwrap_or(u64::MAX);
        self.manifest.item_bytes = self.manifest.item_bytes.saturating_add(added);
        let count = self.manifest.counts.entry(item.number()).or_default();
        *count = count.saturating_add(1);
        if self.items.len() >= FRAME_BYTES { self.flush() } else { Ok(()) }
    }

    /// How many items of each number were added so far.
    #[must_use]
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn flush(&mut self) -> Result<(), UnwrittenError> {
        if self.items.is_empty() {
            return Ok(());
        }
        if self.items.len() > MAX_FRAME_BYTES {
            return Err(UnwrittenError::TooLarge);
        }
        let packed = zstd::bulk::compress(&self.items, LEVEL)?;
        self.items.clear();
        self.frame(FrameKind::Items, packed)?;
        self.manifest.frames = self.manifest.frames.saturating_add(1);
        Ok(())
    }

    fn frame(&mut self, kind: FrameKind, plain: Vec<u8>) -> Result<(), UnwrittenError> {
        let bound = bound_to(self.chain, kind);
        let sealed =
            seal(&self.key, self.manifest.frames, &bound, plain).ok_or(UnwrittenError::TooLarge)?;
        let length = length(&sealed).ok_or(UnwrittenError::TooLarge)?;
        let head = [kind as u8];
        for part in [length.as_slice(), &head, &sealed] {
            self.to.write_all(part)?;
        }
        self.chain = self.chain.with(&[&length, &head, &sealed]);
        Ok(())
    }

    /// Writes what is left, the manifest and the signature.
    pub(crate) fn finish(
        mut self,
        (is_whole, with_accounts): (bool, bool),
        owner: &OwnerKey,
    ) -> Result<(W, Manifest), UnwrittenError> {
        self.flush()?;
        self.manifest.is_whole = is_whole;
        self.manifest.with_accounts = with_accounts;
        self.manifest.digest = self.digest.finalize().into();
        let manifest = minicbor::to_vec(&self.manifest).map_err(|_| UnwrittenError::TooLarge)?;
        self.frame(FrameKind::Manifest, manifest)?;
        let signature = owner.sign(SIGNED_FOR, &self.chain.0);
        let length = length(&signature).ok_or(UnwrittenError::TooLarge)?;
        for part in [length.as_slice(), &[FrameKind::Signature as u8], &signature] {
            self.to.write_all(part)?;
        }
        self.to.flush()?;
        Ok((self.to, self.manifest))
    }
}
