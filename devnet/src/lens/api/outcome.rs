//! What a write gives: a hash, a transaction to sign, or the reason why not.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::turn::Turn;
use crate::lens::faults::Fault;
use crate::lens::graphql::Failure;
use crate::lens::show::{self, object};
use crate::lens::world::id::{CHAIN_ID, address_of, shown};
use crate::lens::world::session::Role;
use crate::lens::world::transaction::Effect;

/// Which write it is, by the types that it may give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Post,
    DeletePost,
    Follow,
    Unfollow,
    Block,
    Unblock,
    JoinGroup,
    LeaveGroup,
    CreateGroup,
    SetAccountMetadata,
    /// Only the owner's own signature will do.
    Restricted,
}

impl Kind {
    /// The type that brings the hash, if there is one.
    const fn response(self) -> Option<&'static str> {
        Some(match self {
            Self::Post => "PostResponse",
            Self::DeletePost => "DeletePostResponse",
            Self::Follow => "FollowResponse",
            Self::Unfollow => "UnfollowResponse",
            Self::Block => "AccountBlockedResponse",
            Self::Unblock => "AccountUnblockedResponse",
            Self::JoinGroup => "JoinGroupResponse",
            Self::LeaveGroup => "LeaveGroupResponse",
            Self::CreateGroup => "CreateGroupResponse",
            Self::SetAccountMetadata => "SetAccountMetadataResponse",
            Self::Restricted => return None,
        })
    }

    /// The middle of the type that says which rules it is against, if there is one.
    const fn validated(self) -> Option<&'static str> {
        match self {
            Self::Post => Some("Post"),
            Self::Follow | Self::Unfollow => Some("AccountFollow"),
            Self::JoinGroup | Self::LeaveGroup => Some("Group"),
            Self::DeletePost
            | Self::Block
            | Self::Unblock
            | Self::CreateGroup
            | Self::SetAccountMetadata
            | Self::Restricted => None,
        }
    }
}

/// Sends it, or says why that must be done otherwise, or not at all.
pub(super) fn send(turn: &mut Turn<'_>, kind: Kind, effect: Effect) -> Result<Value, Failure> {
    let faults = turn.world.faults.clone();
    if faults.strikes(&Fault::TransactionWillFail) {
        return Ok(will_fail("The transaction would revert"));
    }
    if let Some(of) = kind.validated()
        && faults.strikes(&Fault::ValidationFailed)
    {
        return Ok(show::outcome::failed(of, "A rule does not allow it"));
    }
    let account = turn.me()?;
    let claim = turn.signed_in()?.claim.clone();
    if faults.strikes(&Fault::SelfFundedRequest) {
        return Ok(self_funded(claim.signer, account, "NOT_SPONSORED"));
    }
    if faults.strikes(&Fault::SponsoredRequest) {
        return Ok(sponsored(claim.signer, account, "SIGNLESS_FAILED"));
    }
    let is_signless = turn.world.accounts.get(&account).is_some_and(|found| found.is_signless);
    let Some(response) = kind.response() else {
        let reason =
            if claim.role == Role::Owner { "REQUIRES_SIGNATURE" } else { "CANNOT_DELEGATE" };
        return Ok(sponsored(claim.signer, account, reason));
    };
    if !is_signless {
        return Ok(sponsored(claim.signer, account, "SIGNLESS_DISABLED"));
    }
    let hash = turn.world.send(effect);
    Ok(object(response, json!({ "hash": hash.to_string() })))
}

/// It would fail on the chain.
pub(super) fn will_fail(reason: &str) -> Value {
    object("TransactionWillFail", json!({ "reason": reason }))
}

fn request(from: Address, to: Address, kind: u32) -> Value {
    json!({
        "type": kind,
        "to": shown(to),
        "from": shown(from),
        "nonce": 0,
        "gasLimit": 1_000_000,
        "maxPriorityFeePerGas": "0",
        "maxFeePerGas": "250000000",
        "data": "0x",
        "value": "0",
        "chainId": CHAIN_ID,
    })
}

/// A transaction of ZKsync that somebody else pays for.
pub(super) fn sponsored(from: Address, to: Address, reason: &str) -> Value {
    let mut raw = request(from, to, 0x71);
    let paymaster = object(
        "PaymasterParams",
        json!({ "paymaster": shown(address_of("paymaster")), "paymasterInput": "0x" }),
    );
    let meta = object(
        "Eip712Meta",
        json!({
            "gasPerPubdata": "50000",
            "factoryDeps": [],
            "customSignature": null,
            "paymasterParams": paymaster,
        }),
    );
    if let Some(fields) = raw.as_object_mut() {
        fields.insert("customData".to_owned(), meta);
    }
    object(
        "SponsoredTransactionRequest",
        json!({
            "reason": format!("The transaction must be signed: {reason}"),
            "sponsoredReason": reason,
            "raw": object("Eip712TransactionRequest", raw),
        }),
    )
}

fn self_funded(from: Address, to: Address, reason: &str) -> Value {
    let raw = object("Eip1559TransactionRequest", request(from, to, 2));
    object(
        "SelfFundedTransactionRequest",
        json!({
            "reason": format!("The transaction must be paid for: {reason}"),
            "selfFundedReason": reason,
            "raw": raw,
        }),
    )
}
