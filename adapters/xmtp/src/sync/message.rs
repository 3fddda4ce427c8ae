//! What is said in the group of an inbox's own installations.

use prost::Message as _;

use crate::{
    content::{compression::inflated, kind::Kind, write},
    wire::proto::{
        content::EncodedContent,
        sync::{DeviceSyncContent, device_sync_content::Content},
    },
};

/// Writes an `EncodedContent` for the group of the inbox's installations.
pub(crate) fn write(content: Content) -> Vec<u8> {
    let content = DeviceSyncContent { content: Some(content) }.encode_to_vec();
    write::plain(Kind::DeviceSync, content).encode_to_vec()
}

/// Reads an `EncodedContent`; nothing if it is of another type, broken, or of a later version.
pub(crate) fn read(bytes: &[u8]) -> Option<Content> {
    let encoded = EncodedContent::decode(bytes).ok()?;
    let kind = Kind::of(encoded.r#type.as_ref()?)?;
    let content = (kind == Kind::DeviceSync).then(|| inflated(&encoded))?.ok()?;
    DeviceSyncContent::decode(content.as_slice()).ok()?.content
}
