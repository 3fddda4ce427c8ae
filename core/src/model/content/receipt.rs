//! What became of messages on a reader's side (draft-mahy-mimi-message-status).

use super::cbor::{Reader, Writer};
use super::{Content, MalformedContent, Part};
use crate::model::id::MessageId;

/// The most messages that one receipt speaks of.
pub const MAX_RECEIPT_MESSAGES: u64 = 4096;

/// A report on messages, from the one who received them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Each message and what became of it.
    pub messages: Vec<(MessageId, MessageStatus)>,
}

/// What became of a message on the side of one who received it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageStatus {
    /// Marked as unread.
    Unread,
    /// Arrived.
    Delivered,
    /// Read.
    Read,
    /// Gone because its time was over.
    Expired,
    /// Deleted by the reader.
    Deleted,
    /// Hidden by the reader.
    Hidden,
    /// Could not be shown.
    Error,
    /// One that this version does not know.
    Other(u8),
}

impl From<u8> for MessageStatus {
    fn from(value: u8) -> Self {
        match value {
            0 => Self::Unread,
            1 => Self::Delivered,
            2 => Self::Read,
            3 => Self::Expired,
            4 => Self::Deleted,
            5 => Self::Hidden,
            6 => Self::Error,
            other => Self::Other(other),
        }
    }
}

impl From<MessageStatus> for u8 {
    fn from(value: MessageStatus) -> Self {
        match value {
            MessageStatus::Unread => 0,
            MessageStatus::Delivered => 1,
            MessageStatus::Read => 2,
            MessageStatus::Expired => 3,
            MessageStatus::Deleted => 4,
            MessageStatus::Hidden => 5,
            MessageStatus::Error => 6,
            MessageStatus::Other(other) => other,
        }
    }
}

impl Receipt {
    /// Says that all of `messages` were read.
    pub fn read(messages: impl IntoIterator<Item = MessageId>) -> Self {
        Self { messages: messages.into_iter().map(|id| (id, MessageStatus::Read)).collect() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.array(self.messages.len());
        for (id, status) in &self.messages {
            out.array(2);
            out.bytes(id.as_bytes());
            out.uint(u64::from(u8::from(*status)));
        }
        out.into_bytes()
    }

    fn decode(bytes: &[u8]) -> Result<Self, MalformedContent> {
        let mut input = Reader::new(bytes);
        let mut messages = Vec::new();
        for _ in 0..input.array("a report")?.min(MAX_RECEIPT_MESSAGES) {
            input.array_with(2, "a message and its status")?;
            let id = MessageId::from_bytes(input.array_of("a message id of 32 bytes")?);
            let status = input.uint(u64::from(u8::MAX), "a status from 0 to 255")?;
            messages.push((id, u8::try_from(status).unwrap_or_default().into()));
        }
        Ok(Self { messages })
    }
}

impl Content {
    /// The report that the content is, if it is one.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        self.body.leaves().into_iter().find_map(|part| {
            let content = part.single(Part::RECEIPT)?;
            Receipt::decode(content).ok()
        })
    }
}
