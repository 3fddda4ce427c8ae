//! The part of CBOR that deterministic content needs (RFC 8949 §4.2.1), written and read strictly.
//!
//! The reader is our own because it must refuse what general decoders take: longer forms than
//! needed, indefinite lengths, unsorted or repeated map keys.

mod any;
mod reader;
mod writer;

pub(super) use reader::Reader;
pub(super) use writer::Writer;

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
