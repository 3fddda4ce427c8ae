//! What is new in a conversation.
//!
//! A feed lists its posts, the newest first: it is walked back to what was heard before, and beyond
//! it from time to time, for posts that show late. A thread lists what answers each of its posts;
//! those are asked whose number of answers has changed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::json;

use super::{
    Ear, Ended,
    leg::{Current, Leg, at},
};
use crate::{
    api::{failure::ApiError, of},
    name::Place,
    wire::{
        batch::{Ask, MOST, Posts},
        document::GROUP,
        outcome::GroupFeed,
        post::AnyPost,
    },
};

/// How many posts are held at once; of a longer backlog the oldest are taken first.
const HELD: usize = 5_000;
/// How many pages a feed may have: more than anybody ever wrote.
const WALKED: usize = 100_000;
/// Of how many posts the answers are asked for in one turn.
const NODES: usize = 500;
/// How many pages of answers one post may have.
const PAGES: usize = 40;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Posts that were not heard of before, the oldest first.
    pub(super) posts: Vec<(String, AnyPost)>,
    /// Posts whose answers were all listed.
    pub(super) listed: Vec<Node>,
    /// Whether there is more.
    pub(super) is_cut: bool,
}

/// A post whose answers are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: String,
    /// How many answers it was said to have.
    pub(super) comments: u32,
}

/// A post of a thread, with its place among those of the same time.
struct Ranked {
    post: AnyPost,
    rank: (usize, usize),
}

#[derive(Deserialize)]
struct GroupAnswer {
    group: Option<GroupFeed>,
}

impl Leg {
    /// The question for the head of the conversation.
    pub(super) async fn head(&mut self, ear: Ear<'_>) -> Result<Ask, Ended> {
        Ok(match &self.place {
            Place::Thread(root) => Ask::Known(vec![root.clone()]),
            Place::Feed(_) | Place::Group(_) => {
                Ask::Feed { feed: self.feed(ear).await?, few: true, cursor: None }
            }
        })
    }

    async fn feed(&mut self, ear: Ear<'_>) -> Result<crate::wire::address::Address, Ended> {
        if let Some(feed) = self.feed {
            return Ok(feed);
        }
        let feed = match &self.place {
            Place::Feed(feed) => *feed,
            Place::Group(group) => {
                let answer: GroupAnswer = ear.api.read(GROUP, json!({ "group": group })).await?;
                let feed = answer.group.and_then(|it| it.feed);
                feed.ok_or(ApiError::Malformed { expected: "a group with a feed" })?.address
            }
            Place::Thread(_) => {
                return Err(ApiError::Malformed { expected: "a feed" }.into());
            }
        };
        self.feed = Some(feed);
        Ok(feed)
    }

    /// Finds what is new.
    pub(super) async fn discover(
        &mut self,
        ear: Ear<'_>,
        head: Posts,
        current: &mut Current,
        is_sweep: bool,
    ) -> Result<Found, Ended> {
        match self.place {
            Place::Feed(_) | Place::Group(_) => self.walk(ear, head, is_sweep).await,
            Place::Thread(_) => self.climb(ear, current).await,
        }
    }

    /// Walks a feed back.
    async fn walk(&mut self, ear: Ear<'_>, head: Posts, is_sweep: bool) -> Result<Found, Ended> {
        let feed = self.feed(ear).await?;
        let heard_until = self.state.heard_until();
        let (mut seen, mut met) = (BTreeSet::new(), BTreeSet::new());
        let mut held = VecDeque::new();
        let mut is_cut = false;
        let mut page = head;
        let mut is_head = true;
        for _page in 0..WALKED {
            let mut is_enough = false;
            let before = met.len();
            let cursor = page.page.next.take();
            for (id, post) in page.items.into_iter().filter_map(|post| ear.heard(post)) {
                let Some(at) = at(&post) else { continue };
                met.insert(id.clone());
                is_enough |= at < heard_until || (!is_sweep && self.state.has(&id));
                if self.is_new(&id, at) && seen.insert(id.clone()) {
                    held.push_front((at, id, post));
                }
            }
            while held.len() > HELD {
                held.pop_back();
                is_cut = true;
            }
            let cursor = match (cursor, is_head) {
                (None, _) => break,
                (Some(_), _) if is_enough => break,
                // A list that begins again and again has no more.
                (Some(_), false) if met.len() == before => break,
                // The head was a short page; the walk begins anew with long ones. What was posted
                // meanwhile stands before it there, and may be of the same second.
                (Some(_), true) => {
                    (seen, met, held) = Default::default();
                    None
                }
                (cursor, false) => cursor,
            };
            is_head = false;
            page = ear.api.posts(Ask::Feed { feed, few: false, cursor }).await?;
        }
        let mut held = Vec::from(held);
        held.sort_by_key(|(at, _, _)| *at);
        let posts = held.into_iter().map(|(_, id, post)| (id, post)).collect();
        Ok(Found { posts, listed: Vec::new(), is_cut })
    }

    /// Climbs a thread where it has grown.
    async fn climb(&mut self, ear: Ear<'_>, current: &mut Current) -> Result<Found, Ended> {
        let mut found: BTreeMap<String, Ranked> = BTreeMap::new();
        let mut listed: BTreeMap<String, Node> = BTreeMap::new();
        let mut queue = VecDeque::new();
        for (id, post) in current.iter() {
            self.consider(&mut found, &mut queue, (id, post, (0, 0)));
        }
        let mut round = 0_usize;
        while !queue.is_empty() && listed.len() < NODES && found.len() < HELD {
            round = round.saturating_add(1);
            let nodes: Vec<Node> = queue.drain(..queue.len().min(MOST)).collect();
            for (node, answers) in self.answers(ear, nodes).await? {
                if listed.insert(node.id.clone(), node).is_some() {
                    continue;
                }
                for (place, (id, post)) in answers.into_iter().enumerate() {
                    if !listed.contains_key(&id) {
                        self.consider(&mut found, &mut queue, (&id, &post, (round, place)));
                    }
                }
            }
        }
        let mut posts: Vec<_> = found.into_iter().collect();
        // Blocks tell whole seconds: within one, what is answered comes before its answers.
        posts.sort_by_key(|(_, it)| (at(&it.post), it.rank));
        let posts: Vec<_> = posts.into_iter().map(|(id, it)| (id, it.post)).collect();
        let is_cut = !queue.is_empty();
        // Their answers and upvotes are looked at as those of all others.
        current.extend(posts.iter().cloned());
        Ok(Found { posts, listed: listed.into_values().collect(), is_cut })
    }

    /// Takes a post of the thread in, and asks for its answers if there are new ones.
    fn consider(
        &self,
        found: &mut BTreeMap<String, Ranked>,
        queue: &mut VecDeque<Node>,
        (id, post, rank): (&String, &AnyPost, (usize, usize)),
    ) {
        let (AnyPost::Post(inner), Some(at)) = (post, at(post)) else { return };
        if !self.place.holds(&inner.place) {
            return;
        }
        let comments = inner.stats.comments;
        let known = self.known(id).map(|entry| entry.comments);
        let is_new = self.is_new(id, at) && !found.contains_key(id);
        if is_new {
            found.insert(id.clone(), Ranked { post: post.clone(), rank });
        }
        let has_grown = known.is_some_and(|known| known != comments) || (is_new && comments > 0);
        if has_grown {
            queue.push_back(Node { id: id.clone(), comments });
        }
    }

    /// All that answers each of these posts.
    async fn answers(
        &self,
        ear: Ear<'_>,
        nodes: Vec<Node>,
    ) -> Result<Vec<(Node, Vec<(String, AnyPost)>)>, Ended> {
        let asks: Vec<_> =
            nodes.iter().map(|node| Ask::Answers { post: node.id.clone(), cursor: None }).collect();
        let first = ear.api.ask_all(&asks).await?;
        let mut all = Vec::new();
        for (node, page) in nodes.into_iter().zip(first) {
            let mut page: Posts = of(page)?;
            let mut answers = Vec::new();
            for _page in 0..PAGES {
                let is_falling = is_falling(&page);
                let items = std::mem::take(&mut page.items).into_iter();
                let items = items.filter_map(|post| ear.heard(post));
                let before = answers.len();
                answers.extend(items);
                let is_news =
                    |(id, post): &(String, AnyPost)| at(post).is_some_and(|at| self.is_new(id, at));
                let has_news = answers.iter().skip(before).any(is_news);
                match page.page.next.take() {
                    Some(next) if has_news || !is_falling => {
                        let cursor = Some(next);
                        page =
                            ear.api.posts(Ask::Answers { post: node.id.clone(), cursor }).await?;
                    }
                    Some(_) | None => break,
                }
            }
            if !is_rising(&answers) {
                answers.reverse();
            }
            all.push((node, answers));
        }
        Ok(all)
    }
}

/// Whether a list has the oldest first.
fn is_rising(answers: &[(String, AnyPost)]) -> bool {
    let time = |it: Option<&(String, AnyPost)>| it.and_then(|(_, post)| at(post));
    time(answers.first()) < time(answers.last())
}

/// Whether a page has the newest first.
fn is_falling(page: &Posts) -> bool {
    let times: Vec<_> = page.items.iter().filter_map(at).collect();
    !times.is_empty() && times.is_sorted_by(|one, other| one >= other)
}
