//! The one thread that writes. What waits is run one after another and committed together.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

use crate::store::cipher::Vault;
use crate::store::disk::{Disk, DiskError};
use crate::store::header;
use crate::store::key::RowKey;
use crate::store::lock::LockFile;
use crate::store::rows::Changes;
use crate::store::unit::{Facts, Group, Unit};

/// Units that wait before [`Store::write`](crate::store::Store::write) itself waits.
const QUEUE: usize = 1024;
/// Units in one commit; from here on a larger group costs latency and saves little.
const GROUP: usize = 128;
/// Bytes in one commit, so that memory stays bounded when units are large.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// Why a unit of work left nothing behind.
#[derive(Debug, Error)]
pub enum WriteError<E> {
    /// It decided so itself.
    #[error("the unit of work was given up")]
    GivenUp(#[source] E),
    /// It panicked.
    #[error("the unit of work panicked")]
    Panicked,
    /// The commit that it was part of failed. If the disk is full the store goes on when there is
    /// room; the same unit may then be written again.
    #[error("the commit failed")]
    Disk(#[source] Arc<DiskError>),
    /// The commit failed at its last moment, and the disk does not say yet whether it took place.
    /// It will when it works again; until then nothing else is written either.
    #[error("the commit failed, and may have taken place")]
    Unsettled(#[source] Arc<DiskError>),
    /// The store was closed before the unit's turn came.
    #[error("the store was closed")]
    Closed,
}

/// What the writer is sent.
pub(super) enum Job {
    Work(Box<dyn Work>),
    Close(oneshot::Sender<Result<(), DiskError>>),
}

/// A commit that failed.
#[derive(Clone, Debug)]
pub(super) enum Lost {
    Certainly(Arc<DiskError>),
    Perhaps(Arc<DiskError>),
}

impl From<DiskError> for Lost {
    fn from(error: DiskError) -> Self {
        Self::Certainly(Arc::new(error))
    }
}

/// A unit that was sent, with the way back to its sender.
pub(super) trait Work: Send {
    /// Whether its changes are to be kept.
    fn run(&mut self, unit: &mut Unit<'_>) -> bool;
    /// Answers the sender.
    fn settle(self: Box<Self>, commit: Result<(), Lost>);
}

pub(super) struct Sent<T, E, F> {
    unit: Option<F>,
    result: Option<Result<T, WriteError<E>>>,
    reply: oneshot::Sender<Result<T, WriteError<E>>>,
}

impl<T, E, F> Sent<T, E, F> {
    pub(super) const fn new(unit: F, reply: oneshot::Sender<Result<T, WriteError<E>>>) -> Self {
        Self { unit: Some(unit), result: None, reply }
    }
}

impl<T, E, F> Work for Sent<T, E, F>
where
    T: Send,
    E: Send,
    F: FnOnce(&mut Unit<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, unit: &mut Unit<'_>) -> bool {
        let Some(work) = self.unit.take() else { return false };
        // A unit that panicked is dropped with all that it changed, so nothing half-made is seen.
        let result = match catch_unwind(AssertUnwindSafe(|| work(unit))) {
            Ok(result) => result.map_err(WriteError::GivenUp),
            Err(payload) => {
                forget(payload);
                Err(WriteError::Panicked)
            }
        };
        let is_kept = result.is_ok();
        self.result = Some(result);
        is_kept
    }

    fn settle(self: Box<Self>, commit: Result<(), Lost>) {
        let result = match (self.result, commit) {
            (Some(Ok(_)) | None, Err(Lost::Certainly(error))) => Err(WriteError::Disk(error)),
            (Some(Ok(_)) | None, Err(Lost::Perhaps(error))) => Err(WriteError::Unsettled(error)),
            (Some(result), _) => result,
            (None, Ok(())) => Err(WriteError::Closed),
        };
        // A sender that no longer waits does not want to know.
        drop(self.reply.send(result));
    }
}

/// Drops what a panic carried; that may panic again, once.
fn forget(payload: Box<dyn Any + Send>) {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
}

/// What the writer's thread owns.
struct Writer {
    disk: Arc<Disk>,
    vault: Arc<Vault>,
    /// Commit by which each account's keys were applied last since the store was opened.
    applied: BTreeMap<RowKey, u64>,
    // Given back after the database is closed.
    lock: Option<LockFile>,
}

/// Starts the thread. It ends when the last sender is gone, or when it is told to close.
pub(super) fn start(
    disk: Arc<Disk>,
    vault: Arc<Vault>,
    lock: Option<LockFile>,
) -> io::Result<(mpsc::Sender<Job>, JoinHandle<()>)> {
    let (jobs, mut waiting) = mpsc::channel(QUEUE);
    let mut writer = Writer { disk, vault, applied: BTreeMap::new(), lock };
    let thread = thread::Builder::new().name("store".to_owned()).spawn(move || {
        let closing = writer.run(&mut waiting);
        // Whoever still sends hears that it is closed before the file is given back.
        waiting.close();
        while waiting.try_recv().is_ok() {}
        let closed = writer.disk.close();
        drop(writer.lock.take());
        if let Some(reply) = closing {
            drop(reply.send(closed));
        }
    })?;
    Ok((jobs, thread))
}

impl Writer {
    fn run(
        &mut self,
        waiting: &mut mpsc::Receiver<Job>,
    ) -> Option<oneshot::Sender<Result<(), DiskError>>> {
        while let Some(job) = waiting.blocking_recv() {
            let first = match job {
                Job::Work(first) => first,
                Job::Close(reply) => return Some(reply),
            };
            let Done { works, commit, closing } = self.group(first, waiting);
            for work in works {
                work.settle(commit.clone());
            }
            if closing.is_some() {
                return closing;
            }
        }
        None
    }
}
/// The units of a commit, and the one who wants the store closed after it.
struct Done {
    works: Vec<Box<dyn Work>>,
    commit: Result<(), Lost>,
    closing: Option<oneshot::Sender<Result<(), DiskError>>>,
}

impl Writer {
    /// Runs `first` and what waits behind it, and commits what they changed.
    fn group(&mut self, first: Box<dyn Work>, waiting: &mut mpsc::Receiver<Job>) -> Done {
        let view = match self.disk.recover().and_then(|()| self.disk.view()) {
            Ok(view) => view,
            Err(error) => {
                return Done { works: vec![first], commit: Err(error.into()), closing: None };
            }
        };
        let mut group = Group::new(&view, &self.vault, &self.applied);
        let (mut works, mut closing, mut next) = (Vec::new(), None, Some(first));
        while let Some(mut work) = next.take() {
            let mut unit = Unit::new(&group);
            let is_kept = work.run(&mut unit);
            let (changes, facts) = unit.finish();
            if is_kept {
                group.changes.append(changes);
                group.facts.append(facts);
            }
            works.push(work);
            if works.len() < GROUP && group.changes.size_bytes() < GROUP_BYTES {
                match waiting.try_recv() {
                    Ok(Job::Work(work)) => next = Some(work),
                    Ok(Job::Close(reply)) => closing = Some(reply),
                    Err(_) => {}
                }
            }
        }
        let Group { changes, facts, .. } = group;
        let commit = header::commit_number(&view)
            .map_err(Lost::from)
            .and_then(|last| self.commit(last.saturating_add(1), changes, facts));
        Done { works, commit, closing }
    }

    fn commit(&mut self, number: u64, mut changes: Changes, facts: Facts) -> Result<(), Lost> {
        if changes.is_empty() {
            return Ok(());
        }
        header::number_commit(&mut changes, number);
        if let Err(error) = self.disk.commit(&changes) {
            self.settle(number, error)?;
        }
        for account in facts.accounts {
            self.applied.insert(account, number);
        }
        if facts.has_erased {
            self.vault.cached(|cache| cache.erase());
        }
        Ok(())
    }

    /// Finds out whether a commit that failed took place nevertheless: it can fail while its
    /// confirmation is written.
    fn settle(&self, number: u64, error: DiskError) -> Result<(), Lost> {
        let last = |disk: &Disk| header::commit_number(&disk.view()?);
        if self.disk.recover().is_ok() {
            return match last(&self.disk) {
                Ok(last) if last == number => Ok(()),
                Ok(_) | Err(_) => Err(error.into()),
            };
        }
        // The disk is still full. What it would be recovered to can be seen all the same.
        match Disk::trial(self.disk.place()).and_then(|trial| last(&trial)) {
            Ok(last) if last == number => Err(Lost::Perhaps(Arc::new(error))),
            Ok(_) => Err(error.into()),
            Err(_) => Err(Lost::Perhaps(Arc::new(error))),
        }
    }
}
