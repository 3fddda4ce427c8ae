//! Listing what a conversation holds, where events cannot tell: before it was linked, and after a
//! loss that no node can make good.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use prost::Message as _;

use crate::{
    name::{Name, Place},
    node::{Node, failure::NodeError, pool::Pool, query::Listing},
    shard::paging::{Next, Walk},
    wire::{
        SignedMessage,
        proto::{MessageData, cast_add_body::Parent, message_data::Body},
    },
};

/// The most messages that are listed of one conversation.
pub(crate) const MOST: usize = 10_000;
/// Messages a page. Small, because a channel's listing may be cut within a page.
const PAGE: u32 = 100;

/// Whether reactions are listed, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Casts only.
    Casts,
    /// Casts and the reactions to them.
    Everything,
}

/// What a conversation holds, parents before what answers them as far as timestamps tell. `own` is
/// the account's fid.
pub(crate) async fn collect(
    pool: &Pool,
    place: &Place,
    own: Option<u64>,
    depth: Depth,
) -> Result<Vec<SignedMessage>, NodeError> {
    let mut found = Found::default();
    match place {
        Place::Thread { fid: Some(fid), hash } => {
            let root = Name { fid: *fid, hash: *hash };
            let id = root.cast_id();
            let id = &id;
            match pool.ask(|node| async move { node.cast(id).await }).await {
                Ok(message) => found.add(message),
                // A root that is gone may still have answers.
                Err(NodeError::NotFound) => found.below.push_back(root),
                Err(error) => return Err(error),
            }
        }
        // Without its author the root cannot be asked for; the first answer heard tells.
        Place::Thread { fid: None, .. } | Place::Direct(_) => {}
        Place::Channel { url } => list_channel(pool, url, &mut found).await?,
        Place::Mentions => {
            if let Some(own) = own {
                found.add_all(list(pool, &Listing::Mentions(own)).await?);
            }
        }
        Place::Author(fid) => {
            let casts = list(pool, &Listing::CastsBy(*fid)).await?;
            found.add_all(casts.into_iter().filter(|cast| parent(cast).is_none()));
        }
    }
    list_below(pool, depth, &mut found).await?;
    Ok(found.sorted())
}

/// The removals of casts that were known once and are no longer listed: only with one did its author
/// take a cast back; without one the network let go of it. The casts are given as pairs.
pub(crate) async fn removals(
    pool: &Pool,
    gone: &BTreeSet<Name>,
) -> Result<Vec<SignedMessage>, NodeError> {
    let hashes: BTreeSet<&[u8]> = gone.iter().map(|name| name.hash.as_bytes().as_slice()).collect();
    let authors: BTreeSet<_> = gone.iter().map(|name| name.fid).collect();
    let mut removals = Vec::new();
    for fid in authors {
        let all = match list(pool, &Listing::CastsAndRemovals(fid)).await {
            Err(NodeError::Unsupported) => {
                tracing::warn!("no node lists removals; what was taken back meanwhile may stay");
                break;
            }
            all => all?,
        };
        removals.extend(all.into_iter().filter(|message| {
            let body = decoded(message).and_then(|data| data.body);
            matches!(&body, Some(Body::CastRemoveBody(it)) if hashes.contains(&it.target_hash[..]))
        }));
    }
    Ok(removals)
}

/// A channel's listing may leave casts out silently, so those whom it names are asked themselves.
async fn list_channel(pool: &Pool, url: &str, found: &mut Found) -> Result<(), NodeError> {
    let hint = list(pool, &Listing::Under(url.to_owned())).await?;
    let here = |message: &SignedMessage| matches!(parent(message), Some(Parent::ParentUrl(parent)) if parent == url);
    let hint: Vec<_> = hint.into_iter().filter(here).collect();
    let authors: BTreeSet<_> =
        hint.iter().filter_map(SignedMessage::claimed_name).map(|name| name.fid).collect();
    found.add_all(hint);
    for fid in authors {
        if found.is_full() {
            break;
        }
        found.add_all(list(pool, &Listing::CastsBy(fid)).await?.into_iter().filter(here));
    }
    Ok(())
}

/// Everything that answers what was found, level by level.
async fn list_below(pool: &Pool, depth: Depth, found: &mut Found) -> Result<(), NodeError> {
    while let Some(name) = found.below.pop_front() {
        if found.is_full() {
            tracing::warn!("a conversation holds more than is listed; the rest is left out");
            break;
        }
        found.add_all(list(pool, &Listing::Replies(name.cast_id())).await?);
        if depth == Depth::Everything {
            found.add_all(list(pool, &Listing::Reactions(name.cast_id())).await?);
        }
    }
    Ok(())
}

/// All pages of a listing.
async fn list(pool: &Pool, listing: &Listing) -> Result<Vec<SignedMessage>, NodeError> {
    let answer = pool.ask(|node| walk(node, listing)).await;
    match answer {
        Err(NodeError::NotFound) => Ok(Vec::new()),
        answer => answer,
    }
}

async fn walk(node: Arc<dyn Node>, listing: &Listing) -> Result<Vec<SignedMessage>, NodeError> {
    let mut walk = Walk::new(MOST);
    let mut messages = Vec::new();
    let mut token = None;
    loop {
        let page = node.list(listing, PAGE, token).await?;
        let (fresh, next) = walk.take(page);
        messages.extend(fresh);
        match next {
            Next::Page(next) => token = Some(next),
            Next::End | Next::Cut => return Ok(messages),
        }
    }
}

/// What was found, each message once.
#[derive(Debug, Default)]
struct Found {
    names: BTreeSet<Name>,
    messages: Vec<(u32, SignedMessage)>,
    /// Casts whose answers are still to be listed.
    below: VecDeque<Name>,
}

impl Found {
    fn add(&mut self, message: SignedMessage) {
        let Some(name) = message.claimed_name() else { return };
        let Some(data) = decoded(&message) else { return };
        if self.is_full() || !self.names.insert(name) {
            return;
        }
        if matches!(data.body, Some(Body::CastAddBody(_))) {
            self.below.push_back(name);
        }
        self.messages.push((data.timestamp, message));
    }

    fn add_all(&mut self, messages: impl IntoIterator<Item = SignedMessage>) {
        for message in messages {
            self.add(message);
        }
    }

    fn is_full(&self) -> bool {
        self.messages.len() >= MOST
    }

    fn sorted(mut self) -> Vec<SignedMessage> {
        self.messages.sort_by(|(at, a), (bt, b)| (at, &a.hash).cmp(&(bt, &b.hash)));
        self.messages.into_iter().map(|(_, message)| message).collect()
    }
}

fn decoded(message: &SignedMessage) -> Option<MessageData> {
    MessageData::decode(message.signed_bytes()?).ok()
}

fn parent(message: &SignedMessage) -> Option<Parent> {
    match decoded(message)?.body {
        Some(Body::CastAddBody(cast)) => cast.parent,
        Some(_) | None => None,
    }
}
