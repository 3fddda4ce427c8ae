//! WebP (RFC 9649): a RIFF file of chunks.

use super::bytes::Bytes;
use super::exif;

const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

pub(super) fn strip(file: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Bytes(file.strip_prefix(b"RIFF")?);
    let size = whole.little_u32()?;
    // What follows the file's own size is no part of the picture.
    let mut rest = Bytes(whole.take(size)?.strip_prefix(b"WEBP")?);
    let mut body = b"WEBP".to_vec();
    let mut flags_at = None;
    let mut turned = None;
    let mut has_picture = false;
    while !rest.is_empty() {
        let (kind, content) = chunk(&mut rest)?;
        match (&kind, content) {
            (b"VP8X", [flags, canvas @ ..]) if canvas.len() == 9 => {
                flags_at = Some(body.len().checked_add(8)?);
                push(&mut body, kind, &[&[flags & !(HAS_EXIF | HAS_XMP)], canvas].concat())?;
            }
            (b"VP8X", _) => return None,
            (b"ANMF", _) => {
                has_picture = true;
                push(&mut body, kind, &frame(content)?)?;
            }
            (b"VP8 " | b"VP8L", _) => {
                has_picture = true;
                push(&mut body, kind, content)?;
            }
            (b"ALPH" | b"ICCP", _) => push(&mut body, kind, content)?,
            (b"ANIM", _) => push(&mut body, kind, content.get(..6)?)?,
            (b"EXIF", _) => {
                let tiff = content.strip_prefix(exif::PREFIX).unwrap_or(content);
                turned = turned.or_else(|| exif::orientation(tiff));
            }
            _ => {}
        }
    }
    if let (Some(turned), Some(flags)) = (turned, flags_at.and_then(|at| body.get_mut(at))) {
        *flags |= HAS_EXIF;
        push(&mut body, *b"EXIF", &exif::only(turned))?;
    }
    let mut out = b"RIFF".to_vec();
    out.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
    out.extend(body);
    has_picture.then_some(out)
}

/// One frame of a moving picture: its place, then chunks of its own.
fn frame(content: &[u8]) -> Option<Vec<u8>> {
    let mut rest = Bytes(content);
    let mut out = rest.take(16)?.to_vec();
    while !rest.is_empty() {
        let (kind, content) = chunk(&mut rest)?;
        if matches!(&kind, b"VP8 " | b"VP8L" | b"ALPH") {
            push(&mut out, kind, content)?;
        }
    }
    Some(out)
}

fn chunk<'f>(rest: &mut Bytes<'f>) -> Option<([u8; 4], &'f [u8])> {
    let kind = rest.array()?;
    let length = rest.little_u32()?;
    let content = rest.take(length)?;
    // Some programs leave out the padding at the very end.
    if !length.is_multiple_of(2) && !rest.is_empty() {
        rest.byte()?;
    }
    Some((kind, content))
}

fn push(out: &mut Vec<u8>, kind: [u8; 4], content: &[u8]) -> Option<()> {
    out.extend(kind);
    out.extend(u32::try_from(content.len()).ok()?.to_le_bytes());
    out.extend_from_slice(content);
    if !content.len().is_multiple_of(2) {
        out.push(0);
    }
    Some(())
}
