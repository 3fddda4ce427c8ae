//! The template adapter: the smallest complete one. Its network lives in the same process.
//!
//! Read it to learn how an adapter is written, in the order of a message's journey: `listen`,
//! `open`, `parse` on the way in, `render`, `seal`, `send` on the way out, `fetch` for what is
//! missing in between. `wire` has the network's formats, `capabilities` what can be said there.
//! `ratchet` is the protocol library of this network, which others have as a dependency, and
//! [`network`] the network itself, which others have elsewhere.

mod capabilities;
mod config;
mod direct;
mod fetch;
mod listen;
pub mod network;
mod open;
mod parse;
mod ratchet;
mod render;
mod seal;
mod send;
mod wire;

use std::collections::BTreeSet;

use async_trait::async_trait;
use threadbridge_core::adapter::{
    Adapter, AdapterError, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt,
    Rechecked, Sealing, SendRequest, Unrenderable,
};
use threadbridge_core::model::capabilities::Capabilities;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::proof::Proof;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

pub use self::capabilities::{bare, everything};
pub use self::config::Config;

use self::network::LoopbackNetwork;
use self::network::session::Session;
use self::open::Opening;
use self::seal::SealingFor;

/// One account on a loopback network.
#[derive(Debug)]
pub struct Loopback {
    identity: Identity,
    capabilities: Capabilities,
    config: Config,
    session: Session,
}

impl Loopback {
    /// The account of this name on `network`.
    #[must_use]
    pub fn connect(network: &LoopbackNetwork, account: RemoteAuthor, config: Config) -> Self {
        let session = Session::new(network.clone(), &account);
        let identity = Identity { network: network.name().clone(), author: account };
        let capabilities = capabilities::stated(network.rules());
        Self { identity, capabilities, config, session }
    }
}

#[async_trait]
impl Adapter for Loopback {
    fn network(&self) -> &Network {
        &self.identity.network
    }

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn capabilities(&self, _conversation: &RemoteConversation) -> &Capabilities {
        &self.capabilities
    }

    fn peer(&self, conversation: &RemoteConversation) -> Option<Identity> {
        direct::peer(&self.identity, conversation)
    }

    fn direct(&self, with: &Identity) -> Option<RemoteConversation> {
        direct::conversation(&self.identity, with)
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        listen::listen(&self.session, &self.config, &inbound).await
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        fetch::fetch(&self.session, &self.config, missing).await
    }

    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        fetch::recheck(&self.session, &self.config, proof).await
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        Opening { session: &self.session, keys, linked }.open(envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        parse::parse(&self.identity.network, plaintext)
    }

    fn render(
        &self,
        _conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        render::render(&self.identity.network, outgoing)
            .map_err(|error| Unrenderable::new(error.to_string()))
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
        send::send(&self.session, &self.config, batch).await
    }
}

#[cfg(test)]
mod tests;
