//! Boxes, by where they lie.

use std::ops::Range;

use crate::media::strip::bytes::Bytes;

/// A box.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: [u8; 4],
    /// Where its length stands, and four bytes on its kind.
    pub(super) start: usize,
    pub(super) content: Range<usize>,
}

impl Part {
    pub(super) fn is(&self, kind: &[u8; 4]) -> bool {
        self.kind == *kind
    }
}

/// The boxes of a file, the last of which may go on to its end.
pub(super) fn whole(file: &[u8]) -> Option<Vec<Part>> {
    read(file, 0..file.len(), true)
}

/// The boxes that lie in a range. QuickTime ends some lists with a few zeros.
pub(super) fn parts(file: &[u8], within: Range<usize>) -> Option<Vec<Part>> {
    read(file, within, false)
}

fn read(file: &[u8], within: Range<usize>, may_be_open: bool) -> Option<Vec<Part>> {
    let mut found = Vec::new();
    let mut start = within.start;
    while start < within.end {
        let rest = file.get(start..within.end)?;
        if rest.len() < 8 && rest.iter().all(|it| *it == 0) {
            break;
        }
        let mut head = Bytes(rest);
        let (length, kind) = (head.big_u32()?, head.array()?);
        let (header, length) = match length {
            0 if may_be_open => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(head.array()?)).ok()?),
            _ => (8, length),
        };
        let content = start.checked_add(header)?;
        let end = start.checked_add(length)?;
        if end < content || end > within.end {
            return None;
        }
        found.push(Part { kind, start, content: content..end });
        start = end;
    }
    Some(found)
}
