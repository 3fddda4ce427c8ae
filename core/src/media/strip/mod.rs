//! Takes out of a picture what its pixels do not need: place, camera, times, names, comments,
//! thumbnails. Nothing is decoded; each part that is kept is known by name, all others go. The same
//! for moving pictures and sound.
//!
//! Kept beside the pixels: what colors mean (ICC profiles and the like), repetition and timing of
//! moving pictures, and the orientation, in a new EXIF block that holds nothing else.

mod bytes;
mod exif;
mod gif;
mod jpeg;
mod mp4;
mod png;
mod webp;

use thiserror::Error;

/// A picture that says nothing but itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripped {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// What it is, seen from its bytes.
    pub media_type: &'static str,
}

/// Why a file cannot be freed from what it tells besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unstrippable {
    /// A format for which that is not known.
    #[error("what {0} files tell besides cannot be removed")]
    Format(&'static str),
    /// A format that nobody here knows.
    #[error("what sort of file it is cannot be seen")]
    Unknown,
    /// A file that ends too early or contradicts its own format.
    #[error("the {0} file is broken")]
    Broken(&'static str),
}

/// A file that is encrypted by age: whoever has no key sees nothing in it that could be removed.
pub const SEALED: &str = "application/age";
const SEALED_BEGINS: &[u8] = b"age-encryption.org/v1\n";

const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";
const WEBP: &str = "image/webp";
const GIF: &str = "image/gif";
const MOVIES: [&str; 4] = ["video/mp4", "video/quicktime", "video/x-m4v", "audio/m4a"];

/// Whether files of this media type, if they are what they say, can be stripped.
#[must_use]
pub fn strippable(media_type: &str) -> bool {
    let bare = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(bare.as_str(), JPEG | "image/jpg" | PNG | "image/apng" | WEBP | GIF)
        || matches!(bare.as_str(), "audio/mp4" | "audio/x-m4a")
        || MOVIES.contains(&bare.as_str())
        || bare == SEALED
}

/// Strips a picture. The result is at most some dozens of bytes longer than `file`; the work is
/// linear in its length.
pub fn strip(file: &[u8]) -> Result<Stripped, Unstrippable> {
    if file.starts_with(SEALED_BEGINS) {
        return Ok(Stripped { bytes: file.to_vec(), media_type: SEALED });
    }
    let (stripped, media_type) = if file.starts_with(&[0xff, 0xd8, 0xff]) {
        (jpeg::strip(file), JPEG)
    } else if file.starts_with(png::SIGNATURE) {
        (png::strip(file), PNG)
    } else if file.starts_with(b"GIF87a") || file.starts_with(b"GIF89a") {
        (gif::strip(file), GIF)
    } else if file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WEBP") {
        (webp::strip(file), WEBP)
    } else {
        let format = infer::get(file).map(|kind| kind.mime_type());
        if let Some(media_type) = format.filter(|it| MOVIES.contains(it)) {
            return Ok(Stripped { bytes: mp4::strip(file, media_type)?, media_type });
        }
        return Err(format.map_or(Unstrippable::Unknown, Unstrippable::Format));
    };
    let bytes = stripped.ok_or(Unstrippable::Broken(media_type))?;
    Ok(Stripped { bytes, media_type })
}

#[cfg(test)]
mod tests;
