//! `direct-messages.js` and `direct-messages-group.js`: conversations, each with what happened in it,
//! the newest first.

use std::io::Read;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeSeed;
use threadbridge_core::model::content::{
    Actor, Body, Content, Disposition, ExternalPart, Part, Salt, SystemEvent,
};
use threadbridge_core::model::event::{Action, Event, Said};
use threadbridge_core::model::id::{Identity, Network, RemoteConversation, RemoteId};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::mark::Origin;
use threadbridge_core::pipeline::Past;

use super::super::stream::{Budget, Named, Wrapped};
use super::super::{Shown, Unreadable, digest, instant};
use super::{NETWORK, person, remote};

/// What happened in a conversation. What is not here is passed over.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    message_create: Option<Message>,
    participants_join: Option<Participants>,
    join_conversation: Option<Participants>,
    participants_leave: Option<Participants>,
    conversation_name_update: Option<Renamed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    sender_id: String,
    created_at: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    media_urls: Vec<String>,
    #[serde(default)]
    urls: Vec<Address>,
    #[serde(default)]
    reactions: Vec<Reaction>,
}

/// A shortened address, and what it stands for.
#[derive(Debug, Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    url: String,
    #[serde(default, alias = "expanded_url")]
    expanded: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reaction {
    sender_id: String,
    #[serde(default)]
    reaction_key: String,
    #[serde(default)]
    event_id: String,
    created_at: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Participants {
    #[serde(default)]
    initiating_user_id: String,
    #[serde(default, alias = "participantsSnapshot")]
    user_ids: Vec<String>,
    created_at: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Renamed {
    #[serde(default)]
    initiating_user_id: String,
    #[serde(default)]
    name: String,
    created_at: String,
}

/// Shows all of a file, its conversations named `kind/ID`.
pub(super) fn read<R: Read>(
    json: &mut serde_json::Deserializer<serde_json::de::IoRead<R>>,
    budget: &Budget,
    kind: &str,
    show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut number = 0_u64;
    let mut one = |conversation: &str, entry: Entry| {
        number = number.saturating_add(1);
        let all = past((kind, conversation), entry);
        let all = all.map_err(|why| Unreadable::Thing(number, why))?;
        if all.is_empty() {
            return show(Shown::Passed);
        }
        all.into_iter().try_for_each(|it| show(Shown::Past(Box::new(it))))
    };
    Ok(Conversations { show: &mut one, budget }.deserialize(json)?)
}

struct Conversations<'a, F> {
    show: &'a mut F,
    budget: &'a Budget,
}

impl<'de, E, F> DeserializeSeed<'de> for Conversations<'_, F>
where
    E: std::fmt::Display,
    F: FnMut(&str, Entry) -> Result<(), E>,
{
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, E, F> serde::de::Visitor<'de> for Conversations<'_, F>
where
    E: std::fmt::Display,
    F: FnMut(&str, Entry) -> Result<(), E>,
{
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of conversations")
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut from: A) -> Result<(), A::Error> {
        let Self { show, budget } = self;
        loop {
            let inner = Named {
                name: "conversationId",
                list: "messages",
                show: &mut *show,
                budget,
                of: PhantomData,
            };
            if from.next_element_seed(Wrapped { key: "dmConversation", inner })?.is_none() {
                return Ok(());
            }
            budget.renew();
        }
    }
}

/// What an entry comes to: a message with its reactions, or something that happened.
fn past((kind, conversation): (&str, &str), entry: Entry) -> Result<Vec<Past>, &'static str> {
    let place = RemoteConversation::parse(format!("{kind}/{conversation}"));
    let place = place.map_err(|_| "`conversationId` is no name")?;
    if let Some(message) = entry.message_create {
        return said(&place, &message);
    }
    let (who, at, what, name) = match entry {
        Entry { participants_join: Some(it), .. } | Entry { join_conversation: Some(it), .. } => {
            let by = Some(it.initiating_user_id.clone());
            let joined = SystemEvent::Joined { who: actors(&it.user_ids)?, by: None };
            (by.filter(|it| !it.is_empty()), it.created_at, joined, it.user_ids)
        }
        Entry { participants_leave: Some(it), .. } => {
            let left = SystemEvent::Left { who: actors(&it.user_ids)?, by: None };
            (it.user_ids.first().cloned(), it.created_at, left, it.user_ids)
        }
        Entry { conversation_name_update: Some(it), .. } => {
            let renamed = SystemEvent::Renamed { title: it.name.clone(), by: None };
            (Some(it.initiating_user_id), it.created_at, renamed, vec![it.name])
        }
        Entry { .. } => return Ok(Vec::new()),
    };
    let Some(who) = who.or_else(|| name.first().cloned()) else { return Ok(Vec::new()) };
    let author = person(&who)?;
    let digest = digest(&format!("{place}\0{at}\0{who}\0{}", name.join("\0")));
    let id = remote(format!("event/{digest}"))?;
    let action = Action::Say(Said::new(Content::telling(salt(&id)?, &what)));
    Ok(vec![one(&place, (id, author), &at, action)?])
}

fn actors(ids: &[String]) -> Result<Vec<Actor>, &'static str> {
    ids.iter().map(|id| Ok(Actor { identity: person(id)?, name: None })).collect()
}

fn salt(id: &RemoteId) -> Result<Salt, &'static str> {
    let network = Network::parse(NETWORK).map_err(|_| "the network has no name")?;
    Ok(Salt::of(Origin::of(&network, id)))
}

fn one(
    place: &RemoteConversation,
    (id, author): (RemoteId, Identity),
    at: &str,
    action: Action,
) -> Result<Past, &'static str> {
    let sent_at = instant(at).ok_or("`createdAt` is no time of RFC 3339")?;
    let event =
        Event { conversation: place.clone(), id, author, sent_at, action, is_history: true };
    // X itself can read the messages that are in its exports.
    Ok(Past { event, raw: Vec::new(), level: Level::Operator, profile: None })
}

fn said(place: &RemoteConversation, message: &Message) -> Result<Vec<Past>, &'static str> {
    let id = remote(message.id.as_str())?;
    let mut parts = Vec::new();
    let text = expanded(&message.text, &message.urls);
    if !text.is_empty() {
        parts.push(Part::text(&text));
    }
    for url in message.media_urls.iter().filter(|it| it.starts_with("https://")) {
        let part = ExternalPart { url: url.clone(), ..ExternalPart::default() };
        parts.push(Part::new(Disposition::Attachment, Body::External(Box::new(part))));
    }
    let author = person(&message.sender_id)?;
    let content = Content::of_parts(salt(&id)?, parts);
    let say = Action::Say(Said::new(content));
    let mut all = vec![one(place, (id.clone(), author), &message.created_at, say)?];
    for reaction in &message.reactions {
        let Some(emoji) = emoji(&reaction.reaction_key) else { continue };
        let name = format!("{}/{}/{}", message.id, reaction.sender_id, reaction.event_id);
        let whose = (remote(name)?, person(&reaction.sender_id)?);
        let react = Action::React { target: id.clone(), emoji: emoji.to_owned() };
        all.push(one(place, whose, &reaction.created_at, react)?);
    }
    Ok(all)
}

/// A text with the addresses that its short ones stand for.
pub(super) fn expanded(text: &str, urls: &[Address]) -> String {
    let known = urls.iter().filter(|it| !it.url.is_empty() && !it.expanded.is_empty());
    known.fold(text.to_owned(), |text, it| text.replace(&it.url, &it.expanded))
}

/// The emoji of a reaction's key; nothing for keys that nobody knows.
fn emoji(key: &str) -> Option<&str> {
    Some(match key {
        "like" => "❤️",
        "funny" => "😂",
        "surprised" => "😲",
        "sad" => "😢",
        "excited" => "🔥",
        "agree" => "👍",
        "disagree" => "👎",
        // Later exports name the emoji itself.
        emoji if !emoji.is_empty() && !emoji.is_ascii() && emoji.len() <= 32 => emoji,
        _ => return None,
    })
}
