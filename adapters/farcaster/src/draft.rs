//! What stands between `render` and `seal`: everything but fid, time and signature.

use crate::wire::proto::MessageData;

/// Something to be sealed.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Draft {
    #[prost(oneof = "Kind", tags = "1, 2")]
    pub(crate) kind: Option<Kind>,
}

/// What kind of thing it is.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Kind {
    /// A message to be signed.
    #[prost(message, tag = "1")]
    Message(MessageDraft),
    /// A direct cast.
    #[prost(message, tag = "2")]
    Direct(DirectDraft),
}

/// A message without fid and time.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MessageDraft {
    #[prost(message, optional, tag = "1")]
    pub(crate) data: Option<MessageData>,
    #[prost(enumeration = "Answers", tag = "2")]
    pub(crate) answers: i32,
}

/// What a cast answers, where only `seal` can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum Answers {
    /// What the data says, or nothing.
    AsWritten = 0,
    /// The cast that was sealed before it for the same conversation.
    PartBefore = 1,
    /// The root of the thread, whose author the conversation's name does not say.
    Root = 2,
}

/// A direct cast.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct DirectDraft {
    #[prost(uint64, tag = "1")]
    pub(crate) recipient: u64,
    #[prost(string, tag = "2")]
    pub(crate) text: String,
}
