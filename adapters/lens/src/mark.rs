//! The mark of a bridged copy, as an attribute of its metadata, where other apps leave it alone.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use threadbridge_core::model::mark::Mark;

use crate::wire::metadata::Attribute;

/// The attribute's key.
pub(crate) const KEY: &str = "threadbridge.mark";

/// The attribute's value.
pub(crate) fn to_value(mark: &Mark) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(mark.to_bytes())
}

/// The mark that is among the attributes, if one is.
pub(crate) fn among(attributes: &[Attribute]) -> Option<Mark> {
    let found = attributes.iter().find(|attribute| attribute.key == KEY)?;
    Mark::from_bytes(&BASE64_URL_SAFE_NO_PAD.decode(&found.value).ok()?)
}
