//! Whether a file is a whole, unaltered archive of its owner. Needs no store.

use std::io;

use super::frame::{ArchiveError, Frames, Header, Manifest, Read};
use super::owner::OwnerId;
use crate::store::RootSecret;

/// What was found of an archive.
#[derive(Debug)]
pub struct Verified {
    /// What can be read without its key.
    pub header: Header,
    /// What is in it; nothing where the key was not given.
    pub manifest: Option<Manifest>,
}

/// Reads an archive to its end. Without `secret` its frames are not opened: then only that they
/// are the ones that the owner signed. `owner` is who must have signed; anybody if not given.
pub fn verify(
    from: impl io::Read,
    secret: Option<&RootSecret>,
    owner: Option<OwnerId>,
) -> Result<Verified, ArchiveError> {
    let mut frames = Frames::begin(from, secret)?;
    if owner.is_some_and(|owner| owner != frames.header().owner()) {
        return Err(ArchiveError::OtherOwner);
    }
    loop {
        let manifest = match frames.next_frame()? {
            Read::Items(_) => continue,
            Read::End(manifest) => Some(*manifest),
            Read::SignedEnd => None,
        };
        return Ok(Verified { header: frames.header().clone(), manifest });
    }
}
