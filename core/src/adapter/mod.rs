//! What a network must do for the bridge: the contract that every adapter keeps, and that
//! `tests/kit` checks of every adapter.
//!
//! Six verbs, in the order of a message's journey: [`listen`](Adapter::listen) →
//! [`open`](Adapter::open) → [`parse`](Adapter::parse) on the way in,
//! [`render`](Adapter::render) → [`seal`](Adapter::seal) → [`send`](Adapter::send) on the way out.
//! The outer pair talks to the network and is asynchronous. The four between see neither network nor
//! clock: `open` and `seal` see their account's [`Keys`], `parse` and `render` see nothing. What
//! those four lack, they name ([`Missing`]), and [`fetch`](Adapter::fetch) gets it.
//!
//! All of it is values and bytes, so that an adapter can also live in another process.

mod envelope;
mod inbound;
mod outbound;
mod outlet;
mod reach;
mod recheck;
mod verdict;

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;

pub use self::envelope::{Malformed, Opened, Parsed, Refusal};
pub use self::inbound::{Batch, Closed, Inbound, Opinion, Outcome, Told};
pub(crate) use self::inbound::{Handover, Ledger, Opinions, Recall};
pub use self::outbound::{Receipt, Sealing, SendRequest, Unrenderable};
pub use self::outlet::{HandedOver, Outlet};
pub use self::reach::{Fact, Reached, Sought};
pub use self::recheck::{Recheck, Rechecked};
pub use self::verdict::{AdapterError, Verdict};

pub use crate::model::envelope::{Cursor, Envelope, Missing, Sealed};
pub use crate::model::health::Health;

use crate::model::capabilities::{Capabilities, Rate};
use crate::model::group::{Member, Regroup};
use crate::model::id::{Identity, Network, RemoteConversation};
use crate::model::outgoing::Outgoing;
use crate::model::proof::Proof;
use crate::model::time::Timestamp;
use crate::store::Keys;

/// One account of the owner on one network.
///
/// Any future that a method returns may be dropped at any await: nothing may be lost by it but time.
#[async_trait]
pub trait Adapter: fmt::Debug + Send + Sync + 'static {
    /// The network.
    fn network(&self) -> &Network;

    /// Who the account is on its network; nothing for an account that can only read.
    fn identity(&self) -> Option<&Identity>;

    /// What `conversation` can express there, its limits, and who can read it.
    fn capabilities(&self, conversation: &RemoteConversation) -> &Capabilities;

    /// With whom `conversation` is direct, as far as its name tells; nothing for all others. What
    /// somebody says there whom the owner does not know waits until the owner accepts them.
    fn peer(&self, conversation: &RemoteConversation) -> Option<Identity> {
        let _not_direct = conversation;
        None
    }

    /// The direct conversation with somebody of this network; nothing if there can be none.
    fn direct(&self, with: &Identity) -> Option<RemoteConversation> {
        let _unreachable = with;
        None
    }

    /// What all direct conversations are called together that nobody has named yet: where `[direct]`
    /// names the account, it is among those that are listened to, and who begins one is heard. Nothing
    /// where nobody can be heard before they are named.
    fn strangers(&self) -> Option<RemoteConversation> {
        None
    }

    /// Looks up on the network whom a text names there (an address, an id), and whether they can be
    /// written to. Asked by the owner's hand, before anything is kept.
    async fn look_up(&self, who: &str) -> Result<Sought, AdapterError> {
        let _nobody = who;
        Ok(Sought::Unable)
    }

    /// Looks whether a proof still holds in which somebody of this network is the one; by whatever the
    /// network shows now. A failure says nothing about the proof: it is asked again.
    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        let _untold = proof;
        Ok(Rechecked::Unable)
    }

    /// What a group that is to be made will be called there, a name of its own each time; nothing
    /// where the account can make none.
    fn fresh_group(&self) -> Option<RemoteConversation> {
        None
    }

    /// Who is in a group, as far as the account's keys tell; nothing if it is no group that the
    /// account is in.
    fn members(&self, keys: &Keys, conversation: &RemoteConversation) -> Option<Vec<Member>> {
        let _unknown = (keys, conversation);
        None
    }

    /// How the account stands, for people: what its keys and its connection tell.
    fn facts(&self, keys: &Keys) -> Vec<Fact> {
        let _none = keys;
        Vec::new()
    }

    /// How many envelopes the account may send, whatever the conversation; all of them hold.
    fn send_rates(&self) -> &[Rate] {
        &[]
    }

    /// How many envelopes of a conversation the network takes in one call, where that is more than
    /// the bridge hands over otherwise.
    fn send_at_once(&self) -> usize {
        0
    }

    /// Hands every new envelope to `inbound`, in the network's order, until the connection fails.
    /// It is called again after an error, by the error's verdict.
    ///
    /// A batch that `inbound` accepted is durable, with its cursors; only then may the network be
    /// told «received». A cursor may not pass an envelope that was not handed over.
    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError>;

    /// Gets what `open` or `seal` lacks. The envelopes go through `open` like all others. Without
    /// any it is asked for again, after longer and longer. `Verdict::Reseal` says that nobody lacks
    /// it any more under that name: then it is asked for when somebody does.
    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError>;

    /// Decrypts, on a public network verifies. What it writes to `keys` is kept together with the
    /// whole batch, or not at all. `linked` are the conversations that the owner's links name.
    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened;

    /// Reads the network's format.
    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed>;

    /// Writes the network's format of something that fits the conversation's capabilities.
    fn render(
        &self,
        conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable>;

    /// Encrypts, on a public network signs: the final bytes, the same on each attempt to send them.
    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing;

    /// Makes a group be as the owner wants it. It is asked again until it says that there is nothing
    /// left to do ([`Sealing::Done`]), or has given what is to be sent for it; asked for what is so
    /// already, it does nothing.
    fn regroup(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        change: &Regroup,
        now: Timestamp,
    ) -> Sealing {
        let _unable = (keys, conversation, change, now);
        Sealing::Refused { reason: "groups cannot be changed from here on this network".to_owned() }
    }

    /// Sends sealed envelopes of one conversation, in order, each once. Begins nothing more once one
    /// has failed: the answer may be shorter than `batch`, and what has no answer was not tried.
    /// Where the network keeps the order of what it was given, several may be under way at once; then
    /// each of them has its answer, and those that are not through by the time the adapter tells
    /// are [`Verdict::RetryAfter`], and offered again. Retrying is the outbox's task.
    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>>;
}
