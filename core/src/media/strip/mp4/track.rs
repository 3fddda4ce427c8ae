//! Tracks: of what sort they are, and where their samples lie.

use std::ops::Range;

use super::part::{Part, parts};
use crate::media::strip::bytes::Bytes;

/// Of what a track is that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Pictures,
    Sound,
}

/// What matters of a track here.
#[derive(Debug)]
pub(super) struct Track {
    /// Nothing for what is neither seen nor heard.
    pub(super) sort: Option<Sort>,
    /// Where its samples lie in the file, as many at once as lie together.
    pub(super) samples: Vec<Range<usize>>,
    /// The content of the box that tells how they are encoded.
    pub(super) entries: Range<usize>,
}

impl Track {
    /// Reads a `trak` box.
    pub(super) fn read(file: &[u8], part: &Part) -> Option<Self> {
        let media = only(file, &part.content, b"mdia")?;
        let handler = only(file, &media, b"hdlr")?;
        let sort = match file.get(handler)?.get(8..12)? {
            b"vide" => Some(Sort::Pictures),
            b"soun" => Some(Sort::Sound),
            _ => return Some(Self { sort: None, samples: Vec::new(), entries: 0..0 }),
        };
        let table = only(file, &only(file, &media, b"minf")?, b"stbl")?;
        let entries = only(file, &table, b"stsd")?;
        Some(Self { sort, samples: samples(file, &table)?, entries })
    }
}

/// The content of the one box of a kind.
fn only(file: &[u8], within: &Range<usize>, kind: &[u8; 4]) -> Option<Range<usize>> {
    find(file, within, kind)?
}

/// The same, of a box that need not be there. Two of them would be read in two ways.
#[expect(clippy::option_option, reason = "broken is not absent")]
fn find(file: &[u8], within: &Range<usize>, kind: &[u8; 4]) -> Option<Option<Range<usize>>> {
    let mut found = parts(file, within.clone())?.into_iter().filter(|it| it.is(kind));
    let first = found.next().map(|it| it.content);
    found.next().is_none().then_some(first)
}

/// Where samples lie, from the `stbl` box: how long each is, how many lie together in a chunk, and
/// where each chunk begins.
fn samples(file: &[u8], table: &Range<usize>) -> Option<Vec<Range<usize>>> {
    let content = |kind| Some(find(file, table, kind)?.map(|it| file.get(it)));
    let mut lengths = match (content(b"stsz")?, content(b"stz2")?) {
        (Some(sizes), None) => Lengths::read(sizes?)?,
        (None, Some(sizes)) => Lengths::read_compact(sizes?)?,
        _ => return None,
    };
    let (wide, chunks) = match (content(b"stco")?, content(b"co64")?) {
        (Some(offsets), None) => (false, offsets?),
        (None, Some(offsets)) => (true, offsets?),
        _ => return None,
    };
    let mut runs = Bytes(content(b"stsc")??.and_then(|it| it.get(4..))?);
    let mut runs_left = runs.big_u32()?;
    let mut chunks = Bytes(chunks.get(4..)?);
    let mut together = 0;
    let mut next_run = run(&mut runs, &mut runs_left)?;
    let mut found = Vec::new();
    for number in 1..=chunks.big_u32()? {
        if let Some((_, count)) = next_run.filter(|(first, _)| *first == number) {
            together = count;
            next_run = run(&mut runs, &mut runs_left)?;
        }
        let start = if wide {
            usize::try_from(u64::from_be_bytes(chunks.array()?)).ok()?
        } else {
            chunks.big_u32()?
        };
        let length = lengths.take(together)?;
        found.push(start..start.checked_add(length)?);
    }
    Some(found)
}

/// From which chunk on how many samples lie together, if there are more such runs.
#[expect(clippy::option_option, reason = "broken is not absent")]
fn run(runs: &mut Bytes<'_>, left: &mut usize) -> Option<Option<(usize, usize)>> {
    if *left == 0 {
        return Some(None);
    }
    *left = left.saturating_sub(1);
    let (first, together, _entry) = (runs.big_u32()?, runs.big_u32()?, runs.big_u32()?);
    Some(Some((first, together)))
}

/// How long samples are, one after the other.
enum Lengths<'f> {
    /// All are.
    Equal { length: usize, left: usize },
    /// Of so many bits each; the number read is counted to find the half of a byte.
    Each { bits: usize, table: &'f [u8], read: usize, left: usize },
}

impl<'f> Lengths<'f> {
    fn read(content: &'f [u8]) -> Option<Self> {
        let mut rest = Bytes(content.get(4..)?);
        let (length, left) = (rest.big_u32()?, rest.big_u32()?);
        Some(if length == 0 {
            Self::Each { bits: 32, table: rest.0, read: 0, left }
        } else {
            Self::Equal { length, left }
        })
    }

    fn read_compact(content: &'f [u8]) -> Option<Self> {
        let mut rest = Bytes(content.get(4..)?);
        let (bits, left) = (rest.big_u32()?, rest.big_u32()?);
        let is_one = matches!(bits, 4 | 8 | 16);
        is_one.then_some(Self::Each { bits, table: rest.0, read: 0, left })
    }

    /// How long the next `count` of them are together. The last chunk may claim more than there are.
    fn take(&mut self, count: usize) -> Option<usize> {
        match self {
            Self::Equal { length, left } => {
                let taken = count.min(*left);
                *left = left.saturating_sub(taken);
                length.checked_mul(taken)
            }
            Self::Each { bits, table, read, left } => {
                let taken = count.min(*left);
                *left = left.saturating_sub(taken);
                let mut sum = 0_usize;
                for _ in 0..taken {
                    sum = sum.checked_add(length_at(table, *bits, *read)?)?;
                    *read = read.checked_add(1)?;
                }
                Some(sum)
            }
        }
    }
}

fn length_at(table: &[u8], bits: usize, number: usize) -> Option<usize> {
    if bits == 4 {
        let byte = *table.get(number.checked_div(2)?)?;
        return Some(usize::from(if number.is_multiple_of(2) { byte >> 4 } else { byte & 15 }));
    }
    let bytes = bits.checked_div(8)?;
    let start = number.checked_mul(bytes)?;
    let read = table.get(start..start.checked_add(bytes)?)?;
    Some(read.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
}
