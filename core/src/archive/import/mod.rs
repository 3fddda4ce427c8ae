//! From an archive into a store.
//!
//! The archive is read twice: first to its end, so that what was altered or cut touches nothing,
//! then to be taken in, some items a transaction. Each transaction leaves a store that is in order,
//! and doing it again goes on where it was or changes nothing. A store that has a journal of its
//! own keeps it: what is brought in is history behind it, goes to no leg, and where the two
//! disagree the store's own stays and the difference is told.

mod account;
mod file;
mod message;
mod people;
mod register;
mod tally;

use std::io::{self, Seek, SeekFrom};

use thiserror::Error;

use super::frame::{ArchiveError, Frames, Manifest, Read};
use super::item::Item;
use super::verify::{Verified, verify};
use crate::model::journal::ImportRow;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{CURSORS, IMPORTS, JOURNAL, OUTBOX, SEALED};
use crate::store::{ChangeError, ReadError, Reads, RootSecret, Store, Unit, WriteError};

pub use self::file::import_from;
pub use self::tally::{Conflict, Tally};

/// How many items are taken in by one transaction at most.
const AT_ONCE: usize = 64;

/// Why an archive was not taken in. Up to a failure of the store, the store is as it was; after
/// one, the same import goes on where it was.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It is no archive that can be believed.
    #[error("nothing was taken in")]
    Archive(#[from] ArchiveError),
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// The store could not be written.
    #[error("the archive was taken in up to a point; import it again")]
    Write(#[from] WriteError<ChangeError>),
    /// Accounts can be taken over only where nothing was bridged yet.
    #[error(
        "the archive has accounts, and this store has a journal or accounts of its own; move a \
         bridge into a new store, or import without the accounts"
    )]
    AccountsIntoALiveStore,
    /// Another archive was begun before and is not all there.
    #[error("another import was interrupted; finish that one first")]
    AnotherIsUnfinished,
}

impl From<io::Error> for ImportError {
    fn from(error: io::Error) -> Self {
        Self::Archive(error.into())
    }
}

/// What to do with accounts in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// Take them over: the bridge goes on here. Where it stands elsewhere it must not run again.
    TakeOver,
    /// Leave them out.
    LeaveOut,
}

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// What the archive says of itself.
    pub verified: Verified,
    /// Whether its messages kept their places in the journal: the store was empty.
    pub keeps_places: bool,
    /// What became of its items.
    pub tally: Tally,
}

/// Verifies an archive to its end, then takes it in.
pub async fn import<R: io::Read + Seek>(
    store: &Store,
    mut from: R,
    secret: &RootSecret,
    accounts: Accounts,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let verified = verify(&mut from, Some(secret), None)?;
    from.seek(SeekFrom::Start(0))?;
    let id = verified.header.id();
    let plan = plan(store, id, verified.manifest.as_ref(), accounts)?;
    let row = ImportRow { begun_at: now, done_at: None, keeps_places: plan.keeps_places };
    if plan.is_new {
        let row = row.clone();
        store.write(move |unit| unit.put(&IMPORTS, &id, &row)).await?;
    }
    let mut tally = Tally::default();
    let mut frames = Frames::begin(from, Some(secret))?;
    loop {
        let items = match frames.next_frame()? {
            Read::Items(items) => items,
            Read::End(_) | Read::SignedEnd => break,
        };
        let mut items = items.into_iter();
        loop {
            let some: Vec<Item> = items.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let taken = store.write(move |unit| take_in(unit, some, plan)).await?;
            tally.add(taken);
        }
    }
    let row = ImportRow { done_at: Some(now), ..row };
    store.write(move |unit| unit.put(&IMPORTS, &id, &row)).await?;
    Ok(Imported { verified, keeps_places: plan.keeps_places, tally })
}

/// How an archive is taken in.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Messages keep their places.
    keeps_places: bool,
    /// Accounts are taken over.
    takes_accounts: bool,
    /// It was never begun.
    is_new: bool,
}

fn plan(
    store: &Store,
    id: [u8; 16],
    manifest: Option<&Manifest>,
    accounts: Accounts,
) -> Result<Plan, ImportError> {
    let snapshot = store.snapshot()?;
    let wants_accounts =
        accounts == Accounts::TakeOver && manifest.is_some_and(|it| it.with_accounts);
    match snapshot.get(&IMPORTS, &id)? {
        Some(ImportRow { done_at: None, keeps_places, .. }) => {
            return Ok(Plan { keeps_places, takes_accounts: wants_accounts, is_new: false });
        }
        // What was taken over once has gone on since.
        Some(_) => {
            return Ok(Plan { keeps_places: false, takes_accounts: false, is_new: true });
        }
        None => {}
    }
    if unfinished(&snapshot)? {
        return Err(ImportError::AnotherIsUnfinished);
    }
    let is_empty = snapshot.scan(&JOURNAL, Span::all(), 1)?.is_empty()
        && snapshot.scan(&SEALED, Span::all(), 1)?.is_empty()
        && snapshot.scan(&CURSORS, Span::all(), 1)?.is_empty()
        && snapshot.scan(&OUTBOX, Span::all(), 1)?.is_empty()
        && snapshot.count_account_keys().map_err(ReadError::from)? == 0;
    if wants_accounts && !is_empty {
        return Err(ImportError::AccountsIntoALiveStore);
    }
    let keeps_places = is_empty && manifest.is_some_and(|it| it.is_whole);
    Ok(Plan { keeps_places, takes_accounts: wants_accounts, is_new: true })
}

/// Whether an import was begun and is not all there. A bridge must not run on such a store.
pub fn unfinished(store: &impl Reads) -> Result<bool, ReadError> {
    let rows = store.scan(&IMPORTS, Span::all(), usize::MAX)?;
    Ok(rows.iter().any(|(_, row)| row.done_at.is_none() && row.keeps_places))
}

fn take_in(unit: &mut Unit<'_>, items: Vec<Item>, plan: Plan) -> Result<Tally, ChangeError> {
    let mut tally = Tally::default();
    for item in items {
        match item {
            Item::Conversation(item) => people::conversation(unit, item, &mut tally)?,
            Item::Message(item) => message::message(unit, &item, plan.keeps_places, &mut tally)?,
            Item::Gap(gap) if plan.keeps_places => message::gap(unit, &gap, &mut tally)?,
            Item::Erased(id) if plan.keeps_places => {
                unit.erase_conversation(id)?;
                tally.came(4);
            }
            Item::Gap(_) | Item::Erased(_) => {}
            Item::Name(pointer) => message::other_name(unit, pointer, &mut tally)?,
            Item::Participant(item) => people::participant(unit, &item, &mut tally)?,
            Item::Profile(row) => people::profile(unit, row, &mut tally)?,
            Item::Proof(proof) => people::proof(unit, &proof, &mut tally)?,
            Item::Home(home) => people::home(unit, &home, &mut tally)?,
            Item::Tie(tie) => people::tie(unit, tie, plan.keeps_places, &mut tally)?,
            Item::Direct(it) => people::direct(unit, &it, &mut tally)?,
            Item::Attitude(it) => people::attitude(unit, &it, &mut tally)?,
            Item::Apart(apart) => people::apart(unit, &apart, &mut tally)?,
            Item::Parting(item) if plan.keeps_places => people::parting(unit, &item, &mut tally)?,
            Item::Parting(_) => {}
            Item::Register(it) => register::entry(unit, &it, plan.keeps_places, &mut tally)?,
            Item::Subject(it) => register::subject(unit, &it, plan.keeps_places, &mut tally)?,
            Item::Sum(it) => register::sum(unit, &it, plan.keeps_places, &mut tally)?,
            Item::Grant(it) => register::grant(unit, &it, plan.keeps_places, &mut tally)?,
            Item::Expiry(row) => message::expiry(unit, &row, &mut tally)?,
            Item::Tombstone(row) => message::tombstone(unit, &row, &mut tally)?,
            item @ (Item::Account(_)
            | Item::Key(_)
            | Item::Cursor(_)
            | Item::Waiting(_)
            | Item::Refusal(_)
            | Item::Backlog(_)
            | Item::Outbox(_)
            | Item::DeadLetter(_)
            | Item::Counter(_)) => {
                if plan.takes_accounts {
                    account::take_over(unit, item, &mut tally)?;
                } else {
                    tally.left_out();
                }
            }
        }
    }
    Ok(tally)
}
