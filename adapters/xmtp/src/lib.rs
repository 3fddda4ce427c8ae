//! XMTP: end-to-end encrypted conversations by MLS (RFC 9420), as an installation of the owner's
//! inbox.
//!
//! In the order of a message's journey: `listen` gets into the inbox and asks for welcomes and for
//! what is new in each group, `open` checks and decrypts it in the group's order, `parse` reads it;
//! `render` writes a content, `seal` brings the group up to date and encrypts it, `send` publishes.
//! What `open` and `seal` lack, `fetch` gets: logs of inboxes, key packages; it delivers welcomes too.
//! Below them lie `identity` (who is who, by signed logs), `mls` (groups, and which commits are
//! believed), `welcome` (how newcomers get a group's keys), `content` (what can be said) and `api`
//! (the servers). A commit of ours takes effect when it is read back, and never before.

mod api;
mod arrival;
mod capabilities;
mod config;
mod connect;
mod content;
mod examine;
mod facts;
mod fetch;
mod follow;
pub mod hostile;
mod identity;
mod kept;
mod listen;
mod mark;
mod media;
mod mls;
mod open;
mod parse;
mod past;
mod place;
mod reach;
mod recheck;
mod render;
mod rows;
#[cfg(test)]
mod samples;
mod seal;
mod send;
mod session;
mod standing;
mod sync;
mod welcome;
mod web;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use threadbridge_core::adapter::{
    Adapter, AdapterError, Envelope, Fact, Inbound, Malformed, Missing, Opened, Parsed, Receipt,
    Rechecked, Sealing, SendRequest, Sought, Unrenderable,
};
use threadbridge_core::model::capabilities::{Capabilities, Rate};
use threadbridge_core::model::group::{Member, Regroup};
use threadbridge_core::model::id::{Identity, Network, RemoteConversation};
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::proof::Proof;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::Keys;

pub use self::config::{Config, Upload};
pub use self::connect::ConnectError;
pub use self::examine::{InboxError, InboxReport, InstallationReport};
pub use self::media::Attachments;
pub use self::past::{PastError, PastTold, past};
pub use self::standing::{Standing, StandingError, standing};

use self::api::Api;
use self::fetch::Fetching;
use self::identity::inbox::InboxId;
use self::identity::wallet::WalletKey;
use self::listen::Ear;
use self::media::Carrier;
use self::open::Opening;
use self::place::Place;
use self::seal::SealingFor;
use self::session::Session;

/// How many installations an inbox takes: the network's own clients refuse to add an eleventh.
pub const MAX_INSTALLATIONS: usize = 10;

/// Groups are called by as many random bytes, as the network's own clients do.
const GROUP_ID_BYTES: usize = 16;

/// Whether the network has conversations of this name: `dm/ADDRESS`, `dm/INBOX` or `group/ID`, in
/// lower case.
#[must_use]
pub fn is_conversation(name: &RemoteConversation) -> bool {
    Place::parse(name).is_some()
}

/// The address of a wallet's private key of 64 hexadecimal digits; nothing if it is none.
#[must_use]
pub fn address_of(key: &Secret) -> Option<String> {
    WalletKey::parse(key.expose()).map(|key| key.member().to_string())
}

/// One installation of the owner's inbox on XMTP.
#[derive(Debug)]
pub struct Xmtp {
    network: Network,
    api: Arc<dyn Api>,
    wallet: WalletKey,
    config: Config,
    capabilities: Capabilities,
    session: Session,
    carrier: Carrier,
    clock: Clock,
}

#[async_trait]
impl Adapter for Xmtp {
    fn network(&self) -> &Network {
        &self.network
    }

    fn identity(&self) -> Option<&Identity> {
        self.session.identity()
    }

    fn capabilities(&self, _conversation: &RemoteConversation) -> &Capabilities {
        &self.capabilities
    }

    fn send_rates(&self) -> &[Rate] {
        &capabilities::SEND_RATES
    }

    fn send_at_once(&self) -> usize {
        send::MESSAGES_A_CALL
    }

    fn peer(&self, conversation: &RemoteConversation) -> Option<Identity> {
        let inbox = match Place::parse(conversation)? {
            Place::Direct(inbox) => inbox,
            Place::DirectAddress(_) | Place::Group(_) => self.session.peer(conversation)?,
        };
        session::identity(&self.network, inbox)
    }

    fn direct(&self, with: &Identity) -> Option<RemoteConversation> {
        if with.network != self.network || Some(with) == self.identity() {
            return None;
        }
        InboxId::parse(with.author.as_str()).map(Place::Direct)?.name()
    }

    fn strangers(&self) -> Option<RemoteConversation> {
        place::strangers()
    }

    async fn look_up(&self, who: &str) -> Result<Sought, AdapterError> {
        self.reach(who).await
    }

    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        self.look_again(proof).await
    }

    fn fresh_group(&self) -> Option<RemoteConversation> {
        let mut id = [0; GROUP_ID_BYTES];
        getrandom::fill(&mut id).ok()?;
        Place::Group(id.to_vec()).name()
    }

    fn members(&self, keys: &Keys, conversation: &RemoteConversation) -> Option<Vec<Member>> {
        facts::members(&self.network, keys, conversation)
    }

    fn facts(&self, keys: &Keys) -> Vec<Fact> {
        let (left, of) = self.api.calls_left();
        let budget = Fact::new("calls left this minute", format!("{left} of {of}"));
        let kept = facts::facts(keys, self.clock.now());
        let kept = kept.unwrap_or_else(|missing| vec![Fact::new("keys", missing.reason)]);
        [budget].into_iter().chain(kept).collect()
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        let ear = Ear {
            api: &*self.api,
            session: &self.session,
            wallet: &self.wallet,
            config: &self.config,
            clock: &self.clock,
            network: &self.network,
        };
        listen::listen(ear, &inbound).await
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        let (api, session, clock) = (&*self.api, &self.session, &self.clock);
        Fetching { api, session, clock, carrier: &self.carrier }.fetch(missing).await
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        let (network, session, wallet) = (&self.network, &self.session, &self.wallet);
        let history = self.config.history.as_ref();
        Opening { network, session, wallet, keys, linked, history }.open(envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        let heard = parse::heard(plaintext)?;
        if let Some((conversation, peer)) = heard.peer() {
            self.session.meets(&conversation, peer);
        }
        parse::read_heard(&self.network, heard)
    }

    fn render(
        &self,
        _conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        render::render(outgoing).map_err(|error| Unrenderable::new(error.to_string()))
    }

    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        SealingFor { session: &self.session, keys, now }.seal(conversation, plaintext)
    }

    fn regroup(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        change: &Regroup,
        now: Timestamp,
    ) -> Sealing {
        SealingFor { session: &self.session, keys, now }.regroup(conversation, change)
    }

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        send::send(&*self.api, &self.session, batch).await
    }
}
