//! Publishing what was sealed: as many messages of a conversation in one call as were handed over.
//! The servers know a message again by its bytes, so one that is sent twice is there once. Whether it
//! counts is known when it is read back, in the order that all members see.

use std::time::Duration;

use minicbor::{Decode, Encode};
use thiserror::Error;
use threadbridge_core::adapter::{AdapterError, Receipt, SendRequest, Verdict};
use threadbridge_core::model::id::RemoteId;

use crate::api::{Api, ApiError};
use crate::mls::provider::OPENABLE_EPOCHS;
use crate::session::Session;
use crate::wire::proto::mls::{GroupMessageInput, group_message_input};

/// The most messages that are published in one call: as many as are read back in one.
pub(crate) const MESSAGES_A_CALL: usize = crate::api::PAGE;
/// The most bytes that are published in one call.
const CALL_BYTES: usize = 8 << 20;

/// Final bytes on their way.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Parcel {
    /// The group, which the servers read out of the data.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(crate) group: Vec<u8>,
    /// In which epoch it was sealed.
    #[n(1)]
    pub(crate) epoch: u64,
    /// An `MLSMessage` (RFC 9420, section 6).
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) data: Vec<u8>,
    /// By which servers that wake phones know whom not to wake.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(crate) sender_hmac: Vec<u8>,
    /// Whether phones are to be woken.
    #[n(4)]
    pub(crate) should_push: bool,
    /// Whether it changes the group's keys.
    #[n(5)]
    pub(crate) is_commit: bool,
}

/// Why something was not published.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum NotSent {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("the sealed bytes are no message of this network")]
    Malformed,
    #[error("the group's keys went on while it waited")]
    Stale,
    #[error("the installation does not belong to the inbox yet")]
    NotIn,
    #[error("the installation was revoked")]
    Revoked,
}

impl NotSent {
    const fn verdict(&self) -> Verdict {
        match self {
            Self::Api(error) => error.verdict(),
            Self::Malformed => Verdict::Reject,
            Self::Stale => Verdict::Reseal,
            Self::NotIn => Verdict::RetryAfter(Duration::from_millis(200)),
            Self::Revoked => Verdict::Suspend,
        }
    }
}

impl From<NotSent> for AdapterError {
    fn from(error: NotSent) -> Self {
        Self::new(error.verdict(), error)
    }
}

/// Publishes a conversation's messages, in order.
pub(crate) async fn send(
    api: &dyn Api,
    session: &Session,
    batch: &[SendRequest],
) -> Vec<Result<Receipt, AdapterError>> {
    let mut ready = Vec::with_capacity(batch.len());
    let mut bytes: usize = 0;
    let mut stopped = None;
    for request in batch {
        match message(session, request) {
            Ok((message, id)) => {
                bytes = bytes.saturating_add(request.sealed.bytes.len());
                if bytes > CALL_BYTES && !ready.is_empty() {
                    break;
                }
                ready.push((message, id));
            }
            Err(error) => {
                stopped = Some(Err(error.into()));
                break;
            }
        }
    }
    let mut answers = Vec::with_capacity(ready.len().saturating_add(1));
    if !ready.is_empty() {
        let (messages, ids): (Vec<_>, Vec<_>) = ready.into_iter().unzip();
        match api.publish(messages).await {
            Ok(()) => answers.extend(ids.into_iter().map(|id| Ok(Receipt::Taken(id)))),
            Err(error) => return vec![Err(error.into())],
        }
    }
    answers.extend(stopped);
    answers
}

fn message(
    session: &Session,
    request: &SendRequest,
) -> Result<(GroupMessageInput, RemoteId), NotSent> {
    let parcel: Parcel =
        minicbor::decode(&request.sealed.bytes).map_err(|_cbor| NotSent::Malformed)?;
    let id = request.sealed.remote_id.clone().ok_or(NotSent::Malformed)?;
    let known = session.known();
    if known.is_revoked {
        return Err(NotSent::Revoked);
    }
    // A process that has not looked yet sends what one that had looked sealed.
    if known.installation.is_some() && !known.is_member {
        return Err(NotSent::NotIn);
    }
    let epoch = known.groups.get(&parcel.group).map_or(parcel.epoch, |it| it.epoch);
    let is_stale = epoch.saturating_sub(parcel.epoch) > OPENABLE_EPOCHS;
    if is_stale && !parcel.is_commit {
        return Err(NotSent::Stale);
    }
    let Parcel { data, sender_hmac, should_push, .. } = parcel;
    let v1 = group_message_input::V1 { data, sender_hmac, should_push };
    let version = Some(group_message_input::Version::V1(v1));
    Ok((GroupMessageInput { version }, id))
}
