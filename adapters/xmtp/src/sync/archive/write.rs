//! Writing an archive.

use std::io::Write;

use aes_gcm::{Aes256Gcm, aead::Aead as _};
use prost::Message as _;
use zeroize::Zeroizing;
use zstd::stream::write::Encoder;

use super::{ArchiveKey, MAX_RECORD_BYTES, Nonce, Unwritable, VERSION};
use crate::wire::proto::sync::{BackupElement, BackupMetadataSave, backup_element::Element};

/// An archive that is being written.
pub(crate) struct ArchiveWriter<W: Write> {
    stream: Encoder<'static, W>,
    cipher: Aes256Gcm,
    nonce: Nonce,
    rank: u8,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive that says `metadata` of itself. Each needs a key of its own.
    pub(crate) fn begin(
        mut output: W,
        key: &ArchiveKey,
        metadata: BackupMetadataSave,
    ) -> Result<Self, Unwritable> {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).map_err(|_failure| Unwritable::Random)?;
        output.write_all(&VERSION.to_le_bytes())?;
        output.write_all(&nonce)?;
        let stream = Encoder::new(output, zstd::DEFAULT_COMPRESSION_LEVEL)?;
        let nonce = Nonce::from_bytes(nonce);
        let mut writer = Self { stream, cipher: key.cipher(), nonce, rank: 0 };
        writer.record(Element::Metadata(metadata))?;
        Ok(writer)
    }

    /// Writes one more: groups first, then messages, then consents, since each is read in the light
    /// of those before it.
    pub(crate) fn write(&mut self, element: Element) -> Result<(), Unwritable> {
        let rank = match &element {
            Element::Metadata(_) => return Err(Unwritable::Order),
            Element::Group(_) => 1,
            Element::GroupMessage(_) => 2,
            Element::Consent(_) => 3,
        };
        if rank < self.rank {
            return Err(Unwritable::Order);
        }
        self.rank = rank;
        self.record(element)
    }

    /// Ends the archive. Without it, nobody takes it for a whole one.
    pub(crate) fn finish(self) -> Result<W, Unwritable> {
        Ok(self.stream.finish()?)
    }

    fn record(&mut self, element: Element) -> Result<(), Unwritable> {
        let plain = Zeroizing::new(BackupElement { element: Some(element) }.encode_to_vec());
        if plain.len() > MAX_RECORD_BYTES {
            return Err(Unwritable::TooLarge);
        }
        let sealed = self.cipher.encrypt(&self.nonce.to_bytes().into(), plain.as_slice());
        let sealed = sealed.map_err(|_failure| Unwritable::Seal)?;
        self.nonce = self.nonce.next();
        let length = u32::try_from(sealed.len()).map_err(|_length| Unwritable::TooLarge)?;
        self.stream.write_all(&length.to_le_bytes())?;
        self.stream.write_all(&sealed)?;
        Ok(())
    }
}

impl<W: Write> std::fmt::Debug for ArchiveWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveWriter").field("rank", &self.rank).finish_non_exhaustive()
    }
}
