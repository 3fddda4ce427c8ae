//! Outgoing → content, as `EncodedContent` bytes; `seal` puts them into an envelope with their key.

use prost::Message as _;
use thiserror::Error;
use threadbridge_core::model::{
    id::RemoteId,
    outgoing::{Embed, Outgoing, ReplyTo, Say},
};

use crate::{
    content::{envelope::MAX_CONTENT_BYTES, id::MessageId, reaction::Reaction, write},
    mark,
    media::Enclosure,
    wire::proto::content::EncodedContent,
};

/// Why something cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unwritable {
    #[error("a message has words on XMTP")]
    Empty,
    #[error("nothing stands beside the words of a message on XMTP")]
    Beside,
    #[error("what was said on XMTP cannot be changed")]
    Edit,
    #[error("what it is about is no message on XMTP")]
    Target,
    #[error("a message has at most {MAX_CONTENT_BYTES} bytes on XMTP")]
    TooLarge,
}

/// Writes a content.
pub(crate) fn render(outgoing: &Outgoing) -> Result<Vec<u8>, Unwritable> {
    let encoded = match outgoing {
        Outgoing::Say(say) => said(say)?,
        Outgoing::Edit { .. } => return Err(Unwritable::Edit),
        Outgoing::Delete { target } => write::delete(message(target)?),
        Outgoing::React { target, emoji } => reaction(target, emoji, false)?,
        Outgoing::Unreact { target, emoji } => reaction(target, emoji, true)?,
        // A receipt speaks of everything before it; the network has no other.
        Outgoing::Read { .. } => write::read_receipt(),
    };
    let bytes = encoded.encode_to_vec();
    // An enclosure is not what is sent, and may have its file in it.
    if bytes.len() > MAX_CONTENT_BYTES && Enclosure::read(&encoded).is_none() {
        Err(Unwritable::TooLarge)
    } else {
        Ok(bytes)
    }
}

fn said(say: &Say) -> Result<EncodedContent, Unwritable> {
    let mut encoded = match (say.text.is_empty(), say.embeds.as_slice()) {
        (true, []) => return Err(Unwritable::Empty),
        (false, []) => text(say),
        (true, [Embed::Media(part)]) => {
            let reply_to = match &say.reply_to {
                ReplyTo::Message(id) => message(id).ok(),
                ReplyTo::Conversation | ReplyTo::PartBefore => None,
            };
            Enclosure::of(part, reply_to).into_encoded()
        }
        (_, [..]) => return Err(Unwritable::Beside),
    };
    if let Some(mark) = &say.mark {
        mark::put(&mut encoded, mark);
    }
    Ok(encoded)
}

fn text(say: &Say) -> EncodedContent {
    let text = write::text(&say.text);
    match &say.reply_to {
        // What happened in a group has a name here and none there: the answer stands by itself.
        ReplyTo::Message(id) => match message(id) {
            Ok(to) => write::reply(to, None, &text),
            Err(_event) => text,
        },
        // The parts of a long message follow one another in the group; that joins them.
        ReplyTo::Conversation | ReplyTo::PartBefore => text,
    }
}

fn reaction(
    target: &RemoteId,
    emoji: &str,
    is_taken_back: bool,
) -> Result<EncodedContent, Unwritable> {
    if emoji.is_empty() {
        return Err(Unwritable::Empty);
    }
    let reaction = Reaction { to: message(target)?, emoji: emoji.to_owned(), is_taken_back };
    Ok(write::reaction(&reaction))
}

fn message(id: &RemoteId) -> Result<MessageId, Unwritable> {
    MessageId::parse(id.as_str()).ok_or(Unwritable::Target)
}

#[cfg(test)]
mod tests;
