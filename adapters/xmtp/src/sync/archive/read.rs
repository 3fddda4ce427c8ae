//! Reading an archive.

use std::io::{BufReader, ErrorKind, Read};

use aes_gcm::{Aes256Gcm, aead::Aead as _};
use prost::Message as _;
use zeroize::Zeroizing;
use zstd::stream::read::Decoder;

use super::{ArchiveKey, MAX_RECORD_BYTES, MAX_WINDOW_LOG, Nonce, TAG_BYTES, Unreadable, VERSION};
use crate::wire::proto::sync::{BackupElement, BackupMetadataSave, backup_element::Element};

/// An archive that is being read: what is in it, and then its elements in their order.
///
/// After an error nothing more comes; what came before it was read as it was written.
pub(crate) struct Archive<R: Read> {
    metadata: BackupMetadataSave,
    records: Records<R>,
    has_ended: bool,
}

impl<R: Read> Archive<R> {
    /// Opens what `input` holds.
    pub(crate) fn open(mut input: R, key: &ArchiveKey) -> Result<Self, Unreadable> {
        let (mut version, mut nonce) = ([0; 2], [0; 12]);
        input.read_exact(&mut version).map_err(failure)?;
        let found = u16::from_le_bytes(version);
        if found != VERSION {
            return Err(Unreadable::Version { found });
        }
        input.read_exact(&mut nonce).map_err(failure)?;
        let mut stream = Decoder::new(input).map_err(failure)?;
        stream.window_log_max(MAX_WINDOW_LOG).map_err(failure)?;
        let nonce = Nonce::from_bytes(nonce);
        let mut records = Records { stream, cipher: key.cipher(), nonce, count: 0 };
        match records.next()? {
            Some(BackupElement { element: Some(Element::Metadata(metadata)) }) => {
                Ok(Self { metadata, records, has_ended: false })
            }
            Some(_) => Err(Unreadable::NoMetadata),
            None => Err(Unreadable::Truncated),
        }
    }

    /// What is in it.
    pub(crate) const fn metadata(&self) -> &BackupMetadataSave {
        &self.metadata
    }

    fn advance(&mut self) -> Result<Option<Element>, Unreadable> {
        while let Some(record) = self.records.next()? {
            // Kinds of records that are no more, or not yet, are passed over.
            if let Some(element) = record.element {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Archive<R> {
    type Item = Result<Element, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        let next = self.advance().transpose();
        self.has_ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl<R: Read> std::fmt::Debug for Archive<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

struct Records<R: Read> {
    stream: Decoder<'static, BufReader<R>>,
    cipher: Aes256Gcm,
    nonce: Nonce,
    count: u64,
}

impl<R: Read> Records<R> {
    fn next(&mut self) -> Result<Option<BackupElement>, Unreadable> {
        let Some(length) = self.length()? else { return Ok(None) };
        if length > MAX_RECORD_BYTES + TAG_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let mut sealed = vec![0; length];
        self.stream.read_exact(&mut sealed).map_err(failure)?;
        let plain = Zeroizing::new(self.open(&sealed)?);
        self.nonce = self.nonce.next();
        self.count = self.count.saturating_add(1);
        let element = BackupElement::decode(plain.as_slice());
        element.map(Some).map_err(|_form| Unreadable::Broken)
    }

    /// The length of the next record; nothing where the stream ends properly.
    fn length(&mut self) -> Result<Option<usize>, Unreadable> {
        let mut bytes = [0; 4];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.stream.read(rest) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(Unreadable::Truncated),
                Ok(more) => filled += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failure(error)),
            }
        }
        usize::try_from(u32::from_le_bytes(bytes)).map(Some).map_err(|_| Unreadable::TooLarge)
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        if let Ok(plain) = self.cipher.decrypt(&self.nonce.to_bytes().into(), sealed) {
            return Ok(plain);
        }
        // Older clients did not count the first record.
        let before = self.nonce.before();
        match self.cipher.decrypt(&before.to_bytes().into(), sealed) {
            Ok(plain) if self.count == 1 => {
                self.nonce = before;
                Ok(plain)
            }
            Ok(_) | Err(_) => Err(Unreadable::Sealed),
        }
    }
}

fn failure(error: std::io::Error) -> Unreadable {
    // What the decompressor says of a stream that is none.
    let broken = [ErrorKind::Other, ErrorKind::InvalidData, ErrorKind::InvalidInput];
    if error.kind() == ErrorKind::UnexpectedEof {
        Unreadable::Truncated
    } else if broken.contains(&error.kind()) {
        Unreadable::Broken
    } else {
        Unreadable::Read(error)
    }
}
