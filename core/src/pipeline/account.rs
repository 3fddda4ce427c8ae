//! One account's share of the bridge: what its four tasks have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::{Mutex, Notify, mpsc, watch};

use super::direct::Doors;
use super::head::grow;
use super::limits::Limits;
use super::route::Routes;
use super::step::Steps;
use crate::adapter::{Adapter, Health, Missing};
use crate::model::id::{AccountName, Identity, Leg, RemoteConversation, Seq};
use crate::model::outbox::OutboxRow;
use crate::model::time::Clock;
use crate::store::Store;

/// What the tasks of one account share.
pub(crate) struct Account {
    pub(crate) name: AccountName,
    pub(crate) adapter: Arc<dyn Adapter>,
    /// Accounts by which people speak as themselves where this one would speak for them. Nothing
    /// else uses their keys, so the lock on this account's covers theirs.
    pub(crate) voices: BTreeMap<AccountName, Arc<dyn Adapter>>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// The bounds; they change with the settings while the account goes on.
    pub(crate) bounds: watch::Receiver<Limits>,
    pub(crate) steps: Steps,
    /// Held while the account's keys are being changed, from the snapshot to the commit.
    pub(crate) unit: Mutex<()>,
    /// The conversations that links name on this account.
    pub(crate) linked: watch::Receiver<BTreeSet<RemoteConversation>>,
    pub(crate) routes: watch::Receiver<Arc<Routes>>,
    /// The end of the journal, for all accounts.
    pub(crate) head: watch::Sender<Seq>,
    /// Something was learnt: legs that could not be sealed for may be now.
    pub(crate) learnt: Notify,
    /// Something was learnt: envelopes that could not be opened may be now.
    pub(crate) openable: Notify,
    /// Whoever waits before listening again need not wait.
    pub(crate) hurried: Notify,
    /// Legs that have something in the outbox.
    pub(crate) ready: mpsc::Sender<Ready>,
    /// Things that the network is to be asked for.
    pub(crate) wanted: mpsc::Sender<Missing>,
    /// How listening goes.
    pub(crate) health: watch::Sender<Health>,
    /// Why nothing can be sent until somebody mends the account. Kept apart from how listening
    /// goes, so that hearing well does not hide it.
    pub(crate) suspended: watch::Sender<Option<String>>,
    /// Which of its legs are used, and which are not to be.
    pub(crate) doors: Doors,
    /// Who is one person with whom may have changed.
    pub(crate) people_changed: Arc<Notify>,
    /// Envelopes that were sealed after this were tried only if their row says so.
    pub(crate) sure_since: AtomicI64,
}

/// What the sender is told.
#[derive(Debug)]
pub(crate) enum Ready {
    /// These legs have something in the outbox.
    Legs(Vec<Leg>),
    /// Whatever waits is to be tried now.
    Everything,
}

impl Account {
    /// The bounds as they are now.
    pub(crate) fn limits(&self) -> Limits {
        *self.bounds.borrow()
    }

    /// The adapter that a person speaks by, or the account's own; nothing if that person's account
    /// is gone.
    pub(crate) fn adapter_of(&self, voice: Option<&AccountName>) -> Option<&Arc<dyn Adapter>> {
        voice.map_or(Some(&self.adapter), |voice| self.voices.get(voice))
    }

    /// Who speaks by this account: itself, and the people who have a voice of their own.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identity> {
        let adapters = std::iter::once(&self.adapter).chain(self.voices.values());
        adapters.filter_map(|it| it.identity())
    }

    /// Tells those who come after that the journal grew, that own envelopes were settled, or that
    /// something is to be fetched.
    pub(crate) fn journaled(&self, last: Option<Seq>, settled: Vec<Leg>, wanted: Vec<Missing>) {
        if let Some(last) = last {
            grow(&self.head, last);
        }
        if !settled.is_empty() {
            self.something_learnt();
            if self.ready.try_send(Ready::Legs(settled)).is_err() {
                tracing::debug!(account = %self.name, "too much is ready; sent later");
            }
        }
        for missing in wanted {
            if self.wanted.try_send(missing).is_err() {
                tracing::debug!(account = %self.name, "too much is wanted; asked for later");
            }
        }
    }

    /// Whether an envelope was certainly never handed to the network.
    pub(crate) fn is_untried(&self, row: &OutboxRow) -> bool {
        let is_unmarked = row.attempts == 0 && row.taken_at.is_none() && row.last_error.is_none();
        is_unmarked && row.sealed_at.as_micros() > self.sure_since.load(Ordering::Relaxed)
    }

    /// An attempt could not be written down: rows may have been tried without saying so.
    pub(crate) fn forgets_what_was_tried(&self) {
        self.sure_since.store(self.clock.now().as_micros(), Ordering::Relaxed);
    }

    /// Legs that have something to do again.
    pub(crate) fn wakes(&self, legs: Vec<Leg>) {
        if self.ready.try_send(Ready::Legs(legs)).is_err() {
            tracing::debug!(account = %self.name, "too much is ready; sent later");
        }
    }

    /// Whatever waits is tried now.
    pub(crate) async fn hurry(&self) {
        self.something_learnt();
        self.hurried.notify_one();
        if self.ready.send(Ready::Everything).await.is_err() {
            tracing::debug!(account = %self.name, "the sender has stopped");
        }
    }

    /// Legs and envelopes that waited may go on.
    pub(crate) fn something_learnt(&self) {
        self.learnt.notify_one();
        self.openable.notify_one();
    }

    /// Logs what went wrong and will be tried again.
    pub(crate) fn failed(&self, what: &str, error: &(dyn Error + 'static)) {
        tracing::warn!(account = %self.name, error = %Chain(error), "{what}");
    }
}

/// An error with all its causes in one line.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
