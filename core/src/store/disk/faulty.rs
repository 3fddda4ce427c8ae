//! A disk for tests: it keeps its bytes over reopening, says that it is full when told to, and
//! remembers every change, so that it can show what a power cut at any moment would have left.

use std::io;
use std::sync::{Arc, Mutex};

use redb::StorageBackend;

/// The disk; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct FaultyDisk {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    log: Vec<Change>,
    is_full_from: Option<usize>,
}

#[derive(Clone, Debug)]
enum Change {
    Length(usize),
    Write(usize, Vec<u8>),
    Sync,
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(at, data) => {
                // A cut can lose the growth of the file and keep what was written behind.
                bytes.resize(bytes.len().max(at + data.len()), 0);
                bytes[*at..at + data.len()].copy_from_slice(data);
            }
            Self::Sync => {}
        }
    }
}

impl FaultyDisk {
    pub(in crate::store) fn backend(&self) -> Backend {
        Backend(self.clone())
    }

    /// Calls that changed something, so far.
    pub(in crate::store) fn changes(&self) -> usize {
        self.state.lock().unwrap().log.len()
    }

    /// Has room for `more` changes; `None` makes room.
    pub(in crate::store) fn fill_after(&self, more: Option<usize>) {
        let mut state = self.state.lock().unwrap();
        state.is_full_from = more.map(|more| state.log.len() + more);
    }

    /// What is left if the power fails after so many changes: all that was synced, and of the
    /// later ones those that `survives` chooses.
    pub(in crate::store) fn cut_after(
        &self,
        changes: usize,
        mut survives: impl FnMut() -> bool,
    ) -> Self {
        let log = self.state.lock().unwrap().log[..changes].to_vec();
        let synced = log.iter().rposition(|change| matches!(change, Change::Sync)).unwrap_or(0);
        let mut bytes = Vec::new();
        for (n, change) in log.iter().enumerate() {
            if n < synced || survives() {
                change.make(&mut bytes);
            }
        }
        let state = State { bytes, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

#[derive(Debug)]
pub(in crate::store) struct Backend(FaultyDisk);

impl Backend {
    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.0.state.lock().unwrap();
        if state.is_full_from.is_some_and(|limit| state.log.len() >= limit) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        change.make(&mut state.bytes);
        state.log.push(change);
        Ok(())
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.state.lock().unwrap().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let part = state.bytes.get(start..start + out.len());
        out.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Change::Length(usize::try_from(len).unwrap()))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Change::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Change::Write(usize::try_from(offset).unwrap(), data.to_vec()))
    }
}
