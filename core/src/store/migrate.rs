//! Bringing a store of an earlier format up to this one.
//!
//! Everything is done on a copy, in steps that are each committed with the place they reached, so
//! an interrupted migration goes on where it was. The copy is checked row by row before it takes
//! the store's name, and the store as it was stays beside it as a backup.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::store::cipher::Vault;
use crate::store::disk::{Disk, DiskError};
use crate::store::fsck::{Report, fsck};
use crate::store::header::{FORMAT, Header, HeaderError};
use crate::store::key::RowKey;
use crate::store::lock::{self, LockFile};
use crate::store::open::OpenError;
use crate::store::read::ReadError;
use crate::store::rows::{Changes, Rows};
use crate::store::secret::RootSecret;
use crate::store::snapshot::Snapshot;
use crate::store::table::Record;
use crate::store::tables::META;
use crate::store::unit::{ChangeError, Group, Unit};

/// From one format to the next.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// The format that it begins with; it ends with the next.
    pub from: u32,
    /// What it does, as an imperative clause.
    pub name: &'static str,
    /// Changes some hundred rows behind the key it is given, and says how far it came; nothing
    /// when it is done. It may be called again for rows that it has changed already only if a
    /// commit failed.
    pub step: fn(&mut Unit<'_>, Option<&RowKey>) -> Result<Option<RowKey>, ChangeError>,
}

/// Every migration, in order.
pub const MIGRATIONS: &[Migration] = &[];

/// What to do with the migrated copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Delete it: only see whether it would work.
    DryRun,
    /// Put it in the store's place.
    Replace,
}

/// What a migration did, or would do.
#[derive(Debug)]
pub struct Migrated {
    /// The store's format before.
    pub from: u32,
    /// The steps that this run took; those of an interrupted one before it are not in it.
    pub steps: u64,
    /// What the check of the migrated copy found.
    pub report: Report,
    /// Where the store as it was is kept; nothing after a dry run.
    pub backup: Option<PathBuf>,
}

/// Why a store was not migrated. It is as it was.
#[derive(Debug, Error)]
pub enum MigrateError {
    /// The store cannot be opened, whatever its format.
    #[error("the store to be migrated cannot be opened")]
    Open(#[from] OpenError),
    /// It has this version's format already.
    #[error("the store has this version's format already; nothing to do")]
    UpToDate,
    /// No version ever wrote such a format.
    #[error("nothing leads from format {found} to this version's; was it ever released?")]
    NoWay {
        /// The store's format.
        found: u32,
    },
    /// A step could not change what it should.
    #[error("the migration `{name}` failed; the store is as it was")]
    Step {
        /// Which.
        name: &'static str,
        /// Why.
        source: ChangeError,
    },
    /// What came out would be a damaged store.
    #[error("the migrated copy has faults; the store is as it was")]
    Faults(Box<Report>),
    /// The copy could not be read or written.
    #[error("the copy that is migrated cannot be read or written; is there room for it?")]
    Disk(#[from] DiskError),
}

impl From<io::Error> for MigrateError {
    fn from(error: io::Error) -> Self {
        Self::Disk(DiskError::from_io(error))
    }
}

impl From<ReadError> for MigrateError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Disk(error) => Self::Disk(error),
            ReadError::Altered { .. } | ReadError::Unknown { .. } | ReadError::KeyLost { .. } => {
                Self::Disk(DiskError::Damaged(None))
            }
        }
    }
}

/// How far a copy is, and of what it is one.
#[derive(Clone, Debug, Encode, Decode)]
struct Place {
    #[n(0)]
    of_bytes: u64,
    #[n(1)]
    modified_ns: u64,
    #[cbor(n(2), with = "minicbor::bytes")]
    reached: Option<Vec<u8>>,
}

const PLACE: &[u8] = b"migration";

/// Migrates the store at `path` with `migrations` ([`MIGRATIONS`] but in tests).
pub fn migrate(
    path: &Path,
    secret: &RootSecret,
    migrations: &[Migration],
    outcome: Outcome,
) -> Result<Migrated, MigrateError> {
    path.metadata().map_err(OpenError::from)?;
    let lock = LockFile::take(path).map_err(OpenError::from)?;
    let (from, vault) = inspect(path, secret)?;
    if from == FORMAT {
        return Err(MigrateError::UpToDate);
    }
    if (from..FORMAT).any(|format| migrations.iter().all(|known| known.from != format)) {
        return Err(MigrateError::NoWay { found: from });
    }
    let copy = lock::beside(path, "migration");
    let disk = resume_or_copy(path, &copy)?;
    let steps = run(&disk, &vault, migrations)?;
    let vault = Arc::new(vault);
    let report = fsck(&Snapshot::from_outside(&disk, &vault)?, &[], &mut |_| ())?;
    disk.close()?;
    if !report.is_clean() {
        fs::remove_file(&copy)?;
        return Err(MigrateError::Faults(Box::new(report)));
    }
    let backup = match outcome {
        Outcome::DryRun => {
            fs::remove_file(&copy)?;
            None
        }
        Outcome::Replace => {
            let backup = keep(path, from)?;
            fs::rename(&copy, path)?;
            lock::sync_folder(path)?;
            Some(backup)
        }
    };
    drop(lock);
    Ok(Migrated { from, steps, report, backup })
}

fn inspect(path: &Path, secret: &RootSecret) -> Result<(u32, Vault), OpenError> {
    let disk = Disk::read_only(path)?;
    let header = Header::read(&disk.view()?)?;
    let store_key = header.unlock(secret).map_err(HeaderError::from)?;
    Ok((header.format, Vault::new(&store_key)))
}

/// Opens the copy that an interrupted run left, if it is one of the file as it is now; else a new
/// one.
fn resume_or_copy(path: &Path, copy: &Path) -> Result<Disk, MigrateError> {
    let now = fs::metadata(path)?;
    let modified = now.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let place = Place {
        of_bytes: now.len(),
        modified_ns: u64::try_from(modified.as_nanos()).unwrap_or(u64::MAX),
        reached: None,
    };
    if let Ok(disk) = Disk::open(copy) {
        let left = read_place(&disk).ok().flatten();
        let is_same = left.is_some_and(|left| {
            (left.of_bytes, left.modified_ns) == (place.of_bytes, place.modified_ns)
        });
        if is_same {
            return Ok(disk);
        }
        disk.close()?;
    }
    let mut target = lock::private().create(true).truncate(true).open(copy)?;
    io::copy(&mut File::open(path)?, &mut target)?;
    target.sync_all()?;
    let disk = Disk::open(copy)?;
    let mut changes = Changes::default();
    put_place(&mut changes, &place)?;
    disk.commit(&changes)?;
    Ok(disk)
}

fn read_place(disk: &Disk) -> Result<Option<Place>, DiskError> {
    let bytes = disk.view()?.get(META, PLACE)?;
    Ok(bytes.and_then(|bytes| Place::from_stored(&bytes)))
}

fn put_place(changes: &mut Changes, place: &Place) -> Result<(), DiskError> {
    let bytes = place.to_stored().ok_or(DiskError::Damaged(None))?;
    changes.put(META, PLACE.to_vec(), bytes.to_vec());
    Ok(())
}

/// Takes one step after another, of one migration after another; says how many it were.
fn run(disk: &Disk, vault: &Vault, migrations: &[Migration]) -> Result<u64, MigrateError> {
    let mut steps = 0_u64;
    while step(disk, vault, migrations)? {
        steps = steps.saturating_add(1);
    }
    Ok(steps)
}

fn step(disk: &Disk, vault: &Vault, migrations: &[Migration]) -> Result<bool, MigrateError> {
    let view = disk.view()?;
    let mut header = Header::read(&view).map_err(OpenError::from)?;
    let next = migrations.iter().find(|known| known.from == header.format);
    let (Some(migration), Some(mut place)) = (next, read_place(disk)?) else { return Ok(false) };
    let group = Group::alone(&view, vault);
    let mut unit = Unit::new(&group);
    let from = place.reached.as_deref().map(RowKey::from_stored);
    let reached = (migration.step)(&mut unit, from.as_ref())
        .map_err(|source| MigrateError::Step { name: migration.name, source })?;
    let (mut changes, _) = unit.finish();
    let is_done = reached.is_none();
    if is_done {
        header.format = header.format.saturating_add(1);
        header.write(&mut changes).map_err(OpenError::from)?;
    }
    place.reached = reached.map(RowKey::into_bytes);
    if is_done && header.format == FORMAT {
        changes.delete(META, PLACE.to_vec());
    } else {
        put_place(&mut changes, &place)?;
    }
    disk.commit(&changes)?;
    Ok(true)
}

/// Gives the store as it is a second name that nothing has yet.
fn keep(path: &Path, format: u32) -> io::Result<PathBuf> {
    let mut number = 1_u32;
    loop {
        let name = match number {
            1 => format!("format-{format}.backup"),
            _ => format!("format-{format}.backup-{number}"),
        };
        let backup = lock::beside(path, &name);
        match fs::hard_link(path, &backup) {
            Ok(()) => return Ok(backup),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            // Not every file system has second names; then it is a copy.
            Err(_) => {
                let mut target = lock::private().create_new(true).open(&backup)?;
                io::copy(&mut File::open(path)?, &mut target)?;
                target.sync_all()?;
                return Ok(backup);
            }
        }
        number = number.saturating_add(1);
    }
}
