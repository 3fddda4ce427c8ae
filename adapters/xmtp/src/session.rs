//! What an account knows of itself between two calls. The store has the truth; this is what was read
//! of it last, for those who cannot see it: what listens, sends and fetches.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use threadbridge_core::adapter::Missing;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::store::Keys;
use tokio::sync::Notify;

use crate::api::Since;
use crate::arrival::Blob;
use crate::identity::contract::Claim;
use crate::identity::inbox::InboxId;
use crate::identity::member::Installation;
use crate::media::Enclosure;
use crate::mls::client::{Client, InstallationError};
use crate::sync::kept::{Matters, OfferRow, WishRow};
use crate::wire::proto::identity::IdentityUpdate;
use crate::wire::proto::mls::WelcomeMessageInput;
use crate::wire::proto::sync::{ConsentSave, GroupSave};

/// How many things may be wanted at the same time.
const MAX_WANTED: usize = 4096;

/// Something to be asked of the network.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// What was added to logs.
    Logs(Vec<Since<InboxId>>),
    /// The inbox of an address.
    InboxOf(String),
    /// What the chains of contract wallets say of their signatures.
    Verdicts(Vec<Claim>),
    /// Key packages.
    KeyPackages(Vec<Installation>),
    /// The welcomes of a commit, to be delivered.
    Welcomes { group: Vec<u8>, commit: u64, welcomes: Vec<WelcomeMessageInput> },
    /// A welcome at the destination of a pointer.
    Pointee(Vec<u8>),
    /// A file that is to be said in a group.
    File { name: String, enclosure: Box<Enclosure> },
}

/// A group that the account is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// What the owner's links may call it.
    pub(crate) names: Vec<RemoteConversation>,
    /// From where it is read: what stands before is not for us.
    pub(crate) from: u64,
    /// Whether it is one in which our own installations talk.
    pub(crate) is_ours: bool,
    /// Whether it is a conversation of two.
    pub(crate) is_direct: bool,
    /// The epoch in which it stands.
    pub(crate) epoch: u64,
}

/// How the account stands with its inbox.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Our installation.
    pub(crate) installation: Option<Installation>,
    /// The key package to be uploaded, if one is due.
    pub(crate) key_package: Option<Vec<u8>>,
    /// The log entry by which the installation joins the inbox, if it has not.
    pub(crate) registration: Option<IdentityUpdate>,
    /// How many installations the inbox has.
    pub(crate) installations: usize,
    /// Whether ours is one of them.
    pub(crate) is_member: bool,
    /// Whether ours was one of them and was revoked.
    pub(crate) is_revoked: bool,
    /// How far the inbox's own log is known.
    pub(crate) own_log: u64,
    /// What is to be published among our own installations, in order.
    pub(crate) sync_outbox: Vec<Blob>,
    /// Whether it is time to see what our own installations want.
    pub(crate) is_tending_due: bool,
    /// History that lies ready for us.
    pub(crate) sync_offer: Option<OfferRow>,
    /// History that another installation asks for.
    pub(crate) sync_wish: Option<WishRow>,
    /// The groups of linked conversations, as an archive tells them, the one that was used last first.
    pub(crate) described: Vec<(Vec<RemoteConversation>, GroupSave)>,
    /// What the owner thinks, as an archive tells it.
    pub(crate) consents: Vec<ConsentSave>,
    /// The groups that the account is in.
    pub(crate) groups: BTreeMap<Vec<u8>, Followed>,
}

/// An inbox as the bridge knows people.
pub(crate) fn identity(network: &Network, inbox: InboxId) -> Option<Identity> {
    let author = RemoteAuthor::parse(inbox.to_string()).ok()?;
    Some(Identity { network: network.clone(), author })
}

/// What an account knows of itself between two calls.
#[derive(Debug, Default)]
pub(crate) struct Session {
    identity: OnceLock<Identity>,
    /// Who it was to groups last, with its groups.
    client: Mutex<Option<Client>>,
    known: Mutex<Known>,
    wanted: Mutex<BTreeMap<String, Wanted>>,
    /// With whom conversations are whose names do not tell.
    peers: Mutex<BTreeMap<RemoteConversation, InboxId>>,
    /// Rung when the account is in another group or may call one by another name, or something is to
    /// be done for our installations.
    joined: Notify,
    fetched: AtomicU64,
}

impl Session {
    /// Who the account is, once it was asked for.
    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    /// The account is this inbox, for as long as the process lives.
    pub(crate) fn is(&self, network: &Network, inbox: InboxId) -> bool {
        let Some(identity) = identity(network, inbox) else { return false };
        *self.identity.get_or_init(|| identity.clone()) == identity
    }

    /// The account's inbox, once it was asked for.
    pub(crate) fn inbox(&self) -> Option<InboxId> {
        InboxId::parse(self.identity()?.author.as_str())
    }

    /// Who the account is to groups, as its keys have it; nothing while they have no installation.
    pub(crate) fn client(
        &self,
        keys: &Keys,
        inbox: InboxId,
    ) -> Result<Option<Client>, InstallationError> {
        let mut last = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let client = Client::load_like(keys, inbox, last.as_ref())?;
        last.clone_from(&client);
        Ok(client)
    }

    /// Something was said in a conversation with `peer`.
    pub(crate) fn meets(&self, conversation: &RemoteConversation, peer: InboxId) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.get(conversation) != Some(&peer) {
            peers.insert(conversation.clone(), peer);
        }
    }

    /// With whom a conversation is whose name does not tell, once something was said in it.
    pub(crate) fn peer(&self, conversation: &RemoteConversation) -> Option<InboxId> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner).get(conversation).copied()
    }

    /// Where a group stands.
    pub(crate) fn follow(&self, group: Vec<u8>, followed: Followed) {
        let mut known = self.known();
        let before = known.groups.get(&group);
        let is_news = before.is_none_or(|before| before.names != followed.names);
        known.groups.insert(group, followed);
        drop(known);
        if is_news {
            self.joined.notify_one();
        }
    }

    /// Says how matters stand among our own installations to those who see the network.
    pub(crate) fn matter(&self, matters: &Matters) {
        {
            let mut known = self.known();
            known.sync_outbox.clone_from(&matters.outbox);
            known.sync_offer = matters.offers.first().cloned();
            known.sync_wish = matters.wishes.first().cloned();
        }
        if matters.has_news() {
            self.joined.notify_one();
        }
    }

    /// It is time to see what our own installations want.
    pub(crate) fn stir(&self) {
        self.known().is_tending_due = true;
        self.joined.notify_one();
    }

    /// Waits until the account is in another group, or may call one by another name.
    pub(crate) async fn joined(&self) {
        self.joined.notified().await;
    }

    /// What is known.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something is wanted before anything can go on; `what` names it.
    pub(crate) fn want(&self, what: String, reason: &str, wanted: Wanted) -> Missing {
        let mut all = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_WANTED {
            // What waits is tried again, and then says anew what it wants.
            all.pop_first();
        }
        all.insert(what.clone(), wanted);
        Missing { what, reason: reason.to_owned() }
    }

    /// What is meant by a name.
    pub(crate) fn wanted(&self, what: &str) -> Option<Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).get(what).cloned()
    }

    /// A number for what was fetched, another each time.
    pub(crate) fn next_fetched(&self) -> u64 {
        self.fetched.fetch_add(1, Ordering::Relaxed)
    }

    /// It came.
    pub(crate) fn came(&self, what: &str) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
    }
}
