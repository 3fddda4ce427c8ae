//! Trying a database out without touching it.
//!
//! A file whose writer died must be recovered before it can be read, and that writes. Here these
//! writes stay in memory: enough to see whether a secret fits, or which commit was the last.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use redb::StorageBackend;

const BLOCK: usize = 4096;

/// A disk whose changes go nowhere.
#[derive(Debug)]
pub(super) struct Trial<B> {
    under: B,
    over: Mutex<Over>,
}

#[derive(Debug)]
struct Over {
    length: u64,
    // Of what is under it, only this much is to be seen.
    seen: u64,
    blocks: BTreeMap<u64, Vec<u8>>,
}

impl<B: StorageBackend> Trial<B> {
    pub(super) fn new(under: B) -> io::Result<Self> {
        let length = under.len()?;
        let over = Over { length, seen: length, blocks: BTreeMap::new() };
        Ok(Self { under, over: Mutex::new(over) })
    }

    fn over<T>(&self, work: impl FnOnce(&mut Over) -> io::Result<T>) -> io::Result<T> {
        work(&mut self.over.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A block as it is under the changes; zeros behind its end.
    fn block(&self, over: &Over, number: u64) -> io::Result<Vec<u8>> {
        let mut block = vec![0; BLOCK];
        let start = number.saturating_mul(BLOCK as u64);
        let there = over.seen.saturating_sub(start).min(BLOCK as u64);
        let there = usize::try_from(there).unwrap_or(BLOCK);
        if let Some(part) = block.get_mut(..there).filter(|part| !part.is_empty()) {
            self.under.read(start, part)?;
        }
        Ok(block)
    }
}

/// The pieces of `length` bytes at `offset`, each in one block: its number, where in it, how many.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let block = BLOCK as u64;
    let (mut at, mut left) = (offset, length);
    std::iter::from_fn(move || {
        let within = usize::try_from(at.checked_rem(block)?).ok()?;
        let count = BLOCK.saturating_sub(within).min(left);
        let piece = (at.checked_div(block)?, within, count);
        at = at.saturating_add(count as u64);
        left = left.saturating_sub(count);
        (count > 0).then_some(piece)
    })
}

impl<B: StorageBackend> StorageBackend for Trial<B> {
    fn len(&self) -> io::Result<u64> {
        self.over(|over| Ok(over.length))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.over(|over| {
            if offset.saturating_add(out.len() as u64) > over.length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut out = &mut *out;
            for (number, within, count) in pieces(offset, out.len()) {
                let (part, rest) = out.split_at_mut(count);
                let known = over.blocks.get(&number).cloned();
                let block = known.map_or_else(|| self.block(over, number), Ok)?;
                let found = block.get(within..within.saturating_add(count));
                part.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
                out = rest;
            }
            Ok(())
        })
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.over(|over| {
            let first_gone = length.div_ceil(BLOCK as u64);
            over.blocks.split_off(&first_gone);
            for (number, within, _) in pieces(length, 1) {
                let last = over.blocks.get_mut(&number).and_then(|last| last.get_mut(within..));
                last.unwrap_or_default().fill(0);
            }
            over.seen = over.seen.min(length);
            over.length = length;
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.over(|over| {
            let mut data = data;
            for (number, within, count) in pieces(offset, data.len()) {
                let (part, rest) = data.split_at(count);
                let known = over.blocks.remove(&number);
                let mut block = known.map_or_else(|| self.block(over, number), Ok)?;
                let place = block.get_mut(within..within.saturating_add(count));
                place.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(part);
                over.blocks.insert(number, block);
                data = rest;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::backends::InMemoryBackend;

    #[test]
    fn changes_are_seen_and_go_nowhere() {
        let under = InMemoryBackend::new();
        under.set_len(10_000).unwrap();
        under.write(0, &[1; 10_000]).unwrap();
        let trial = Trial::new(under).unwrap();
        trial.write(4000, &[2; 5000]).unwrap();
        trial.set_len(20_000).unwrap();
        let mut seen = vec![9; 20_000];
        trial.read(0, &mut seen).unwrap();
        let expected = [vec![1; 4000], vec![2; 5000], vec![1; 1000], vec![0; 10_000]].concat();
        assert_eq!(seen, expected);
        trial.set_len(4100).unwrap();
        trial.set_len(5000).unwrap();
        let mut seen = vec![9; 1000];
        trial.read(4000, &mut seen).unwrap();
        assert_eq!(seen, [vec![2; 100], vec![0; 900]].concat());
        assert!(trial.read(4001, &mut seen).is_err());
        let mut below = vec![0; 10_000];
        trial.under.read(0, &mut below).unwrap();
        assert_eq!(below, vec![1; 10_000]);
    }
}
