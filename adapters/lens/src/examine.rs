//! Looks at the API and at what the account may do, for the owner who asks what is wrong.

use serde::Deserialize;
use serde_json::{Value, json};
use threadbridge_core::model::id::RemoteConversation;

use crate::{
    Lens,
    api::{failure::ApiError, of, transport::shown},
    name::Place,
    wire::{
        document::{HEALTH, ME, MEMBERSHIP, compact},
        outcome::{GroupAsSeen, LoggedIn, Me, Posting},
    },
};

/// What the API says about the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountReport {
    /// In which role the key logged in.
    pub role: ReportedRole,
    /// Whether posts need no signature of the owner's wallet.
    pub is_signless: bool,
    /// Whether somebody else pays for the account's transactions.
    pub is_sponsored: bool,
    /// How many transactions are paid for and how many of them are left.
    pub allowance: Allowance,
    /// Whether the login is for the app that the settings name.
    pub is_for_app: bool,
}

/// In which role a key logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedRole {
    /// As the owner.
    Owner,
    /// As a manager.
    Manager {
        /// Whether it may post.
        can_post: bool,
        /// Whether it could move the account's tokens, which the bridge never does.
        can_spend: bool,
    },
    /// As something that this version does not know.
    Unknown,
}

/// How many transactions are paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In which span: `HOUR`, `DAY`, `WEEK` or `MONTH`.
    pub window: String,
    /// How many.
    pub all: i64,
    /// How many of them are left.
    pub left: i64,
}

/// What the account is to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It may speak there.
    Member,
    /// It was never let in, or has left.
    Stranger,
    /// It was thrown out.
    Banned,
    /// It is a member, and may not post all the same, for this reason.
    Silenced(String),
    /// The group has no feed to speak in.
    Feedless,
    /// There is no such group.
    Nothing,
}

#[derive(Deserialize)]
struct Answer {
    me: Me,
}

#[derive(Deserialize)]
struct GroupAnswer {
    group: Option<GroupAsSeen>,
}

impl Lens {
    /// Whether the API answers at all.
    pub async fn reaches(&self) -> Result<(), ApiError> {
        let question = (Some(HEALTH.name), compact(HEALTH.text));
        let question = (question.0, question.1.as_str());
        let answer: Value = self.api.transport.ask(question, &json!({}), None).await?;
        answer.get("health").map(drop).ok_or(ApiError::Malformed { expected: "its health" })
    }

    /// What the account may do, by what the API says; nothing for one that only reads.
    pub async fn account_report(&self) -> Result<Option<AccountReport>, ApiError> {
        let (Some(own), Some(_)) = (&self.own, &self.api.session) else { return Ok(None) };
        let Answer { me } = of(self.api.act::<Value>(ME, json!({})).await?)?;
        let is_own = |account| account == own.account;
        let role = match me.logged_in_as {
            LoggedIn::AccountOwned { account } if is_own(account.address) => ReportedRole::Owner,
            LoggedIn::AccountManaged { account, permissions } if is_own(account.address) => {
                ReportedRole::Manager {
                    can_post: permissions.can_execute_transactions,
                    can_spend: permissions.can_transfer_tokens,
                }
            }
            LoggedIn::AccountOwned { .. } | LoggedIn::AccountManaged { .. } | LoggedIn::Other => {
                ReportedRole::Unknown
            }
        };
        Ok(Some(AccountReport {
            role,
            is_signless: me.is_signless,
            is_sponsored: me.is_sponsored,
            allowance: Allowance {
                window: me.limit.window,
                all: me.limit.allowance,
                left: me.limit.allowance_left,
            },
            is_for_app: me.app_logged_in == own.app,
        }))
    }

    /// What the account is to the group that a conversation is of; nothing for other conversations,
    /// and for an account that only reads.
    pub async fn membership(
        &self,
        conversation: &RemoteConversation,
    ) -> Result<Option<Membership>, ApiError> {
        let (Some(Place::Group(group)), Some(_)) = (Place::parse(conversation), &self.own) else {
            return Ok(None);
        };
        let answer: GroupAnswer = self.api.act(MEMBERSHIP, json!({ "group": group })).await?;
        Ok(Some(answer.group.map_or(Membership::Nothing, membership)))
    }
}

fn membership(group: GroupAsSeen) -> Membership {
    let Some(feed) = group.feed else { return Membership::Feedless };
    let may_post = feed.operations.map(|it| it.can_post);
    match (group.operations, may_post) {
        (Some(it), _) if it.is_banned => Membership::Banned,
        (Some(it), _) if !it.is_member => Membership::Stranger,
        (_, Some(Posting::FeedOperationValidationFailed { reason })) => {
            Membership::Silenced(shown(&reason))
        }
        (_, Some(Posting::FeedOperationValidationPassed {} | Posting::Other) | None) => {
            Membership::Member
        }
    }
}
