//! Plaintext → events: what `open` proved, in the bridge's words.

use threadbridge_core::{
    adapter::{Malformed, Parsed},
    model::{
        content::{Actor, Content, Salt, SystemEvent},
        event::{Action, Event, Profile, Said},
        id::{Identity, InvalidId, Network, RemoteAuthor, RemoteConversation, RemoteId},
        mark::Origin,
        time::Timestamp,
    },
};

use self::parts::parts;
use crate::{
    content::{
        body::{Body, read},
        heard::{Heard, Place},
        id::MessageId,
    },
    identity::inbox::InboxId,
    mark,
    wire::proto::content::EncodedContent,
};

mod parts;

/// Reads what `open` made.
pub(crate) fn parse(network: &Network, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
    read_heard(network, heard(plaintext)?)
}

/// What `open` made of an envelope.
pub(crate) fn heard(plaintext: &[u8]) -> Result<Heard, Malformed> {
    Heard::from_bytes(plaintext).ok_or_else(|| Malformed::new("nothing was handed over"))
}

/// Reads what was heard.
pub(crate) fn read_heard(network: &Network, heard: Heard) -> Result<Vec<Parsed>, Malformed> {
    match heard {
        Heard::Said { place, id, content, before } => {
            let said = said_or_done(network, &place, (id, &content), before)?;
            Ok(said.into_iter().map(|it| Parsed::Event(Box::new(it))).collect())
        }
        Heard::Past { place, id, content } => {
            let said = said_or_done(network, &place, (id, &content), None)?;
            Ok(said
                .into_iter()
                .map(|it| Parsed::Event(Box::new(Event { is_history: true, ..it })))
                .collect())
        }
        Heard::Changed { place, id, joined, left, renamed } => {
            let all = happened(network, &place, joined, left, renamed)?;
            let told = all.iter().zip(0..).map(|(happened, nth)| {
                // Several things that one change did are several events.
                let id = if nth == 0 { id.clone() } else { format!("{id}/{nth}") };
                let id = remote_id(&id)?;
                let content = Content::telling(salt(network, &id), happened);
                let event = event(network, &place, id, Action::Say(Said::new(content)))?;
                Ok(Parsed::Event(Box::new(event)))
            });
            told.collect()
        }
        Heard::Known { inbox, address, proofs } => {
            let profile = Profile { handle: address, ..Profile::default() };
            let person = Parsed::Profile(who(network, inbox)?, profile);
            let proofs = proofs.into_iter().map(|proof| Parsed::Proof(Box::new(proof)));
            Ok([person].into_iter().chain(proofs).collect())
        }
    }
}

fn said_or_done(
    network: &Network,
    place: &Place,
    (id, content): (MessageId, &[u8]),
    before: Option<MessageId>,
) -> Result<Option<Event>, Malformed> {
    let (body, encoded) = read(content).map_err(|why| Malformed::new(why.to_string()))?;
    let id = remote_id(&id.to_string())?;
    let action = action(network, &id, (body, &encoded), before)?;
    action.map(|action| event(network, place, id, action)).transpose()
}

fn event(
    network: &Network,
    place: &Place,
    id: RemoteId,
    action: Action,
) -> Result<Event, Malformed> {
    let conversation = RemoteConversation::parse(place.conversation.as_str());
    Ok(Event {
        conversation: conversation.map_err(unnamed)?,
        id,
        author: who(network, place.sender)?,
        sent_at: Timestamp::from_micros(i64::try_from(place.at_ns / 1_000).unwrap_or(i64::MAX)),
        action,
        is_history: false,
    })
}

/// What somebody did by a content; nothing if it is of no interest to people.
fn action(
    network: &Network,
    id: &RemoteId,
    (body, encoded): (Body, &EncodedContent),
    before: Option<MessageId>,
) -> Result<Option<Action>, Malformed> {
    let target = |id: MessageId| remote_id(&id.to_string());
    Ok(Some(match body {
        Body::Reaction(reaction) => {
            let (target, emoji) = (target(reaction.to)?, reaction.emoji);
            if reaction.is_taken_back {
                Action::Unreact { target, emoji }
            } else {
                Action::React { target, emoji }
            }
        }
        Body::ReadReceipt => {
            let Some(before) = before else { return Ok(None) };
            Action::Read { up_to: target(before)? }
        }
        Body::Delete(id) => Action::Delete { target: target(id)? },
        Body::Edit { target: first, inner } => {
            Action::Edit { target: target(first)?, said: said(network, id, *inner, encoded)? }
        }
        Body::Silent(_) => return Ok(None),
        spoken @ (Body::Text(_)
        | Body::Markdown(_)
        | Body::Reply { .. }
        | Body::Attachment(_)
        | Body::RemoteAttachments(_)
        | Body::Words(_)) => Action::Say(said(network, id, spoken, encoded)?),
    }))
}

fn said(
    network: &Network,
    id: &RemoteId,
    body: Body,
    encoded: &EncodedContent,
) -> Result<Said, Malformed> {
    let reply_to = match &body {
        Body::Reply { to, .. } => to.map(|to| remote_id(&to.to_string())).transpose()?,
        Body::Text(_)
        | Body::Markdown(_)
        | Body::Reaction(_)
        | Body::ReadReceipt
        | Body::Attachment(_)
        | Body::RemoteAttachments(_)
        | Body::Delete(_)
        | Body::Edit { .. }
        | Body::Silent(_)
        | Body::Words(_) => None,
    };
    let content = Content::of_parts(salt(network, id), parts(body, encoded));
    Ok(Said { content, reply_to, quotes: Vec::new(), mark: mark::read(encoded) })
}

fn happened(
    network: &Network,
    place: &Place,
    joined: Vec<InboxId>,
    left: Vec<InboxId>,
    renamed: Option<String>,
) -> Result<Vec<SystemEvent>, Malformed> {
    let actor = |inbox| Ok(Actor { identity: who(network, inbox)?, name: None });
    let actors =
        |all: Vec<InboxId>| all.into_iter().map(actor).collect::<Result<Vec<_>, Malformed>>();
    let by = |others: &[InboxId]| {
        let is_other = !others.contains(&place.sender);
        is_other.then(|| actor(place.sender)).transpose()
    };
    let mut events = Vec::new();
    if !joined.is_empty() {
        events.push(SystemEvent::Joined { by: by(&joined)?, who: actors(joined)? });
    }
    if !left.is_empty() {
        events.push(SystemEvent::Left { by: by(&left)?, who: actors(left)? });
    }
    if let Some(title) = renamed {
        events.push(SystemEvent::Renamed { title, by: by(&[])? });
    }
    Ok(events)
}

fn salt(network: &Network, id: &RemoteId) -> Salt {
    Salt::of(Origin::of(network, id))
}

fn who(network: &Network, inbox: InboxId) -> Result<Identity, Malformed> {
    let author = RemoteAuthor::parse(inbox.to_string()).map_err(unnamed)?;
    Ok(Identity { network: network.clone(), author })
}

fn remote_id(id: &str) -> Result<RemoteId, Malformed> {
    RemoteId::parse(id).map_err(unnamed)
}

fn unnamed(_why: InvalidId) -> Malformed {
    Malformed::new("something is named as nothing can be named")
}

#[cfg(test)]
mod tests;
