//! Writing.

use super::{ARRAY, BYTES, FALSE, MAP, NEGATIVE, NULL, SIMPLE, TEXT, TRUE, UINT};

/// Writes the shortest forms.
#[derive(Debug, Default)]
pub(in super::super) struct Writer {
    out: Vec<u8>,
}

impl Writer {
    pub(in super::super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    pub(in super::super) fn len(&self) -> usize {
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

    pub(in super::super) fn uint(&mut self, value: u64) {
        self.head(UINT, value);
    }

    pub(in super::super) fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.head(UINT, value),
            // RFC 8949 §3.1: a negative integer n is written as -1 - n.
            Err(_) => self.head(NEGATIVE, value.unsigned_abs().saturating_sub(1)),
        }
    }

    pub(in super::super) fn bytes(&mut self, bytes: &[u8]) {
        self.head(BYTES, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    pub(in super::super) fn text(&mut self, text: &str) {
        self.head(TEXT, text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    pub(in super::super) fn array(&mut self, items: usize) {
        self.head(ARRAY, items as u64);
    }

    pub(in super::super) fn map(&mut self, entries: usize) {
        self.head(MAP, entries as u64);
    }

    pub(in super::super) fn bool(&mut self, value: bool) {
        self.head(SIMPLE, if value { TRUE } else { FALSE });
    }

    pub(in super::super) fn null(&mut self) {
        self.head(SIMPLE, NULL);
    }

    /// Appends a value that is already encoded.
    pub(in super::super) fn encoded(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }
}
