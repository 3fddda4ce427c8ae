//! Messages of a shard by what they point at: a parent, a mentioned fid, a target.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::page::{Page, PageRequest};
use crate::farcaster::signed::{Signed, TimeHash};

/// Length of what follows the prefix in a key: time and hash.
const SUFFIX: usize = size_of::<TimeHash>();

/// Keys are a prefix of any length, then time and hash, with nothing between them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: BTreeMap<Vec<u8>, Arc<Signed>>,
}

impl Index {
    pub(crate) fn insert(&mut self, prefix: &[u8], message: &Arc<Signed>) {
        self.entries.insert(key(prefix, message), Arc::clone(message));
    }

    pub(crate) fn remove(&mut self, prefix: &[u8], message: &Signed) {
        self.entries.remove(&key(prefix, message));
    }

    /// A page of what points at `prefix`.
    ///
    /// With `collides`, a longer prefix that begins with this one hides the page, as on the real
    /// node: its keys are read as if they were ours, the messages they seem to name do not
    /// exist, and the shard answers with nothing and no error.
    pub(crate) fn page(
        &self,
        prefix: &[u8],
        request: &PageRequest,
        collides: bool,
        keep: impl Fn(&Signed) -> bool,
    ) -> Page<Arc<Signed>> {
        let is_ours = |key: &[u8]| key.len() == prefix.len() + SUFFIX;
        let (lower, upper) = span(prefix, request);
        let scanned = self
            .entries
            .range::<[u8], _>((
                lower.as_ref().map(Vec::as_slice),
                upper.as_ref().map(Vec::as_slice),
            ))
            .filter(|(key, message)| if is_ours(key) { keep(message) } else { collides })
            .map(|(key, message)| (key.clone(), (is_ours(key), Arc::clone(message))));
        let page = request.cut(scanned);
        if page.items.iter().any(|(ours, _)| !ours) {
            return Page { items: Vec::new(), next: None };
        }
        Page {
            items: page.items.into_iter().map(|(_, message)| message).collect(),
            next: page.next,
        }
    }
}

/// All keys that begin with `prefix` and are still to be listed.
fn span(prefix: &[u8], request: &PageRequest) -> (Bound<Vec<u8>>, Bound<Vec<u8>>) {
    let token = request.token.clone().filter(|token| token.starts_with(prefix));
    let after_all = prefix.iter().rposition(|byte| *byte != u8::MAX).map(|place| {
        let mut next = prefix.to_vec();
        next.truncate(place + 1);
        if let Some(last) = next.last_mut() {
            *last += 1;
        }
        next
    });
    let lower = Bound::Included(prefix.to_vec());
    let upper = after_all.map_or(Bound::Unbounded, Bound::Excluded);
    match token {
        Some(token) if request.reverse => (lower, Bound::Excluded(token)),
        Some(token) => (Bound::Excluded(token), upper),
        None => (lower, upper),
    }
}

fn key(prefix: &[u8], message: &Signed) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(&message.time_hash());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::farcaster::person::{Person, Words};

    fn cast(text: &str) -> Arc<Signed> {
        let person = Person::new(1, [1; 32]);
        Arc::new(Signed::stored(person.say(Words::from(text))).unwrap())
    }

    fn ask(size: u32, reverse: bool) -> PageRequest {
        PageRequest::new(Some(size), None, Some(reverse))
    }

    #[test]
    fn a_longer_prefix_hides_a_shorter_one_only_where_it_is_to() {
        let mut index = Index::default();
        for text in ["one", "two", "three"] {
            index.insert(b"https://x.test/c/a", &cast(text));
        }
        let all = |index: &Index, collides| {
            index.page(b"https://x.test/c/a", &ask(100, false), collides, |_| true).items.len()
        };
        assert_eq!(all(&index, true), 3);
        index.insert(b"https://x.test/c/abcdefgh", &cast("hides"));
        assert_eq!(all(&index, true), 0);
        assert_eq!(all(&index, false), 3);
        // Times sort before letters, so a small page from the front does not reach the other keys.
        let first = index.page(b"https://x.test/c/a", &ask(1, false), true, |_| true);
        assert_eq!(first.items.len(), 1);
        let last = index.page(b"https://x.test/c/a", &ask(1, true), true, |_| true);
        assert_eq!(last.items.len(), 0);
    }

    #[test]
    fn pages_join_to_the_whole_in_both_directions() {
        let mut index = Index::default();
        let prefix = [7, u8::MAX, u8::MAX];
        (0..7).for_each(|n| index.insert(&prefix, &cast(&format!("cast {n}"))));
        for reverse in [false, true] {
            let mut seen = Vec::new();
            let mut token = None;
            loop {
                let request = PageRequest::new(Some(3), token, Some(reverse));
                let page = index.page(&prefix, &request, true, |_| true);
                seen.extend(page.items.iter().map(|cast| cast.time_hash()));
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            let mut whole: Vec<_> = index.entries.values().map(|cast| cast.time_hash()).collect();
            if reverse {
                whole.reverse();
            }
            assert_eq!(seen, whole);
        }
    }
}
