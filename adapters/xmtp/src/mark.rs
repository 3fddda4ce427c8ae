//! Where a copy carries its mark: a parameter of its content, which official clients pass over.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use threadbridge_core::model::mark::Mark;

use crate::wire::proto::content::EncodedContent;

const PARAMETER: &str = "threadbridge.mark";

/// Puts `mark` on a content.
pub(crate) fn put(encoded: &mut EncodedContent, mark: &Mark) {
    encoded.parameters.insert(PARAMETER.to_owned(), URL_SAFE_NO_PAD.encode(mark.to_bytes()));
}

/// The mark on a content; nothing if it has none, or something that is none.
pub(crate) fn read(encoded: &EncodedContent) -> Option<Mark> {
    let text = encoded.parameters.get(PARAMETER)?;
    Mark::from_bytes(&URL_SAFE_NO_PAD.decode(text).ok()?)
}
