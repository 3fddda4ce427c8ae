//! Believing what the API said, as far as that can be.
//!
//! Posts carry no signatures: that a post exists, who made it and what it says is the API's word.
//! What can be examined is whether that word fits itself: that the bytes are those that were heard,
//! that the post belongs to the conversation that was asked for, that names, times and sizes are
//! possible. An edit and a delete are states of the post itself, so nobody but the API can invent
//! them for somebody else's post.

use std::collections::BTreeSet;

use threadbridge_core::{
    adapter::{Envelope, Missing, Opened, Refusal},
    model::{
        id::{RemoteConversation, RemoteId},
        time::Timestamp,
    },
};

use crate::{
    carried::{Carried, News},
    draft::OpId,
    known::{Called, Deed, Known, Unreadable},
    moved::{How, Moved, Told, shown},
    name::{Place, TEXT_BYTES, is_post, presentable},
    own::Own,
    proven::{Owned, Proven},
    wire::{
        post::{Account, Post, PostName},
        time,
    },
};

/// The longest address of a version.
const URI_BYTES: usize = 512 * 1024;
/// The most people, attributes and media in one post.
const MOST: usize = 200;

/// One envelope being opened.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) own: Option<&'a Own>,
    pub(crate) known: Known<'a>,
    pub(crate) linked: &'a BTreeSet<RemoteConversation>,
}

enum Stop {
    Elsewhere,
    Refused(&'static str),
    Unreadable,
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl Opening<'_> {
    /// Examines an envelope.
    pub(crate) fn open(&self, envelope: &Envelope) -> Opened {
        match self.examine(envelope) {
            Ok(opened) => opened,
            Err(Stop::Elsewhere) => Opened::Elsewhere,
            Err(Stop::Refused(reason)) => Opened::Refused(Refusal::new(reason)),
            Err(Stop::Unreadable) => Opened::Missing(Missing {
                what: "store".to_owned(),
                reason: "what the account knows could not be read".to_owned(),
            }),
        }
    }

    fn examine(&self, envelope: &Envelope) -> Result<Opened, Stop> {
        if let Some(moved) = Moved::from_envelope(envelope) {
            return self.happened(moved);
        }
        let carried = Carried::from_envelope(envelope)
            .ok_or(Stop::Refused("it is not as it was when it was heard"))?;
        let conversation = RemoteConversation::parse(carried.conversation.clone())
            .map_err(|_id| Stop::Refused("the conversation has no name"))?;
        let place = Place::parse(&conversation)
            .ok_or(Stop::Refused("the conversation is none that lens has"))?;
        if !self.linked.contains(&conversation) {
            return Err(Stop::Elsewhere);
        }
        if !place.holds(carried.news.place()) {
            return Err(Stop::Refused("the post does not belong where it was found"));
        }
        is_possible(&carried).map_err(Stop::Refused)?;
        if let Some(own) = self.own_doing(&carried.news, &envelope.id)? {
            return Ok(own);
        }
        let answered = match &carried.news {
            News::Posted(post) | News::Edited(post) => post.comment_on.as_ref(),
            News::Deleted(_)
            | News::Reposted(_)
            | News::Unreposted(_)
            | News::Upvoted(_)
            | News::Withdrawn(_) => None,
        };
        let answers_the_root = answered.is_some_and(|it| place.is(it));
        // Whoever takes an upvote back is known by address only.
        let is_withdrawal = matches!(carried.news, News::Withdrawn(_));
        let has_new_profile = !is_withdrawal && self.learns(carried.news.author())?;
        let owned = self.learns_owner(carried.news.author())?;
        let proven = Proven { carried, answers_the_root, has_new_profile, owned };
        let plaintext = serde_json::to_vec(&proven);
        Ok(Opened::Plaintext(plaintext.map_err(|_json| Stop::Refused("it cannot be written"))?))
    }

    /// Examines what happened to a group.
    fn happened(&self, moved: Moved) -> Result<Opened, Stop> {
        let conversation = RemoteConversation::parse(moved.conversation.clone())
            .map_err(|_id| Stop::Refused("the conversation has no name"))?;
        let Some(Place::Group(_)) = Place::parse(&conversation) else {
            return Err(Stop::Refused("people come and go in groups only"));
        };
        if !self.linked.contains(&conversation)
            || self.own.is_some_and(|it| it.account == moved.who())
        {
            return Err(Stop::Elsewhere);
        }
        if let How::Came(who) = &moved.how {
            self.learns(who)?;
        }
        let name = self.known.called(moved.who())?.as_ref().and_then(shown);
        let plaintext = serde_json::to_vec(&Told { moved, name });
        Ok(Opened::Plaintext(plaintext.map_err(|_json| Stop::Refused("it cannot be written"))?))
    }

    /// What an envelope of our own making comes to; nothing for anybody else's, and for what the
    /// owner does with another app.
    fn own_doing(&self, news: &News, id: &RemoteId) -> Result<Option<Opened>, Stop> {
        if self.own.is_none_or(|own| own.account != news.author().address) {
            return Ok(None);
        }
        let about = news.place().name.id.as_str();
        let confirmed = Opened::Confirmed(id.clone());
        let (is_ours, opened) = match news {
            News::Posted(post) | News::Edited(post) => (self.said(post)?, confirmed),
            News::Deleted(_) => (self.known.did(Deed::Deleted, about)?, confirmed),
            News::Reposted(_) => (self.known.did(Deed::Reposted, about)?, confirmed),
            News::Unreposted(_) => (self.known.did(Deed::Unreposted, about)?, Opened::Elsewhere),
            News::Upvoted(_) => (self.known.did(Deed::Upvoted, about)?, Opened::Elsewhere),
            News::Withdrawn(_) => (self.known.did(Deed::Withdrew, about)?, Opened::Elsewhere),
        };
        Ok(is_ours.then_some(opened))
    }

    fn said(&self, post: &Post) -> Result<bool, Stop> {
        match post.metadata.id.as_deref().and_then(OpId::parse) {
            Some(op) => Ok(self.known.said(&op)?),
            None => Ok(false),
        }
    }

    /// Keeps whose somebody is, if that is told and new.
    fn learns_owner(&self, who: &Account) -> Result<Option<Owned>, Stop> {
        let Some(by) = who.owner.filter(|owner| *owner != who.address) else { return Ok(None) };
        let before = self.known.owner(who.address)?;
        if before == Some(by) {
            return Ok(None);
        }
        self.known.set_owner(who.address, by);
        Ok(Some(Owned { by, before }))
    }

    /// Keeps how somebody is called. Whether that is new.
    fn learns(&self, who: &Account) -> Result<bool, Stop> {
        let called = called(who);
        let is_new = self.known.called(who.address)?.as_ref() != Some(&called);
        if is_new {
            self.known.set_called(who.address, &called);
        }
        Ok(is_new)
    }
}

/// How somebody is called.
pub(crate) fn called(who: &Account) -> Called {
    let text =
        |text: &Option<String>| text.as_deref().map(presentable).filter(|text| !text.is_empty());
    let metadata = who.metadata.as_ref();
    let username = who.username.as_ref();
    let is_global = username.is_some_and(|it| it.value == format!("lens/{}", it.local_name));
    Called {
        mention: username.filter(|it| is_name(&it.local_name)).map(|it| {
            if is_global { it.value.clone() } else { format!("{}/{}", it.namespace, who.address) }
        }),
        handle: username.map(|it| presentable(if is_global { &it.local_name } else { &it.value })),
        display_name: metadata.and_then(|it| text(&it.name)),
        picture_url: metadata.and_then(|it| text(&it.picture)),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Whether such a thing can be on Lens at all.
fn is_possible(carried: &Carried) -> Result<(), &'static str> {
    let heard_at = Timestamp::from_micros(carried.heard_at);
    let is_sane = |at| time::is_sane(at, heard_at);
    if !carried.news.at().is_some_and(is_sane) {
        return Err("it was said at an impossible time");
    }
    let place = carried.news.place();
    if !is_named(&place.name) || !place.root.iter().all(is_named) {
        return Err("a post has an impossible name");
    }
    match &carried.news {
        News::Posted(post) | News::Edited(post) | News::Deleted(post) => post_is_possible(post),
        News::Reposted(repost) | News::Unreposted(repost) if !is_post(&repost.id) => {
            Err("a repost has an impossible name")
        }
        News::Reposted(_) | News::Unreposted(_) | News::Upvoted(_) | News::Withdrawn(_) => Ok(()),
    }
}

fn post_is_possible(post: &Post) -> Result<(), &'static str> {
    let referred = post.comment_on.iter().chain(&post.quote_of);
    if !referred.into_iter().all(is_named) {
        return Err("a post that is referred to has an impossible name");
    }
    if post.comment_on.as_ref().is_some_and(|it| it.id == post.place.name.id) {
        return Err("a post answers itself");
    }
    let metadata = &post.metadata;
    let texts = [&metadata.content, &metadata.title, &metadata.raw];
    if texts.into_iter().flatten().any(|text| text.len() > TEXT_BYTES)
        || post.content_uri.len() > URI_BYTES
    {
        return Err("a post is longer than any that is taken in");
    }
    let counts = [
        post.mentions.len(),
        metadata.attributes.len(),
        metadata.attachments.len(),
        metadata.links.len(),
    ];
    if counts.into_iter().any(|count| count > MOST) {
        return Err("a post holds more than any that is taken in");
    }
    Ok(())
}

fn is_named(name: &PostName) -> bool {
    is_post(&name.id)
}
