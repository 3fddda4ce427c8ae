//! Editing and deleting. Both are states of a post, so doing them twice does them once; what is
//! unclear is simply looked at.

use serde_json::json;
use threadbridge_core::{adapter::Verdict, model::id::RemoteId};

use super::{Begun, Deed, Outlet, SendError, Way};
use crate::{
    draft::{OpId, Written},
    memory::Trace,
    name::{delete_id, edit_id},
    wire::{
        document::{DELETE_POST, EDIT_POST},
        post::{AnyPost, Post},
    },
};

impl Outlet<'_> {
    /// Edits a post.
    pub(super) async fn edit(
        &self,
        op: &OpId,
        post: &str,
        written: &Written,
    ) -> Result<RemoteId, SendError> {
        if self.is_unclear(op) {
            let now = self.existing(post).await?;
            if is_by(&now, op) {
                return Ok(edit_id(post, &now.content_uri)?);
            }
        }
        let hash = match self.followed(op) {
            Some(hash) => hash,
            None => {
                let uri = self.lay_down(op, written).await?;
                let request = json!({ "post": post, "contentUri": uri });
                self.submit(op, EDIT_POST, request).await?
            }
        };
        self.finished(op, &hash).await?;
        let mut waits = self.waits();
        loop {
            let now = self.existing(post).await?;
            if is_by(&now, op) {
                self.desk.memory.note(op, Trace::Done(post.to_owned()));
                return Ok(edit_id(post, &now.content_uri)?);
            }
            if !waits.wait().await {
                return Err(SendError::Pending);
            }
        }
    }

    /// Deletes a post.
    pub(super) async fn begin_to_delete(&self, op: OpId, post: String) -> Result<Begun, SendError> {
        if self.is_unclear(&op) && self.is_gone(&post).await? {
            return Ok(Begun::Done(delete_id(&post)?));
        }
        match self.submitted_delete(&op, &post).await {
            Ok(hash) => Ok(Begun::UnderWay(Way { op, hash, deed: Deed::Delete { post } })),
            Err(refusal) if self.is_moot(&refusal, &post).await? => {
                Ok(Begun::Done(delete_id(&post)?))
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Waits until a post is gone.
    pub(super) async fn end_of_deleting(
        &self,
        op: &OpId,
        hash: &str,
        post: &str,
    ) -> Result<RemoteId, SendError> {
        match self.finished(op, hash).await {
            Err(refusal) if self.is_moot(&refusal, post).await? => {}
            finished => finished?,
        }
        let mut waits = self.waits();
        while !self.is_gone(post).await? {
            if !waits.wait().await {
                return Err(SendError::Pending);
            }
        }
        self.desk.memory.note(op, Trace::Done(post.to_owned()));
        Ok(delete_id(post)?)
    }

    /// Has a post, or a repost, deleted; the hash of what does it.
    pub(super) async fn submitted_delete(
        &self,
        op: &OpId,
        post: &str,
    ) -> Result<String, SendError> {
        match self.followed(op) {
            Some(hash) => Ok(hash),
            None => self.submit(op, DELETE_POST, json!({ "post": post })).await,
        }
    }

    /// Whether a delete was refused since somebody else was quicker: nothing is left to be deleted.
    pub(super) async fn is_moot(&self, refusal: &SendError, post: &str) -> Result<bool, SendError> {
        Ok(refusal.verdict() == Verdict::Reject && self.is_gone(post).await?)
    }

    async fn existing(&self, post: &str) -> Result<Box<Post>, SendError> {
        match self.api.post(post).await? {
            Some(AnyPost::Post(post)) if !post.is_deleted => Ok(post),
            Some(AnyPost::Post(_) | AnyPost::Repost(_) | AnyPost::Other) | None => {
                Err(SendError::Gone)
            }
        }
    }

    async fn is_gone(&self, post: &str) -> Result<bool, SendError> {
        Ok(match self.api.post(post).await? {
            Some(AnyPost::Post(post)) => post.is_deleted,
            Some(AnyPost::Repost(repost)) => repost.is_deleted,
            Some(AnyPost::Other) | None => true,
        })
    }
}

/// Whether a post reads as that operation has it.
fn is_by(post: &Post, op: &OpId) -> bool {
    post.metadata.id.as_deref() == Some(op.as_str())
}
