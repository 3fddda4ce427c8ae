//! Posting.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use threadbridge_core::{adapter::Verdict, model::id::RemoteId};
use tokio::time::{Instant, sleep_until};

use super::{Outlet, SendError, settle::made, submitted};
use crate::{
    api::failure::ApiError,
    draft::{OpId, Within},
    memory::Trace,
    name::post_id,
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
    pub(super) async fn say(
        &self,
        own: &Own,
        op: &OpId,
        (within, quote): (Within, Option<String>),
        metadata: String,
    ) -> Result<RemoteId, SendError> {
        if let Some(post) = self.said_already(own, op).await? {
            return self.said(op, post);
        }
        let mut request = self.placed(own, within).await?;
        if let Some(quote) = quote {
            request.insert("quoteOf".to_owned(), json!({ "post": quote }));
        }
        let uri = self.lay_down(self.with_pictures(op, metadata).await?).await?;
        request.insert("contentUri".to_owned(), json!(uri));
        let post = match self.make(own, op, request.clone()).await {
            // What it answers or quotes may have been taken back meanwhile: it is said all the same.
            Err(refusal) if refusal.verdict() == Verdict::Reject => {
                match self.without_deleted(request).await? {
                    Some(request) => self.make(own, op, request).await?,
                    None => return Err(refusal),
                }
            }
            made => made?,
        };
        self.said(op, post)
    }

    async fn make(
        &self,
        own: &Own,
        op: &OpId,
        request: Map<String, Value>,
    ) -> Result<String, SendError> {
        let hash = self.submit(op, CREATE_POST, Value::Object(request)).await?;
        self.shown(own, op, &hash).await
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

    /// The post that this operation has made already, if it has; waits for it where it may still
    /// show.
    async fn said_already(&self, own: &Own, op: &OpId) -> Result<Option<String>, SendError> {
        let trace = self.desk.memory.trace(op);
        match &trace {
            Some(Trace::Done(post)) => return Ok(Some(post.clone())),
            Some(Trace::Submitted(..)) => {
                if self.is_overdue(op, 1)
                    && let Some(post) = self.find(own, op).await?
                {
                    return Ok(Some(post));
                }
                if let Some(hash) = self.followed(op) {
                    return self.shown(own, op, &hash).await.map(Some);
                }
            }
            Some(Trace::Untried | Trace::Tried(_)) | None => {}
        }
        let trace = self.desk.memory.trace(op);
        self.awaited(own, op, trace.as_ref(), Sought::Words).await
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
                Sought::Words => self.find(own, op).await?,
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

    fn said(&self, op: &OpId, post: String) -> Result<RemoteId, SendError> {
        let id = post_id(&post)?;
        self.desk.memory.note(op, Trace::Done(post));
        Ok(id)
    }

    /// Looks for an operation's post among the account's latest.
    async fn find(&self, own: &Own, op: &OpId) -> Result<Option<String>, SendError> {
        let mut cursor = None;
        for _page in 0..PAGES {
            let page = self.api.posts(Ask::By { author: own.account, cursor }).await?;
            for post in page.items {
                if let AnyPost::Post(_) = post
                    && let Some(found) = made(&post, own.account, op)
                {
                    return Ok(Some(found));
                }
            }
            cursor = page.page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(None)
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
                        self.find(own, &before).await?
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

    /// Lays metadata down; where.
    pub(super) async fn lay_down(&self, metadata: String) -> Result<String, SendError> {
        let bytes = metadata.into_bytes();
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
