//! Reading one conversation: what is new in it, then what became of what was there.

use std::collections::{BTreeMap, BTreeSet};

use threadbridge_core::{
    adapter::Inbound,
    model::{id::RemoteConversation, time::Timestamp},
};
use tokio::time::Instant;

use super::{
    Ear, Ended,
    archive::{Archive, Pages},
    changes::compare,
    roster::Roster,
    state::{Entry, LegState, Standing},
    tell::entry,
};
use crate::{
    api::{of, pages},
    config::Begin,
    name::{Place, is_post},
    wire::{
        batch::{Ask, MOST, PAGE, Posts},
        post::AnyPost,
        time,
    },
};

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
    pub(super) archive: Archive,
    hints: BTreeSet<String>,
    swept_at: Option<Instant>,
    /// The post whose upvotes were listed last though their number was the same.
    pub(super) listed_last: Option<String>,
    /// From where on those are asked about who are beyond the end of a list.
    pub(super) asked_from: usize,
    /// Who belongs to a group.
    pub(super) roster: Roster,
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
        Some(Self {
            conversation: conversation.clone(),
            place,
            state,
            archive: Archive::resume(conversation, inbound),
            hints: BTreeSet::new(),
            swept_at: None,
            listed_last: None,
            asked_from: 0,
            roster: Roster::resume(conversation, inbound),
            feed: None,
        })
    }

    /// A post to look at in the next turn. What cannot be one is not asked for: it would spoil the
    /// question for all others.
    pub(super) fn hint(&mut self, post: &str) {
        if self.hints.len() < HINTS && is_post(post) {
            self.hints.insert(post.to_owned());
        }
    }

    /// Looks at no post in particular: one of them may be what is wrong with the question.
    pub(super) fn forget_hints(&mut self) {
        self.hints.clear();
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
        if is_sweep {
            current.extend(self.look_back(ear, self.swept_at.is_none()).await?);
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
        for node in &found.listed {
            if let Some(entry) = state.entry_mut(&node.id) {
                entry.comments = node.comments;
            }
        }
        news.extend(self.votes(ear, &mut state, &current, is_sweep).await?);
        let (old_news, pages) = self.old_news(ear, &current, &found.listed).await?;
        news.extend(old_news);
        if self.swept_at.is_none() {
            news.extend(self.taken_back(ear, inbound).await?);
        }
        let has_news = count > 0 || !news.is_empty();
        self.hand_over(ear, inbound, news, (state, pages)).await?;
        if is_sweep {
            self.roll_call(ear, inbound).await?;
        }
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
        self.keep(inbound, Vec::new(), (state, Pages::new())).await
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
