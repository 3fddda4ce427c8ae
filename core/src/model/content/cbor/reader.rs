//! Reading, item by item.

use super::{ARRAY, BYTES, FALSE, MAP, MAX_KEY_INT, NEGATIVE, SIMPLE, TEXT, TRUE, UINT};
use crate::model::content::MalformedContent;

pub(super) struct Head {
    pub(super) major: u8,
    pub(super) argument: u64,
    /// The low five bits of the first byte: they tell floats from simple values.
    pub(super) size: u8,
}

/// Reads the shortest forms, and only them.
#[derive(Debug)]
pub(in super::super) struct Reader<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Reader<'b> {
    pub(in super::super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(in super::super) const fn position(&self) -> usize {
        self.at
    }

    /// The bytes from `start` up to where the reader stands.
    pub(in super::super) fn since(&self, start: usize) -> &'b [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    pub(in super::super) fn end(&self) -> Result<(), MalformedContent> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(MalformedContent::Trailing { at: self.at })
        }
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'b [u8], MalformedContent> {
        let at = self.bytes.len();
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(MalformedContent::Truncated { at })?;
        self.at = self.at.saturating_add(taken.len());
        Ok(taken)
    }

    pub(super) fn head(&mut self) -> Result<Head, MalformedContent> {
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
    pub(in super::super) fn uint(
        &mut self,
        max: u64,
        what: &'static str,
    ) -> Result<u64, MalformedContent> {
        let at = self.at;
        match self.expect(UINT, what)? {
            value if value <= max => Ok(value),
            _ => Err(MalformedContent::Unexpected { at, expected: what }),
        }
    }

    pub(in super::super) fn bytes(
        &mut self,
        what: &'static str,
    ) -> Result<&'b [u8], MalformedContent> {
        let length = self.expect(BYTES, what)?;
        self.take(length)
    }

    /// Reads a byte string of exactly `N` bytes.
    pub(in super::super) fn array_of<const N: usize>(
        &mut self,
        what: &'static str,
    ) -> Result<[u8; N], MalformedContent> {
        let at = self.at;
        let bytes = self.bytes(what)?;
        bytes.try_into().map_err(|_| MalformedContent::Unexpected { at, expected: what })
    }

    pub(in super::super) fn text(
        &mut self,
        what: &'static str,
    ) -> Result<&'b str, MalformedContent> {
        let at = self.at;
        let length = self.expect(TEXT, what)?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| MalformedContent::NotUtf8 { at })
    }

    /// Reads the head of an array and returns how many items follow.
    pub(in super::super) fn array(&mut self, what: &'static str) -> Result<u64, MalformedContent> {
        self.expect(ARRAY, what)
    }

    /// Reads the head of an array of exactly `items`.
    pub(in super::super) fn array_with(
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

    pub(in super::super) fn map(&mut self, what: &'static str) -> Result<u64, MalformedContent> {
        self.expect(MAP, what)
    }

    pub(in super::super) fn bool(&mut self, what: &'static str) -> Result<bool, MalformedContent> {
        let at = self.at;
        match self.expect(SIMPLE, what)? {
            FALSE => Ok(false),
            TRUE => Ok(true),
            _ => Err(MalformedContent::Unexpected { at, expected: what }),
        }
    }

    /// Reads a null if one is next.
    pub(in super::super) fn null(&mut self) -> bool {
        let is_null = self.bytes.get(self.at) == Some(&0xf6);
        if is_null {
            self.at = self.at.saturating_add(1);
        }
        is_null
    }

    /// Whether the next item is a text.
    pub(in super::super) fn is_text(&self) -> bool {
        self.bytes.get(self.at).is_some_and(|first| first >> 5 == TEXT)
    }

    /// Reads an integer that a map key may be.
    pub(in super::super) fn key_int(&mut self) -> Result<i64, MalformedContent> {
        let at = self.at;
        let wrong = MalformedContent::Unexpected { at, expected: "a map key" };
        let head = self.head()?;
        match (head.major, i64::try_from(head.argument)) {
            (UINT, Ok(value)) if head.argument <= MAX_KEY_INT => Ok(value),
            (NEGATIVE, Ok(value)) if head.argument < MAX_KEY_INT => Ok(-1 - value),
            _ => Err(wrong),
        }
    }
}
