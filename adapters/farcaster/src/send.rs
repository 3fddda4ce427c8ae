//! Offering sealed messages to a node. What it takes is not yet included; that shows in the events.

use prost::Message as _;
use thiserror::Error;
use threadbridge_core::{
    adapter::{AdapterError, Receipt, SendRequest, Verdict},
    model::id::{InvalidId, RemoteId},
};

use crate::{
    direct::DirectApi,
    draft::{DirectDraft, Draft, Kind},
    node::{failure::NodeError, pool::Pool},
    own::Own,
    wire::{
        SignedMessage,
        proto::{MessageData, MessageType},
    },
};

/// Sealed bytes that this adapter did not make, or cannot send any more.
#[derive(Debug, Error)]
pub(crate) enum Unsendable {
    /// Not a message.
    #[error("the sealed bytes are no message of this network")]
    Malformed,
    /// The settings no longer have direct casts.
    #[error("direct casts are switched off; set `direct_casts` in the account, then replay")]
    NoDirectCasts,
    /// The account's key has no right to the message.
    #[error(
        "the account's signer may not sign for its fid; \
         add the key to the fid again, or set `signer` to one that may"
    )]
    NoRight(#[source] NodeError),
    /// No usable id.
    #[error("the message has no usable id")]
    Id(#[from] InvalidId),
}

/// Where messages go.
#[derive(Debug)]
pub(crate) struct Outlet<'a> {
    pub(crate) pool: &'a Pool,
    pub(crate) own: Option<&'a Own>,
    pub(crate) direct: Option<&'a DirectApi>,
}

impl Outlet<'_> {
    /// Sends one after the other and stops at the first failure.
    pub(crate) async fn send_all(
        &self,
        batch: &[SendRequest],
    ) -> Vec<Result<Receipt, AdapterError>> {
        let mut answers = Vec::with_capacity(batch.len());
        for request in batch {
            let answer = self.send(request).await;
            let failed = answer.is_err();
            answers.push(answer);
            if failed {
                break;
            }
        }
        answers
    }

    async fn send(&self, request: &SendRequest) -> Result<Receipt, AdapterError> {
        let bytes = request.sealed.bytes.as_slice();
        let Some(id) = request.sealed.remote_id.clone() else {
            let draft = Draft::decode(bytes).ok().and_then(|draft| draft.kind);
            let Some(Kind::Direct(draft)) = draft else {
                return Err(AdapterError::new(Verdict::Reject, Unsendable::Malformed));
            };
            return self.send_direct(&draft, &request.idempotency_key).await;
        };
        let message = SignedMessage::decode(bytes)
            .map_err(|_decode| AdapterError::new(Verdict::Reject, Unsendable::Malformed))?;
        let offer = self.pool.ask(|node| {
            let message = &message;
            async move { node.submit(message).await }
        });
        match offer.await {
            Ok(()) => Ok(Receipt::Taken(id)),
            // Only a newer message of the same fid can stand against one: a reaction that was given
            // or taken back since, or the removal of a cast, which was there before. What is offered
            // again too late was done.
            Err(NodeError::Duplicate | NodeError::Conflict) => Ok(Receipt::Done(id)),
            Err(error @ NodeError::Refused { .. }) => {
                Err(self.judge_refusal(&message, error).await)
            }
            Err(error) => Err(AdapterError::new(verdict(&error), error)),
        }
    }

    /// A refusal is about the message, unless our key has lost its right; then nothing will work
    /// until somebody mends the account.
    async fn judge_refusal(&self, message: &SignedMessage, refusal: NodeError) -> AdapterError {
        let Some((own, key)) = self.own.and_then(|own| Some((own, own.key.as_ref()?.public())))
        else {
            return AdapterError::new(Verdict::Suspend, Unsendable::NoRight(refusal));
        };
        let fid = own.fid;
        let kind = kind(message).map_or(0, i32::from);
        match self.pool.ask(|node| async move { node.signers(fid).await }).await {
            Ok(signers) if signers.iter().any(|it| it.key == key && it.may_sign(kind)) => {
                AdapterError::new(Verdict::Reject, refusal)
            }
            Ok(_) => AdapterError::new(Verdict::Suspend, Unsendable::NoRight(refusal)),
            Err(_) => AdapterError::new(Verdict::Retry, refusal),
        }
    }

    async fn send_direct(
        &self,
        draft: &DirectDraft,
        idempotency_key: &[u8; 16],
    ) -> Result<Receipt, AdapterError> {
        let Some(api) = self.direct else {
            return Err(AdapterError::new(Verdict::Reject, Unsendable::NoDirectCasts));
        };
        let key = hex::encode(idempotency_key);
        api.send(draft, &key).await.map_err(|error| AdapterError::new(error.verdict(), error))?;
        let id = RemoteId::parse(format!("direct/{key}"))
            .map_err(|error| AdapterError::new(Verdict::Reject, Unsendable::Id(error)))?;
        Ok(Receipt::Done(id))
    }
}

/// What to do about a node's failure.
pub(crate) fn verdict(error: &NodeError) -> Verdict {
    match error {
        NodeError::RateLimited { retry_after: Some(wait) } => Verdict::RetryAfter(*wait),
        NodeError::RateLimited { retry_after: None } => {
            Verdict::RetryAfter(std::time::Duration::from_secs(60))
        }
        NodeError::Unauthorized => Verdict::Suspend,
        NodeError::Refused { .. } => Verdict::Reject,
        NodeError::Duplicate
        | NodeError::Conflict
        | NodeError::NotFound
        | NodeError::Unsupported
        | NodeError::TimedOut
        | NodeError::Unavailable
        | NodeError::Malformed { .. } => Verdict::Retry,
    }
}

fn kind(message: &SignedMessage) -> Option<MessageType> {
    let data = message.signed_bytes().and_then(|bytes| MessageData::decode(bytes).ok())?;
    Some(data.r#type())
}
