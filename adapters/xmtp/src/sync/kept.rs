//! What is kept of what installations want of each other, until it is done.

use minicbor::{Decode, Encode};
use threadbridge_core::store::Keys;

use crate::arrival::Blob;
use crate::mls::group::record::GroupId;
use crate::rows::{self, Unread};

/// What is to be published is at most so much at once; the rest waits.
const MAX_WAITING: usize = 16;

/// Something to be said among our own installations.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Errand {
    /// In which group; in the one that carries the traffic, if none is named.
    #[n(0)]
    pub(crate) group: Option<GroupId>,
    /// An `EncodedContent`.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(crate) content: Vec<u8>,
}

/// History that another installation asks for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct WishRow {
    #[n(0)]
    pub(crate) pin: String,
    #[n(1)]
    pub(crate) group: GroupId,
    /// `ArchiveOptions`.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) options: Vec<u8>,
}

/// History that another installation laid down for us.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub(crate) struct OfferRow {
    #[n(0)]
    pub(crate) pin: String,
    #[n(1)]
    pub(crate) url: String,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) key: Vec<u8>,
}

impl std::fmt::Debug for OfferRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfferRow").finish_non_exhaustive()
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Matters {
    /// The group that was made last, which carries the traffic.
    #[n(0)]
    pub(crate) group: Option<GroupId>,
    /// Sealed, to be published in this order: each a `Parcel`.
    #[n(1)]
    pub(crate) outbox: Vec<Blob>,
    /// The commit that was published and has not been read back.
    #[n(2)]
    pub(crate) published: Option<Blob>,
    #[n(3)]
    pub(crate) errands: Vec<Errand>,
    /// Whether history was asked for.
    #[n(4)]
    pub(crate) has_asked: bool,
    #[n(5)]
    pub(crate) wishes: Vec<WishRow>,
    #[n(6)]
    pub(crate) offers: Vec<OfferRow>,
    /// As far as which entry of the inbox's own log all linked groups follow it.
    #[n(7)]
    pub(crate) followed: u64,
}

const ROW: &[u8] = b"sync/matters";

impl Matters {
    pub(crate) fn load(keys: &Keys) -> Result<Self, Unread> {
        Ok(rows::get(keys, ROW)?.unwrap_or_default())
    }

    pub(crate) fn keep(&self, keys: &Keys) {
        rows::put(keys, ROW, self);
    }

    /// Whether anything has to be done by those who see the network.
    pub(crate) fn has_news(&self) -> bool {
        !(self.outbox.is_empty() && self.wishes.is_empty() && self.offers.is_empty())
    }

    /// Lays a commit down to be published. That happens once; it counts when it is read back.
    pub(crate) fn publish_first(&mut self, commit: Blob) {
        if self.published.as_ref() != Some(&commit) {
            self.outbox.push(commit);
        }
    }

    /// Adds an errand, unless too many wait.
    pub(crate) fn want(&mut self, errand: Errand) {
        if self.errands.len() < MAX_WAITING {
            self.errands.push(errand);
        }
    }

    /// Adds a wish; a later one of the same name stands in its place.
    pub(crate) fn wish(&mut self, wish: WishRow) {
        self.wishes.retain(|it| it.pin != wish.pin);
        if self.wishes.len() < MAX_WAITING {
            self.wishes.push(wish);
        }
    }

    /// Adds an offer, of which each that opens is enough.
    pub(crate) fn offer(&mut self, offer: OfferRow) {
        if self.offers.len() < MAX_WAITING && !self.offers.contains(&offer) {
            self.offers.push(offer);
        }
    }
}
