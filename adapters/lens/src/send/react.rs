//! Upvotes, which need no transaction, and reposts, which do.

use serde::Deserialize;
use serde_json::json;
use threadbridge_core::model::id::RemoteId;

use super::{Outlet, SendError, say::Sought};
use crate::{
    api::transport::shown,
    draft::{OpId, Reaction},
    memory::Trace,
    name::{delete_id, post_id},
    own::Own,
    wire::{
        batch::Ask,
        document::{ADD_REACTION, REPOST, UNDO_REACTION},
        outcome::Reacting,
        post::AnyPost,
    },
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(alias = "undoReaction")]
    add_reaction: Reacting,
}

impl Outlet<'_> {
    /// Gives a reaction or takes it back.
    pub(super) async fn react(
        &self,
        own: &Own,
        op: &OpId,
        post: &str,
        (reaction, is_given): (Reaction, bool),
    ) -> Result<RemoteId, SendError> {
        match (reaction, is_given) {
            (Reaction::Upvote, _) => self.vote(own, op, post, is_given).await,
            (Reaction::Repost, true) => self.repost(own, op, post).await,
            (Reaction::Repost, false) => self.unrepost(own, op, post).await,
        }
    }

    /// An upvote is there or not: giving it twice gives it once.
    async fn vote(
        &self,
        own: &Own,
        op: &OpId,
        post: &str,
        is_given: bool,
    ) -> Result<RemoteId, SendError> {
        let document = if is_given { ADD_REACTION } else { UNDO_REACTION };
        let request = json!({ "post": post, "reaction": "UPVOTE" });
        let answer: Answer = self.api.act(document, request).await?;
        let refusal = match answer.add_reaction {
            Reacting::AddReactionResponse { success: true } => None,
            Reacting::AddReactionResponse { success: false } => {
                Some(SendError::Reaction("no reason is given".to_owned()))
            }
            Reacting::AddReactionFailure { reason } => Some(SendError::Reaction(shown(&reason))),
            Reacting::Other => Some(SendError::Unknown),
        };
        // What is so already may be refused.
        if let Some(refusal) = refusal
            && self.has_voted(own, post).await? != is_given
        {
            return Err(refusal);
        }
        let word = if is_given { "up" } else { "unup" };
        Ok(RemoteId::parse(format!("{post}/{word}/{}/{}", own.account, op.as_str()))?)
    }

    async fn has_voted(&self, own: &Own, post: &str) -> Result<bool, SendError> {
        let standing = self.api.upvoters_among(post, &[own.account]).await?;
        Ok(standing.contains(&own.account))
    }

    async fn repost(&self, own: &Own, op: &OpId, post: &str) -> Result<RemoteId, SendError> {
        if self.is_unclear(op)
            && let Some(there) = self.own_repost(own, post).await?
        {
            return Ok(post_id(&there)?);
        }
        let hash = match self.followed(op) {
            Some(hash) => hash,
            None => {
                let trace = self.desk.memory.trace(op);
                let sought = Sought::Repost(post);
                if let Some(there) = self.awaited(own, op, trace.as_ref(), sought).await? {
                    return Ok(post_id(&there)?);
                }
                self.submit(op, REPOST, json!({ "post": post })).await?
            }
        };
        let name = self.shown(own, op, &hash).await?;
        self.desk.memory.note(op, Trace::Done(name.clone()));
        Ok(post_id(&name)?)
    }

    async fn unrepost(&self, own: &Own, op: &OpId, post: &str) -> Result<RemoteId, SendError> {
        let Some(there) = self.own_repost(own, post).await? else {
            let id = format!("{post}/unrepost/{}/{}", own.account, op.as_str());
            return Ok(RemoteId::parse(id)?);
        };
        let gone = match self.submitted_delete(op, &there).await {
            Ok(hash) => self.finished(op, &hash).await,
            Err(refusal) => Err(refusal),
        };
        match gone {
            Err(refusal) if self.is_moot(&refusal, &there).await? => {}
            gone => gone?,
        }
        self.desk.memory.note(op, Trace::Done(there.clone()));
        Ok(delete_id(&there)?)
    }

    /// The account's own repost of a post, if there is one.
    pub(super) async fn own_repost(
        &self,
        own: &Own,
        post: &str,
    ) -> Result<Option<String>, SendError> {
        let ask = Ask::Reposts { post: post.to_owned(), author: own.account };
        let page = self.api.posts(ask).await?;
        Ok(page.items.into_iter().find_map(|item| match item {
            AnyPost::Repost(repost) => {
                let is_it = repost.author.address == own.account && !repost.is_deleted;
                is_it.then_some(repost.id)
            }
            AnyPost::Post(_) | AnyPost::Other => None,
        }))
    }
}
