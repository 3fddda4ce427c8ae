//! Posts that are no longer among a conversation's newest, as they were handed over last. They are
//! kept in pages, each the cursor of a stream of its own, so that one of them changes without all of
//! them being written; and they are looked at a few pages at a time.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use threadbridge_core::{
    adapter::{Cursor, Inbound},
    model::id::RemoteConversation,
};

use super::state::{Entry, Standing};
use crate::{name::version, wire::batch::PAGE};

/// How many pages are kept of a conversation; then the oldest makes room for the newest.
pub(super) const PAGES: u32 = 200;

/// The posts of a conversation that are not among its newest.
#[derive(Debug, Default)]
pub(super) struct Archive {
    pages: BTreeMap<u32, Vec<Entry>>,
    /// In which page a post is, by a digest of its id.
    places: BTreeMap<[u8; 8], u32>,
    /// The page to be looked at next.
    next: u32,
}

/// Pages, by number.
pub(super) type Pages = BTreeMap<u32, Vec<Entry>>;

#[derive(Encode, Decode)]
struct Page {
    #[n(0)]
    number: u32,
    #[n(1)]
    entries: Vec<Entry>,
}

impl Archive {
    /// What is kept of a conversation.
    pub(super) fn resume(conversation: &RemoteConversation, inbound: &Inbound) -> Self {
        let cursor = |slot| inbound.cursor(&stream(conversation, slot));
        let pages = (0..PAGES).filter_map(|slot| minicbor::decode::<Page>(cursor(slot)?).ok());
        let mut archive = Self::default();
        archive.set(pages.map(|page| (page.number, page.entries)).collect());
        archive
    }

    /// A post, as it was handed over last.
    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        let page = self.pages.get(&self.page_of(id)?)?;
        page.iter().rev().find(|entry| entry.id == id)
    }

    /// In which page a post is.
    pub(super) fn page_of(&self, id: &str) -> Option<u32> {
        self.places.get(&version(id)).copied()
    }

    /// The posts of a page.
    pub(super) fn page(&self, number: u32) -> Vec<Entry> {
        self.pages.get(&number).cloned().unwrap_or_default()
    }

    /// Adds posts to the newest pages; `changed` then has those that are different.
    pub(super) fn add(&self, posts: Vec<Entry>, changed: &mut Pages) {
        let mut last = self.pages.keys().next_back().copied().unwrap_or_default();
        for entry in posts {
            let is_full = |page: &Vec<Entry>| page.len() >= PAGE;
            if changed.get(&last).or_else(|| self.pages.get(&last)).is_some_and(is_full) {
                last = last.saturating_add(1);
            }
            changed.entry(last).or_insert_with(|| self.page(last)).push(entry);
        }
    }

    /// Takes pages as they are.
    pub(super) fn set(&mut self, changed: Pages) {
        for (number, entries) in changed {
            self.places.extend(entries.iter().map(|entry| (version(&entry.id), number)));
            self.pages.insert(number, entries);
        }
        while self.pages.len() > PAGES as usize {
            let Some((number, entries)) = self.pages.pop_first() else { break };
            for entry in entries {
                let id = version(&entry.id);
                if self.places.get(&id) == Some(&number) {
                    self.places.remove(&id);
                }
            }
        }
    }

    /// The pages whose turn it is, so many of them; each has its turn before any has another.
    pub(super) fn turn(&mut self, count: usize) -> Vec<u32> {
        let rest = self.pages.range(self.next..).map(|(number, _)| *number);
        let first = self.pages.range(..self.next).map(|(number, _)| *number);
        let turn: Vec<_> = rest.chain(first).take(count).collect();
        self.next = turn.last().map_or(0, |number| number.saturating_add(1));
        turn
    }

    /// How many pages there are.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }
}

/// The cursor that keeps a page.
pub(super) fn to_cursor(
    conversation: &RemoteConversation,
    number: u32,
    entries: Vec<Entry>,
) -> Cursor {
    let mut position = Vec::new();
    match minicbor::encode(Page { number, entries }, &mut position) {
        Ok(()) => {}
        // Writing to memory cannot fail.
        Err(_infallible) => tracing::error!("a page of old posts could not be written"),
    }
    Cursor { stream: stream(conversation, number % PAGES), position }
}

/// The stream of a page; no conversation has such a name.
fn stream(conversation: &RemoteConversation, slot: u32) -> String {
    format!("{conversation}#{slot}")
}

impl Entry {
    /// Whether anything may still become of it that concerns the bridge; of posts that say nothing
    /// to it only `with_silent`.
    pub(super) const fn is_watched(&self, with_silent: bool) -> bool {
        match self.standing {
            Standing::Told | Standing::Reposted => true,
            Standing::Silent => with_silent,
            Standing::Gone => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: usize) -> Entry {
        Entry { id: number.to_string(), ..Entry::default() }
    }

    fn archive(count: usize) -> Archive {
        let mut archive = Archive::default();
        // A few at a time, as they leave the window.
        for number in 0..count {
            let mut changed = Pages::new();
            archive.add(vec![entry(number)], &mut changed);
            assert_eq!(changed.len(), 1);
            archive.set(changed);
        }
        archive
    }

    #[test]
    fn posts_are_found_again_until_the_oldest_make_room() {
        let most = PAGES as usize * PAGE;
        let archive = archive(most + 1);
        assert_eq!(archive.len(), PAGES as usize);
        assert_eq!(archive.entry("0"), None);
        assert_eq!(archive.entry(&(PAGE - 1).to_string()), None);
        for number in [PAGE, PAGE + 1, most] {
            assert_eq!(archive.entry(&number.to_string()).unwrap().id, number.to_string());
        }
        assert_eq!(archive.places.len(), most + 1 - PAGE);
    }

    #[test]
    fn each_page_has_its_turn_before_any_has_another() {
        let mut archive = archive(10 * PAGE);
        let turns: Vec<_> = (0..5).flat_map(|_| archive.turn(4)).collect();
        assert_eq!(turns, (0..10).chain(0..10).collect::<Vec<_>>());
        assert_eq!(archive.turn(100).len(), 10);
        assert_eq!(Archive::default().turn(4), Vec::<u32>::new());
    }

    #[test]
    fn a_page_reads_what_it_wrote_in_a_place_that_comes_round() {
        let conversation = RemoteConversation::parse("thread/1").unwrap();
        let cursor = to_cursor(&conversation, PAGES + 3, vec![entry(5)]);
        assert_eq!(cursor.stream, "thread/1#3");
        let page: Page = minicbor::decode(&cursor.position).unwrap();
        assert_eq!((page.number, page.entries), (PAGES + 3, vec![entry(5)]));
    }
}
