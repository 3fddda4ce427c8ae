//! Reading one conversation: what is new in it, then what became of what was there.

use std::collections::{BTreeMap, BTreeSet};

use threadbridge_core::{
    adapter::{Batch, Envelope, Inbound},
    model::{id::RemoteConversation, time::Timestamp},
};
use tokio::time::Instant;

use super::{
    Ear, Ended,
    changes::compare,
    state::{Entry, LegState, Standing},
};
use crate::{
    api::{of, pages},
    carried::{Carried, News},
    config::Begin,
    name::{Place, is_post, version},
    wire::{
        batch::{Ask, MOST, PAGE, Posts},
        post::AnyPost,
        time,
    },
};

/// How many envelopes are handed over at once.
const AT_ONCE: usize = 50;
/// After so many turns at the quickest pace, everything that is remembered is looked at again.
const TURNS_PER_SWEEP: u32 = 15;
/// How many hints are kept for the next turn.
const HINTS: usize = PAGE;

/// One conversation being read.
#[derive(Debug)]
pub(super) struct Leg {
    pub(super) conversation: RemoteConversation,
    pub(super) place: Place,
    pub(super) state: LegState,
    hints: BTreeSet<String>,
    swept_at: Option<Instant>,
    /// The post whose upvotes were listed last though their number was the same.
    pub(super) listed_last: Option<String>,
    /// The feed of a group.
    pub(super) feed: Option<crate::wire::address::Address>,
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    pub(super) has_news: bool,
    /// Whether there is more to be read at once.
    pub(super) has_more: bool,
}

/// Posts by id, as the network has them at this moment.
pub(super) type Current = BTreeMap<String, AnyPost>;

impl Leg {
    /// A conversation from where its cursor stands; nothing if the network has none of that name.
    pub(super) fn resume(conversation: &RemoteConversation, inbound: &Inbound) -> Option<Self> {
        let place = Place::parse(conversation)?;
        let cursor = inbound.cursor(&LegState::stream(conversation));
        let state = cursor.and_then(LegState::from_bytes).unwrap_or_default();
        let hints = BTreeSet::new();
        let conversation = conversation.clone();
        let (swept_at, listed_last) = (None, None);
        Some(Self { conversation, place, state, hints, swept_at, listed_last, feed: None })
    }

    /// A post to look at in the next turn.
    pub(super) fn hint(&mut self, post: &str) {
        if self.hints.len() < HINTS {
            self.hints.insert(post.to_owned());
        }
    }

    /// Has one turn.
    pub(super) async fn read(
        &mut self,
        ear: Ear<'_>,
        inbound: &Inbound,
    ) -> Result<Progress, Ended> {
        let is_sweep = self
            .swept_at
            .is_none_or(|at| at.elapsed() >= ear.pace.active.saturating_mul(TURNS_PER_SWEEP));
        let (head, mut current) = self.look(ear, is_sweep).await?;
        if !self.state.has_begun {
            self.begin(ear, inbound, &head).await?;
        }
        let found = self.discover(ear, head, &mut current, is_sweep).await?;
        let has_more = found.is_cut;
        let count = found.posts.len();
        self.tell_new(ear, inbound, found.posts).await?;
        let mut state = self.state.clone();
        let mut news = Vec::new();
        for (id, post) in &current {
            news.extend(compare(&mut state, id, post));
        }
        for node in found.listed {
            if let Some(entry) = state.entry_mut(&node.id) {
                entry.comments = node.comments;
            }
        }
        news.extend(self.votes(ear, &mut state, &current, is_sweep).await?);
        if self.swept_at.is_none() {
            news.extend(self.taken_back(ear, inbound).await?);
        }
        let has_news = count > 0 || !news.is_empty();
        self.hand_over(ear, inbound, news, state).await?;
        if is_sweep && !has_more {
            self.swept_at = Some(Instant::now());
        }
        self.hints.clear();
        Ok(Progress { has_news, has_more })
    }

    /// Asks for the conversation's head and for what is remembered of it, at once.
    async fn look(&mut self, ear: Ear<'_>, is_sweep: bool) -> Result<(Posts, Current), Ended> {
        let is_thread = matches!(self.place, Place::Thread(_));
        let mut watched = self.state.watched(is_thread);
        if !is_sweep {
            watched.truncate(PAGE);
        }
        let mut asks = vec![self.head(ear).await?];
        asks.extend(pages(&watched).take(MOST - 2));
        let hints: Vec<_> = self.hints.iter().cloned().collect();
        asks.extend(pages(&hints).take(1));
        let mut answers = ear.api.ask_all(&asks).await?.into_iter();
        let head: Posts = answers.next().map(of).transpose()?.unwrap_or_default();
        let mut current = Current::new();
        for page in answers {
            let page: Posts = of(page)?;
            current.extend(page.items.into_iter().filter_map(|post| ear.heard(post)));
        }
        current.extend(head.items.iter().cloned().filter_map(|post| ear.heard(post)));
        Ok((head, current))
    }

    /// Begins a conversation that was never read, and keeps where before anything else.
    async fn begin(&mut self, ear: Ear<'_>, inbound: &Inbound, head: &Posts) -> Result<(), Ended> {
        let mut state = LegState { has_begun: true, ..LegState::default() };
        match ear.begin {
            // Whoever begins at the beginning begins there again.
            Begin::All => {
                self.state = state;
                return Ok(());
            }
            Begin::Now => {}
        }
        let heard = |post| ear.heard(post);
        let mut there: Vec<_> = head.items.iter().cloned().filter_map(heard).collect();
        if let Place::Thread(root) = &self.place {
            let ask = Ask::Answers { post: root.clone(), cursor: None };
            let answers = ear.api.posts(ask).await?;
            there.extend(answers.items.into_iter().filter_map(heard));
        }
        for (id, post) in there {
            let Some(at) = at(&post) else { continue };
            state.floor = state.floor.max(at);
            state.remember(Entry { standing: Standing::Silent, ..entry(id, at, &post, true) });
        }
        self.keep(inbound, Vec::new(), state).await
    }

    /// Hands over what is new, the oldest first, so that wherever this ends, everything older than
    /// what was handed over was handed over too.
    async fn tell_new(
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
            self.keep(inbound, envelopes, state).await?;
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
                let target = state.entry(&repost.repost_of.name.id)?;
                let is_told = target.standing == Standing::Told;
                is_told.then(|| News::Reposted(repost.clone()))
            }
            AnyPost::Other => None,
        }
    }

    async fn hand_over(
        &mut self,
        ear: Ear<'_>,
        inbound: &Inbound,
        news: Vec<News>,
        state: LegState,
    ) -> Result<(), Ended> {
        let envelopes: Vec<_> =
            news.into_iter().filter_map(|news| self.envelope(ear, news)).collect();
        if envelopes.is_empty() && state == self.state {
            return Ok(());
        }
        self.keep(inbound, envelopes, state).await
    }

    async fn keep(
        &mut self,
        inbound: &Inbound,
        envelopes: Vec<Envelope>,
        state: LegState,
    ) -> Result<(), Ended> {
        let cursors = vec![state.to_cursor(&self.conversation)];
        inbound.accept(Batch { envelopes, cursors }).await?;
        self.state = state;
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

impl Ear<'_> {
    /// A post with its name; nothing for what cannot be a post, or not of this time.
    pub(super) fn heard(&self, post: AnyPost) -> Option<(String, AnyPost)> {
        let id = match &post {
            AnyPost::Post(post) => post.place.name.id.clone(),
            AnyPost::Repost(repost) => repost.id.clone(),
            AnyPost::Other => return None,
        };
        let at = Timestamp::from_micros(at(&post)?);
        (is_post(&id) && time::is_sane(at, self.clock.now())).then_some((id, post))
    }
}

/// When it was said, in microseconds.
pub(super) fn at(post: &AnyPost) -> Option<i64> {
    let text = match post {
        AnyPost::Post(post) => &post.timestamp,
        AnyPost::Repost(repost) => &repost.timestamp,
        AnyPost::Other => return None,
    };
    time::parse(text).map(|at| at.as_micros())
}

/// What is remembered of a post. Answers and upvotes that are there count as heard only if
/// `is_old`.
fn entry(id: String, at: i64, post: &AnyPost, is_old: bool) -> Entry {
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
