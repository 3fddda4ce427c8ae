//! Posts that are not among a conversation's newest: a few pages of them are glanced at each time,
//! and those that are not as they were are read.

use std::collections::BTreeMap;

use super::{
    Ear, Ended,
    archive::Pages,
    changes::compare,
    discover::Node,
    leg::{Current, Leg},
    state::{Entry, LegState, Standing},
    votes::changed,
};
use crate::{
    api::{of, pages},
    carried::News,
    name::{Place, version},
    wire::batch::{Ask, Glance, Glances, MOST, Posts},
};

/// How many pages are glanced at whenever everything that is remembered is looked at again.
const PAGES_A_TURN: usize = 4;

impl Leg {
    /// Glances at old posts: at all of them when listening begins, then at a few pages in turn. Those
    /// that are not as they were, as the network has them.
    pub(super) async fn look_back(
        &mut self,
        ear: Ear<'_>,
        is_first: bool,
    ) -> Result<Current, Ended> {
        let count = if is_first { self.archive.len() } else { PAGES_A_TURN };
        let is_thread = matches!(self.place, Place::Thread(_));
        let mut asks = Vec::new();
        for number in self.archive.turn(count) {
            let page = self.archive.page(number).into_iter();
            let watched = page.filter(|entry| entry.is_watched(is_thread));
            let ids: Vec<_> = watched.map(|entry| entry.id).collect();
            if !ids.is_empty() {
                asks.push(Ask::Glance(ids));
            }
        }
        let mut changed = Vec::new();
        for asks in asks.chunks(MOST) {
            for answer in ear.api.ask_all(asks).await? {
                let glances: Glances = of(answer)?;
                let is_changed = |glance: &Glance| {
                    let entry = self.archive.entry(&glance.id);
                    entry.is_some_and(|entry| has_changed(entry, glance, is_thread))
                };
                changed.extend(glances.items.into_iter().filter(is_changed).map(|it| it.id));
            }
        }
        let asks: Vec<_> = pages(&changed).collect();
        let mut current = Current::new();
        for asks in asks.chunks(MOST) {
            for answer in ear.api.ask_all(asks).await? {
                let posts: Posts = of(answer)?;
                current.extend(posts.items.into_iter().filter_map(|post| ear.heard(post)));
            }
        }
        Ok(current)
    }

    /// What became of old posts, and the pages that tell of it.
    pub(super) async fn old_news(
        &mut self,
        ear: Ear<'_>,
        current: &Current,
        listed: &[Node],
    ) -> Result<(Vec<News>, Pages), Ended> {
        let mut old: BTreeMap<u32, LegState> = BTreeMap::new();
        let ids = current.keys().chain(listed.iter().map(|node| &node.id));
        for id in ids.filter(|id| !self.state.has(id)) {
            let Some(number) = self.archive.page_of(id) else { continue };
            old.entry(number).or_insert_with(|| LegState {
                entries: self.archive.page(number),
                ..LegState::default()
            });
        }
        let mut news = Vec::new();
        let mut pages = Pages::new();
        for (number, mut page) in old {
            for entry in page.entries.clone() {
                if let Some(post) = current.get(&entry.id) {
                    news.extend(compare(&mut page, &entry.id, post));
                }
            }
            for node in listed {
                if let Some(entry) = page.entry_mut(&node.id) {
                    entry.comments = node.comments;
                }
            }
            let due = changed(&page, current, true);
            news.extend(self.list(ear, &mut page, &due, true).await?);
            if page.entries != self.archive.page(number) {
                pages.insert(number, page.entries);
            }
        }
        Ok((news, pages))
    }

    /// A post, as it was handed over last.
    pub(super) fn known(&self, id: &str) -> Option<&Entry> {
        self.state.entry(id).or_else(|| self.archive.entry(id))
    }

    /// Whether a post was not heard of before.
    pub(super) fn is_new(&self, id: &str, at: i64) -> bool {
        self.state.is_new(id, at) && self.archive.page_of(id).is_none()
    }
}

/// Whether a post is not as it was.
fn has_changed(entry: &Entry, glance: &Glance, is_thread: bool) -> bool {
    let stats = glance.stats.unwrap_or_default();
    let has_answers = is_thread && stats.comments != entry.comments;
    match entry.standing {
        Standing::Told => {
            let uri = glance.content_uri.as_deref();
            glance.is_deleted
                || uri.is_some_and(|uri| version(uri) != entry.version)
                || stats.reactions != entry.upvotes
                || has_answers
        }
        Standing::Reposted => glance.is_deleted,
        Standing::Silent => has_answers,
        Standing::Gone => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::post::Stats;

    #[test]
    fn only_what_is_not_as_it_was_is_read() {
        let uri = "lens://1";
        let told = Entry { version: version(uri), upvotes: 2, comments: 1, ..Entry::default() };
        let same = Glance {
            id: String::new(),
            is_deleted: false,
            content_uri: Some(uri.to_owned()),
            stats: Some(Stats { comments: 1, reactions: 2 }),
        };
        assert!(!has_changed(&told, &same, true));
        let edited = Glance { content_uri: Some("lens://2".to_owned()), ..same.clone() };
        let liked = Glance { stats: Some(Stats { comments: 1, reactions: 3 }), ..same.clone() };
        let answered = Glance { stats: Some(Stats { comments: 2, reactions: 2 }), ..same.clone() };
        let deleted = Glance { is_deleted: true, ..same };
        for glance in [&edited, &liked, &deleted] {
            assert!(has_changed(&told, glance, false), "{glance:?}");
        }
        assert!(has_changed(&told, &answered, true) && !has_changed(&told, &answered, false));
        let gone = Entry { standing: Standing::Gone, ..told.clone() };
        assert!(!has_changed(&gone, &edited, true));
        let silent = Entry { standing: Standing::Silent, ..told.clone() };
        assert!(has_changed(&silent, &answered, true) && !has_changed(&silent, &edited, true));
        let share = Entry { standing: Standing::Reposted, ..told };
        assert!(has_changed(&share, &deleted, false) && !has_changed(&share, &edited, false));
    }
}
