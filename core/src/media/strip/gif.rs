//! GIF 89a: a screen, then blocks.

use super::bytes::Bytes;

const LABELED: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const TRAILER: u8 = 0x3b;

const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

pub(super) fn strip(file: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len().min(1 << 24));
    let mut rest = Bytes(file);
    let screen: [u8; 13] = rest.array()?;
    out.extend(screen);
    let [.., packed, _background, _aspect] = screen;
    out.extend_from_slice(rest.take(colors(packed))?);
    let mut control = None;
    let mut has_picture = false;
    loop {
        match rest.byte()? {
            PICTURE => {
                has_picture = true;
                if let Some(control) = control.take() {
                    out.extend([LABELED, CONTROL]);
                    out.extend_from_slice(control);
                }
                out.push(PICTURE);
                let place: [u8; 9] = rest.array()?;
                out.extend(place);
                let [.., packed] = place;
                out.extend_from_slice(rest.take(colors(packed))?);
                out.push(rest.byte()?);
                out.extend_from_slice(blocks(&mut rest)?);
            }
            LABELED => {
                let label = rest.byte()?;
                let content = blocks(&mut rest)?;
                match (label, content) {
                    (CONTROL, [4, _, _, _, _, 0]) => control = Some(content),
                    (CONTROL, _) => return None,
                    (APPLICATION, _) if is_kept(content) => {
                        out.extend([LABELED, APPLICATION]);
                        out.extend_from_slice(content);
                    }
                    // Comments, texts that nobody draws, and what programs left for themselves. A
                    // control before them is theirs.
                    _ => control = None,
                }
            }
            // What follows the trailer is no part of the picture.
            TRAILER => {
                out.push(TRAILER);
                return has_picture.then_some(out);
            }
            _ => return None,
        }
    }
}

/// The bytes of a table of colors.
fn colors(packed: u8) -> usize {
    if packed & 0x80 == 0 { 0 } else { 3_usize << ((packed & 7) + 1) }
}

/// Blocks with their lengths, the empty one that ends them included.
fn blocks<'f>(rest: &mut Bytes<'f>) -> Option<&'f [u8]> {
    let whole = rest.0;
    loop {
        let length = rest.byte()?;
        if length == 0 {
            return whole.get(..whole.len().checked_sub(rest.0.len())?);
        }
        rest.take(length.into())?;
    }
}

/// Whether a program's block says how often the picture is repeated, or what its colors mean.
fn is_kept(content: &[u8]) -> bool {
    let repeats = |of: &[u8]| matches!(of, [3, 1, _, _, 0]);
    match content.split_at_checked(12) {
        Some((b"\x0bNETSCAPE2.0" | b"\x0bANIMEXTS1.0", after)) => repeats(after),
        Some((b"\x0bICCRGBG1012", _)) => true,
        _ => false,
    }
}
