//! Handing over what was found, with where the conversation stands then.

use threadbridge_core::adapter::{Batch, Envelope, Inbound};

use super::{
    Ear, Ended,
    archive::{self, Pages},
    leg::{Leg, at},
    state::{Entry, LegState, Standing},
};
use crate::{
    carried::{Carried, News},
    name::{Place, version},
    wire::post::AnyPost,
};

/// How many envelopes are handed over at once.
const AT_ONCE: usize = 50;

impl Leg {
    /// Hands over what is new, the oldest first, so that wherever this ends, everything older than
    /// what was handed over was handed over too.
    pub(super) async fn tell_new(
        &mut self,
        ear: Ear<'_>,
        inbound: &Inbound,
        posts: Vec<(String, AnyPost)>,
    ) -> Result<(), Ended> {
        for chunk in posts.chunks(AT_ONCE) {
            let mut state = self.state.clone();
            let mut envelopes = Vec::new();
            for (id, post) in chunk {
                let Some(at) = at(post) else { continue };
                let mut entry = entry(id.clone(), at, post, false);
                match self.news_of(&state, post) {
                    Some(news) => envelopes.extend(self.envelope(ear, news)),
                    None if entry.standing == Standing::Gone => {}
                    None => entry.standing = Standing::Silent,
                }
                let now = ear.clock.now().as_micros();
                // Whoever says that it comes from the future hides nothing behind it.
                entry.at = at.min(now);
                state.newest = state.newest.max(entry.at);
                state.remember(entry);
            }
            self.keep(inbound, envelopes, (state, Pages::new())).await?;
        }
        Ok(())
    }

    /// What a post that was not heard of before says; nothing for what is none of the conversation's
    /// business.
    fn news_of(&self, state: &LegState, post: &AnyPost) -> Option<News> {
        match post {
            AnyPost::Post(post) if !self.place.holds(&post.place) => None,
            // It may have been heard of so long ago that nothing is remembered of it.
            AnyPost::Post(post) if post.is_deleted => Some(News::Deleted(post.clone())),
            AnyPost::Post(post) => Some(News::Posted(post.clone())),
            AnyPost::Repost(repost) if repost.is_deleted => None,
            AnyPost::Repost(repost) => {
                // A share of what nobody here has heard is none.
                let target = &repost.repost_of.name.id;
                let target = state.entry(target).or_else(|| self.archive.entry(target))?;
                let is_told = target.standing == Standing::Told;
                is_told.then(|| News::Reposted(repost.clone()))
            }
            AnyPost::Other => None,
        }
    }

    pub(super) async fn hand_over(
        &mut self,
        ear: Ear<'_>,
        inbound: &Inbound,
        news: Vec<News>,
        (state, pages): (LegState, Pages),
    ) -> Result<(), Ended> {
        let envelopes: Vec<_> =
            news.into_iter().filter_map(|news| self.envelope(ear, news)).collect();
        if envelopes.is_empty() && state == self.state && pages.is_empty() {
            return Ok(());
        }
        self.keep(inbound, envelopes, (state, pages)).await
    }

    /// Keeps where the conversation stands, with what is handed over; posts that leave the newest
    /// are archived with it.
    pub(super) async fn keep(
        &mut self,
        inbound: &Inbound,
        envelopes: Vec<Envelope>,
        (mut state, mut pages): (LegState, Pages),
    ) -> Result<(), Ended> {
        let is_thread = matches!(self.place, Place::Thread(_));
        let forgone = std::mem::take(&mut state.forgone).into_iter();
        let forgone = forgone.filter(|entry| entry.is_watched(is_thread)).collect();
        self.archive.add(forgone, &mut pages);
        let mut cursors = vec![state.to_cursor(&self.conversation)];
        let to_cursor = |(number, entries): (&u32, &Vec<Entry>)| {
            archive::to_cursor(&self.conversation, *number, entries.clone())
        };
        cursors.extend(pages.iter().map(to_cursor));
        inbound.accept(Batch { envelopes, cursors }).await?;
        self.state = state;
        self.archive.set(pages);
        Ok(())
    }

    fn envelope(&self, ear: Ear<'_>, news: News) -> Option<Envelope> {
        let carried = Carried {
            conversation: self.conversation.as_str().to_owned(),
            heard_at: ear.clock.now().as_micros(),
            gateway: ear.gateway.to_owned(),
            news,
        };
        let envelope = carried.into_envelope();
        if envelope.is_none() {
            tracing::warn!(
                "something that was said is too large, or has no name, and was left out"
            );
        }
        envelope
    }
}

/// What is remembered of a post. Answers and upvotes that are there count as heard only if
/// `is_old`.
pub(super) fn entry(id: String, at: i64, post: &AnyPost, is_old: bool) -> Entry {
    let mut entry = Entry { id, at, ..Entry::default() };
    match post {
        AnyPost::Post(post) => {
            entry.version = version(&post.content_uri);
            if is_old {
                entry.comments = post.stats.comments;
            }
            if post.is_deleted {
                entry.standing = Standing::Gone;
            }
        }
        AnyPost::Repost(repost) if repost.is_deleted => entry.standing = Standing::Gone,
        AnyPost::Repost(_) => entry.standing = Standing::Reposted,
        AnyPost::Other => entry.standing = Standing::Silent,
    }
    entry
}
