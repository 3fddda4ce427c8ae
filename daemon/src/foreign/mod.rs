//! Histories of other programs: chat logs and data exports become history of this store.
//!
//! A file is read to its end first, so that one that is broken anywhere changes nothing; then again, to
//! be taken in some messages a transaction. Nothing of it is held but the message that is read and a
//! few that are written. What is known by its id is not doubled, so it may be done again.
//! `docs/imports.md` says which shapes are taken.

mod matterbridge;
mod stream;
mod told;
mod x;
mod xmtp;

pub(crate) use self::told::carry_out;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use threadbridge_core::model::event::Action;
use threadbridge_core::model::id::{AccountName, MessageId, Network, RemoteId};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::pipeline::{Brought, Origin, Past, bring};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::tables::REMOTE;
use threadbridge_core::store::{ChangeError, ReadError, Reads, Store, WriteError};

/// Messages that one transaction takes in at most, and about how many bytes.
const AT_ONCE: usize = 64;
const BYTES_AT_ONCE: usize = 1 << 20;
/// How often a file is gone through so that answers find what they answer behind them.
const MOST_TIMES: usize = 64;
/// Differences that are shown; the rest are only counted.
const SHOWN: usize = 100;

/// What a history was written by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A log of matterbridge in JSON.
    Matterbridge,
    /// The data export of X.
    X,
    /// An archive of an official client of XMTP, with its key.
    Xmtp,
}

impl Kind {
    /// The account that its histories are kept under if none is named.
    #[must_use]
    pub const fn usual_account(self) -> &'static str {
        match self {
            Self::Matterbridge => "matterbridge",
            Self::X => "x",
            Self::Xmtp => "xmtp",
        }
    }

    const fn network(self) -> &'static str {
        match self {
            Self::Matterbridge => matterbridge::NETWORK,
            Self::X => x::NETWORK,
            Self::Xmtp => xmtp::NETWORK,
        }
    }
}

/// Why a file is no such history. Nothing of it was taken in.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// It could not be read.
    #[error("it could not be read")]
    Io(#[from] io::Error),
    /// It is not of the expected form at this place.
    #[error("it is not of the expected form")]
    Json(#[from] serde_json::Error),
    /// A thing in it is not.
    #[error("thing {0} of it is not of the expected form: {1}")]
    Thing(u64, &'static str),
    /// It does not begin like a file of an export.
    #[error("it does not begin with `window.YTD.` and the name of messages, posts or an account")]
    Prefix,
    /// No file of the export is there.
    #[error("there is no file of messages or posts, such as `direct-messages.js`, `tweets.js`")]
    Nothing,
    /// It is no archive of XMTP.
    #[error(transparent)]
    Xmtp(#[from] threadbridge_xmtp::PastError),
    /// It needs a key.
    #[error("it is locked; name its key by `--key`")]
    NoKey,
    /// Nobody says whose the posts are.
    #[error("there is no `account.js` beside it, which says whose posts they are")]
    NoOwner,
    /// One of several files is not of the expected form.
    #[error("`{0}` cannot be taken in")]
    InFile(String, #[source] Box<Self>),
    /// It changed while it was read.
    #[error("the store could not be asked while it was read")]
    Store(#[from] Unkept),
}

impl Unreadable {
    fn in_file(self, name: String) -> Self {
        Self::InFile(name, Box::new(self))
    }
}

/// Why something of a history was not kept; what came before it was, and is known the next time.
#[derive(Debug, Error)]
pub enum Unkept {
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    /// It could not be written.
    #[error("the history was taken in up to a point; import it again")]
    Write(#[from] WriteError<ChangeError>),
}

/// Something that was read.
#[derive(Debug)]
pub(crate) enum Shown {
    /// Something that happened.
    Past(Box<Past>),
    /// Something that has no place here.
    Passed,
}

/// What became of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What is new.
    pub came: u64,
    /// What was here before.
    pub known: u64,
    /// What was erased here and stays out.
    pub erased: u64,
    /// What is about something that is not here.
    pub pointless: u64,
    /// What its author may not do.
    pub refused: u64,
    /// What has no place here: typing, joins, kinds that nobody knows.
    pub passed: u64,
    /// What is otherwise here, and stays so.
    pub different: u64,
    /// The first of those.
    pub differences: Vec<MessageId>,
}

/// A history at a place.
#[derive(Debug)]
struct History<'a> {
    kind: Kind,
    path: &'a Path,
    source: Source,
}

/// What is held of a history while it is read.
#[derive(Debug)]
enum Source {
    Log,
    Export(x::Export),
    Archive(xmtp::Archive),
}

impl<'a> History<'a> {
    fn open(kind: Kind, path: &'a Path, key: Option<&Secret>) -> Result<Self, Unreadable> {
        let source = match kind {
            Kind::X => Source::Export(x::Export::open(path)?),
            Kind::Matterbridge => Source::Log,
            Kind::Xmtp => {
                Source::Archive(xmtp::Archive::open(path, key.ok_or(Unreadable::NoKey)?)?)
            }
        };
        Ok(Self { kind, path, source })
    }

    fn origin(&self, account: AccountName) -> Result<Origin, Unreadable> {
        let network = Network::parse(self.kind.network()).map_err(|_| Unreadable::Nothing)?;
        let own = match &self.source {
            Source::Log => BTreeSet::new(),
            Source::Export(export) => export.own(),
            Source::Archive(archive) => archive.own(),
        };
        Ok(Origin { account, network, own })
    }

    fn read(
        &self,
        show: &mut dyn FnMut(Shown) -> Result<(), Unreadable>,
    ) -> Result<(), Unreadable> {
        match &self.source {
            Source::Export(export) => export.read(show),
            Source::Archive(archive) => archive.read(show),
            Source::Log => matterbridge::read(BufReader::new(File::open(self.path)?), show),
        }
    }
}

/// Takes a history in.
pub fn take_in(
    store: &Store,
    (kind, path, account): (Kind, &Path, AccountName),
    key: Option<&Secret>,
    now: Timestamp,
) -> Result<Tally, Unreadable> {
    let history = History::open(kind, path, key)?;
    history.read(&mut |_| Ok(()))?;
    let origin = history.origin(account)?;
    let mut tally = Tally::default();
    for time in 0..MOST_TIMES {
        let is_last = time + 1 == MOST_TIMES;
        let mut round = Round::new(store, &origin, now, is_last);
        history.read(&mut |shown| Ok(round.take(shown)?))?;
        round.flush()?;
        let Round { postponed, tally: of_round, .. } = round;
        let came = of_round.came;
        tally.add(of_round, time == 0);
        if postponed == 0 {
            return Ok(tally);
        }
        if came == 0 {
            // What they answer is nowhere: they come without it.
            let mut round = Round::new(store, &origin, now, true);
            history.read(&mut |shown| Ok(round.take(shown)?))?;
            round.flush()?;
            tally.add(round.tally, false);
            return Ok(tally);
        }
    }
    Ok(tally)
}

impl Tally {
    /// Adds what going through a file came to. What the first time took in is known the next.
    fn add(&mut self, other: Self, is_first: bool) {
        self.came = self.came.saturating_add(other.came);
        if is_first {
            let came = self.came;
            *self = Self { came, ..other };
        } else {
            self.pointless = other.pointless;
            self.refused = self.refused.max(other.refused);
        }
    }
}

/// Going through a file once.
struct Round<'a> {
    store: &'a Store,
    origin: &'a Origin,
    now: Timestamp,
    is_last: bool,
    pending: Vec<Past>,
    ids: BTreeSet<RemoteId>,
    bytes: usize,
    postponed: u64,
    tally: Tally,
}

impl<'a> Round<'a> {
    fn new(store: &'a Store, origin: &'a Origin, now: Timestamp, is_last: bool) -> Self {
        let (pending, ids, tally) = (Vec::new(), BTreeSet::new(), Tally::default());
        Self { store, origin, now, is_last, pending, ids, bytes: 0, postponed: 0, tally }
    }

    fn take(&mut self, shown: Shown) -> Result<(), Unkept> {
        let Shown::Past(past) = shown else {
            self.tally.passed = self.tally.passed.saturating_add(1);
            return Ok(());
        };
        let answered = match &past.event.action {
            Action::Say(said) => said.reply_to.clone(),
            Action::Edit { target, .. }
            | Action::Delete { target }
            | Action::React { target, .. }
            | Action::Unreact { target, .. } => Some(target.clone()),
            Action::Read { up_to } => Some(up_to.clone()),
        };
        if let Some(answered) = answered {
            if self.ids.contains(&answered) {
                self.flush()?;
            }
            let key = (self.origin.account.clone(), answered);
            if !self.is_last && self.store.snapshot()?.get(&REMOTE, &key)?.is_none() {
                self.postponed = self.postponed.saturating_add(1);
                return Ok(());
            }
        }
        self.bytes = self.bytes.saturating_add(size(&past));
        self.ids.insert(past.event.id.clone());
        self.pending.push(*past);
        if self.pending.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unkept> {
        let pending = std::mem::take(&mut self.pending);
        (self.bytes, self.ids) = (0, BTreeSet::new());
        if pending.is_empty() {
            return Ok(());
        }
        let work = bring(self.store, self.origin, pending, self.now);
        let brought = tokio::runtime::Handle::current().block_on(work)?;
        brought.into_iter().for_each(|it| self.count(&it));
        Ok(())
    }

    fn count(&mut self, brought: &Brought) {
        let tally = &mut self.tally;
        let counted = match brought {
            Brought::Came => &mut tally.came,
            Brought::Known => &mut tally.known,
            Brought::Erased => &mut tally.erased,
            Brought::Points => &mut tally.pointless,
            Brought::Refused(_) => &mut tally.refused,
            Brought::Differs(id) => {
                if tally.differences.len() < SHOWN {
                    tally.differences.push(*id);
                }
                &mut tally.different
            }
        };
        *counted = counted.saturating_add(1);
    }
}

/// About how much a thing takes.
fn size(past: &Past) -> usize {
    let text = match &past.event.action {
        Action::Say(said) | Action::Edit { said, .. } => {
            said.content.text().map_or(0, |it| it.as_str.len())
        }
        Action::Delete { .. }
        | Action::React { .. }
        | Action::Unreact { .. }
        | Action::Read { .. } => 0,
    };
    text.saturating_add(256)
}

/// A time of RFC 3339.
fn instant(text: &str) -> Option<Timestamp> {
    let at = jiff::Timestamp::from_str(text).ok()?;
    Some(Timestamp::from_micros(at.as_microsecond()))
}

/// What stands for something that has no id of its own.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests;
