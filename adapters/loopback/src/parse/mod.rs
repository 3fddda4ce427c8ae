//! Plaintext → event. Liberal in what it reads, as long as it means something.

use threadbridge_core::adapter::{Malformed, Parsed};
use threadbridge_core::model::content::{
    Content, Expiration, ExternalPart, MediaKind, Mention, Part, Salt,
};
use threadbridge_core::model::event::{Action, Event, Profile, Said};
use threadbridge_core::model::id::{
    Identity, InvalidId, Network, RemoteAuthor, RemoteConversation, RemoteId,
};
use threadbridge_core::model::mark::{Mark, Origin};
use threadbridge_core::model::proof::{Proof, ProofKind, ProofState};
use threadbridge_core::model::time::Timestamp;

use crate::wire::{Beside, MAX_BESIDE, Name, Note, Plain, Words, decode};

/// Reads what `open` made.
pub(crate) fn parse(network: &Network, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
    let plain: Plain =
        decode(plaintext).ok_or_else(|| Malformed::new("the plaintext is not a post"))?;
    let note: Note = decode(&plain.note).ok_or_else(|| Malformed::new("the post holds no note"))?;
    let author = RemoteAuthor::parse(plain.author).map_err(|_| unnamed())?;
    let author = Identity { network: network.clone(), author };
    let id = remote_id(plain.id)?;
    let action = match note {
        Note::Say(words) => Action::Say(said(network, &id, words)?),
        Note::Edit { target, words } => {
            Action::Edit { target: remote_id(target)?, said: said(network, &id, words)? }
        }
        Note::Delete { target } => Action::Delete { target: remote_id(target)? },
        Note::React { target, emoji } => Action::React { target: remote_id(target)?, emoji },
        Note::Unreact { target, emoji } => Action::Unreact { target: remote_id(target)?, emoji },
        Note::Read { up_to } => Action::Read { up_to: remote_id(up_to)? },
        Note::Profile { name } => {
            let profile = Profile { display_name: Some(name), ..Profile::default() };
            return Ok(vec![Parsed::Profile(author, profile)]);
        }
        Note::Claim { network, who, holds } => {
            let claim = claim(author, &network, &who, Timestamp::from_micros(plain.at));
            let claim = claim.map_err(|_: InvalidId| unnamed())?;
            let lapsed = |it: Proof| it.clone().lapsed(it.checked_at, "its author took it back");
            return Ok(vec![Parsed::Proof(Box::new(if holds { claim } else { lapsed(claim) }))]);
        }
    };
    let room = plain.room.ok_or_else(|| Malformed::new("what is said in no room concerns none"))?;
    let conversation = RemoteConversation::parse(room).map_err(|_| unnamed())?;
    let sent_at = Timestamp::from_micros(plain.at);
    Ok(vec![Parsed::Event(Box::new(Event {
        conversation,
        id,
        author,
        sent_at,
        action,
        is_history: false,
    }))])
}

/// What checks claims.
pub(crate) const CHECKER: &str = "loopback 1";

fn claim(one: Identity, network: &str, who: &str, at: Timestamp) -> Result<Proof, InvalidId> {
    let author = RemoteAuthor::parse(who.to_owned())?;
    Ok(Proof {
        other: Identity { network: Network::parse(network.to_owned())?, author },
        evidence: one.uri().into_bytes(),
        one,
        kind: ProofKind::MutualClaim,
        checker: CHECKER.to_owned(),
        checked_at: at,
        block: None,
        state: ProofState::Valid,
    })
}

fn said(network: &Network, id: &RemoteId, words: Words) -> Result<Said, Malformed> {
    let Words { text, names, beside, reply_to, mark, ends_s } = words;
    if names.len() > MAX_BESIDE || beside.len() > MAX_BESIDE {
        return Err(Malformed::new("the message names or shows more than a message can"));
    }
    let mut quotes = Vec::new();
    let mut parts = Vec::new();
    if !text.is_empty() {
        parts.push(Part::text(&text));
    }
    for beside in beside {
        match beside {
            Beside::Link(url) => parts.push(Part::link(&url, "")),
            Beside::Quote(id) => quotes.push(remote_id(id)?),
            Beside::Media { url, content_type, filename, description, size_bytes } => {
                let external = ExternalPart {
                    url,
                    content_type,
                    filename,
                    description,
                    size_bytes,
                    ..ExternalPart::default()
                };
                parts.push(media(external));
            }
        }
    }
    if parts.is_empty() && quotes.is_empty() {
        return Err(Malformed::new("the message says nothing"));
    }
    let names = names.into_iter().filter_map(|name| mention(network, &text, name)).collect();
    let salt = Salt::of(Origin::of(network, id));
    let mut content = Content::of_parts(salt, parts).mentioning(names);
    content.expires = ends_s.map(Expiration::At);
    Ok(Said {
        content,
        reply_to: reply_to.map(remote_id).transpose()?,
        quotes,
        mark: mark.as_deref().and_then(Mark::from_bytes),
    })
}

/// Pictures, films and sound stand in the flow of the conversation, other files beside it.
fn media(external: ExternalPart) -> Part {
    let inline = Part::inline(external.clone());
    match MediaKind::of(&inline.media_type(), inline.disposition) {
        MediaKind::File => Part::attachment(external),
        MediaKind::Image
        | MediaKind::Gif
        | MediaKind::Video
        | MediaKind::Voice
        | MediaKind::Audio => inline,
    }
}

/// A name that stands in the text. One that does not is passed over: the text still says it.
fn mention(network: &Network, text: &str, name: Name) -> Option<Mention> {
    let range = usize::try_from(name.start).ok()?..usize::try_from(name.end).ok()?;
    let label = text.get(range.clone())?.trim_start_matches('@').to_owned();
    let author = RemoteAuthor::parse(name.who).ok()?;
    Some(Mention { range, identity: Identity { network: network.clone(), author }, label })
}

fn remote_id(id: String) -> Result<RemoteId, Malformed> {
    RemoteId::parse(id).map_err(|_: InvalidId| unnamed())
}

fn unnamed() -> Malformed {
    Malformed::new("something is named as nothing can be named")
}

#[cfg(test)]
mod tests;
