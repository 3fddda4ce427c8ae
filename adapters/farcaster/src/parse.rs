//! Reading proven messages: casts, removals, reactions and profile fields in the bridge's words.

use prost::Message as _;
use threadbridge_core::{
    adapter::{Malformed, Parsed},
    model::{
        content::{Content, ExternalPart, Mention, Part, Salt},
        event::{Action, Event, Profile, Said},
        id::{InvalidId, Network, RemoteConversation},
        mark::{Mark, Origin},
        time::Timestamp,
    },
};

use crate::{
    claims, mark,
    name::{NETWORK, Name, identity},
    node::failure::presentable,
    proven::{About, Proven},
    wire::{
        hash::MessageHash,
        mention::{Bare, insert},
        proto::{
            CastAddBody, Embed, MessageData, MessageType, ReactionType, UserDataBody, UserDataType,
            cast_add_body::Parent, embed, message_data::Body,
        },
        time::FarcasterTime,
    },
};

/// The reaction that a like is.
pub(crate) const LIKE: &str = "❤️";
/// The reaction that a recast is.
pub(crate) const RECAST: &str = "🔁";

/// Reads what `open` has proven.
pub(crate) fn parse(plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
    let proven = Proven::decode(plaintext).map_err(|_decode| broken("proven message"))?;
    if let Some(custody) = &proven.custody {
        let proofs = claims::of_custody(custody).map_err(|_id| broken("custody"))?;
        return Ok(proofs.into_iter().map(|it| Parsed::Proof(Box::new(it))).collect());
    }
    let data =
        MessageData::decode(proven.data.as_slice()).map_err(|_decode| broken("message data"))?;
    if let Some(Body::UserDataBody(field)) = &data.body {
        let author = identity(data.fid).map_err(|_id| broken("author"))?;
        return Ok(profile(field).map(|it| Parsed::Profile(author, it)).into_iter().collect());
    }
    if let Some(claim) = claims::read(&data, proven.evidence.clone()) {
        return Ok(vec![Parsed::Proof(Box::new(claim.map_err(|_id| broken("claim"))?))]);
    }
    let hash = MessageHash::from_slice(&proven.hash).ok_or_else(|| broken("hash"))?;
    let name = Name { fid: data.fid, hash };
    let event = event(&proven, &data, &name).map_err(|_id| broken("identifier"))?;
    Ok(event.map(|event| Parsed::Event(Box::new(event))).into_iter().collect())
}

fn broken(what: &str) -> Malformed {
    Malformed::new(format!("{what} cannot be read"))
}

fn event(proven: &Proven, data: &MessageData, name: &Name) -> Result<Option<Event>, InvalidId> {
    let Some(action) = action(proven, data, name)? else { return Ok(None) };
    let unix_ms = FarcasterTime::from_seconds(data.timestamp).unix_ms();
    Ok(Some(Event {
        conversation: RemoteConversation::parse(proven.conversation.clone())?,
        id: name.remote_id()?,
        author: identity(data.fid)?,
        sent_at: Timestamp::from_secs(i64::try_from(unix_ms / 1000).unwrap_or(i64::MAX)),
        action,
        is_history: false,
    }))
}

fn action(proven: &Proven, data: &MessageData, name: &Name) -> Result<Option<Action>, InvalidId> {
    let about = proven.about.as_ref().and_then(About::name);
    Ok(match (&data.body, about) {
        (Some(Body::CastAddBody(cast)), _) => Some(Action::Say(said(proven, cast, name)?)),
        (Some(Body::CastRemoveBody(_)), Some(target)) => {
            Some(Action::Delete { target: target.remote_id()? })
        }
        (Some(Body::ReactionBody(reaction)), Some(target)) => {
            let emoji = match ReactionType::try_from(reaction.r#type) {
                Ok(ReactionType::Like) => LIKE,
                Ok(ReactionType::Recast) => RECAST,
                Ok(ReactionType::None) | Err(_) => return Ok(None),
            };
            let (target, emoji) = (target.remote_id()?, emoji.to_owned());
            Some(if data.r#type() == MessageType::ReactionAdd {
                Action::React { target, emoji }
            } else {
                Action::Unreact { target, emoji }
            })
        }
        _ => None,
    })
}

fn said(proven: &Proven, cast: &CastAddBody, name: &Name) -> Result<Said, InvalidId> {
    let bare = Bare {
        text: cast.text.clone(),
        fids: cast.mentions.clone(),
        positions: cast.mentions_positions.clone(),
    };
    let label = |fid: u64| proven.names.get(&fid).cloned().unwrap_or_else(|| format!("!{fid}"));
    let (text, shown) = insert(&bare, label);
    let mut parts = Vec::new();
    if !text.is_empty() {
        parts.push(Part::text(&text));
    }
    let mut quotes = Vec::new();
    let mut found = None;
    let old = cast.embeds_deprecated.iter().cloned();
    let old = old.map(|url| Embed { embed: Some(embed::Embed::Url(url)) });
    for embed in cast.embeds.iter().cloned().chain(old) {
        match embed.embed {
            Some(embed::Embed::Url(url)) => match mark::from_url(&url) {
                Some(mark) => found = Some(mark),
                None => parts.push(beside(&url)),
            },
            Some(embed::Embed::CastId(id)) => {
                if let Some(quoted) = Name::of(&id) {
                    quotes.push(quoted.remote_id()?);
                }
            }
            None => {}
        }
    }
    let origin = Origin::of(&Network::parse(NETWORK)?, &name.remote_id()?);
    let mentions = shown.into_iter().map(|mention| {
        let range = mention.start..mention.end;
        Ok(Mention { range, identity: identity(mention.fid)?, label: label(mention.fid) })
    });
    let mentions = mentions.collect::<Result<_, InvalidId>>()?;
    let content = Content::of_parts(Salt::of(origin), parts).mentioning(mentions);
    Ok(Said { content, reply_to: answered(proven, cast)?, quotes, mark: found as Option<Mark> })
}

/// The message that a cast answers. Answers to the root of a thread stand in the conversation
/// itself, which is that root.
fn answered(
    proven: &Proven,
    cast: &CastAddBody,
) -> Result<Option<threadbridge_core::model::id::RemoteId>, InvalidId> {
    match &cast.parent {
        Some(Parent::ParentCastId(id)) if !proven.answers_the_root => {
            Name::of(id).map(|parent| parent.remote_id()).transpose()
        }
        Some(Parent::ParentCastId(_) | Parent::ParentUrl(_)) | None => Ok(None),
    }
}

/// A picture or film if the address says that it is one, else a link. Nothing is fetched to find
/// out.
fn beside(url: &str) -> Part {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let content_type = match ending.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("mp4") => "video/mp4",
        Some("m3u8") => "application/vnd.apple.mpegurl",
        _ => return Part::link(url, ""),
    };
    Part::inline(ExternalPart {
        content_type: content_type.to_owned(),
        url: url.to_owned(),
        ..ExternalPart::default()
    })
}

fn profile(field: &UserDataBody) -> Option<Profile> {
    let value = Some(presentable(&field.value)).filter(|value| !value.is_empty());
    match UserDataType::try_from(field.r#type) {
        Ok(UserDataType::Display) => Some(Profile { display_name: value, ..Profile::default() }),
        Ok(UserDataType::Username) => Some(Profile { handle: value, ..Profile::default() }),
        Ok(UserDataType::Pfp) => Some(Profile { picture_url: value, ..Profile::default() }),
        Ok(_) | Err(_) => None,
    }
}
