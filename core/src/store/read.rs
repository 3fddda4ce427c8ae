//! Reading rows, the same from a snapshot and from inside a unit of work.

use std::ops::ControlFlow;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::model::id::ConversationId;
use crate::store::cipher::{SecretKey, Vault};
use crate::store::disk::{DiskError, View};
use crate::store::key::{Key, RowKey};
use crate::store::rows::{Changes, Layered, Rows};
use crate::store::span::{Span, Stretch};
use crate::store::table::{AnyTable, Record, Scope, Table};
use crate::store::tables::{CONVERSATION_KEYS, ConversationSecret};

/// Why a row could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The database failed.
    #[error("the store could not be read")]
    Disk(#[from] DiskError),
    /// Its seal does not fit: it was changed or moved.
    #[error("a row of table `{table}` was altered; restore the store from a backup")]
    Altered {
        /// Where.
        table: &'static str,
    },
    /// Its seal fits, but the value has another form than this version knows.
    #[error("a row of table `{table}` has an unknown form; was it written by a later version?")]
    Unknown {
        /// Where.
        table: &'static str,
    },
    /// The key of its conversation is not there.
    #[error("a row of table `{table}` has lost its key; restore the store from a backup")]
    KeyLost {
        /// Where.
        table: &'static str,
    },
}

/// What rows can be read from: a snapshot, or a unit of work with what it changed so far.
pub trait Reads {
    /// The way to the rows.
    fn access(&self) -> Access<'_>;

    /// The value at `key`.
    fn get<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, ReadError> {
        self.access().get(table, key)
    }

    /// The first `limit` rows of `span`, in its order. Continue with [`Span::after`] the last key.
    fn scan<K: Key, V: Record>(
        &self,
        table: &Table<K, V>,
        span: Span<'_>,
        limit: usize,
    ) -> Result<Vec<(RowKey, V)>, ReadError> {
        self.access().scan(table, span, limit)
    }

    /// Whether a conversation's key was thrown away.
    fn is_erased(&self, id: ConversationId) -> Result<bool, ReadError> {
        Ok(matches!(self.access().conversation_key(id)?, KeyState::Erased))
    }
}

/// The way to the rows of a snapshot or a unit; opaque outside the store.
#[derive(Debug)]
pub struct Access<'a> {
    pub(super) source: Source<'a>,
    pub(super) vault: &'a Vault,
    /// How much had been erased when the view was taken; none if the cache is not to be used.
    pub(super) erasures: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Source<'a> {
    Snapshot(&'a View),
    Unit { own: &'a Changes, group: &'a Changes, base: &'a View },
}

/// Is shown row keys and opened values.
pub(super) type Show<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, ReadError> + 'a;

/// The state of a conversation's key.
#[derive(Clone, Debug)]
pub(super) enum KeyState {
    None,
    Live(SecretKey),
    Erased,
}

impl Access<'_> {
    fn get<K: Key, V: Record>(&self, table: &Table<K, V>, key: &K) -> Result<Option<V>, ReadError> {
        let row = RowKey::of(key, self.vault, table.name());
        let sealed = self.with_rows(|rows| rows.get(table.name(), row.as_bytes()))?;
        let Some(sealed) = sealed else { return Ok(None) };
        let mut last = None;
        let Some(plain) = self.open(table, row.as_bytes(), &sealed, &mut last)? else {
            return Ok(None);
        };
        V::from_stored(&plain).map(Some).ok_or(ReadError::Unknown { table: table.name() })
    }

    fn scan<K: Key, V: Record>(
        &self,
        table: &Table<K, V>,
        span: Span<'_>,
        limit: usize,
    ) -> Result<Vec<(RowKey, V)>, ReadError> {
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        let stretch = span.stretch(self.vault, table.name());
        self.visit(table, &stretch, &mut |row, plain| {
            let value = V::from_stored(plain).ok_or(ReadError::Unknown { table: table.name() })?;
            found.push((RowKey::from_stored(row), value));
            Ok(if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(found)
    }

    /// Shows the opened rows of a stretch; those of erased conversations are not there.
    pub(super) fn visit(
        &self,
        table: &dyn AnyTable,
        stretch: &Stretch,
        show: &mut Show<'_>,
    ) -> Result<(), ReadError> {
        let mut last = None;
        let mut failed = None;
        self.with_rows(|rows| {
            rows.range(table.name(), stretch, &mut |row, sealed| {
                let shown = match self.open(table, row, sealed, &mut last) {
                    Ok(Some(plain)) => show(row, &plain),
                    Ok(None) => Ok(ControlFlow::Continue(())),
                    Err(error) => Err(error),
                };
                shown.unwrap_or_else(|error| {
                    failed = Some(error);
                    ControlFlow::Break(())
                })
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Shows the row keys of a stretch without opening the rows.
    pub(super) fn rows_of(
        &self,
        table: &'static str,
        stretch: &Stretch,
        show: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), ReadError> {
        Ok(self.with_rows(|rows| rows.range(table, stretch, &mut |row, _| show(row)))?)
    }

    /// Opens one value; nothing if its conversation was erased. `last` spares a scan from looking
    /// up the same conversation's key for each row.
    pub(super) fn open(
        &self,
        table: &dyn AnyTable,
        row: &[u8],
        sealed: &[u8],
        last: &mut Option<(ConversationId, SecretKey)>,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, ReadError> {
        let altered = ReadError::Altered { table: table.name() };
        let plain = match table.scope() {
            Scope::Store => self.vault.values().open(table.name(), row, sealed),
            Scope::Conversation => {
                let Some(id) = leading_conversation(row) else { return Err(altered) };
                let key = match last {
                    Some((known, key)) if *known == id => key.clone(),
                    Some(_) | None => match self.conversation_key(id)? {
                        KeyState::Live(key) => last.insert((id, key)).1.clone(),
                        KeyState::Erased => return Ok(None),
                        KeyState::None => {
                            return Err(ReadError::KeyLost { table: table.name() });
                        }
                    },
                };
                key.open(table.name(), row, sealed)
            }
        };
        plain.map(Some).ok_or(altered)
    }

    pub(super) fn conversation_key(&self, id: ConversationId) -> Result<KeyState, ReadError> {
        let name = CONVERSATION_KEYS.name();
        let base = match self.source {
            Source::Snapshot(view) => view,
            Source::Unit { own, group, base } => {
                let changed =
                    own.find(name, id.as_bytes()).or_else(|| group.find(name, id.as_bytes()));
                if let Some(sealed) = changed {
                    return self.key_state(id, sealed);
                }
                base
            }
        };
        if let Some(erasures) = self.erasures
            && let Some(key) = self.vault.cached(|cache| cache.get(id, erasures))
        {
            return Ok(KeyState::Live(key));
        }
        let state = self.key_state(id, base.get(name, id.as_bytes())?.as_deref())?;
        if let (KeyState::Live(key), Some(erasures)) = (&state, self.erasures) {
            self.vault.cached(|cache| cache.put(id, key.clone(), erasures));
        }
        Ok(state)
    }

    fn key_state(&self, id: ConversationId, sealed: Option<&[u8]>) -> Result<KeyState, ReadError> {
        let table = CONVERSATION_KEYS.name();
        let Some(sealed) = sealed else { return Ok(KeyState::None) };
        let plain = self
            .vault
            .values()
            .open(table, id.as_bytes(), sealed)
            .ok_or(ReadError::Altered { table })?;
        let secret = ConversationSecret::from_stored(&plain).ok_or(ReadError::Unknown { table })?;
        match &secret.key {
            None => Ok(KeyState::Erased),
            Some(bytes) => {
                SecretKey::from_bytes(bytes).map(KeyState::Live).ok_or(ReadError::Unknown { table })
            }
        }
    }

    fn with_rows<T>(&self, work: impl FnOnce(&dyn Rows) -> T) -> T {
        match self.source {
            Source::Snapshot(view) => work(view),
            Source::Unit { own, group, base } => {
                work(&Layered { over: own, under: &Layered { over: group, under: base } })
            }
        }
    }
}

/// The conversation that leads a row key of its tables.
pub(super) fn leading_conversation(row: &[u8]) -> Option<ConversationId> {
    row.first_chunk().copied().map(ConversationId::from_bytes)
}
