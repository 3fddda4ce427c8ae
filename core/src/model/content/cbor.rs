//! The part of CBOR that deterministic content needs (RFC 8949 §4.2.1), written and read strictly.
//!
//! The reader is our own because it must refuse what general decoders take: longer forms than
//! needed, indefinite lengths, unsorted or repeated map keys.

use super::codec::MalformedContent;
use super::{MAX_CONTENT_BYTES, MAX_DEPTH};

const UINT: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

const FALSE: u64 = 20;
const TRUE: u64 = 21;
const NULL: u64 = 22;

/// The largest integer that a map key may be: 2^53 - 1 (draft, «Data model restrictions»).
pub(super) const MAX_KEY_INT: u64 = (1 << 53) - 1;

/// Writes the shortest forms.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    fn head(&mut self, major: u8, argument: u64) {
        let major = major << 5;
        let [.., b3, b2, b1, b0] = argument.to_be_bytes();
        match argument {
            0..=23 => self.out.push(major | b0),
            24..=0xff => self.out.extend([major | 24, b0]),
            0x100..=0xffff => self.out.extend([major | 25, b1, b0]),
            0x1_0000..=0xffff_ffff => self.out.extend([major | 26, b3, b2, b1, b0]),
            _ => {
                self.out.push(major | 27);
                self.out.extend(argument.to_be_bytes());
            }
        }
    }

    pub(super) fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    pub(super) fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            // RFC 8949 §3.1: a negative integer n is written as -1 - n.
            Err(_) => self.head(NEGATIVE, value.unsigned_abs().saturating_sub(1)),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(super) fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    pub(super) fn map(&mut self, entries: usize) {
        self.head(MAP, entries as u64);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.head(SIMPLE, if value { TRUE } else { FALSE });
    }

    pub(super) fn null(&mut self) {
        self.head(SIMPLE, NULL);
    }

    /// Appends a value that is already encoded.
    pub(super) fn encoded(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }
}

struct Head {
    major: u8,
    argument: u64,
    /// The low five bits of the first byte: they tell floats from simple values.
    size: u8,
}

/// Reads the shortest forms, and only them.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Reader<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// The bytes from `start` up to where the reader stands.
    pub(super) fn since(&self, start: usize) -> &'b [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    pub(super) fn end(&self) -> Result<(), MalformedContent> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(MalformedContent::Trailing { at: self.at })
        }
    }

    fn take(&mut self, count: u64) -> Result<&'b [u8], MalformedContent> {
        let at = self.bytes.len();
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(MalformedContent::Truncated { at })?;
        self.at = self.at.saturating_add(taken.len());
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head, MalformedContent> {
        let at = self.at;
        let first = self.take(1)?.first().copied().unwrap_or_default();
        let (major, size) = (first >> 5, first & 0x1f);
        let width = match size {
            0..=23 => return Ok(Head { major, argument: u64::from(size), size }),
            24..=27 => 1_u64 << (size - 24),
            31 => return Err(MalformedContent::Indefinite { at }),
            _ => return Err(MalformedContent::Unexpected { at, expected: "a CBOR item" }),
        };
        let argument = self.take(width)?.iter().fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let least = match size {
            24 => 24,
            25 => 0x100,
            26 => 0x1_0000,
            _ => 0x1_0000_0000,
        };
        // A float's width is judged by its value, in `float`.
        if argument < least && major != SIMPLE {
            return Err(MalformedContent::NotShortest { at });
        }
        Ok(Head { major, argument, size })
    }

    fn expect(&mut self, major: u8, expected: &'static str) -> Result<u64, MalformedContent> {
        let at = self.at;
        let head = self.head()?;
        if head.major == major {
            Ok(head.argument)
        } else {
            Err(MalformedContent::Unexpected { at, expected })
        }
    }

    /// Reads an unsigned integer of at most `max`.
    pub(super) fn uint(&mut self, max: u64, what: &'static str) -> Result<u64, MalformedContent> {
        let at = self.at;
        match self.expect(UINT, what)? {
            value if value <= max => Ok(value),
            _ => Err(MalformedContent::Unexpected { at, expected: what }),
        }
    }

    pub(super) fn bytes(&mut self, what: &'static str) -> Result<&'b [u8], MalformedContent> {
        let length = self.expect(BYTES, what)?;
        self.take(length)
    }

    /// Reads a byte string of exactly `N` bytes.
    pub(super) fn array_of<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], MalformedContent> {
        let at = self.at;
        let bytes = self.bytes(what)?;
        bytes.try_into().map_err(|_| MalformedContent::Unexpected { at, expected: what })
    }

    pub(super) fn text(&mut self, what: &'static str) -> Result<&'b str, MalformedContent> {
        let at = self.at;
        let length = self.expect(TEXT, what)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| MalformedContent::NotUtf8 { at })
    }

    /// Reads the head of an array and returns how many items follow.
    pub(super) fn array(&mut self, what: &'static str) -> Result<u64, MalformedContent> {
        self.expect(ARRAY, what)
    }

    /// Reads the head of an array of exactly `items`.
    pub(super) fn array_with(
        &mut self,
        items: u64,
        what: &'static str,
    ) -> Result<(), MalformedContent> {
        let at = self.at;
        if self.array(what)? == items {
            Ok(())
        } else {
            Err(MalformedContent::Unexpected { at, expected: what })
        }
    }

    pub(super) fn map(&mut self, what: &'static str) -> Result<u64, MalformedContent> {
        self.expect(MAP, what)
    }

    pub(super) fn bool(&mut self, what: &'static str) -> Result<bool, MalformedContent> {
        let at = self.at;
        match self.expect(SIMPLE, what)? {
            FALSE => Ok(false),
            TRUE => Ok(true),
            _ => Err(MalformedContent::Unexpected { at, expected: what }),
        }
    }

    /// Reads a null if one is next.
    pub(super) fn null(&mut self) -> bool {
        let is_null = self.bytes.get(self.at) == Some(&0xf6);
        if is_null {
            self.at = self.at.saturating_add(1);
        }
        is_null
    }

    /// Whether the next item is a text.
    pub(super) fn is_text(&self) -> bool {
        self.bytes.get(self.at).is_some_and(|first| first >> 5 == TEXT)
    }

    /// Reads an integer that a map key may be.
    pub(super) fn key_int(&mut self) -> Result<i64, MalformedContent> {
        let at = self.at;
        let wrong = MalformedContent::Unexpected { at, expected: "a map key" };
        let head = self.head()?;
        match (head.major, i64::try_from(head.argument)) {
            (UINT, Ok(value)) if head.argument <= MAX_KEY_INT => Ok(value),
            (NEGATIVE, Ok(value)) if head.argument < MAX_KEY_INT => Ok(-1 - value),
            _ => Err(wrong),
        }
    }

    /// Reads one value of any kind that stands in containers `level` deep, and returns its bytes.
    pub(super) fn value(&mut self, level: usize) -> Result<&'b [u8], MalformedContent> {
        let at = self.at;
        let head = self.head()?;
        let level = match head.major {
            ARRAY | MAP | TAG if level >= MAX_DEPTH => return Err(MalformedContent::TooDeep),
            ARRAY | MAP | TAG => level.saturating_add(1),
            _ => level,
        };
        match head.major {
            BYTES => drop(self.take(head.argument)?),
            TEXT => {
                let text = self.take(head.argument)?;
                std::str::from_utf8(text).map_err(|_| MalformedContent::NotUtf8 { at })?;
            }
            ARRAY => {
                for _ in 0..head.argument {
                    self.value(level)?;
                }
            }
            MAP => self.entries(head.argument, level)?,
            TAG => self.tagged(head.argument, level)?,
            SIMPLE => self.simple(&head, at)?,
            _ => {}
        }
        Ok(self.since(at))
    }

    fn entries(&mut self, count: u64, level: usize) -> Result<(), MalformedContent> {
        let mut last: &[u8] = &[];
        for _ in 0..count {
            let at = self.at;
            match self.bytes.get(at).map(|first| first >> 5) {
                Some(TEXT | BYTES) => drop(self.value(level)?),
                _ => drop(self.key_int()?),
            }
            let key = self.since(at);
            if key <= last {
                return Err(MalformedContent::KeyOrder { at });
            }
            last = key;
            self.value(level)?;
        }
        Ok(())
    }

    fn tagged(&mut self, tag: u64, level: usize) -> Result<(), MalformedContent> {
        let at = self.at;
        let value = self.value(level)?;
        // RFC 8949 §3.4.3 and §4.2.1: a big number that fits is written as an integer.
        let big =
            (tag == 2 || tag == 3).then(|| Reader::new(value).bytes("a number").ok()).flatten();
        if big.is_some_and(|big| big.len() <= 8 || big.first() == Some(&0)) {
            return Err(MalformedContent::NotShortest { at });
        }
        Ok(())
    }

    fn simple(&self, head: &Head, at: usize) -> Result<(), MalformedContent> {
        let shortest = match head.size {
            0..=23 => true,
            24 => head.argument >= 32,
            25 => {
                (head.argument & 0x7c00 != 0x7c00)
                    || head.argument & 0x3ff == 0
                    || head.argument == 0x7e00
            }
            26 => u32::try_from(head.argument).is_ok_and(|bits| !fits_half(f32::from_bits(bits))),
            _ => !fits_single(f64::from_bits(head.argument)),
        };
        if shortest { Ok(()) } else { Err(MalformedContent::NotShortest { at }) }
    }
}

/// Whether a half-precision float can say the same. A NaN always can: one form stands for all.
fn fits_half(value: f32) -> bool {
    if value.is_nan() || value.is_infinite() || value == 0.0 {
        return true;
    }
    // 11 significant bits, and no bit below 2^-24, the smallest half-precision number.
    let bits = value.to_bits();
    let exponent = i32::try_from((bits >> 23) & 0xff).unwrap_or(0) - 127;
    let lowest_bit =
        exponent - 23 + i32::try_from((bits | 0x80_0000).trailing_zeros()).unwrap_or(0);
    (-24..=15).contains(&exponent) && lowest_bit >= -24 && lowest_bit >= exponent - 10
}

#[expect(clippy::cast_possible_truncation, reason = "what is lost is what is asked for")]
fn fits_single(value: f64) -> bool {
    value.is_nan() || (f64::from(value as f32)).to_bits() == value.to_bits()
}

/// Whether `size` is more than one content may have.
pub(super) const fn too_large(size: usize) -> bool {
    size > MAX_CONTENT_BYTES
}
