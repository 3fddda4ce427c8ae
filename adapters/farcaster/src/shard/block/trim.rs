//! What is kept of an event. A node can make an event as large as its answer may be, and put
//! things beside a message that nobody signed.

use crate::wire::proto::{
    HubEvent, MergeFailureBody, MergeMessageBody, MergeOnChainEventBody, OnChainEvent,
    PruneMessageBody, RevokeMessageBody, hub_event::Body,
};

/// The most characters of a reason that are kept.
const REASON: usize = 1024;

/// The event without what is not read.
pub(super) fn trimmed(event: HubEvent) -> HubEvent {
    let body = event.body.and_then(|body| {
        Some(match body {
            Body::MergeMessageBody(body) => Body::MergeMessageBody(MergeMessageBody {
                message: body.message.map(|message| message.trimmed()),
                deleted_messages: Vec::new(),
            }),
            Body::PruneMessageBody(body) => Body::PruneMessageBody(PruneMessageBody {
                message: body.message.map(|message| message.trimmed()),
            }),
            Body::RevokeMessageBody(body) => Body::RevokeMessageBody(RevokeMessageBody {
                message: body.message.map(|message| message.trimmed()),
            }),
            Body::MergeFailure(body) => Body::MergeFailure(MergeFailureBody {
                message: body.message.map(|message| message.trimmed()),
                code: body.code.chars().take(REASON).collect(),
                reason: body.reason.chars().take(REASON).collect(),
            }),
            Body::MergeOnChainEventBody(body) => {
                let fact = body.on_chain_event.map(|fact| OnChainEvent {
                    r#type: fact.r#type,
                    fid: fact.fid,
                    ..OnChainEvent::default()
                });
                Body::MergeOnChainEventBody(MergeOnChainEventBody { on_chain_event: fact })
            }
            Body::MergeUsernameProofBody(_) | Body::BlockConfirmedBody(_) => return None,
        })
    });
    HubEvent { body, ..event }
}
