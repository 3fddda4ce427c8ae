//! `tweets.js`: the owner's own posts.

use std::io::Read;

use serde::Deserialize;
use serde::de::DeserializeSeed as _;
use threadbridge_core::model::content::{Body, Content, Disposition, ExternalPart, Part, Salt};
use threadbridge_core::model::event::{Action, Event, Profile, Said};
use threadbridge_core::model::id::{Network, RemoteConversation};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::mark::Origin;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::pipeline::Past;

use super::super::stream::{Budget, Each};
use super::super::{Shown, Unreadable};
use super::messages::{Address, expanded};
use super::{NETWORK, Owner, person, remote};

#[derive(Debug, Deserialize)]
struct Entry {
    tweet: Post,
}

#[derive(Debug, Deserialize)]
struct Post {
    id_str: String,
    created_at: String,
    full_text: String,
    #[serde(default)]
    in_reply_to_status_id_str: Option<String>,
    #[serde(default)]
    entities: Entities,
    #[serde(default)]
    extended_entities: Option<Entities>,
}

#[derive(Debug, Default, Deserialize)]
struct Entities {
    #[serde(default)]
    urls: Vec<Address>,
    #[serde(default)]
    media: Vec<Media>,
}

#[derive(Debug, Deserialize)]
struct Media {
    #[serde(default)]
    media_url_https: String,
    #[serde(default)]
    url: String,
}

/// Shows all posts of a file.
pub(super) fn read<R: Read>(
    json: &mut serde_json::Deserializer<serde_json::de::IoRead<R>>,
    budget: &Budget,
    owner: &Owner,
    show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
) -> Result<(), Unreadable> {
    let mut number = 0_u64;
    let mut one = |entry: Entry| {
        number = number.saturating_add(1);
        let past = past(&entry.tweet, owner).map_err(|why| Unreadable::Thing(number, why))?;
        show(Shown::Past(Box::new(past)))
    };
    Ok(Each::new(&mut one, budget).deserialize(json)?)
}

fn past(post: &Post, owner: &Owner) -> Result<Past, &'static str> {
    let id = remote(post.id_str.as_str())?;
    let network = Network::parse(NETWORK).map_err(|_| "the network has no name")?;
    let salt = Salt::of(Origin::of(&network, &id));
    let text = unescaped(&expanded(&post.full_text, &post.entities.urls));
    let media = post.extended_entities.as_ref().unwrap_or(&post.entities);
    let text = media.media.iter().fold(text, |text, it| match it.url.as_str() {
        "" => text,
        url => text.replace(url, "").trim_end().to_owned(),
    });
    let mut parts = vec![Part::text(&text)];
    for it in media.media.iter().filter(|it| it.media_url_https.starts_with("https://")) {
        let url = it.media_url_https.clone();
        let part = ExternalPart { url, ..ExternalPart::default() };
        parts.push(Part::new(Disposition::Inline, Body::External(Box::new(part))));
    }
    let answered = post.in_reply_to_status_id_str.as_deref().filter(|it| !it.is_empty());
    let said = Said {
        reply_to: answered.map(remote).transpose()?,
        ..Said::new(Content::of_parts(salt, parts))
    };
    let place = RemoteConversation::parse(format!("posts/{}", owner.account_id));
    let event = Event {
        conversation: place.map_err(|_| "the account has no id")?,
        id,
        author: person(&owner.account_id)?,
        sent_at: written(&post.created_at).ok_or("`created_at` is no time of X")?,
        action: Action::Say(said),
        is_history: true,
    };
    let some = |text: &str| Some(text.to_owned()).filter(|it| !it.is_empty());
    let profile = Profile {
        display_name: some(&owner.account_display_name),
        handle: some(&owner.username),
        picture_url: None,
    };
    Ok(Past { event, raw: Vec::new(), level: Level::Public, profile: Some(profile) })
}

/// `Wed Oct 10 20:19:24 +0000 2018`.
fn written(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::strtime::parse("%a %b %d %H:%M:%S %z %Y", text).ok()?;
    Some(Timestamp::from_micros(at.to_timestamp().ok()?.as_microsecond()))
}

/// The three characters that posts have in the form of HTML.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
