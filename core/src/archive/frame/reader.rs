//! Reading the frames of an archive; nothing of what they say is believed before its seal is good.

use std::io::{self, ErrorKind, Read as _};

use minicbor::Decoder;
use thiserror::Error;
use zeroize::Zeroizing;

use super::header::MAX_HEADER_BYTES;
use super::{
    Chain, FrameKind, Header, MAGIC, MAX_FRAME_BYTES, Manifest, SIGNED_FOR, VERSION, bound_to, open,
};
use crate::archive::item::Item;
use crate::store::{RootSecret, SecretKey, UnlockError};

/// Why a file is no archive that can be believed. Nothing was taken from it.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The file could not be read.
    #[error("the archive could not be read")]
    Io(#[source] io::Error),
    /// It is something else.
    #[error("the file is not an archive; check its path")]
    NotAnArchive,
    /// A later version wrote it.
    #[error("the archive has version {found}, this program knows {known}; install a later one")]
    Newer {
        /// Its version.
        found: u32,
        /// The last one that is known.
        known: u32,
    },
    /// The passphrase or key file is another one.
    #[error("the archive does not open with this passphrase or key file; check it")]
    WrongSecret,
    /// A passphrase was given for a key file, or the other way round.
    #[error("the archive is locked with the other kind of secret, a passphrase or a key file")]
    OtherKind,
    /// It ends too early.
    #[error("the archive is cut off; get the whole file")]
    CutOff,
    /// Its bytes are not what was written.
    #[error("the archive was altered, or something was added to it; get it again")]
    Altered,
    /// It was signed by somebody else.
    #[error("the archive was signed by another owner than the one that was asked for")]
    OtherOwner,
}

impl From<io::Error> for ArchiveError {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::UnexpectedEof { Self::CutOff } else { Self::Io(error) }
    }
}

impl From<UnlockError> for ArchiveError {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::Wrong => Self::WrongSecret,
            UnlockError::OtherKind => Self::OtherKind,
            UnlockError::Absurd | UnlockError::Seal(_) => Self::Altered,
        }
    }
}

/// The next of an archive.
#[derive(Debug)]
pub enum Read {
    /// Some items; none where the key was not given.
    Items(Vec<Item>),
    /// The end: all of it was there, unaltered, and signed by the owner that the header names.
    End(Box<Manifest>),
    /// The same, where the key was not given.
    SignedEnd,
}

/// The frames of an archive, in order.
pub struct Frames<R> {
    from: R,
    header: Header,
    key: Option<SecretKey>,
    chain: Chain,
    found: Manifest,
    digest: blake3::Hasher,
}

impl<R> std::fmt::Debug for Frames<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("header", &self.header).finish_non_exhaustive()
    }
}

impl<R: io::Read> Frames<R> {
    /// Reads the header. Without the secret the frames stay closed, and only the chain and its
    /// signature are verified.
    pub fn begin(mut from: R, secret: Option<&RootSecret>) -> Result<Self, ArchiveError> {
        let mut magic = [0; MAGIC.len()];
        match from.read_exact(&mut magic) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(ArchiveError::NotAnArchive);
            }
            read => read?,
        }
        if magic != *MAGIC {
            return Err(ArchiveError::NotAnArchive);
        }
        let mut length = [0; 4];
        from.read_exact(&mut length)?;
        if u32::from_be_bytes(length) > MAX_HEADER_BYTES {
            return Err(ArchiveError::Altered);
        }
        let fields = bytes(&mut from, u32::from_be_bytes(length))?;
        let version = version(&fields).ok_or(ArchiveError::Altered)?;
        if version > VERSION {
            return Err(ArchiveError::Newer { found: version, known: VERSION });
        }
        let header: Header = exactly(&fields).ok_or(ArchiveError::Altered)?;
        let key = secret.map(|secret| header.unlock(secret)).transpose()?;
        let chain = Chain::begin(&[magic.as_slice(), &length, &fields].concat());
        let (found, digest) = (Manifest::default(), blake3::Hasher::new());
        Ok(Self { from, header, key, chain, found, digest })
    }

    /// What can be read without the key.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the next frame. Only after [`Read::End`] the whole may be believed.
    pub fn next_frame(&mut self) -> Result<Read, ArchiveError> {
        let (kind, sealed) = self.frame()?;
        match kind {
            FrameKind::Items => {
                let items = match self.opened(kind, &sealed)? {
                    Some(plain) => self.items(&plain)?,
                    None => Vec::new(),
                };
                self.step(kind, &sealed)?;
                self.found.frames = self.found.frames.saturating_add(1);
                Ok(Read::Items(items))
            }
            FrameKind::Manifest => {
                let manifest = self.opened(kind, &sealed)?;
                self.step(kind, &sealed)?;
                self.signed()?;
                let Some(manifest) = manifest else { return Ok(Read::SignedEnd) };
                let manifest: Manifest = exactly(&manifest).ok_or(ArchiveError::Altered)?;
                self.found.digest = self.digest.finalize().into();
                let Manifest { is_whole, with_accounts, .. } = manifest;
                let found = Manifest { is_whole, with_accounts, ..std::mem::take(&mut self.found) };
                if found != manifest {
                    return Err(ArchiveError::Altered);
                }
                Ok(Read::End(Box::new(manifest)))
            }
            FrameKind::Signature => Err(ArchiveError::Altered),
        }
    }

    fn frame(&mut self) -> Result<(FrameKind, Vec<u8>), ArchiveError> {
        let (mut length, mut kind) = ([0; 4], [0; 1]);
        self.from.read_exact(&mut length)?;
        self.from.read_exact(&mut kind)?;
        let kind = match kind {
            [1] => FrameKind::Items,
            [2] => FrameKind::Manifest,
            [3] => FrameKind::Signature,
            _ => return Err(ArchiveError::Altered),
        };
        let length = u32::from_be_bytes(length);
        let fits = usize::try_from(length).is_ok_and(|length| length <= MAX_FRAME_BYTES);
        if !fits {
            return Err(ArchiveError::Altered);
        }
        Ok((kind, bytes(&mut self.from, length)?))
    }

    fn opened(
        &self,
        kind: FrameKind,
        sealed: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ArchiveError> {
        let Some(key) = &self.key else { return Ok(None) };
        let bound = bound_to(self.chain, kind);
        let plain = open(key, self.found.frames, &bound, sealed).ok_or(ArchiveError::Altered)?;
        Ok(Some(plain))
    }

    fn step(&mut self, kind: FrameKind, sealed: &[u8]) -> Result<(), ArchiveError> {
        let length = super::length(sealed).ok_or(ArchiveError::Altered)?;
        self.chain = self.chain.with(&[&length, &[kind as u8], sealed]);
        Ok(())
    }

    fn items(&mut self, packed: &[u8]) -> Result<Vec<Item>, ArchiveError> {
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
        let size = size.and_then(|size| usize::try_from(size).ok());
        let size = size.filter(|size| *size <= MAX_FRAME_BYTES).ok_or(ArchiveError::Altered)?;
        let plain = zstd::bulk::decompress(packed, size).map_err(|_| ArchiveError::Altered)?;
        let plain = Zeroizing::new(plain);
        self.digest.update(&plain);
        let added = u64::try_from(plain.len()).unwrap_or(u64::MAX);
        self.found.item_bytes = self.found.item_bytes.saturating_add(added);
        let mut decoder = Decoder::new(&plain);
        let mut items = Vec::new();
        while decoder.position() < plain.len() {
            let item: Item = decoder.decode().map_err(|_| ArchiveError::Altered)?;
            let count = self.found.counts.entry(item.number()).or_default();
            *count = count.saturating_add(1);
            items.push(item);
        }
        Ok(items)
    }

    /// The signature, and nothing behind it.
    fn signed(&mut self) -> Result<(), ArchiveError> {
        let (kind, signature) = self.frame()?;
        let signature: [u8; 64] = signature.try_into().map_err(|_| ArchiveError::Altered)?;
        let owner = self.header.owner();
        if kind != FrameKind::Signature || !owner.has_signed(SIGNED_FOR, &self.chain.0, &signature)
        {
            return Err(ArchiveError::Altered);
        }
        match self.from.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ArchiveError::Altered),
            Err(error) => Err(ArchiveError::Io(error)),
        }
    }
}

/// Reads `length` bytes, however long somebody claims that they are, without trusting the claim
/// with memory first.
fn bytes(from: &mut impl io::Read, length: u32) -> Result<Vec<u8>, ArchiveError> {
    let mut read = Vec::new();
    let got = from.by_ref().take(u64::from(length)).read_to_end(&mut read)?;
    if u32::try_from(got).ok() == Some(length) { Ok(read) } else { Err(ArchiveError::CutOff) }
}

/// The version stands first in a header, whatever comes behind it.
fn version(fields: &[u8]) -> Option<u32> {
    let mut decoder = Decoder::new(fields);
    decoder.array().ok()?;
    decoder.u32().ok()
}

fn exactly<T>(bytes: &[u8]) -> Option<T>
where
    T: for<'b> minicbor::Decode<'b, ()>,
{
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}
