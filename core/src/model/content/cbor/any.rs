//! Reading a value of any kind, to keep it as it is if it is written as it should be.

use super::reader::{Head, Reader};
use super::{ARRAY, BYTES, MAP, SIMPLE, TAG, TEXT};
use crate::model::content::{MAX_DEPTH, MalformedContent};

impl<'b> Reader<'b> {
    /// Reads one value of any kind that stands in containers `level` deep, and returns its bytes.
    pub(in super::super) fn value(&mut self, level: usize) -> Result<&'b [u8], MalformedContent> {
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
