//! `[direct]`: how conversations with one person on several networks are one.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::model::direct::{Directs, ReplyOn};
use threadbridge_core::model::id::{AccountName, InvalidId};

use super::link::DowngradeSetting;
use super::person::AccountRef;

/// How you talk to the people of `[[people]]`, and to those whom you accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DirectSettings {
    /// The accounts by which you talk to people, the preferred one first. Whoever is proven to be
    /// the same person on several is one conversation.
    #[schemars(length(max = 64))]
    pub accounts: Vec<AccountRef>,
    /// Where you answer: `last` (where they spoke last), `order` (the first of `accounts` that
    /// works), or an account.
    pub reply_on: ReplySetting,
    /// Whether a conversation may go on where it is less protected.
    pub downgrade: DowngradeSetting,
    /// After how many minutes without anything getting through a conversation goes on elsewhere.
    #[schemars(range(min = 1, max = 10_080))]
    pub move_after_minutes: u32,
}

impl Default for DirectSettings {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            reply_on: ReplySetting::default(),
            downgrade: DowngradeSetting::default(),
            move_after_minutes: 15,
        }
    }
}

/// Where the owner answers: `last`, `order`, or an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["last"]))]
pub struct ReplySetting(pub ReplyOn);

impl TryFrom<String> for ReplySetting {
    type Error = InvalidReply;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(Self(match text.as_str() {
            "last" => ReplyOn::Last,
            "order" => ReplyOn::Order,
            _ => ReplyOn::Account(AccountName::parse(text).map_err(InvalidReply)?),
        }))
    }
}

/// A text that says nowhere to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}, expected `last`, `order`, or the name of an account")]
pub struct InvalidReply(InvalidId);

impl DirectSettings {
    /// The same as core takes it; nothing if no account is named.
    #[must_use]
    pub fn directs(&self) -> Option<Directs> {
        let accounts: Vec<AccountName> = self.accounts.iter().map(|it| it.0.clone()).collect();
        (!accounts.is_empty()).then(|| Directs {
            accounts,
            reply_on: self.reply_on.0.clone(),
            downgrade: self.downgrade.downgrade(),
            move_after: Duration::from_secs(u64::from(self.move_after_minutes).saturating_mul(60)),
        })
    }
}
