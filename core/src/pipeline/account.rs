//! One account's share of the bridge: what its four tasks have in common.

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, Notify, mpsc, watch};

use super::backoff::Backoff;
use super::limits::Limits;
use super::route::Routes;
use super::step::Steps;
use crate::adapter::{Adapter, Health, Missing};
use crate::model::id::{AccountName, Leg, RemoteConversation, Seq};
use crate::model::time::Clock;
use crate::store::Store;

/// What the tasks of one account share.
pub(crate) struct Account {
    pub(crate) name: AccountName,
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) backoff: Backoff,
    pub(crate) steps: Steps,
    /// Held while the account's keys are being changed, from the snapshot to the commit.
    pub(crate) unit: Mutex<()>,
    /// The conversations that links name on this account.
    pub(crate) linked: watch::Receiver<BTreeSet<RemoteConversation>>,
    pub(crate) routes: watch::Receiver<Arc<Routes>>,
    pub(crate) waiting: Waiting,
    /// The end of the journal, for all accounts.
    pub(crate) head: watch::Sender<Seq>,
    /// Something was learnt: legs that could not be sealed for may be now.
    pub(crate) learnt: Notify,
    /// Something was learnt: envelopes that could not be opened may be now.
    pub(crate) openable: Notify,
    /// Legs that have something in the outbox.
    pub(crate) ready: mpsc::Sender<Ready>,
    /// Things that the network is to be asked for.
    pub(crate) wanted: mpsc::Sender<Missing>,
    /// How listening goes.
    pub(crate) health: watch::Sender<Health>,
    /// Why nothing can be sent until somebody mends the account. Kept apart from how listening
    /// goes, so that hearing well does not hide it.
    pub(crate) suspended: watch::Sender<Option<String>>,
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
    /// Tells those who come after that the journal grew, that own envelopes were settled, or that
    /// something is to be fetched.
    pub(crate) fn journaled(&self, last: Option<Seq>, settled: Vec<Leg>, wanted: Vec<Missing>) {
        if let Some(last) = last {
            self.head.send_if_modified(|head| {
                let grew = *head < last;
                *head = (*head).max(last);
                grew
            });
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

/// How many of an account's envelopes wait, so that nobody looks where nothing is.
#[derive(Debug)]
pub(crate) struct Waiting {
    count: AtomicUsize,
    most: usize,
}

impl Waiting {
    pub(crate) const fn new(count: usize, most: usize) -> Self {
        Self { count: AtomicUsize::new(count), most }
    }

    pub(crate) fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn would_exceed(&self, more: usize) -> bool {
        more > 0 && self.count.load(Ordering::Relaxed).saturating_add(more) > self.most
    }

    pub(crate) fn add(&self, more: usize) {
        self.count.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self, fewer: usize) {
        let less = |count: usize| Some(count.saturating_sub(fewer));
        let _before = self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}
