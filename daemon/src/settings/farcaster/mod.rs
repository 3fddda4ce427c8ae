//! `[accounts.NAME]` with `network = "farcaster"`.

mod endpoint;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_farcaster::{Begin, Config, DirectCasts};
use url::Url;

pub use self::endpoint::{Endpoint, GuardedEndpoint, InvalidNodeUrl, NodeUrl};
use crate::settings::account::{Muteness, Objection, UnknownConversation};
use crate::settings::fault::nearest;

/// One fid on Farcaster, or a reader without one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FarcasterSettings {
    /// Nodes in the order in which they are preferred; the next one steps in when one fails.
    #[schemars(length(min = 1, max = 16))]
    pub endpoints: Vec<Endpoint>,
    /// The owner's fid. Without it the account only reads.
    #[serde(default)]
    pub fid: Option<NonZeroU64>,
    /// The Ed25519 key that signs for the fid: 64 hexadecimal digits. Without it the account only
    /// reads.
    #[serde(default)]
    pub signer: Option<SecretRef>,
    /// Which of Farcaster's networks this is.
    #[serde(default)]
    pub realm: Realm,
    /// Where the account begins when it is read for the first time.
    #[serde(default)]
    pub begin: BeginSetting,
    /// Direct casts, for legs `direct/FID`: their operator can read them (level L1), and they can
    /// be sent, not read. Off without this table.
    #[serde(default)]
    pub direct_casts: Option<DirectCastSettings>,
    /// After how many seconds of silence a node is asked whether the network goes on.
    #[serde(default = "silent_after_seconds")]
    #[schemars(range(min = 1, max = 3600))]
    pub silent_after_seconds: u32,
    /// How often a node without a stream (HTTP) is asked for news, in milliseconds.
    #[serde(default = "poll_every_ms")]
    #[schemars(range(min = 100, max = 3_600_000))]
    pub poll_every_ms: u32,
}

const fn silent_after_seconds() -> u32 {
    30
}

const fn poll_every_ms() -> u32 {
    1000
}

/// Where an account that was never read begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BeginSetting {
    /// With what is said from now on.
    #[default]
    Now,
    /// With everything that the nodes still keep: some three days.
    Kept,
}

/// Direct casts by the documented key API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectCastSettings {
    /// The API key, made on the app's developer page.
    pub key: SecretRef,
    /// Where the API is.
    #[serde(default)]
    pub api: DirectCastApi,
}

/// The address of the direct cast API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["https://api.farcaster.xyz"]))]
pub struct DirectCastApi(pub NodeUrl);

impl Default for DirectCastApi {
    fn default() -> Self {
        let text = "https://api.farcaster.xyz".to_owned();
        Self(NodeUrl { text, is_private: true, is_here: false })
    }
}

impl TryFrom<String> for DirectCastApi {
    type Error = InvalidDirectCastApi;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let url = NodeUrl::parse(&text).map_err(|_| InvalidDirectCastApi)?;
        // The key would cross the network in clear.
        let is_safe = url.is_private || url.is_here;
        if text.starts_with("http") && is_safe { Ok(Self(url)) } else { Err(InvalidDirectCastApi) }
    }
}

/// A text that is no address of that API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the key cannot be sent there, expected an address such as `https://api.farcaster.xyz`")]
pub struct InvalidDirectCastApi;

/// Farcaster's networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// Where people are.
    #[default]
    Main,
    /// The public test network.
    Test,
    /// A node of one's own.
    Dev,
}

impl FarcasterSettings {
    /// Why nothing can be said in that conversation, if nothing can. Direct casts need a key of
    /// their own, and no signer.
    pub(in crate::settings) fn muteness(
        &self,
        conversation: &RemoteConversation,
    ) -> Option<Muteness> {
        if conversation.as_str().starts_with("direct/") {
            return self.direct_casts.is_none().then_some(Muteness {
                problem: "direct casts are switched off, so nothing can be said there",
                expected: "a table `direct_casts` with a `key` in the account",
            });
        }
        (self.fid.is_none() || self.signer.is_none()).then_some(Muteness {
            problem: "the account can only read, so nothing can be said there",
            expected: "`fid` and `signer` in the account, \
                       or `{ leg = \"…\", direction = \"from\" }`",
        })
    }

    /// What the adapter takes: each reference with its secret in its place.
    #[must_use]
    pub fn config(&self, secrets: &BTreeMap<SecretRef, Secret>) -> Config {
        let secret = |reference: &Option<SecretRef>| {
            reference.as_ref().and_then(|reference| secrets.get(reference)).cloned()
        };
        Config {
            endpoints: self.endpoints.iter().map(|endpoint| endpoint.config(&secret)).collect(),
            realm: match self.realm {
                Realm::Main => threadbridge_farcaster::Realm::Main,
                Realm::Test => threadbridge_farcaster::Realm::Test,
                Realm::Dev => threadbridge_farcaster::Realm::Dev,
            },
            fid: self.fid,
            signer: secret(&self.signer),
            direct_casts: self.direct_casts.as_ref().and_then(|direct| {
                let key = secrets.get(&direct.key).cloned()?;
                Some(DirectCasts { key, api: Url::parse(direct.api.0.as_str()).ok()? })
            }),
            begin: match self.begin {
                BeginSetting::Now => Begin::Now,
                BeginSetting::Kept => Begin::Kept,
            },
            silent_for: Duration::from_secs(self.silent_after_seconds.into()),
            poll_every: Duration::from_millis(self.poll_every_ms.into()),
        }
    }

    /// What does not go together.
    pub(in crate::settings) fn objections(&self) -> Vec<Objection> {
        let mut found = Vec::new();
        if self.signer.is_some() && self.fid.is_none() {
            found.push(Objection::at(
                "signer",
                None,
                "a signer signs for a fid, expected `fid` too",
            ));
        }
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let Endpoint::Guarded(guarded) = endpoint else { continue };
            let mut object = |problem| found.push(Objection::at("endpoints", Some(index), problem));
            let has_secret = guarded.api_key.is_some() || guarded.password.is_some();
            if has_secret && !guarded.url.is_private && !guarded.url.is_here {
                object(
                    "a secret would cross the network in clear, expected `grpcs://` or `https://`",
                );
            }
            if guarded.user.is_some() != guarded.password.is_some() {
                object("half of a name and password is missing, expected `user` and `password`");
            }
            if guarded.api_key.is_some() && guarded.password.is_some() {
                object("there are two ways in, expected either `api_key` or `user` and `password`");
            }
        }
        found
    }

    /// The references to secrets, with their places in the account's table.
    pub(in crate::settings) fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let direct = self.direct_casts.as_ref().map(|direct| &direct.key);
        let own = [("signer", self.signer.as_ref()), ("direct_casts.key", direct)];
        let mut found: Vec<(String, &SecretRef)> =
            own.into_iter().filter_map(|(key, secret)| Some((key.to_owned(), secret?))).collect();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let Endpoint::Guarded(guarded) = endpoint else { continue };
            for (key, secret) in [("api_key", &guarded.api_key), ("password", &guarded.password)] {
                found.extend(secret.as_ref().map(|s| (format!("endpoints[{index}].{key}"), s)));
            }
        }
        found
    }
}

/// What is wrong with a leg that names `conversation` on this network, if anything is.
pub(in crate::settings) fn unknown_conversation(
    conversation: &RemoteConversation,
) -> Option<UnknownConversation> {
    const KINDS: [&str; 5] = ["channel", "thread", "mentions", "author", "direct"];
    if threadbridge_farcaster::is_conversation(conversation) {
        return None;
    }
    let text = conversation.as_str();
    let (kind, name) = text.split_once('/').unwrap_or((text, ""));
    Some(UnknownConversation {
        problem: if KINDS.contains(&kind) {
            "that is not how such a conversation is named"
        } else {
            "Farcaster has no such conversations"
        },
        expected: "`channel/NAME`, `channel/URL`, `thread/0xHASH`, `thread/FID:0xHASH`, `mentions`, \
                   `author/FID` or `direct/FID`",
        nearest: nearest(kind, KINDS).filter(|near| *near != kind).map(|near| match name {
            "" => near.to_owned(),
            name => format!("{near}/{name}"),
        }),
    })
}
