//! Rows in an account's keys: values in CBOR with numbered fields.

use minicbor::{Decode, Encode};
use thiserror::Error;
use threadbridge_core::store::{Keys, ReadError};

/// Why a row could not be read.
#[derive(Debug, Error)]
pub(crate) enum Unread {
    #[error("the store failed")]
    Store(#[from] ReadError),
    #[error("a row of the account's keys has an unknown form; was it written by a later version?")]
    Form,
}

/// The value at `row`, if there is one.
pub(crate) fn get<T: for<'b> Decode<'b, ()>>(keys: &Keys, row: &[u8]) -> Result<Option<T>, Unread> {
    let Some(value) = keys.get(row)? else { return Ok(None) };
    minicbor::decode(&value).map(Some).map_err(|_form| Unread::Form)
}

/// Puts `value` at `row`.
pub(crate) fn put<T: Encode<()>>(keys: &Keys, row: &[u8], value: &T) {
    let mut bytes = Vec::new();
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => keys.put(row, &bytes),
        #[expect(clippy::unreachable, reason = "a vector takes every byte")]
        Err(_) => unreachable!("a vector takes every byte"),
    }
}
