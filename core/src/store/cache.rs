//! The keys of the conversations that were used last.

use std::collections::BTreeMap;

use crate::store::cipher::SecretKey;

/// A bounded map that forgets what was used longest ago.
///
/// A key is set once and then only erased. So what a snapshot finds here is right for it, unless
/// something was erased since it was taken: `erasures` counts these, and a snapshot uses the cache
/// only while the count is the one it began with.
#[derive(Debug)]
pub(super) struct KeyCache<Id> {
    limit: usize,
    erasures: u64,
    uses: u64,
    keys: BTreeMap<Id, (SecretKey, u64)>,
    by_use: BTreeMap<u64, Id>,
}

impl<Id: Ord + Copy> KeyCache<Id> {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, erasures: 0, uses: 0, keys: BTreeMap::new(), by_use: BTreeMap::new() }
    }

    pub(super) const fn erasures(&self) -> u64 {
        self.erasures
    }

    pub(super) fn get(&mut self, id: Id, erasures: u64) -> Option<SecretKey> {
        if erasures != self.erasures {
            return None;
        }
        let (key, used) = self.keys.get_mut(&id)?;
        self.uses = self.uses.saturating_add(1);
        self.by_use.remove(used);
        *used = self.uses;
        self.by_use.insert(self.uses, id);
        Some(key.clone())
    }

    pub(super) fn put(&mut self, id: Id, key: SecretKey, erasures: u64) {
        if erasures != self.erasures {
            return;
        }
        self.uses = self.uses.saturating_add(1);
        if let Some((_, used)) = self.keys.insert(id, (key, self.uses)) {
            self.by_use.remove(&used);
        }
        self.by_use.insert(self.uses, id);
        if self.keys.len() > self.limit
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.keys.remove(&oldest);
        }
    }

    /// Forgets everything, and what snapshots that are older would still bring.
    pub(super) fn erase(&mut self) {
        self.erasures = self.erasures.saturating_add(1);
        self.keys.clear();
        self.by_use.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_forgets_what_was_used_longest_ago() {
        let key = SecretKey::random().unwrap();
        let mut cache = KeyCache::new(2);
        cache.put(1, key.clone(), 0);
        cache.put(2, key.clone(), 0);
        assert!(cache.get(1, 0).is_some());
        cache.put(3, key.clone(), 0);
        cache.put(3, key, 0);
        assert!(cache.get(2, 0).is_none());
        assert!(cache.get(1, 0).is_some() && cache.get(3, 0).is_some());
    }

    #[test]
    fn what_is_older_than_an_erasure_neither_reads_nor_fills_the_cache() {
        let key = SecretKey::random().unwrap();
        let mut cache = KeyCache::new(2);
        cache.put(1, key.clone(), 0);
        cache.erase();
        cache.put(1, key.clone(), 0);
        assert!(cache.get(1, 0).is_none() && cache.get(1, 1).is_none());
        cache.put(1, key, 1);
        assert!(cache.get(1, 1).is_some());
    }
}
