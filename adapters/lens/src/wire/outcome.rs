//! What operations came to. Refusals are members of unions, not errors.

use serde::Deserialize;

use super::{
    address::Address,
    batch::PageEnd,
    post::{Account, AnyPost, PostPlace},
};

/// Text to be signed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Challenge {
    pub(crate) id: String,
    pub(crate) text: String,
}

/// What logging in, or renewing that, came to.
#[derive(Clone, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Authentication {
    #[serde(rename = "AuthenticationTokens", rename_all = "camelCase")]
    Tokens { access_token: String, refresh_token: String, id_token: String },
    #[serde(rename = "WrongSignerError")]
    WrongSigner { reason: String },
    #[serde(rename = "ExpiredChallengeError")]
    Expired {},
    #[serde(rename = "ForbiddenError")]
    Forbidden { reason: String },
    #[serde(other)]
    Other,
}

/// What an operation with a transaction came to.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Submission {
    #[serde(alias = "DeletePostResponse")]
    PostResponse {
        hash: String,
    },
    #[serde(rename_all = "camelCase")]
    PostOperationValidationFailed {
        reason: String,
        unsatisfied_rules: Option<Rules>,
    },
    #[serde(rename_all = "camelCase")]
    SponsoredTransactionRequest {
        reason: String,
        sponsored_reason: Option<String>,
    },
    #[serde(rename_all = "camelCase")]
    SelfFundedTransactionRequest {
        reason: String,
        self_funded_reason: Option<String>,
    },
    TransactionWillFail {
        reason: String,
    },
    #[serde(other)]
    Other,
}

/// Rules of a feed or a post that were not kept.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rules {
    #[serde(default)]
    pub(crate) required: Vec<Rule>,
    #[serde(default)]
    pub(crate) any_of: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rule {
    #[serde(default)]
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// A group as somebody who is logged in sees it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupAsSeen {
    pub(crate) feed: Option<FeedAsSeen>,
    pub(crate) operations: Option<InGroup>,
}

/// A feed as somebody who is logged in sees it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FeedAsSeen {
    pub(crate) operations: Option<InFeed>,
}

/// What somebody may do in a feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InFeed {
    pub(crate) can_post: Posting,
}

/// Whether somebody may post.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Posting {
    FeedOperationValidationPassed {},
    FeedOperationValidationFailed {
        reason: String,
    },
    /// Rules of which the API knows nothing, among others.
    #[serde(other)]
    Other,
}

/// What somebody is to a group.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InGroup {
    pub(crate) is_member: bool,
    pub(crate) is_banned: bool,
}

/// What a reaction came to.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Reacting {
    #[serde(alias = "UndoReactionResponse")]
    AddReactionResponse { success: bool },
    #[serde(alias = "UndoReactionFailure")]
    AddReactionFailure { reason: String },
    #[serde(other)]
    Other,
}

/// Where a transaction stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Transaction {
    #[serde(rename_all = "camelCase")]
    NotIndexedYetStatus {
        #[serde(default)]
        tx_has_mined: bool,
    },
    #[serde(rename_all = "camelCase")]
    PendingTransactionStatus {
        #[serde(default)]
        block_timestamp: Option<String>,
    },
    FinishedTransactionStatus {},
    FailedTransactionStatus {
        reason: String,
    },
    #[serde(other)]
    Other,
}

/// Whether accounts have a reaction to a post.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReactedAnswer {
    pub(crate) post_reaction_status: Vec<Reacted>,
}

/// Whether an account has a reaction to a post.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reacted {
    pub(crate) account: Address,
    pub(crate) result: bool,
}

/// Who is logged in, and what they may.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    pub(crate) is_signless: bool,
    pub(crate) is_sponsored: bool,
    pub(crate) app_logged_in: Address,
    pub(crate) limit: Allowance,
    pub(crate) logged_in_as: LoggedIn,
}

/// How many transactions somebody else pays for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Allowance {
    pub(crate) window: String,
    pub(crate) allowance_left: i64,
    pub(crate) allowance: i64,
}

/// In which role somebody is logged in.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum LoggedIn {
    AccountOwned {
        account: Owned,
    },
    AccountManaged {
        account: Owned,
        permissions: Permissions,
    },
    #[serde(other)]
    Other,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Owned {
    pub(crate) address: Address,
}

/// What a manager may do.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Permissions {
    pub(crate) can_execute_transactions: bool,
    pub(crate) can_transfer_tokens: bool,
}

/// A group, its name and its feed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupFeed {
    #[serde(default)]
    pub(crate) metadata: Option<GroupName>,
    pub(crate) feed: Option<FeedAddress>,
}

/// How a group is called.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GroupName {
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// A page of a group's members.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Members {
    #[serde(deserialize_with = "super::batch::readable")]
    pub(crate) items: Vec<Member>,
    #[serde(rename = "pageInfo", default)]
    pub(crate) page: PageEnd,
}

/// Somebody who belongs to a group.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) account: Account,
    pub(crate) joined_at: String,
}

/// A feed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct FeedAddress {
    pub(crate) address: Address,
}

/// News about one's own posts.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Notifications {
    #[serde(deserialize_with = "super::batch::readable")]
    pub(crate) items: Vec<Notification>,
    #[serde(rename = "pageInfo", default)]
    pub(crate) page: PageEnd,
}

/// One piece of news. Members come without notice, so it is read by what they share.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Notification {
    pub(crate) id: Option<String>,
    #[serde(alias = "comment", alias = "quote")]
    pub(crate) post: Option<PostPlace>,
}

/// The answers under the field's name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PostAnswer {
    pub(crate) post: Option<AnyPost>,
}
