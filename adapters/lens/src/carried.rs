//! What an envelope of this network carries: something that the API said, as it said it.

use serde::{Deserialize, Serialize};
use threadbridge_core::{
    adapter::Envelope,
    model::{id::InvalidId, id::RemoteId, time::Timestamp},
};

use crate::{
    form::Form,
    name::{delete_id, edit_id, post_id, upvote_id, withdrawal_id},
    wire::{
        post::{Account, Post, PostPlace, Repost},
        time,
    },
};

/// The largest envelope: metadata of an article with all that it may hold.
const MAX_BYTES: usize = 1024 * 1024;
const FORM: Form = Form { domain: "threadbridge 2026 lens envelope", most: MAX_BYTES };

/// An envelope's inside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Carried {
    /// The conversation that was read.
    pub(crate) conversation: String,
    /// Where it lay in time: microseconds since the Unix epoch, by the bridge's clock.
    pub(crate) heard_at: i64,
    /// Where what lies on Grove can be opened.
    pub(crate) gateway: String,
    pub(crate) news: News,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum News {
    /// A post is there.
    Posted(Box<Post>),
    /// A post reads differently.
    Edited(Box<Post>),
    /// A post was taken back.
    Deleted(Box<Post>),
    /// A post is shown again by somebody.
    Reposted(Box<Repost>),
    /// It is no longer.
    Unreposted(Box<Repost>),
    /// Somebody gave an upvote.
    Upvoted(Upvoted),
    /// Somebody took an upvote back.
    Withdrawn(Upvoted),
}

/// An upvote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Upvoted {
    pub(crate) post: PostPlace,
    pub(crate) by: Account,
    pub(crate) at: String,
}

impl News {
    /// Its name; nothing if it has none that can be used.
    pub(crate) fn id(&self) -> Option<RemoteId> {
        self.named().ok().flatten()
    }

    fn named(&self) -> Result<Option<RemoteId>, InvalidId> {
        Ok(Some(match self {
            Self::Posted(post) => post_id(&post.place.name.id)?,
            Self::Edited(post) => edit_id(&post.place.name.id, &post.content_uri)?,
            Self::Deleted(post) => delete_id(&post.place.name.id)?,
            Self::Reposted(repost) => post_id(&repost.id)?,
            Self::Unreposted(repost) => delete_id(&repost.id)?,
            Self::Upvoted(upvoted) => {
                let Some(at) = time::parse(&upvoted.at) else { return Ok(None) };
                upvote_id(&upvoted.post.name.id, upvoted.by.address, at)?
            }
            Self::Withdrawn(upvoted) => {
                let Some(at) = time::parse(&upvoted.at) else { return Ok(None) };
                withdrawal_id(&upvoted.post.name.id, upvoted.by.address, at)?
            }
        }))
    }

    /// The post that it is about.
    pub(crate) fn place(&self) -> &PostPlace {
        match self {
            Self::Posted(post) | Self::Edited(post) | Self::Deleted(post) => &post.place,
            Self::Reposted(repost) | Self::Unreposted(repost) => &repost.repost_of,
            Self::Upvoted(upvoted) | Self::Withdrawn(upvoted) => &upvoted.post,
        }
    }

    /// Who did it.
    pub(crate) fn author(&self) -> &Account {
        match self {
            Self::Posted(post) | Self::Edited(post) | Self::Deleted(post) => &post.author,
            Self::Reposted(repost) | Self::Unreposted(repost) => &repost.author,
            Self::Upvoted(upvoted) | Self::Withdrawn(upvoted) => &upvoted.by,
        }
    }

    /// When, as far as the network says.
    pub(crate) fn at(&self) -> Option<Timestamp> {
        time::parse(match self {
            Self::Posted(post) | Self::Edited(post) | Self::Deleted(post) => &post.timestamp,
            Self::Reposted(repost) | Self::Unreposted(repost) => &repost.timestamp,
            Self::Upvoted(upvoted) | Self::Withdrawn(upvoted) => &upvoted.at,
        })
    }
}

impl Carried {
    /// Puts it into an envelope; nothing if it has no usable name or is too large.
    pub(crate) fn into_envelope(self) -> Option<Envelope> {
        FORM.put(self.news.id()?, &self)
    }

    /// Takes it out of one; nothing if it is not what was put in.
    pub(crate) fn from_envelope(envelope: &Envelope) -> Option<Self> {
        let carried: Self = FORM.take(envelope)?;
        (carried.news.id().as_ref() == Some(&envelope.id)).then_some(carried)
    }
}
