//! Writing casts, removals, reactions and direct casts.

use prost::Message as _;
use threadbridge_core::{
    adapter::Unrenderable,
    model::{
        id::RemoteConversation,
        outgoing::{self, Outgoing, ReplyTo, Say},
    },
};

use crate::{
    capabilities::DIRECT_CHARACTERS,
    draft::{Answers, DirectDraft, Draft, Kind, MessageDraft},
    mark,
    name::{self, Name, Place},
    parse::{LIKE, RECAST},
    wire::{
        limits,
        mention::{Mention, cut},
        proto::{
            CastAddBody, CastRemoveBody, Embed, MessageData, MessageType, ReactionBody,
            ReactionType, cast_add_body::Parent, embed, message_data::Body, reaction_body,
        },
    },
};

/// Writes what is to be said in `conversation`.
pub(crate) fn render(
    conversation: &RemoteConversation,
    outgoing: &Outgoing,
) -> Result<Vec<u8>, Unrenderable> {
    let place = Place::parse(conversation)
        .ok_or_else(|| Unrenderable::new("the conversation is none that farcaster has"))?;
    let kind = match (&place, outgoing) {
        (Place::Direct(fid), Outgoing::Say(say)) => Kind::Direct(direct(*fid, say)?),
        (Place::Direct(_), _) => return Err(Unrenderable::new("direct casts can only say")),
        (_, Outgoing::Say(say)) => Kind::Message(cast(&place, say)?),
        (_, Outgoing::Delete { target }) => {
            let target = named(target.as_str())?;
            let body = CastRemoveBody { target_hash: target.hash.as_bytes().to_vec() };
            Kind::Message(fixed(MessageType::CastRemove, Body::CastRemoveBody(body)))
        }
        (_, Outgoing::React { target, emoji }) => {
            let body = reaction(target.as_str(), emoji)?;
            Kind::Message(fixed(MessageType::ReactionAdd, Body::ReactionBody(body)))
        }
        (_, Outgoing::Unreact { target, emoji }) => {
            let body = reaction(target.as_str(), emoji)?;
            Kind::Message(fixed(MessageType::ReactionRemove, Body::ReactionBody(body)))
        }
        (_, Outgoing::Edit { .. }) => return Err(Unrenderable::new("casts cannot be edited")),
        (_, Outgoing::Read { .. }) => return Err(Unrenderable::new("casts have no receipts")),
    };
    Ok(Draft { kind: Some(kind) }.encode_to_vec())
}

fn fixed(r#type: MessageType, body: Body) -> MessageDraft {
    let data = MessageData { r#type: r#type.into(), body: Some(body), ..MessageData::default() };
    MessageDraft { data: Some(data), answers: Answers::AsWritten.into() }
}

fn named(id: &str) -> Result<Name, Unrenderable> {
    Name::parse(id).ok_or_else(|| Unrenderable::new("the message referred to is no cast"))
}

fn reaction(target: &str, emoji: &str) -> Result<ReactionBody, Unrenderable> {
    let bare = |text: &str| text.replace('\u{fe0f}', "");
    let kind = if bare(emoji) == bare(RECAST) {
        ReactionType::Recast
    } else if bare(emoji) == bare(LIKE) {
        ReactionType::Like
    } else {
        return Err(Unrenderable::new("the reaction is neither a like nor a recast"));
    };
    let target = reaction_body::Target::TargetCastId(named(target)?.cast_id());
    Ok(ReactionBody { r#type: kind.into(), target: Some(target) })
}

fn cast(place: &Place, say: &Say) -> Result<MessageDraft, Unrenderable> {
    let (parent, answers) = parent(place, &say.reply_to)?;
    let mentions: Vec<_> = say
        .mentions
        .iter()
        .filter_map(|mention| {
            let fid = name::fid(&mention.identity)?;
            Some(Mention { fid, start: mention.range.start, end: mention.range.end })
        })
        .collect();
    let bare = cut(&say.text, &mentions);
    let mut embeds = say.embeds.iter().map(embed).collect::<Result<Vec<_>, _>>()?;
    embeds.extend(say.mark.as_ref().map(|mark| url(mark::to_url(mark))));
    if embeds.len() > limits::EMBEDS {
        return Err(Unrenderable::new("more things beside the text than a cast holds"));
    }
    let r#type = limits::cast_type(bare.text.len())
        .ok_or_else(|| Unrenderable::new("the text is longer than a cast holds"))?;
    let body = CastAddBody {
        text: bare.text,
        mentions: bare.fids,
        mentions_positions: bare.positions,
        embeds,
        parent,
        r#type: r#type.into(),
        embeds_deprecated: Vec::new(),
    };
    let draft = fixed(MessageType::CastAdd, Body::CastAddBody(body));
    Ok(MessageDraft { answers: answers.into(), ..draft })
}

fn parent(place: &Place, reply_to: &ReplyTo) -> Result<(Option<Parent>, Answers), Unrenderable> {
    Ok(match (reply_to, place) {
        (ReplyTo::Message(id), _) => {
            let parent = Parent::ParentCastId(named(id.as_str())?.cast_id());
            (Some(parent), Answers::AsWritten)
        }
        (ReplyTo::PartBefore, _) => (None, Answers::PartBefore),
        (ReplyTo::Conversation, Place::Channel { url }) => {
            (Some(Parent::ParentUrl(url.clone())), Answers::AsWritten)
        }
        (ReplyTo::Conversation, Place::Thread { fid: Some(fid), hash }) => {
            let root = Name { fid: *fid, hash: *hash };
            (Some(Parent::ParentCastId(root.cast_id())), Answers::AsWritten)
        }
        (ReplyTo::Conversation, Place::Thread { fid: None, .. }) => (None, Answers::Root),
        (ReplyTo::Conversation, Place::Mentions | Place::Author(_) | Place::Direct(_)) => {
            (None, Answers::AsWritten)
        }
    })
}

fn embed(embed: &outgoing::Embed) -> Result<Embed, Unrenderable> {
    Ok(match embed {
        outgoing::Embed::Url(address) => url(address.clone()),
        outgoing::Embed::Quote(id) => {
            Embed { embed: Some(embed::Embed::CastId(named(id.as_str())?.cast_id())) }
        }
        outgoing::Embed::Media(media) if media.aead == 0 => url(media.url.clone()),
        outgoing::Embed::Media(_) => {
            return Err(Unrenderable::new("encrypted media cannot be shown in public"));
        }
    })
}

fn url(url: String) -> Embed {
    Embed { embed: Some(embed::Embed::Url(url)) }
}

fn direct(recipient: u64, say: &Say) -> Result<DirectDraft, Unrenderable> {
    if !say.embeds.is_empty() {
        return Err(Unrenderable::new("direct casts hold text only"));
    }
    if say.text.is_empty() || say.text.chars().count() > DIRECT_CHARACTERS {
        return Err(Unrenderable::new("the text of a direct cast has 1 to 1024 characters"));
    }
    Ok(DirectDraft { recipient, text: say.text.clone() })
}
