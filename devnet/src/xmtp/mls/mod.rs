//! What the node looks at of MLS: key packages whole, of messages no more than their frame.

mod key_package;
#[cfg(test)]
mod tests;

pub(crate) use self::key_package::installation_of;

use openmls::prelude::{
    ContentType, MlsMessageIn, ProtocolMessage, WireFormat, tls_codec::Deserialize as _,
};

use super::refusal::Refusal;

/// What a group message says of itself on the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) group_id: Vec<u8>,
    pub(crate) is_commit: bool,
}

/// Reads the frame of a group message. Only encrypted messages are for others.
pub(crate) fn frame(data: &[u8]) -> Result<Frame, Refusal> {
    // Not `DeserializeBytes`, which panics in debug builds when a vector is cut short.
    let message = MlsMessageIn::tls_deserialize_exact(data)
        .map_err(|error| Refusal::Mls(error.to_string()))?;
    if message.wire_format() != WireFormat::PrivateMessage {
        return Err(Refusal::Mls("it is not a private message".to_owned()));
    }
    let message: ProtocolMessage =
        message.try_into_protocol_message().map_err(|error| Refusal::Mls(error.to_string()))?;
    let group_id = message.group_id().to_vec();
    if group_id.is_empty() {
        return Err(Refusal::Missing("group id"));
    }
    Ok(Frame { group_id, is_commit: message.content_type() == ContentType::Commit })
}
