//! Checks every row of a store, while a daemon writes to it as well.

use std::fmt;
use std::ops::ControlFlow;

use crate::store::disk::DiskError;
use crate::store::key::{HASHED_BYTES, RowKey};
use crate::store::read::{ReadError, Reads};
use crate::store::rows::Rows;
use crate::store::snapshot::Snapshot;
use crate::store::span::Stretch;
use crate::store::table::{AnyTable, Record};
use crate::store::tables::{ACCOUNT_KEYS, ALL, AccountValue, META};

/// Findings that are kept; the rest are only counted.
const KEPT: usize = 1000;

/// Something that must hold for the rows of a store together.
pub trait Invariant {
    /// What must hold, as a clause: «every copy belongs to a message».
    fn name(&self) -> &'static str;
    /// Reports what does not.
    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError>;
}

/// One thing that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table, or the invariant.
    pub place: String,
    /// Which row, if it is one.
    pub row: Option<RowKey>,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)?;
        match &self.row {
            None => Ok(()),
            Some(row) => {
                f.write_str(", row ")?;
                row.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    count: u64,
}

impl Findings {
    /// Adds one.
    pub fn add(&mut self, place: &str, row: Option<RowKey>, what: impl Into<String>) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() < KEPT {
            self.kept.push(Finding { place: place.to_owned(), row, what: what.into() });
        }
    }
}

/// How far a check is.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The table that is read.
    pub table: &'a str,
    /// Rows of it that were checked.
    pub rows: u64,
    /// Rows that it should have.
    pub of: u64,
}

/// What a check came to.
#[derive(Debug)]
pub struct Report {
    /// Each table with the number of its rows.
    pub tables: Vec<(String, u64)>,
    /// The first thousand findings.
    pub findings: Vec<Finding>,
    /// How many there were.
    pub count: u64,
}

impl Report {
    /// Whether all is well.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.count == 0
    }
}

/// Reads every row of every table: is it in its place, does it open, is it a value of its table?
/// Then checks `invariants`. Damage is a finding, not an error; only a file that can no longer be
/// read at all is one.
pub fn fsck(
    snapshot: &Snapshot,
    invariants: &[&dyn Invariant],
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Report, DiskError> {
    let mut findings = Findings::default();
    let mut tables = Vec::new();
    for name in snapshot.view().tables()? {
        let is_known = name == META || ALL.iter().any(|table| table.name() == name);
        if !is_known {
            findings.add(&name, None, "no version that we know has such a table");
        }
    }
    for table in ALL {
        let count = check_table(snapshot, *table, &mut findings, progress);
        tables.push((table.name().to_owned(), count));
    }
    let own: &[&dyn Invariant] = &[&AccountKeysAreInPlace];
    for invariant in own.iter().chain(invariants) {
        if let Err(error) = invariant.check(snapshot, &mut findings) {
            findings.add(invariant.name(), None, format!("could not be checked: {error}"));
        }
    }
    let Findings { kept, count } = findings;
    Ok(Report { tables, findings: kept, count })
}

/// Progress is shown each time that this many rows were read.
const SHOWN_EVERY: u64 = 1024;

fn check_table(
    snapshot: &Snapshot,
    table: &dyn AnyTable,
    findings: &mut Findings,
    progress: &mut dyn FnMut(Progress<'_>),
) -> u64 {
    let (view, name) = (snapshot.view(), table.name());
    let of = view.count(name).unwrap_or_default();
    let (mut rows, mut last, mut key) = (0_u64, None::<Vec<u8>>, None);
    let walked = view.range(name, &Stretch::all(), &mut |row, sealed| {
        if rows.is_multiple_of(SHOWN_EVERY) {
            progress(Progress { table: name, rows, of });
        }
        rows = rows.saturating_add(1);
        let at = Some(RowKey::from_stored(row));
        if last.as_deref().is_some_and(|last| last >= row) {
            findings.add(name, at.clone(), "is out of order");
        }
        last = Some(row.to_vec());
        match view.get(name, row) {
            Ok(Some(found)) if found == sealed => {}
            Ok(_) => findings.add(name, at.clone(), "is not found by its key"),
            Err(error) => findings.add(name, at.clone(), error.to_string()),
        }
        match snapshot.access().open(table, row, sealed, &mut key) {
            Ok(Some(plain)) if table.reads(&plain) => {}
            Ok(Some(_)) => findings.add(name, at, "opens, but has an unknown form"),
            Ok(None) => findings.add(name, at, "is left of an erased conversation; erase it again"),
            Err(error) => findings.add(name, at, error.to_string()),
        }
        ControlFlow::Continue(())
    });
    if let Err(error) = walked {
        findings.add(name, None, format!("cannot be read behind {rows} rows: {error}"));
    } else if rows != of {
        findings.add(name, None, format!("has {rows} rows where {of} were written"));
    }
    progress(Progress { table: name, rows, of });
    rows
}

/// Each value of an account holds the key that its row key has a hash of.
struct AccountKeysAreInPlace;

impl Invariant for AccountKeysAreInPlace {
    fn name(&self) -> &'static str {
        "every account key is in its own row"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        let table = ACCOUNT_KEYS.name();
        snapshot.access().visit(&ACCOUNT_KEYS, &Stretch::all(), &mut |row, plain| {
            let held = AccountValue::from_stored(plain)
                .map(|value| snapshot.vault().hash(table, &value.key));
            if RowKey::from_stored(row).part(HASHED_BYTES) != held {
                findings.add(self.name(), Some(RowKey::from_stored(row)), "is in another row");
            }
            Ok(ControlFlow::Continue(()))
        })
    }
}
