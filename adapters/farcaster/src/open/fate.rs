//! What the network did with messages after it had taken them.

use threadbridge_core::adapter::Opened;

use super::{Opening, Stop, UNVERIFIABLE};
use crate::{
    known::Standing,
    name::Name,
    node::failure::presentable,
    wire::{
        SignedMessage,
        hash::MessageHash,
        proto::{MergeFailureBody, MessageData, message_data::Body},
        verify::{Refused, verify},
    },
};

/// How nodes say that a key may not sign for a fid.
const INVALID_SIGNER: &str = "invalid signer";

impl Opening<'_> {
    /// The network let go of a message that nobody deleted: nothing is deleted elsewhere.
    pub(super) fn gone(
        &self,
        message: Option<SignedMessage>,
        standing: Standing,
    ) -> Result<Opened, Stop> {
        let message = message.ok_or(Stop::refused(UNVERIFIABLE))?;
        let hash = MessageHash::from_slice(&message.hash).ok_or(Refused::WrongHash)?;
        let member = self.known.member(&hash)?.ok_or(Stop::Elsewhere)?;
        self.prove(&message, None)?;
        self.known.set_standing(&hash, member, standing);
        Ok(Opened::Learnt)
    }

    /// One of ours was thrown away after it had been taken.
    pub(super) fn failed(&self, body: &MergeFailureBody) -> Result<Opened, Stop> {
        let message = body.message.as_ref().ok_or(Stop::Elsewhere)?;
        let verified = verify(message)?;
        let own = self.own.ok_or(Stop::Elsewhere)?;
        if !own.signed(&verified.data, message) {
            return Err(Stop::Elsewhere);
        }
        if body.reason.contains(INVALID_SIGNER) {
            // The key went between taking and merging. The message is offered again, like all that
            // is not shown, and the node's refusal suspends the account until the key is back.
            return Ok(Opened::Learnt);
        }
        let name = Name { fid: verified.data.fid, hash: verified.hash };
        let id = name.remote_id().map_err(|_id| Stop::Elsewhere)?;
        let reason = format!("{} ({})", presentable(&body.reason), presentable(&body.code));
        Ok(Opened::Rejected { id, reason })
    }

    /// One of ours is in for good.
    pub(super) fn confirmed(&self, data: &MessageData, name: Name) -> Result<Opened, Stop> {
        if let Some(Body::CastAddBody(cast)) = &data.body
            && self.known.member(&name.hash)?.is_none()
            && let Some(home) = self.home(&name, cast)?
        {
            self.known.add_member(&name, &home.conversation);
        }
        let id = name.remote_id().map_err(|_id| Stop::Elsewhere)?;
        Ok(Opened::Confirmed(id))
    }
}
