//! What became of a fid's on-chain keys.

use std::collections::BTreeMap;

use super::query::SignerRecord;
use crate::wire::{proto::SignerEventType, verify::PublicKey};

/// The additions and removals of one fid's keys.
#[derive(Clone, Debug, Default)]
pub(crate) struct SignerHistory {
    last: BTreeMap<PublicKey, (u64, bool)>,
}

impl SignerHistory {
    /// Notes one event: its type on the wire, and Unix seconds.
    pub(crate) fn take(&mut self, key: PublicKey, event_type: i32, at_s: u64) {
        let is_removal = match SignerEventType::try_from(event_type) {
            Ok(SignerEventType::Add) => false,
            Ok(SignerEventType::Remove | SignerEventType::AdminReset) => true,
            Ok(SignerEventType::None) | Err(_) => return,
        };
        let last = self.last.entry(key).or_insert((at_s, is_removal));
        if at_s >= last.0 {
            *last = (at_s, is_removal);
        }
    }

    /// The keys that were removed and not added again.
    pub(crate) fn removed(&self) -> Vec<SignerRecord> {
        let removed = self.last.iter().filter(|(_, (_, is_removal))| *is_removal);
        removed
            .map(|(key, (at_s, _))| SignerRecord {
                key: *key,
                expires_at_s: None,
                scopes: Vec::new(),
                removed_at_s: Some(*at_s),
                request_fid: None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_decides_in_whatever_order_they_come() {
        let (kept, gone) = (PublicKey::from_bytes([1; 32]), PublicKey::from_bytes([2; 32]));
        let mut history = SignerHistory::default();
        history.take(gone, 2, 200);
        history.take(gone, 1, 100);
        history.take(kept, 2, 50);
        history.take(kept, 1, 60);
        history.take(kept, 9, 999);
        let removed = history.removed();
        assert_eq!(removed.len(), 1);
        assert_eq!((removed[0].key, removed[0].removed_at_s), (gone, Some(200)));
    }
}
