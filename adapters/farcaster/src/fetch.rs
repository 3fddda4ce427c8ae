//! Asking the network for what `open` lacks: who may sign for somebody and how they are called, or
//! the root of a thread.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use thiserror::Error;
use threadbridge_core::{
    adapter::{Envelope, Missing},
    model::id::{InvalidId, RemoteId},
};

use crate::{
    carried::{Cargo, SignerKeyOf, SignersOf},
    name::Name,
    node::{
        Node,
        failure::NodeError,
        pool::Pool,
        query::{Listing, SignerRecord},
    },
    shard::cursor::first_event_id,
    wire::{
        SignedMessage, custody, hash::MessageHash, limits, proto::hub_event, verify::PublicKey,
    },
};

/// Profile fields of one fid that are read at most.
const PROFILE_FIELDS: u32 = 100;

/// How far back, and through how much, a root is searched by its hash alone.
const SEARCHED_BLOCKS: u64 = 20_000;
const SEARCHED_PAGES: usize = 100;
const SEARCHED_PAGE: u32 = 1000;

/// Why a second is waited for.
pub(crate) const NO_SECOND: &str = "more than a cast a second is said, or the clock of this machine \
                                    went back; nodes take nothing from further ahead";

/// Something that is needed first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// Whether a key is one of an author's, and how the author is called.
    Author { fid: u64, key: PublicKey },
    /// How people are called.
    People(BTreeSet<u64>),
    /// A cast.
    Cast(Name),
    /// A cast whose author is not known.
    Root(MessageHash),
    /// A second that nothing was signed for.
    Second,
}

impl Want {
    /// The bridge's form.
    pub(crate) fn to_missing(&self) -> Missing {
        let (what, reason) = match self {
            Self::Author { fid, key } => {
                (format!("author/{fid}/{key:?}"), "the keys of its author are not known yet")
            }
            Self::People(fids) => {
                let fids: Vec<_> = fids.iter().map(u64::to_string).collect();
                (format!("people/{}", fids.join(",")), "people it mentions are not known yet")
            }
            Self::Cast(name) => (
                format!("cast/{}:{}", name.fid, name.hash),
                "the root of its thread is not known yet",
            ),
            Self::Second => ("second".to_owned(), NO_SECOND),
            Self::Root(hash) => (
                format!("root/{hash}"),
                "the author of the thread's root is not known yet; where the root is older than a \
                 few hours, name its author: `thread/FID:0xHASH`",
            ),
        };
        Missing { what, reason: reason.to_owned() }
    }

    fn parse(what: &str) -> Option<Self> {
        if what == "second" {
            return Some(Self::Second);
        }
        let (kind, rest) = what.split_once('/')?;
        match kind {
            "author" => {
                let (fid, key) = rest.split_once('/')?;
                let key = PublicKey::from_slice(&hex::decode(key).ok()?)?;
                Some(Self::Author { fid: fid.parse().ok()?, key })
            }
            "people" => {
                let fids = rest.split(',').take(limits::MENTIONS).map(str::parse);
                fids.collect::<Result<_, _>>().ok().map(Self::People)
            }
            "cast" => Name::parse(rest).map(Self::Cast),
            "root" => MessageHash::parse(rest).map(Self::Root),
            _ => None,
        }
    }
}

/// Why nothing was fetched.
#[derive(Debug, Error)]
pub(crate) enum FetchError {
    /// No node could say.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The system gave no randomness.
    #[error("no randomness")]
    Random(#[from] getrandom::Error),
    /// The root of a thread whose author is not named is too old to be found.
    #[error(
        "a thread's root is not among the last {SEARCHED_BLOCKS} blocks; name its author in the \
         leg: `thread/FID:0xHASH`"
    )]
    NoRoot,
    /// A fetched thing cannot be named.
    #[error("fetched something without a name")]
    Id(#[from] InvalidId),
}

/// Gets what is missing. What is no longer wanted by any form of ours gives nothing.
pub(crate) async fn fetch(pool: &Pool, missing: &Missing) -> Result<Vec<Envelope>, FetchError> {
    match Want::parse(&missing.what) {
        Some(Want::Author { fid, key }) => person(pool, fid, Some(key)).await,
        Some(Want::People(fids)) => {
            let mut envelopes = Vec::new();
            for fid in fids {
                envelopes.extend(person(pool, fid, None).await?);
            }
            Ok(envelopes)
        }
        Some(Want::Cast(name)) => cast(pool, name).await,
        Some(Want::Second) => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Ok(vec![Cargo::Later(1).into_envelope(unique("second")?)])
        }
        Some(Want::Root(hash)) => match pool.ask(|node| search(node, hash)).await? {
            Some(root) => Ok(vec![Cargo::History(root).into_envelope(unique("root")?)]),
            None => Err(FetchError::NoRoot),
        },
        None => Ok(Vec::new()),
    }
}

/// Keys first, because the profile is proven by them; the end of the profile last, because whoever
/// waits for the name must not go on before it is there.
pub(crate) async fn person(
    pool: &Pool,
    fid: u64,
    asked: Option<PublicKey>,
) -> Result<Vec<Envelope>, FetchError> {
    let mut records = pool.ask(|node| async move { node.signers(fid).await }).await?;
    let profile = match pool.ask(|node| profile(node, fid)).await {
        Ok(profile) => profile,
        Err(NodeError::NotFound | NodeError::Refused { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let addresses = match pool.ask(|node| addresses(node, fid)).await {
        Ok(addresses) => addresses,
        Err(NodeError::NotFound | NodeError::Refused { .. } | NodeError::Unsupported) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let registered = match pool.ask(|node| async move { node.registrations(fid).await }).await {
        Ok(events) => custody::latest(fid, events),
        Err(NodeError::NotFound | NodeError::Refused { .. } | NodeError::Unsupported) => None,
        Err(error) => return Err(error.into()),
    };
    let shown: Vec<_> = profile.into_iter().chain(addresses).collect();
    let mut wanted: BTreeSet<_> =
        shown.iter().filter_map(|message| PublicKey::from_slice(&message.signer)).collect();
    wanted.extend(asked);
    if !wanted.iter().all(|key| records.iter().any(|record| record.key == *key)) {
        records.extend(former_signers(pool, fid).await?);
    }
    let signers = SignersOf {
        fid,
        keys: records.iter().map(SignerRecord::to_kept).collect(),
        asked: wanted.iter().map(|key| key.as_bytes().to_vec()).collect(),
        epoch: 0,
    };
    let mut envelopes = vec![Cargo::Signers(signers).into_envelope(unique("signers")?)];
    if let Some(event) = registered {
        envelopes.push(Cargo::Custody(event).into_envelope(unique("custody")?));
    }
    for message in shown {
        if let Some(envelope) = listed(message)? {
            envelopes.push(envelope);
        }
    }
    envelopes.push(Cargo::ProfileRead(fid).into_envelope(unique("profile")?));
    Ok(envelopes)
}

async fn profile(node: Arc<dyn Node>, fid: u64) -> Result<Vec<SignedMessage>, NodeError> {
    let page = node.list(&Listing::Profile(fid), PROFILE_FIELDS, None).await?;
    Ok(page.messages)
}

async fn addresses(node: Arc<dyn Node>, fid: u64) -> Result<Vec<SignedMessage>, NodeError> {
    let page = node.list(&Listing::Addresses(fid), PROFILE_FIELDS, None).await?;
    Ok(page.messages)
}

/// Keys that the fid has removed: they were good until then.
async fn former_signers(pool: &Pool, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
    match pool.ask(|node| async move { node.former_signers(fid).await }).await {
        Err(NodeError::Unsupported | NodeError::NotFound) => Ok(Vec::new()),
        answer => answer,
    }
}

async fn cast(pool: &Pool, name: Name) -> Result<Vec<Envelope>, FetchError> {
    let id = name.cast_id();
    let asked = &id;
    match pool.ask(|node| async move { node.cast(asked).await }).await {
        // It was said before anybody listened: where it belongs is learnt.
        Ok(message) => Ok(vec![Cargo::History(message).into_envelope(unique("root")?)]),
        Err(NodeError::NotFound) => Ok(vec![Cargo::Absent(id).into_envelope(unique("absent")?)]),
        Err(error) => Err(error.into()),
    }
}

/// Looks for a cast by its hash alone. No node has an index of that, so what it keeps of recent
/// events is read through, the latest last; older roots need their author's fid.
async fn search(
    node: Arc<dyn Node>,
    hash: MessageHash,
) -> Result<Option<SignedMessage>, NodeError> {
    for shard in node.status().await?.shards.iter().filter(|shard| shard.shard > 0) {
        let mut from = first_event_id(shard.max_height.saturating_sub(SEARCHED_BLOCKS));
        for _page in 0..SEARCHED_PAGES {
            let events = node.events(shard.shard, from, SEARCHED_PAGE).await?;
            let Some(last) = events.last().map(|event| event.id) else { break };
            from = last.saturating_add(1);
            let found = events.into_iter().find_map(|event| match event.body {
                Some(hub_event::Body::MergeMessageBody(body)) => {
                    body.message.filter(|message| message.hash == hash.as_bytes())
                }
                Some(_) | None => None,
            });
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

/// A message outside of the event stream, under the same id that its event has.
pub(crate) fn listed(message: SignedMessage) -> Result<Option<Envelope>, InvalidId> {
    match message.claimed_name() {
        Some(name) => Ok(Some(Cargo::Listed(message).into_envelope(name.remote_id()?))),
        None => Ok(None),
    }
}

/// An id for something that is learnt and not said: never the same twice.
pub(crate) fn unique(kind: &str) -> Result<RemoteId, FetchError> {
    let mut random = [0_u8; 12];
    getrandom::fill(&mut random)?;
    Ok(RemoteId::parse(format!("{kind}/{}", hex::encode(random)))?)
}

impl SignerRecord {
    fn to_kept(&self) -> SignerKeyOf {
        SignerKeyOf {
            key: self.key.as_bytes().to_vec(),
            scopes: self.scopes.clone(),
            removed_at_s: self.removed_at_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_read_what_they_print() {
        let hash = MessageHash::of(b"x");
        let wants = [
            Want::Author { fid: 7, key: PublicKey::from_bytes([3; 32]) },
            Want::People(BTreeSet::from([1, 22])),
            Want::Cast(Name { fid: 9, hash }),
            Want::Root(hash),
            Want::Second,
        ];
        for want in wants {
            assert_eq!(Want::parse(&want.to_missing().what), Some(want));
        }
        assert_eq!(Want::parse("store"), None);
        assert_eq!(Want::parse("people/x"), None);
    }
}
