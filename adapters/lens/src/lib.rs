//! Lens: feeds, groups and threads, with edits, deletes, upvotes, quotes and reposts, over Lens's
//! public API.
//!
//! In the order of a message's journey: `listen` asks each conversation for news and remembers what
//! it handed over, `open` examines what the API said, `parse` reads it; `render` drafts, `seal` fixes
//! the metadata under an id of its own, `send` lays it down on Grove, posts it once and follows its
//! transaction to the end. Nothing is ever missing, so `fetch` gets nothing. Below them lie `wire`
//! (documents and answers), `api` (calls and the login) and `grove` (storage).

mod api;
mod capabilities;
mod carried;
mod config;
mod connect;
mod draft;
mod examine;
mod fetch;
mod form;
mod grove;
mod known;
mod listen;
mod mark;
mod memory;
mod metadata;
mod moved;
mod name;
mod open;
mod own;
mod parse;
mod proven;
mod recheck;
mod render;
mod seal;
mod send;
mod wire;

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use threadbridge_core::{
    adapter::{
        Adapter, AdapterError, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt,
        Rechecked, Sealing, SendRequest, Unrenderable,
    },
    model::{
        capabilities::Capabilities,
        id::{Identity, Network, RemoteConversation},
        outgoing::Outgoing,
        proof::Proof,
        time::{Clock, Timestamp},
    },
    secret::Secret,
    store::Keys,
};

pub use self::{
    api::failure::{ApiError, LoginError},
    config::{Begin, Config, Pace, Role, Speaker},
    connect::ConnectError,
    examine::{AccountReport, Allowance, Membership, ReportedRole},
    wire::address::{Address, InvalidAddress},
};

use self::{
    api::Api, capabilities::Offers, known::Known, listen::Ear, name::Place, open::Opening,
    own::LoginKey, own::Own, seal::Signing, send::Desk, send::Outlet,
};

/// Whether the network has conversations of this name: `feed/ADDRESS`, `group/ADDRESS` or
/// `thread/POST`, addresses in lower case.
#[must_use]
pub fn is_conversation(name: &RemoteConversation) -> bool {
    Place::parse(name).is_some()
}

/// The address of a private key of 64 hexadecimal digits; nothing if it is none. It is what an
/// account's owner adds as a manager.
#[must_use]
pub fn address_of(key: &Secret) -> Option<Address> {
    LoginKey::parse(key.expose()).map(|key| key.address())
}

/// One account on Lens.
#[derive(Debug)]
pub struct Lens {
    network: Network,
    api: Api,
    own: Option<Arc<Own>>,
    offers: Offers,
    begin: Begin,
    pace: Pace,
    clock: Clock,
    desk: Desk,
    chain_id: u64,
}

impl Lens {
    /// Whether the account is on the test network, of which everything may be cleared at any time.
    #[must_use]
    pub const fn is_on_trial(&self) -> bool {
        self.chain_id == capabilities::TEST_CHAIN
    }
}

#[async_trait]
impl Adapter for Lens {
    fn network(&self) -> &Network {
        &self.network
    }

    fn identity(&self) -> Option<&Identity> {
        self.own.as_ref().map(|own| &own.identity)
    }

    fn capabilities(&self, conversation: &RemoteConversation) -> &Capabilities {
        match Place::parse(conversation) {
            Some(_) => &self.offers.posts,
            None => &self.offers.nothing,
        }
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        let ear = Ear {
            api: &self.api,
            gateway: self.desk.grove.gateway(),
            clock: &self.clock,
            begin: self.begin,
            pace: self.pace,
        };
        listen::listen(ear, inbound).await
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        fetch::fetch(missing)
    }

    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        let told = self.look_again(proof).await;
        told.map_err(|error| AdapterError::new(error.verdict(), error))
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        Opening { own: self.own.as_deref(), known: Known::new(keys), linked }.open(envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        parse::parse(plaintext)
    }

    fn render(
        &self,
        conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        render::render(conversation, outgoing)
    }

    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        let (own, known) = (self.own.as_deref(), Known::new(keys));
        Signing { own, known, memory: &self.desk.memory }.seal(conversation, plaintext, now)
    }

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        let own = self.own.as_deref();
        Outlet::new(&self.api, own, &self.desk, &self.clock).send_all(batch).await
    }
}

#[cfg(test)]
mod tests;
