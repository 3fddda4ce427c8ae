//! Outgoing → plaintext. Strict: what the network cannot say exactly so, it does not say.

use thiserror::Error;
use threadbridge_core::model::content::Expiration;
use threadbridge_core::model::id::Network;
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;

use crate::wire::{Beside, MAX_BESIDE, Name, Note, Words, encode};

/// Why something cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unwritable {
    #[error("a message names or shows at most {MAX_BESIDE} things")]
    TooMuchBeside,
    #[error("media must be open to everybody who has its address")]
    EncryptedMedia,
    #[error("a name must stand where the text has it")]
    NameOutsideText,
    #[error("the network gave it no usable name")]
    Name,
}

/// Writes a note.
pub(crate) fn render(network: &Network, outgoing: &Outgoing) -> Result<Vec<u8>, Unwritable> {
    let note = match outgoing {
        Outgoing::Say(say) => Note::Say(words(network, say)?),
        Outgoing::Edit { target, say } => {
            Note::Edit { target: target.as_str().to_owned(), words: words(network, say)? }
        }
        Outgoing::Delete { target } => Note::Delete { target: target.as_str().to_owned() },
        Outgoing::React { target, emoji } => {
            Note::React { target: target.as_str().to_owned(), emoji: emoji.clone() }
        }
        Outgoing::Unreact { target, emoji } => {
            Note::Unreact { target: target.as_str().to_owned(), emoji: emoji.clone() }
        }
        Outgoing::Read { up_to } => Note::Read { up_to: up_to.as_str().to_owned() },
    };
    Ok(encode(&note))
}

fn words(network: &Network, say: &Say) -> Result<Words, Unwritable> {
    if say.mentions.len() > MAX_BESIDE || say.embeds.len() > MAX_BESIDE {
        return Err(Unwritable::TooMuchBeside);
    }
    let mut names = Vec::new();
    for mention in say.mentions.iter().filter(|it| it.identity.network == *network) {
        let (start, end) = (u32::try_from(mention.range.start), u32::try_from(mention.range.end));
        let (Ok(start), Ok(end), Some(_)) = (start, end, say.text.get(mention.range.clone()))
        else {
            return Err(Unwritable::NameOutsideText);
        };
        names.push(Name { start, end, who: mention.identity.author.as_str().to_owned() });
    }
    Ok(Words {
        text: say.text.clone(),
        names,
        beside: say.embeds.iter().map(beside).collect::<Result<_, _>>()?,
        reply_to: match &say.reply_to {
            ReplyTo::Message(id) => Some(id.as_str().to_owned()),
            // The parts of a long message follow one another in the room; that joins them.
            ReplyTo::Conversation | ReplyTo::PartBefore => None,
        },
        ends_s: say.expires.map(|it| ends_s(it, say.sent_at)),
        mark: say.mark.as_ref().map(threadbridge_core::model::mark::Mark::to_bytes),
    })
}

/// Instants that the network cannot express are farther than anybody will wait.
fn ends_s(expires: Expiration, sent_at: Timestamp) -> u32 {
    u32::try_from(expires.ends(sent_at).as_secs()).unwrap_or(u32::MAX)
}

fn beside(embed: &Embed) -> Result<Beside, Unwritable> {
    Ok(match embed {
        Embed::Url(url) => Beside::Link(url.clone()),
        Embed::Quote(id) => Beside::Quote(id.as_str().to_owned()),
        Embed::Media(media) if media.aead != 0 => return Err(Unwritable::EncryptedMedia),
        Embed::Media(media) => Beside::Media {
            url: media.url.clone(),
            content_type: media.content_type.clone(),
            filename: media.filename.clone(),
            description: media.description.clone(),
            size_bytes: media.size_bytes,
        },
    })
}

#[cfg(test)]
mod tests;
