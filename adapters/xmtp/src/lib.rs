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
mod place;
mod render;
mod rows;
#[cfg(test)]
mod samples;
mod seal;
mod send;
mod session;
mod sync;
mod welcome;
mod web;
mod wire;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use threadbridge_core::adapter::{
    Adapter, AdapterError, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt, Sealing,
    SendRequest, Unrenderable,
};
use threadbridge_core::model::capabilities::{Capabilities, Rate};
use threadbridge_core::model::id::{Identity, Network, RemoteConversation};
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::Keys;

pub use self::config::{Config, Upload};
pub use self::connect::ConnectError;
pub use self::examine::{InboxError, InboxReport, InstallationReport};
pub use self::media::Attachments;

use self::api::Api;
use self::fetch::Fetching;
use self::identity::wallet::WalletKey;
use self::listen::Ear;
use self::media::Carrier;
use self::open::Opening;
use self::place::Place;
use self::seal::SealingFor;
use self::session::Session;

/// How many installations an inbox takes: the network's own clients refuse to add an eleventh.
pub const MAX_INSTALLATIONS: usize = 10;

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
        Opening { network, session, wallet, keys, linked }.open(envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        parse::parse(&self.network, plaintext)
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

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        send::send(&*self.api, &self.session, batch).await
    }
}
