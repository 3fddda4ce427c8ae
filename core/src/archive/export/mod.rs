//! From a snapshot into an archive: a stream in an order that does not depend on the store's key,
//! so that the same things give the same items wherever they are kept.

mod account;
mod file;
mod message;
mod ordered;
mod register;
mod rest;

use std::collections::BTreeSet;
use std::io::Write;

use thiserror::Error;

use super::frame::{FrameWriter, Header, Manifest, NewArchive, UnwrittenError};
use super::item::Item;
use super::owner::OwnerKey;
use crate::model::id::{AccountName, ConversationId, Identity, Leg, Seq};
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::table::AnyTable;
use crate::store::tables::{
    BACKLOG, CONVERSATIONS, COPIES, CURSORS, DEAD_LETTERS, EVENTS, EXPIRIES, GRANTS, JOURNAL, LEGS,
    MESSAGES, NOTES, ORIGINS, OUTBOX, PEOPLE, PROFILES, PROOFS, REACTED, REACTIONS, REGISTER,
    REGISTER_SUMS, REMOTE, SUBJECTS, TOMBSTONES, WAITING,
};
use crate::store::{DiskError, ReadError, Reads, RootSecret, SealError, Snapshot};

pub use self::file::{FileError, export_to};

/// What of a store goes into an archive. By default everything but the accounts.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these conversations.
    pub conversations: Option<BTreeSet<ConversationId>>,
    /// Only what these people said, and who they are.
    pub authors: Option<BTreeSet<Identity>>,
    /// Only what was said at this time or later, by the authors' clocks.
    pub since: Option<Timestamp>,
    /// Only what was said before this time.
    pub until: Option<Timestamp>,
    /// The accounts too, with their keys, cursors, and what is on its way. Only with everything.
    pub with_accounts: bool,
    /// Accounts that the settings name: of one that was never heard on, the store cannot tell.
    pub accounts: BTreeSet<AccountName>,
}

impl Selection {
    /// Whether nothing is left out but the accounts.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.conversations.is_none()
            && self.authors.is_none()
            && self.since.is_none()
            && self.until.is_none()
    }

    fn has_conversation(&self, id: ConversationId) -> bool {
        self.conversations.as_ref().is_none_or(|wanted| wanted.contains(&id))
    }

    fn has_time(&self, at: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= at) && self.until.is_none_or(|until| at < until)
    }
}

/// Why an archive was not made.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// The archive could not be written.
    #[error("the archive could not be written")]
    Unwritten(#[from] UnwrittenError),
    /// The machine gave no random bytes.
    #[error("the keys of the archive could not be made")]
    Keys(#[from] SealError),
    /// Accounts are moved as a whole or not at all.
    #[error("accounts go into an archive of everything only; leave out what selects a part")]
    AccountsOfAPart,
}

impl From<DiskError> for ExportError {
    fn from(error: DiskError) -> Self {
        Self::Read(error.into())
    }
}

/// What came of an export.
#[derive(Debug)]
pub struct Exported {
    /// The archive's header.
    pub header: Header,
    /// What is in it.
    pub manifest: Manifest,
    /// Rows that earlier versions wrote without what they are found by, by table. They cannot be
    /// carried; nothing that was said is among them.
    pub left: Vec<(&'static str, u64)>,
}

/// Writes an archive of what `snapshot` sees.
pub fn export<W: Write>(
    snapshot: &Snapshot,
    to: W,
    secret: &RootSecret,
    selection: &Selection,
    now: Timestamp,
) -> Result<(W, Exported), ExportError> {
    export_as(snapshot, to, secret, selection, NewArchive::random(now)?)
}

pub(super) fn export_as<W: Write>(
    snapshot: &Snapshot,
    to: W,
    secret: &RootSecret,
    selection: &Selection,
    new: NewArchive,
) -> Result<(W, Exported), ExportError> {
    if selection.with_accounts && !selection.is_whole() {
        return Err(ExportError::AccountsOfAPart);
    }
    let owner = OwnerKey::of(snapshot);
    let (writer, header) = FrameWriter::begin(to, new, secret, &owner)?;
    let mut out = Out {
        snapshot,
        selection,
        writer,
        conversations: BTreeSet::new(),
        people: BTreeSet::new(),
        accounts: selection.accounts.clone(),
        written: Written::default(),
    };
    if selection.is_whole() {
        for id in snapshot.erased_conversations()? {
            out.push(&Item::Erased(id))?;
        }
    }
    out.messages()?;
    out.rest()?;
    if selection.with_accounts {
        out.all_accounts()?;
    }
    let left = if selection.is_whole() { out.left()? } else { Vec::new() };
    let kind = (selection.is_whole(), selection.with_accounts);
    let (to, manifest) = out.writer.finish(kind, &owner)?;
    Ok((to, Exported { header, manifest, left }))
}

/// How many rows of the tables whose keys do not tell all were written.
#[derive(Debug, Default)]
struct Written {
    copies: u64,
    names: u64,
    notes: u64,
    origins: u64,
    reactions: u64,
    reacted: u64,
    conversations: u64,
    legs: BTreeSet<Leg>,
    keys: u64,
    gaps: u64,
}

/// An archive that is being made.
struct Out<'a, W> {
    snapshot: &'a Snapshot,
    selection: &'a Selection,
    writer: FrameWriter<W>,
    /// Conversations that are in it.
    conversations: BTreeSet<ConversationId>,
    /// Who speaks in what was selected.
    people: BTreeSet<Identity>,
    /// Accounts that were met.
    accounts: BTreeSet<AccountName>,
    written: Written,
}

/// How many places of the journal are held at once.
const PAGE: usize = 256;

impl<W: Write> Out<'_, W> {
    fn push(&mut self, item: &Item) -> Result<(), ExportError> {
        Ok(self.writer.push(item)?)
    }

    /// All events that are wanted, in the order of the journal, each conversation before its first.
    fn messages(&mut self) -> Result<(), ExportError> {
        let mut from = Seq(0);
        loop {
            let page = self.snapshot.scan(&JOURNAL, Span::all().after(&from), PAGE)?;
            if page.is_empty() {
                return Ok(());
            }
            for (key, place) in page {
                let Some(seq) = key.part(0).map(|bytes| Seq(u64::from_be_bytes(bytes))) else {
                    continue;
                };
                from = seq;
                if self.selection.has_conversation(place.conversation) {
                    self.event(place.conversation, seq)?;
                }
            }
        }
    }

    /// What a whole archive could not take along.
    fn left(&self) -> Result<Vec<(&'static str, u64)>, ExportError> {
        let manifest = self.writer.manifest();
        let messages = manifest.count(2);
        let written = &self.written;
        let mut tables: Vec<(&dyn AnyTable, u64)> = vec![
            (&JOURNAL, messages.saturating_add(written.gaps)),
            (&EVENTS, messages),
            (&MESSAGES, messages),
            (&COPIES, written.copies),
            (&REMOTE, written.names),
            (&NOTES, written.notes),
            (&ORIGINS, written.origins),
            (&REACTIONS, written.reactions),
            (&REACTED, written.reacted),
            (&LEGS, u64::try_from(written.legs.len()).unwrap_or(u64::MAX)),
            (&CONVERSATIONS, written.conversations),
            (&PEOPLE, manifest.count(6)),
            (&PROFILES, manifest.count(7)),
            (&PROOFS, manifest.count(8)),
            (&EXPIRIES, manifest.count(9)),
            (&TOMBSTONES, manifest.count(10)),
            (&REGISTER, manifest.count(26)),
            (&SUBJECTS, manifest.count(27)),
            (&REGISTER_SUMS, manifest.count(28)),
            (&GRANTS, manifest.count(29)),
        ];
        if self.selection.with_accounts {
            tables.extend([
                (&CURSORS as &dyn AnyTable, manifest.count(13)),
                (&WAITING, manifest.count(14)),
                (&BACKLOG, manifest.count(16)),
                (&OUTBOX, manifest.count(17)),
                (&DEAD_LETTERS, manifest.count(18)),
            ]);
        }
        let mut left = Vec::new();
        for (table, written) in tables {
            let missing = self.snapshot.count(table)?.saturating_sub(written);
            if missing > 0 {
                left.push((table.name(), missing));
            }
        }
        let missing = self.snapshot.count_account_keys()?.saturating_sub(written.keys);
        if self.selection.with_accounts && missing > 0 {
            left.push(("account_keys", missing));
        }
        Ok(left)
    }
}
