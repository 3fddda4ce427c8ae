//! Walking through a listing whose page tokens cannot be trusted: some are always present, and
//! passing on one whose entries are all null starts the listing over, for ever.

use std::collections::BTreeSet;

use crate::{
    node::query::MessagePage,
    wire::{SignedMessage, hash::MessageHash},
};

/// Most pages of one listing.
const PAGES: usize = 1000;

/// One walk through one listing.
#[derive(Debug)]
pub(crate) struct Walk {
    seen: BTreeSet<MessageHash>,
    pages: usize,
    most: usize,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Ask with this token.
    Page(Vec<u8>),
    /// That was the last one.
    End,
    /// There is more than was to be read.
    Cut,
}

impl Walk {
    /// Reads at most that many messages.
    pub(crate) fn new(most: usize) -> Self {
        Self { seen: BTreeSet::new(), pages: 0, most }
    }

    /// Takes a page; gives what is new in it, and how to go on. The hash only tells messages apart
    /// here; it is verified later.
    pub(crate) fn take(&mut self, page: MessagePage) -> (Vec<SignedMessage>, Next) {
        self.pages += 1;
        let is_empty = page.messages.is_empty() && page.unverifiable == 0;
        let mut fresh = Vec::new();
        for message in page.messages {
            let is_new =
                MessageHash::from_slice(&message.hash).is_some_and(|hash| self.seen.insert(hash));
            if is_new {
                fresh.push(message);
            }
        }
        let brought_nothing = fresh.is_empty() && (is_empty || page.unverifiable == 0);
        let next = match page.next {
            None => Next::End,
            Some(token) if brought_nothing || is_spent(&token) => {
                drop(token);
                Next::End
            }
            Some(_) if self.pages >= PAGES || self.seen.len() >= self.most => Next::Cut,
            Some(token) => Next::Page(token),
        };
        (fresh, next)
    }
}

/// Whether a token says that every shard has given all it has: it is empty, or a JSON array of
/// nothing but nulls and empty entries.
pub(crate) fn is_spent(token: &[u8]) -> bool {
    if token.is_empty() {
        return true;
    }
    let Ok(serde_json::Value::Array(entries)) = serde_json::from_slice(token) else {
        return false;
    };
    entries.iter().all(|entry| match entry {
        serde_json::Value::Null => true,
        serde_json::Value::Array(key) => key.is_empty(),
        serde_json::Value::String(key) => key.is_empty(),
        serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Object(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(hashes: &[u8], next: Option<&str>) -> MessagePage {
        let message = |n: &u8| SignedMessage { hash: vec![*n; 20], ..SignedMessage::default() };
        MessagePage {
            messages: hashes.iter().map(message).collect(),
            unverifiable: 0,
            next: next.map(|token| token.as_bytes().to_vec()),
        }
    }

    #[test]
    fn a_page_that_brings_nothing_new_is_the_last() {
        let mut walk = Walk::new(100);
        let (fresh, next) = walk.take(page(&[1, 2], Some("[[1],[2]]")));
        assert_eq!((fresh.len(), next), (2, Next::Page(b"[[1],[2]]".to_vec())));
        let (fresh, next) = walk.take(page(&[1, 3], Some("[null,[3]]")));
        assert_eq!((fresh.len(), next), (1, Next::Page(b"[null,[3]]".to_vec())));
        assert_eq!(walk.take(page(&[2, 3], Some("[null,[3]]"))).1, Next::End);
    }

    #[test]
    fn a_token_of_nulls_ends_the_walk() {
        for token in ["[null,null]", "[]", "", "[null]"] {
            assert_eq!(Walk::new(9).take(page(&[1], Some(token))).1, Next::End, "{token}");
        }
        assert_eq!(Walk::new(9).take(page(&[1], None)).1, Next::End);
        assert!(!is_spent(b"raw key"));
    }

    #[test]
    fn a_walk_stops_at_its_bound() {
        assert_eq!(Walk::new(2).take(page(&[1, 2, 3], Some("[[9]]"))).1, Next::Cut);
    }

    proptest! {
        /// A node that fans out over its shards and starts them over when it is done with them.
        #[test]
        fn every_message_is_found_and_the_walk_ends(
            shards in proptest::collection::vec(0_usize..6, 1..4),
            size in 1_usize..4,
        ) {
            let total: usize = shards.iter().sum();
            let mut walk = Walk::new(1000);
            let mut at = vec![0_usize; shards.len()];
            let mut found = 0;
            for _page in 0..50 {
                let mut hashes = Vec::new();
                let mut token = Vec::new();
                for (shard, (position, length)) in at.iter_mut().zip(&shards).enumerate() {
                    for n in *position..(*position + size).min(*length) {
                        hashes.push(u8::try_from(shard * 10 + n + 1).unwrap());
                    }
                    *position += size;
                    if *position >= *length {
                        *position = 0;
                        token.push("null".to_owned());
                    } else {
                        token.push(format!("[{position}]"));
                    }
                }
                let token = format!("[{}]", token.join(","));
                let (fresh, next) = walk.take(page(&hashes, Some(&token)));
                found += fresh.len();
                if next == Next::End {
                    prop_assert_eq!(found, total);
                    return Ok(());
                }
            }
            prop_assert!(false, "the walk did not end");
        }
    }
}
