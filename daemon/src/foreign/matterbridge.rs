//! Logs of matterbridge: messages as its API tells them (`/api/messages`, `/api/stream`), in one array
//! or one after another.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;
use serde::de::DeserializeSeed as _;
use serde_json::Value;
use threadbridge_core::model::content::{Body, Content, Disposition, ExternalPart, Part, Salt};
use threadbridge_core::model::event::{Action, Event, Profile, Said};
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation, RemoteId};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::mark::Origin;
use threadbridge_core::pipeline::Past;

use super::stream::{Bounded, Budget, Each};
use super::{Shown, Unreadable, instant};

/// The network under which its people are kept, whatever they used: a log proves nobody.
pub(super) const NETWORK: &str = "matterbridge";
/// What stands for the message that is answered where matterbridge did not find it.
const NO_PARENT: &str = "msg-parent-not-found";
const MAX_FILES: usize = 16;

/// A message as matterbridge's API tells it. What is not here is passed over.
#[derive(Debug, Deserialize)]
struct Message {
    text: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    userid: String,
    #[serde(default)]
    avatar: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    event: String,
    #[serde(default)]
    gateway: String,
    #[serde(default)]
    parent_id: String,
    timestamp: String,
    #[serde(default)]
    id: String,
    #[serde(default, rename = "Extra")]
    extra: Option<BTreeMap<String, Option<Vec<Value>>>>,
}

/// Shows each message of a log.
pub(super) fn read(
    mut from: impl Read,
    show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let budget = Budget::new();
    let begins = first(&mut from)?;
    let mut number = 0_u64;
    let mut one = |message: Message| {
        number = number.saturating_add(1);
        let past = past(&message).map_err(|why| Unreadable::Thing(number, why))?;
        show(past.map_or(Shown::Passed, |it| Shown::Past(Box::new(it))))
    };
    let from = Bounded::new(begins.as_slice().chain(from), budget.clone());
    if begins == b"[" {
        let mut json = serde_json::Deserializer::from_reader(from);
        Each::new(&mut one, &budget).deserialize(&mut json)?;
        return Ok(json.end()?);
    }
    for message in serde_json::Deserializer::from_reader(from).into_iter::<Message>() {
        one(message?)?;
        budget.renew();
    }
    Ok(())
}

/// The first byte that is no space.
fn first(from: &mut impl Read) -> Result<Vec<u8>, Unreadable> {
    let mut byte = [0];
    loop {
        if from.read(&mut byte)? == 0 {
            return Ok(Vec::new());
        }
        if !byte.iter().all(u8::is_ascii_whitespace) {
            return Ok(byte.to_vec());
        }
    }
}

/// What a message says; nothing if it is no message.
fn past(message: &Message) -> Result<Option<Past>, &'static str> {
    let is_act = message.event == "user_action";
    let is_delete = message.event == "msg_delete";
    if !(message.event.is_empty() || is_act || is_delete) {
        return Ok(None);
    }
    let sent_at = instant(&message.timestamp).ok_or("`timestamp` is no time of RFC 3339")?;
    let place = if message.gateway.is_empty() {
        format!("channel/{}/{}", message.account, message.channel)
    } else {
        format!("gateway/{}", message.gateway)
    };
    let conversation = RemoteConversation::parse(place);
    let conversation = conversation.map_err(|_| "`gateway` or `channel` is no name")?;
    let whose = if message.userid.is_empty() { &message.username } else { &message.userid };
    let author = RemoteAuthor::parse(format!("{}/{whose}", message.account));
    let author = author.map_err(|_| "`account` and `userid` name nobody")?;
    let network = Network::parse(NETWORK).map_err(|_| "the network has no name")?;
    let of = |id: &str| RemoteId::parse(format!("{}/{id}", message.account));
    let author = Identity { network: network.clone(), author };
    let id = if is_delete {
        of(&format!("{}/deleted", message.id))
    } else if message.id.is_empty() {
        // What has no id is known by all that it says.
        of(&digest(message))
    } else {
        of(&message.id)
    };
    let id = id.map_err(|_| "`id` is no id")?;
    let action = if is_delete {
        Action::Delete { target: of(&message.id).map_err(|_| "`id` is no id")? }
    } else {
        let parent = Some(&message.parent_id).filter(|it| !it.is_empty() && *it != NO_PARENT);
        let reply_to = parent.map(|it| of(it).map_err(|_| "`parent_id` is no id")).transpose()?;
        let salt = Salt::of(Origin::of(&network, &id));
        let Some(content) = content(message, salt, is_act) else { return Ok(None) };
        Action::Say(Said { reply_to, ..Said::new(content) })
    };
    let event = Event { conversation, id, author, sent_at, action, is_history: true };
    let some = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
    let display_name = some(&message.username);
    let profile = Profile { display_name, picture_url: some(&message.avatar), handle: None };
    Ok(Some(Past { event, raw: Vec::new(), level: Level::Operator, profile: Some(profile) }))
}

fn digest(message: &Message) -> String {
    let said = format!(
        "{}\0{}\0{}\0{}\0{}",
        message.channel, message.userid, message.username, message.timestamp, message.text
    );
    super::digest(&said)
}

/// The words, and the files that lie somewhere; nothing if there is neither.
fn content(message: &Message, salt: Salt, is_act: bool) -> Option<Content> {
    let mut parts = Vec::new();
    match message.text.as_str() {
        "" => {}
        text if is_act => parts.push(Part::text(&format!("* {text}"))),
        text => parts.push(Part::text(text)),
    }
    let files = message.extra.as_ref().and_then(|it| it.get("file")).and_then(Option::as_ref);
    for file in files.into_iter().flatten().take(MAX_FILES) {
        let text = |field: &str| file.get(field).and_then(Value::as_str).unwrap_or_default();
        if text("URL").starts_with("https://") || text("URL").starts_with("http://") {
            parts.push(Part::new(
                Disposition::Attachment,
                Body::External(Box::new(ExternalPart {
                    url: text("URL").to_owned(),
                    filename: text("Name").to_owned(),
                    description: text("Comment").to_owned(),
                    ..ExternalPart::default()
                })),
            ));
        }
    }
    (!parts.is_empty()).then(|| Content::of_parts(salt, parts))
}
