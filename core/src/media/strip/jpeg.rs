//! JPEG (ITU-T T.81 annex B): a row of segments, then scans with segments between them.

use super::bytes::Bytes;
use super::exif;

const EXTENSION: &[u8] = b"JFIF\0";
const COLORS: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(super) fn strip(file: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len().min(1 << 24));
    out.extend([0xff, START]);
    let mut rest = Bytes(file.get(2..)?);
    let mut is_turned = false;
    let mut has_scan = false;
    loop {
        match marker(&mut rest)? {
            // What follows the end is no part of the picture: previews, films, other pictures.
            END if has_scan => {
                out.extend([0xff, END]);
                return Some(out);
            }
            SCAN => {
                has_scan = true;
                let header = segment(&mut rest)?;
                push(&mut out, SCAN, &[header])?;
                out.extend_from_slice(scan(&mut rest)?);
            }
            0xe1 => {
                let exif = segment(&mut rest)?.strip_prefix(exif::PREFIX);
                let turned = exif.and_then(exif::orientation).filter(|_| !is_turned && !has_scan);
                if let Some(turned) = turned {
                    is_turned = true;
                    push(&mut out, 0xe1, &[exif::PREFIX, &exif::only(turned)])?;
                }
            }
            kind => keep(&mut out, kind, segment(&mut rest)?)?,
        }
    }
}

/// The next marker; fill bytes may stand before it (B.1.1.2).
fn marker(rest: &mut Bytes<'_>) -> Option<u8> {
    if rest.byte()? != 0xff {
        return None;
    }
    loop {
        match rest.byte()? {
            0xff => {}
            marker => return Some(marker),
        }
    }
}

fn segment<'f>(rest: &mut Bytes<'f>) -> Option<&'f [u8]> {
    let length = usize::from(rest.big_u16()?).checked_sub(2)?;
    rest.take(length)
}

/// Compressed data up to the next marker that is no part of it.
fn scan<'f>(rest: &mut Bytes<'f>) -> Option<&'f [u8]> {
    let mut pairs = rest.0.windows(2);
    let is_end = |pair: &[u8]| matches!(pair, [0xff, after] if !matches!(after, 0 | 0xd0..=0xd7));
    let length = pairs.position(is_end)?;
    rest.take(length)
}

/// Keeps a segment that the picture needs. What can only be drawn with a segment that this program
/// does not know is no picture that it can vouch for.
fn keep(out: &mut Vec<u8>, marker: u8, content: &[u8]) -> Option<()> {
    match marker {
        // Frames, tables, restart interval, number of lines.
        0xc0..=0xc7 | 0xc9..=0xcf | 0xdb..=0xdd => push(out, marker, &[content]),
        // JFIF without its thumbnail.
        0xe0 if content.starts_with(EXTENSION) => push(out, marker, &[content.get(..12)?, &[0, 0]]),
        0xe2 if content.starts_with(COLORS) => push(out, marker, &[content]),
        0xee if content.starts_with(ADOBE) => push(out, marker, &[content.get(..12)?]),
        0xe0..=0xef | 0xfe => Some(()),
        _ => None,
    }
}

fn push(out: &mut Vec<u8>, marker: u8, content: &[&[u8]]) -> Option<()> {
    let length: usize = content.iter().map(|it| it.len()).sum();
    let length = u16::try_from(length.checked_add(2)?).ok()?;
    out.extend([0xff, marker]);
    out.extend(length.to_be_bytes());
    content.iter().for_each(|it| out.extend_from_slice(it));
    Some(())
}
