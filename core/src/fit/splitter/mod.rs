//! Splitting a text into pieces that fit, as the network counts.
//!
//! Nothing is lost: the pieces without their marks, one after another, are the text. A piece ends
//! where people would pause: after a paragraph, a line, a sentence or a word, in this order. Names
//! and addresses stay whole, and so does what people see as one character, unless it alone is more
//! than fits.

use std::ops::Range;

use thiserror::Error;
use unicode_segmentation::UnicodeSegmentation;

use crate::model::capabilities::{Limit, Unit};

/// The most pieces that a text is split into.
pub const MAX_PIECES: usize = 100;

/// The least room, in the network's unit, in which pieces are numbered.
const LEAST_NUMBERED: usize = 32;

/// The room that a piece has. Both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// As the network counts the text.
    pub text: Limit,
    /// In bytes, for what the text shares the message with.
    pub bytes: usize,
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What to send: the piece and its mark, such as ` (1/3)`.
    pub text: String,
    /// Where the piece, without its mark, stands in the text; in bytes.
    pub source: Range<usize>,
}

/// A text that cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsplittable {
    /// Not even one character fits.
    #[error("there is no room for a single character")]
    TooNarrow,
    /// It would be more than [`MAX_PIECES`].
    #[error("the text would be more than {MAX_PIECES} messages")]
    TooLong,
}

/// How long `text` is, as a network counts that counts in `unit`.
#[must_use]
pub fn width(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Bytes => text.len(),
        Unit::Characters => text.chars().count(),
        Unit::Utf16 => text.chars().map(char::len_utf16).sum(),
        Unit::Graphemes => text.graphemes(true).count(),
    }
}

/// Splits `text` into pieces for the rooms that `room` gives, the first one being 0. What lies in
/// one of the `whole` ranges stays together. With `numbered`, several pieces carry their number.
pub fn split(
    text: &str,
    whole: &[Range<usize>],
    room: impl Fn(usize) -> Room,
    numbered: bool,
) -> Result<Vec<Piece>, Unsplittable> {
    let whole = &apart(whole);
    let fits =
        |room: Room| width(text, room.text.unit) <= room.text.max && text.len() <= room.bytes;
    if fits(room(0)) {
        return Ok(vec![Piece { text: text.to_owned(), source: 0..text.len() }]);
    }
    let numbered = numbered && (0..MAX_PIECES).all(|index| wide(room(index)));
    let mut most = 9;
    while numbered && most < MAX_PIECES {
        // The mark's room is kept as if there were `most` pieces: as many digits as there will be.
        let ranges = cut(text, whole, |index| less(room(index), &mark(index, most)))?;
        if ranges.len() <= most {
            return Ok(marked(text, &ranges));
        }
        most = most.saturating_mul(10).saturating_add(9);
    }
    let ranges = cut(text, whole, room)?;
    let piece = |source: &Range<usize>| Piece {
        text: text.get(source.clone()).unwrap_or_default().to_owned(),
        source: source.clone(),
    };
    Ok(ranges.iter().map(piece).collect())
}

/// The same ranges, in order, those that overlap joined into one.
fn apart(whole: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut sorted = whole.to_vec();
    sorted.sort_by_key(|range| range.start);
    let mut apart: Vec<Range<usize>> = Vec::with_capacity(sorted.len());
    for range in sorted {
        match apart.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => apart.push(range),
        }
    }
    apart
}

const fn wide(room: Room) -> bool {
    room.text.max >= LEAST_NUMBERED && room.bytes >= LEAST_NUMBERED
}

fn mark(index: usize, count: usize) -> String {
    format!(" ({}/{count})", index.saturating_add(1))
}

/// The room that is left beside a mark, which is plain ASCII: one of every unit each.
const fn less(room: Room, mark: &str) -> Room {
    let text = Limit { max: room.text.max.saturating_sub(mark.len()), unit: room.text.unit };
    Room { text, bytes: room.bytes.saturating_sub(mark.len()) }
}

fn marked(text: &str, ranges: &[Range<usize>]) -> Vec<Piece> {
    let piece = |(index, source): (usize, &Range<usize>)| {
        let own = text.get(source.clone()).unwrap_or_default();
        let mark = mark(index, ranges.len());
        // After a blank or a line's end the mark needs no blank of its own.
        let mark = if own.ends_with(char::is_whitespace) { mark.trim_start() } else { &mark };
        Piece { text: format!("{own}{mark}"), source: source.clone() }
    };
    ranges.iter().enumerate().map(piece).collect()
}

fn cut(
    text: &str,
    whole: &[Range<usize>],
    room: impl Fn(usize) -> Room,
) -> Result<Vec<Range<usize>>, Unsplittable> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < text.len() {
        if ranges.len() == MAX_PIECES {
            return Err(Unsplittable::TooLong);
        }
        let end = piece_end(text, start, whole, room(ranges.len()))?;
        ranges.push(start..end);
        start = end;
    }
    Ok(ranges)
}

/// Where the piece that begins at `start` ends.
fn piece_end(
    text: &str,
    start: usize,
    whole: &[Range<usize>],
    room: Room,
) -> Result<usize, Unsplittable> {
    let rest = text.get(start..).unwrap_or_default();
    let clusters = rest.graphemes(true).map(|it| (width(it, room.text.unit), it.len()));
    let ends = reach(start, clusters, room);
    if ends.last() == Some(&text.len()) {
        return Ok(text.len());
    }
    let is_torn = |at: usize| {
        let before = whole.partition_point(|range| range.start < at);
        before.checked_sub(1).and_then(|last| whole.get(last)).is_some_and(|range| at < range.end)
    };
    // Blanks alone are no piece.
    let blanks = rest.len().saturating_sub(rest.trim_start().len());
    let words = start.saturating_add(blanks);
    let kept: Vec<usize> = ends.iter().copied().filter(|at| *at > words && !is_torn(*at)).collect();
    if !kept.is_empty() {
        return Ok(pause(text, start, &kept));
    }
    // Not even the first name or address fits.
    if !ends.is_empty() {
        return Ok(pause(text, start, &ends));
    }
    // Nor the first character.
    let chars =
        rest.chars().map(|it| (width(it.encode_utf8(&mut [0; 4]), room.text.unit), it.len_utf8()));
    reach(start, chars, room).last().copied().ok_or(Unsplittable::TooNarrow)
}

/// The ends of all pieces from `start` that fit, given the width and the bytes of what follows.
fn reach(start: usize, items: impl Iterator<Item = (usize, usize)>, room: Room) -> Vec<usize> {
    let (mut used, mut end) = (0_usize, start);
    let mut ends = Vec::new();
    for (width, bytes) in items {
        used = used.saturating_add(width);
        end = end.saturating_add(bytes);
        if used > room.text.max || end.saturating_sub(start) > room.bytes {
            break;
        }
        ends.push(end);
    }
    ends
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pause {
    Character,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// The best of `ends`: the greatest pause in the second half, else the last word's end.
fn pause(text: &str, start: usize, ends: &[usize]) -> usize {
    let last = ends.last().copied().unwrap_or(start);
    let half = start.midpoint(last);
    let mut best = (Pause::Character, last);
    for end in ends.iter().rev() {
        let pause = pause_at(text, *end);
        if pause > best.0 && (*end >= half || pause.min(Pause::Word) > best.0) {
            best = (if *end >= half { pause } else { Pause::Word }, *end);
        }
        if *end < half && best.0 >= Pause::Word {
            break;
        }
    }
    best.1
}

fn pause_at(text: &str, at: usize) -> Pause {
    let (before, after) = text.split_at_checked(at).unwrap_or_default();
    // Only the last few characters count, so that a long run of blanks costs no more.
    let mut tail = before.chars().rev().take(6).filter(|c| !matches!(c, ' ' | '\t' | '\r'));
    let is_blank = before.ends_with(char::is_whitespace);
    match (tail.next(), tail.next()) {
        _ if after.starts_with(char::is_whitespace) => Pause::Word,
        (Some('\n'), Some('\n')) => Pause::Paragraph,
        (Some('\n'), _) => Pause::Line,
        (Some('。' | '！' | '？'), _) => Pause::Sentence,
        (Some('.' | '!' | '?' | '…'), _) if is_blank => Pause::Sentence,
        (Some('"' | '”' | '’' | ')' | '»'), Some('.' | '!' | '?' | '…')) if is_blank => {
            Pause::Sentence
        }
        _ if is_blank => Pause::Word,
        _ => Pause::Character,
    }
}

#[cfg(test)]
mod tests;
