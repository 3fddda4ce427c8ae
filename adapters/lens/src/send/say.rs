//! Posting.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use threadbridge_core::{adapter::Verdict, model::id::RemoteId};
use tokio::time::{Instant, sleep_until};

use super::{
    Begun, Census, Deed, Outlet, SendError, Way, Words,
    settle::{about_the_question, made},
    submitted,
};
use crate::{
    api::failure::ApiError,
    draft::{OpId, Within, Written},
    memory::Trace,
    name::{is_post, post_id},
    own::Own,
    wire::{
        address::Address,
        batch::Ask,
        document::{CREATE_POST, Document, GROUP},
        outcome::{GroupFeed, Submission},
        post::AnyPost,
    },
};

/// What metadata is.
const JSON: &str = "application/json";
/// How many pages of the account's posts are looked through.
const PAGES: usize = 4;

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "editPost", alias = "deletePost", alias = "repost")]
    post: Submission,
}

#[derive(Deserialize)]
struct GroupAnswer {
    group: Option<GroupFeed>,
}

/// What an operation has come to.
enum Already {
    Nothing,
    /// It has a transaction.
    Submitted(String),
    /// It is this post.
    Said(String),
}

/// What an operation may have made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sought<'a> {
    /// A post with the operation's id.
    Words,
    /// A repost of this post.
    Repost(&'a str),
}

impl Outlet<'_> {
    /// Posts, once.
    pub(super) async fn begin_to_say(
        &self,
        own: &Own,
        op: OpId,
        words: Words,
    ) -> Result<Begun, SendError> {
        let hash = match self.said_already(own, &op).await? {
            Already::Said(post) => return self.said(&op, post).map(Begun::Done),
            Already::Submitted(hash) => hash,
            Already::Nothing => {
                let request = self.request(own, &op, &words).await?;
                match self.submit(&op, CREATE_POST, json!(request)).await {
                    // What it answers or quotes may have been taken back meanwhile: it is said all
                    // the same.
                    Err(refusal) if refusal.verdict() == Verdict::Reject => {
                        let request = self.without_deleted(request).await?.ok_or(refusal)?;
                        self.submit(&op, CREATE_POST, json!(request)).await?
                    }
                    hash => hash?,
                }
            }
        };
        Ok(Begun::UnderWay(Way { op, hash, deed: Deed::Say(words) }))
    }

    /// Waits until a post has its name.
    pub(super) async fn end_of_saying(
        &self,
        own: &Own,
        op: &OpId,
        hash: &str,
        words: Words,
    ) -> Result<RemoteId, SendError> {
        let post = match self.shown(own, op, hash).await {
            Err(failure @ SendError::Failed(_)) => {
                let request = self.request(own, op, &words).await?;
                let request = self.without_deleted(request).await?.ok_or(failure)?;
                let hash = self.submit(op, CREATE_POST, json!(request)).await?;
                self.shown(own, op, &hash).await?
            }
            post => post?,
        };
        self.said(op, post)
    }

    /// Where and what to post, with what belongs to it laid down.
    async fn request(
        &self,
        own: &Own,
        op: &OpId,
        (within, quote, written): &Words,
    ) -> Result<Map<String, Value>, SendError> {
        let mut request = self.placed(own, within.clone()).await?;
        if let Some(quote) = quote {
            request.insert("quoteOf".to_owned(), json!({ "post": quote }));
        }
        let uri = self.lay_down(op, written).await?;
        request.insert("contentUri".to_owned(), json!(uri));
        Ok(request)
    }

    /// The request without the posts that it refers to and that are deleted; nothing if none is.
    async fn without_deleted(
        &self,
        mut request: Map<String, Value>,
    ) -> Result<Option<Map<String, Value>>, SendError> {
        let mut is_without = false;
        for key in ["commentOn", "quoteOf"] {
            let post = request.get(key).and_then(|it| it.get("post")).and_then(Value::as_str);
            let Some(post) = post.map(str::to_owned) else { continue };
            let Some(AnyPost::Post(found)) = self.api.post(&post).await? else { continue };
            if !found.is_deleted {
                continue;
            }
            request.remove(key);
            request.entry("feed").or_insert_with(|| json!(found.place.feed.address));
            is_without = true;
        }
        Ok(is_without.then_some(request))
    }

    /// What this operation has come to already; waits for it where it may still show.
    async fn said_already(&self, own: &Own, op: &OpId) -> Result<Already, SendError> {
        let trace = self.desk.memory.trace(op);
        match &trace {
            Some(Trace::Done(post)) => return Ok(Already::Said(post.clone())),
            Some(Trace::Submitted(..)) => {
                if self.is_overdue(op, 1)
                    && let Some(post) = self.find(own, op, PAGES).await?
                {
                    return Ok(Already::Said(post));
                }
                if let Some(hash) = self.followed(op) {
                    return Ok(Already::Submitted(hash));
                }
            }
            Some(Trace::Untried | Trace::Tried(_)) | None => {}
        }
        let trace = self.desk.memory.trace(op);
        let found = self.awaited(own, op, trace.as_ref(), Sought::Words).await?;
        Ok(found.map_or(Already::Nothing, Already::Said))
    }

    /// Looks for what an operation may have made already, for as long as it may still show.
    pub(super) async fn awaited(
        &self,
        own: &Own,
        op: &OpId,
        trace: Option<&Trace>,
        sought: Sought<'_>,
    ) -> Result<Option<String>, SendError> {
        let Some(shows_until) = self.may_show_until(trace) else { return Ok(None) };
        let mut next = self.desk.settle_for / 20;
        loop {
            let is_settled = Instant::now() >= shows_until;
            let found = match sought {
                Sought::Words if is_settled && trace.is_none() => self.left(own, op).await?,
                // Nothing was sent since, so that it would stand among the first.
                Sought::Words => self.find(own, op, 1).await?,
                Sought::Repost(post) => self.own_repost(own, post).await?,
            };
            if found.is_some() || is_settled {
                return Ok(found);
            }
            if Instant::now() >= self.until {
                let left = shows_until.saturating_duration_since(Instant::now());
                return Err(SendError::Settling(left.max(Duration::from_millis(1))));
            }
            sleep_until((Instant::now() + next).min(shows_until).min(self.until)).await;
            next = next.saturating_mul(2);
        }
    }

    /// What a process before this one has left of an operation, after the time in which it could
    /// still show. The account's posts are looked through once for all of them.
    async fn left(&self, own: &Own, op: &OpId) -> Result<Option<String>, SendError> {
        if !self.desk.memory.is_whole() {
            return self.find(own, op, PAGES).await;
        }
        let census = self.desk.census.get_or_try_init(async || {
            let mut census = Census::new();
            self.look_through(own, PAGES, |post, name| {
                census.extend(OpId::parse(post).map(|op| (op, name.to_owned())));
                false
            })
            .await?;
            Ok::<_, SendError>(census)
        });
        Ok(census.await?.get(op).cloned())
    }

    fn said(&self, op: &OpId, post: String) -> Result<RemoteId, SendError> {
        let id = post_id(&post)?;
        self.desk.memory.note(op, Trace::Done(post));
        Ok(id)
    }

    /// Looks for an operation's post among the account's latest.
    async fn find(&self, own: &Own, op: &OpId, pages: usize) -> Result<Option<String>, SendError> {
        let mut found = None;
        self.look_through(own, pages, |made_by, post| {
            let is_it = made_by == op.as_str();
            if is_it {
                found = Some(post.to_owned());
            }
            is_it
        })
        .await?;
        Ok(found)
    }

    /// Shows the account's latest posts, each with the id in its metadata, until `look` says that it
    /// is enough.
    async fn look_through(
        &self,
        own: &Own,
        pages: usize,
        mut look: impl FnMut(&str, &str) -> bool + Send,
    ) -> Result<(), SendError> {
        let mut cursor = None;
        for _page in 0..pages {
            let page = self.api.posts(Ask::By { author: own.account, cursor }).await;
            // A cursor may expire: that says nothing of what is looked for.
            let page = page.map_err(about_the_question)?;
            for post in page.items {
                let AnyPost::Post(post) = post else { continue };
                let (id, name) = (post.metadata.id.as_deref(), &post.place.name.id);
                let is_ours = post.author.address == own.account && is_post(name);
                if is_ours && id.is_some_and(|id| look(id, name)) {
                    return Ok(());
                }
            }
            cursor = page.page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The part of the request that says where the post comes to stand.
    async fn placed(&self, own: &Own, within: Within) -> Result<Map<String, Value>, SendError> {
        let (key, value) = match within {
            Within::Feed(feed) => ("feed", json!(feed)),
            Within::Group(group) => ("feed", json!(self.feed_of(group).await?)),
            Within::Post(post) => ("commentOn", json!({ "post": post })),
            Within::Op(before) => {
                let post = match self.desk.memory.trace(&before) {
                    Some(Trace::Done(post)) => Some(post),
                    Some(Trace::Untried | Trace::Tried(_) | Trace::Submitted(..)) | None => {
                        self.find(own, &before, PAGES).await?
                    }
                };
                ("commentOn", json!({ "post": post.ok_or(SendError::NoPartBefore)? }))
            }
        };
        Ok(Map::from_iter([(key.to_owned(), value)]))
    }

    async fn feed_of(&self, group: Address) -> Result<Address, SendError> {
        let feeds = &self.desk.group_feeds;
        let known = {
            let feeds = feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            feeds.get(&group).copied()
        };
        if let Some(feed) = known {
            return Ok(feed);
        }
        let answer: GroupAnswer = self.api.read(GROUP, json!({ "group": group })).await?;
        let feed = answer.group.and_then(|it| it.feed).ok_or(SendError::NoFeed)?.address;
        feeds.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(group, feed);
        Ok(feed)
    }

    /// Lays metadata down, with all that is named in it; where.
    pub(super) async fn lay_down(&self, op: &OpId, written: &Written) -> Result<String, SendError> {
        let metadata = self.with_names(written).await?;
        let bytes = self.with_pictures(op, metadata).await?.into_bytes();
        Ok(self.desk.grove.lay_down(&self.api.transport, JSON, bytes).await?)
    }

    /// Submits a transaction; its hash. From the question on it counts as tried, until an answer
    /// says that nothing was done.
    pub(super) async fn submit(
        &self,
        op: &OpId,
        document: Document,
        request: Value,
    ) -> Result<String, SendError> {
        let memory = &self.desk.memory;
        if let Some(session) = &self.api.session {
            // So that nothing but the submission itself counts as an attempt.
            session.token(&self.api.transport).await?;
        }
        if !self.order.is_kept().await {
            return Err(SendError::UnderWay);
        }
        memory.note(op, Trace::Tried(Instant::now()));
        let answer: Result<Answer, ApiError> = self.api.act(document, request).await;
        let hash = match answer {
            Ok(answer) => submitted(answer.post),
            Err(error) if error.is_unclear() => return Err(error.into()),
            Err(error) => Err(error.into()),
        };
        match hash {
            Ok(hash) => {
                memory.note(op, Trace::Submitted(hash.clone(), Instant::now()));
                self.order.sent(&hash);
                Ok(hash)
            }
            Err(SendError::Unknown) => Err(SendError::Unknown),
            Err(refused) => {
                memory.note(op, Trace::Untried);
                Err(refused)
            }
        }
    }

    /// The name of what a transaction made, once it shows.
    pub(super) async fn shown(
        &self,
        own: &Own,
        op: &OpId,
        hash: &str,
    ) -> Result<String, SendError> {
        self.finished(op, hash).await?;
        let post = self.made_by(hash).await?;
        made(&post, own.account, op).ok_or(SendError::Unknown)
    }
}
