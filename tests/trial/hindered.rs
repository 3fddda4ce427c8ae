//! An account that is hindered: slow or broken in some rooms, without a way to get keys,
//! or without ears.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use threadbridge_core::adapter::{
    Adapter, AdapterError, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt, Sealing,
    SendRequest, Unrenderable, Verdict,
};
use threadbridge_core::model::capabilities::Capabilities;
use threadbridge_core::model::id::{Identity, Network, RemoteConversation};
use threadbridge_core::model::outgoing::Outgoing;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;
use threadbridge_loopback::Loopback;
use tokio::sync::Notify;

/// What hinders an account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hindrance {
    /// How long each call takes that sends to a room.
    pub(crate) slow: BTreeMap<RemoteConversation, Duration>,
    /// Rooms to which nothing can be sent.
    pub(crate) broken: BTreeSet<RemoteConversation>,
    /// Rooms to which everything gets that is sent, and which never answer.
    pub(crate) mute: BTreeSet<RemoteConversation>,
    /// Rooms of which nobody answers who is asked for what is missing.
    pub(crate) silent: BTreeSet<RemoteConversation>,
    /// Whether nobody hands over what is missing.
    pub(crate) without_keys: bool,
    /// Whether it hears nothing of what happens.
    pub(crate) without_ears: bool,
}

/// An account with a hindrance.
#[derive(Debug)]
pub(crate) struct Hindered {
    inner: Loopback,
    by: Mutex<Hindrance>,
    changed: Notify,
    listened: AtomicUsize,
    sent: AtomicUsize,
}

impl Hindered {
    pub(crate) fn new(inner: Loopback, by: Hindrance) -> Self {
        let (changed, listened, sent) = Default::default();
        Self { inner, by: Mutex::new(by), changed, listened, sent }
    }

    /// From now on it is hindered by something else.
    pub(crate) fn set(&self, by: Hindrance) {
        *self.by.lock().unwrap() = by;
        self.changed.notify_waiters();
    }

    /// How often it was told to listen.
    pub(crate) fn listened(&self) -> usize {
        self.listened.load(Ordering::Relaxed)
    }

    /// How many envelopes it was told to send.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    fn by(&self) -> Hindrance {
        self.by.lock().unwrap().clone()
    }
}

#[async_trait]
impl Adapter for Hindered {
    fn network(&self) -> &Network {
        self.inner.network()
    }

    fn identity(&self) -> Option<&Identity> {
        self.inner.identity()
    }

    fn capabilities(&self, conversation: &RemoteConversation) -> &Capabilities {
        self.inner.capabilities(conversation)
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        self.listened.fetch_add(1, Ordering::Relaxed);
        loop {
            let changed = self.changed.notified();
            if !self.by().without_ears {
                break;
            }
            changed.await;
        }
        self.inner.listen(inbound).await
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        if self.by().without_keys {
            return Err(AdapterError::new(Verdict::Retry, "nobody hands the key over"));
        }
        if self.by().silent.iter().any(|room| missing.what.ends_with(room.as_str())) {
            std::future::pending::<()>().await;
        }
        self.inner.fetch(missing).await
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        self.inner.open(keys, linked, envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        self.inner.parse(plaintext)
    }

    fn render(
        &self,
        conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        self.inner.render(conversation, outgoing)
    }

    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        self.inner.seal(keys, conversation, plaintext, now)
    }

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        self.sent.fetch_add(batch.len(), Ordering::Relaxed);
        let by = self.by();
        let room = batch.first().map(|request| &request.conversation);
        if let Some(long) = room.and_then(|room| by.slow.get(room)) {
            tokio::time::sleep(*long).await;
        }
        if room.is_some_and(|room| by.broken.contains(room)) {
            return vec![Err(AdapterError::new(Verdict::Retry, "the room is broken"))];
        }
        let answers = self.inner.send(batch).await;
        if room.is_some_and(|room| by.mute.contains(room)) {
            std::future::pending::<()>().await;
        }
        answers
    }
}
