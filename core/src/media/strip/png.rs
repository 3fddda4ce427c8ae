//! PNG (third edition): a signature, then chunks.

use super::bytes::Bytes;
use super::exif;

/// No larger color profile is kept; libpng takes 8 MB.
const MAX_PROFILE: usize = 8 << 20;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub(super) fn strip(file: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len().min(1 << 24));
    out.extend_from_slice(SIGNATURE);
    let mut rest = Bytes(file.strip_prefix(SIGNATURE)?);
    let mut is_turned = false;
    let mut has_data = false;
    loop {
        let whole = rest.0;
        let length = rest.big_u32()?;
        let kind: [u8; 4] = rest.array()?;
        let content = rest.take(length)?;
        let _checksum: [u8; 4] = rest.array()?;
        let chunk = whole.get(..length.checked_add(12)?)?;
        match (&kind, content.len()) {
            (b"IDAT", _) => {
                has_data = true;
                out.extend_from_slice(chunk);
            }
            // What follows the end is no part of the picture.
            (b"IEND", 0) => {
                out.extend_from_slice(chunk);
                return has_data.then_some(out);
            }
            (b"eXIf", _) => {
                let turned = exif::orientation(content).filter(|_| !is_turned && !has_data);
                if let Some(turned) = turned {
                    is_turned = true;
                    push(&mut out, *b"eXIf", &exif::only(turned))?;
                }
            }
            (b"iCCP", ..=MAX_PROFILE) => {
                // Its name is anybody's.
                let name = content.iter().take(80).position(|it| *it == 0)?;
                let profile = content.get(name..)?;
                push(&mut out, *b"iCCP", &[b"icc", profile].concat())?;
            }
            (kind, length) if is_kept(kind, length) => out.extend_from_slice(chunk),
            // A chunk that must be understood (§5.4) but is not.
            ([first, ..], _) if first.is_ascii_uppercase() => return None,
            _ => {}
        }
    }
}

/// Whether a chunk says how the pixels look, in the length that it can have.
fn is_kept(kind: &[u8; 4], length: usize) -> bool {
    match kind {
        b"IHDR" => length == 13,
        b"PLTE" => length <= 768 && length.is_multiple_of(3),
        b"fdAT" => true,
        b"fcTL" => length == 26,
        b"acTL" => length == 8,
        b"tRNS" => length <= 256,
        b"cHRM" => length == 32,
        b"gAMA" | b"cICP" => length == 4,
        b"sRGB" => length == 1,
        b"sBIT" => length <= 4,
        b"bKGD" => length <= 6,
        b"pHYs" => length == 9,
        b"mDCV" => length == 24,
        b"cLLI" => length == 8,
        _ => false,
    }
}

fn push(out: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) -> Option<()> {
    out.extend(u32::try_from(content.len()).ok()?.to_be_bytes());
    out.extend(kind);
    out.extend_from_slice(content);
    out.extend(checksum(kind.iter().chain(content)).to_be_bytes());
    Some(())
}

/// CRC-32 as PNG has it (§5.5). Only for the few bytes that are written anew.
pub(super) fn checksum<'b>(bytes: impl Iterator<Item = &'b u8>) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0xedb8_8320 };
    !bytes.fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
