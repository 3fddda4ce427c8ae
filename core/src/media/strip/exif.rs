//! The one thing of EXIF that a picture needs: which way up it is.

use super::bytes::Bytes;

/// What stands before EXIF in a JPEG segment.
pub(super) const PREFIX: &[u8] = b"Exif\0\0";

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const UPRIGHT: u16 = 1;

/// The orientation that a TIFF structure (EXIF 2.32 §4.5) states; nothing if it is upright or none
/// of the eight that there are.
pub(super) fn orientation(tiff: &[u8]) -> Option<u16> {
    let is_big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let short = |bytes: [u8; 2]| {
        if is_big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
    };
    let long = |bytes: [u8; 4]| {
        if is_big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    };
    let first = long(tiff.get(4..8)?.try_into().ok()?);
    let mut directory = Bytes(tiff.get(usize::try_from(first).ok()?..)?);
    let count = short(directory.array()?);
    for _ in 0..count {
        let mut entry = Bytes(directory.take(12)?);
        let (tag, kind) = (short(entry.array()?), short(entry.array()?));
        let (count, value) = (long(entry.array()?), short(entry.array()?));
        if tag == ORIENTATION && kind == SHORT && count == 1 {
            return Some(value).filter(|it| (2..=8).contains(it) && *it != UPRIGHT);
        }
    }
    None
}

/// A TIFF structure that states an orientation and nothing else.
pub(super) fn only(orientation: u16) -> Vec<u8> {
    let [high, low] = orientation.to_be_bytes();
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, high, low, 0, 0, 0, 0, 0, 0]);
    tiff
}
