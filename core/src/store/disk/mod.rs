//! The database under the store: the only folder that knows redb.
//!
//! Each commit is durable when it returns, in two phases and with quick repair, so that a file is
//! open a millisecond after a kill. One process writes; others may read beside it. redb trusts its
//! own pages and may panic over damaged ones, so every call goes through [`guarded`].

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use redb::backends::{FileBackend, InMemoryBackend};
use redb::{
    Builder, ConcurrencyMode, Database, Durability, ReadOnlyDatabase, ReadableDatabase,
    TableDefinition,
};

use crate::store::rows::Changes;
use crate::store::traffic::{Meter, Traffic};
use failure::damaged;
use trial::Trial;

mod failure;
mod trial;
mod view;

pub use failure::DiskError;
pub(super) use view::View;

#[cfg(test)]
pub(super) mod faulty;

/// Pages that are kept in memory by the daemon.
const CACHE_BYTES: usize = 8 * 1024 * 1024;
/// How every redb file begins.
const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

/// Where a database lives.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
    #[cfg(test)]
    Faulty(faulty::FaultyDisk),
}

/// One open database.
pub(super) struct Disk {
    place: Place,
    state: RwLock<State>,
    meter: Meter,
}

enum State {
    Writer(Database),
    Reader(ReadOnlyDatabase),
    /// After a commit that failed; the file must be opened anew.
    Failed,
    Closed,
}

impl Disk {
    fn in_state(place: Place, state: State) -> Self {
        Self { place, state: RwLock::new(state), meter: Meter::default() }
    }

    /// Begins a database in a place that is empty.
    pub(super) fn create(place: Place) -> Result<Self, DiskError> {
        let database = guarded(|| match &place {
            Place::File(path) => Ok(settings().create(path)?),
            Place::Memory => Ok(Builder::new().create_with_backend(InMemoryBackend::new())?),
            #[cfg(test)]
            Place::Faulty(disk) => Ok(Builder::new().create_with_backend(disk.backend())?),
        })?;
        Ok(Self::in_state(place, State::Writer(database)))
    }

    /// Opens one for writing.
    pub(super) fn open(path: &Path) -> Result<Self, DiskError> {
        recognize(path)?;
        Self::open_in(Place::File(path.to_path_buf()))
    }

    /// Opens what is in a place, for writing.
    pub(super) fn open_in(place: Place) -> Result<Self, DiskError> {
        let database = place.reopen()?;
        Ok(Self::in_state(place, State::Writer(database)))
    }

    /// Opens one for reading, beside a process that writes. Changes nothing in the file.
    pub(super) fn read_only(path: &Path) -> Result<Self, DiskError> {
        recognize(path)?;
        let database = guarded(|| Ok(settings().open_read_only(path)?))?;
        let place = Place::File(path.to_path_buf());
        Ok(Self::in_state(place, State::Reader(database)))
    }

    /// Opens one as if for writing, with changes that go nowhere. No other process may write.
    pub(super) fn trial(place: &Place) -> Result<Self, DiskError> {
        let database = guarded(|| match place {
            Place::File(path) => {
                recognize(path)?;
                let file = FileBackend::new(File::open(path).map_err(DiskError::from_io)?)?;
                let trial = Trial::new(file).map_err(DiskError::from_io)?;
                Ok(Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(trial)?)
            }
            Place::Memory => Err(DiskError::Closed),
            #[cfg(test)]
            Place::Faulty(disk) => {
                let trial = Trial::new(disk.backend()).map_err(DiskError::from_io)?;
                Ok(Builder::new().create_with_backend(trial)?)
            }
        })?;
        let place = place.clone();
        Ok(Self::in_state(place, State::Writer(database)))
    }

    /// The place it is in.
    pub(super) const fn place(&self) -> &Place {
        &self.place
    }

    /// What is committed now.
    pub(super) fn view(&self) -> Result<View, DiskError> {
        self.recover()?;
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        guarded(|| match &*state {
            State::Writer(database) => Ok(View::new(database.begin_read()?)),
            State::Reader(database) => Ok(View::new(database.begin_read()?)),
            State::Failed | State::Closed => Err(DiskError::Closed),
        })
    }

    /// Makes all of `changes`, durably, or none.
    ///
    /// After a failure the database is closed until [`Disk::recover`], and only then is it certain
    /// which of the two it was.
    pub(super) fn commit(&self, changes: &Changes) -> Result<(), DiskError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let made = guarded(|| match &*state {
            State::Writer(database) => write(database, changes),
            State::Reader(_) | State::Failed | State::Closed => Err(DiskError::Closed),
        });
        drop(state);
        if made.is_err() {
            // What failed is in `made`; closing can only fail for the same reason.
            drop(self.leave(State::Failed));
        } else {
            self.meter.count(changes);
        }
        made
    }

    /// What was committed since the database was opened.
    pub(super) fn traffic(&self) -> Traffic {
        self.meter.read()
    }

    /// Ends the use of the file; views that are still there can no longer read.
    pub(super) fn close(&self) -> Result<(), DiskError> {
        self.leave(State::Closed)
    }

    fn leave(&self, next: State) -> Result<(), DiskError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *state, next) {
            State::Writer(database) => guarded(|| Ok(database.close()?)),
            State::Reader(database) => guarded(|| Ok(database.close()?)),
            State::Failed | State::Closed => Ok(()),
        }
    }

    /// Opens the database again if a commit failed. Views that are older can no longer read.
    pub(super) fn recover(&self) -> Result<(), DiskError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, State::Failed) {
            return Ok(());
        }
        drop(state);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Failed) {
            *state = State::Writer(self.place.reopen()?);
        }
        Ok(())
    }
}

impl Place {
    fn reopen(&self) -> Result<Database, DiskError> {
        guarded(|| match self {
            Self::File(path) => Ok(settings().open(path)?),
            Self::Memory => Err(DiskError::Closed),
            #[cfg(test)]
            Self::Faulty(disk) => Ok(Builder::new().create_with_backend(disk.backend())?),
        })
    }
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("place", &self.place).finish_non_exhaustive()
    }
}

fn settings() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// Refuses what redb would take for a file to be filled, or would call corrupted.
fn recognize(path: &Path) -> Result<(), DiskError> {
    let mut begins = Vec::new();
    let magic_bytes = u64::try_from(MAGIC.len()).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(magic_bytes).read_to_end(&mut begins))
        .map_err(DiskError::Io)?;
    if begins == MAGIC { Ok(()) } else { Err(DiskError::NotAStore) }
}

const fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

fn write(database: &Database, changes: &Changes) -> Result<(), DiskError> {
    let mut writing = database.begin_write()?;
    writing.set_durability(Durability::Immediate).map_err(|error| damaged(error.into()))?;
    writing.set_two_phase_commit(true);
    writing.set_quick_repair(true);
    for (name, rows) in changes.tables() {
        let mut table = writing.open_table(definition(name))?;
        for (key, change) in rows {
            match change {
                Some(value) => drop(table.insert(key.as_slice(), value.as_slice())?),
                None => drop(table.remove(key.as_slice())?),
            }
        }
    }
    Ok(writing.commit()?)
}

/// Runs `work` and turns a panic over damaged pages into an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, DiskError>) -> Result<T, DiskError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DiskError::Damaged(None)))
}
