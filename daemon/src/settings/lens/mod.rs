//! `[accounts.NAME]` with `network = "lens"`.

mod address;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::media::Porter;
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_lens::{Begin, Config, Pace, Role, Speaker};

pub use self::address::{AppOrigin, InvalidWebAddress, LensAddress, WebAddress};
use crate::settings::account::{Muteness, Objection, UnknownConversation};
use crate::settings::fault::nearest;

/// One account on Lens, or a reader without one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LensSettings {
    /// Where the API is.
    pub endpoint: WebAddress,
    /// Where Grove is, the storage on which posts are laid down.
    pub grove: WebAddress,
    /// The app's own web address. It is sent with every request, and the login names it.
    pub origin: AppOrigin,
    /// The number of the chain: 232 for Lens Chain, 37111 for its test network.
    #[serde(default = "chain_id")]
    #[schemars(range(min = 1))]
    pub chain_id: u64,
    /// The address of the app through which the account logs in.
    #[serde(default)]
    pub app: Option<LensAddress>,
    /// The address of the Lens account that speaks. Without it the account only reads.
    #[serde(default)]
    pub account: Option<LensAddress>,
    /// The key of one of the account's managers, 64 hexadecimal digits: the owner adds it once and
    /// can remove it at any time. Without it, and without `owner`, the account only reads.
    #[serde(default)]
    pub manager: Option<SecretRef>,
    /// The owner's own key, in place of a manager's. It can do everything with the account.
    #[serde(default)]
    pub owner: Option<SecretRef>,
    /// A key by which the app lets a server ask more often.
    #[serde(default)]
    pub server_key: Option<SecretRef>,
    /// Where a conversation begins when it is read for the first time.
    #[serde(default)]
    pub begin: BeginSetting,
    /// How often a conversation is asked for news while people talk there, in milliseconds.
    #[serde(default = "poll_active_ms")]
    #[schemars(range(min = 10, max = 3_600_000))]
    pub poll_active_ms: u32,
    /// How often a quiet conversation is asked for news, in seconds.
    #[serde(default = "poll_idle_seconds")]
    #[schemars(range(min = 1, max = 86_400))]
    pub poll_idle_seconds: u32,
    /// How long a post may take until it shows, in seconds. What may have been sent is not sent
    /// again before.
    #[serde(default = "settle_seconds")]
    #[schemars(range(min = 1, max = 3600))]
    pub settle_seconds: u32,
}

const fn chain_id() -> u64 {
    232
}

const fn poll_active_ms() -> u32 {
    2000
}

const fn poll_idle_seconds() -> u32 {
    60
}

const fn settle_seconds() -> u32 {
    60
}

/// Where a conversation that was never read begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BeginSetting {
    /// With what is said from now on.
    #[default]
    Now,
    /// With everything that was ever said there.
    All,
}

impl LensSettings {
    /// Why nothing can be said in that conversation, if nothing can.
    pub(in crate::settings) fn muteness(&self) -> Option<Muteness> {
        let has_key = self.manager.is_some() || self.owner.is_some();
        let speaks = self.account.is_some() && self.app.is_some() && has_key;
        (!speaks).then_some(Muteness {
            problem: "the account can only read, so nothing can be said there",
            expected: "`account`, `app` and `manager` in the account, \
                       or `{ leg = \"…\", direction = \"from\" }`",
        })
    }

    /// What the adapter takes: each reference with its secret in its place.
    #[must_use]
    pub fn config(&self, secrets: &BTreeMap<SecretRef, Secret>, porter: Porter) -> Config {
        let secret = |reference: &Option<SecretRef>| {
            reference.as_ref().and_then(|reference| secrets.get(reference)).cloned()
        };
        let key = match secret(&self.manager) {
            Some(key) => Some((Role::Manager, key)),
            None => secret(&self.owner).map(|key| (Role::Owner, key)),
        };
        let names = self.account.as_ref().zip(self.app.as_ref());
        let speaker = names.zip(key).map(|((account, app), (role, key))| Speaker {
            account: account.0,
            app: app.0,
            role,
            key,
        });
        let (endpoint, grove) = (self.endpoint.url.clone(), self.grove.url.clone());
        Config {
            chain_id: self.chain_id,
            server_key: secret(&self.server_key),
            speaker,
            begin: match self.begin {
                BeginSetting::Now => Begin::Now,
                BeginSetting::All => Begin::All,
            },
            pace: Pace {
                active: Duration::from_millis(self.poll_active_ms.into()),
                idle: Duration::from_secs(self.poll_idle_seconds.into()),
            },
            settle_for: Duration::from_secs(self.settle_seconds.into()),
            porter,
            ..Config::reading(endpoint, grove, self.origin.0.clone())
        }
    }

    /// What does not go together.
    pub(in crate::settings) fn objections(&self) -> Vec<Objection> {
        let mut found = Vec::new();
        let mut object = |key, problem| found.push(Objection::at(key, None, problem));
        let key = if self.manager.is_some() { "manager" } else { "owner" };
        let has_key = self.manager.is_some() || self.owner.is_some();
        if self.manager.is_some() && self.owner.is_some() {
            object("owner", "there are two keys, expected either `manager` or `owner`");
        }
        if has_key && (self.account.is_none() || self.app.is_none()) {
            let problem =
                "a key speaks for an account through an app, expected `account` and `app` too";
            object(key, problem);
        }
        if (has_key || self.server_key.is_some()) && !self.endpoint.is_private {
            object("endpoint", "the login would cross the network in clear, expected `https://`");
        }
        found
    }

    /// The references to secrets, with their places in the account's table.
    pub(in crate::settings) fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let keys = [
            ("manager", self.manager.as_ref()),
            ("owner", self.owner.as_ref()),
            ("server_key", self.server_key.as_ref()),
        ];
        keys.into_iter().filter_map(|(key, secret)| Some((key.to_owned(), secret?))).collect()
    }
}

/// What is wrong with a leg that names `conversation` on this network, if anything is.
pub(in crate::settings) fn unknown_conversation(
    conversation: &RemoteConversation,
) -> Option<UnknownConversation> {
    const KINDS: [&str; 3] = ["feed", "group", "thread"];
    if threadbridge_lens::is_conversation(conversation) {
        return None;
    }
    let text = conversation.as_str();
    let (kind, name) = text.split_once('/').unwrap_or((text, ""));
    let nearest = if KINDS.contains(&kind) {
        // One place has one name, so that one leg is one leg.
        let lower = text.to_lowercase();
        let is_one = RemoteConversation::parse(lower.clone())
            .is_ok_and(|it| threadbridge_lens::is_conversation(&it));
        is_one.then_some(lower)
    } else {
        nearest(kind, KINDS).map(|near| match name {
            "" => near.to_owned(),
            name => format!("{near}/{name}"),
        })
    };
    Some(UnknownConversation {
        problem: if KINDS.contains(&kind) {
            "that is not how such a conversation is named"
        } else {
            "Lens has no such conversations"
        },
        expected: "`feed/ADDRESS`, `group/ADDRESS` or `thread/POST`, addresses in lower case",
        nearest,
    })
}
