//! `[accounts.NAME]`: one login on one network, with that network's own settings.

use figment::value::Value;
use schemars::JsonSchema;
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::secret::SecretRef;

use super::extract::Reader;
use super::farcaster::{self, FarcasterSettings};
use super::key_path::KeyPath;
use super::lens::{self, LensSettings};
use super::xmtp::{self, XmtpSettings};

/// An account's settings, by its network.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(tag = "network", rename_all = "lowercase")]
pub enum AccountSettings {
    /// Casts, threads and channels.
    Farcaster(FarcasterSettings),
    /// Feeds, groups and threads.
    Lens(Box<LensSettings>),
    /// Direct conversations and groups, end to end encrypted.
    Xmtp(Box<XmtpSettings>),
}

/// Two settings of one account that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Objection {
    pub(super) key: &'static str,
    pub(super) index: Option<usize>,
    pub(super) problem: &'static str,
}

impl Objection {
    pub(super) const fn at(key: &'static str, index: Option<usize>, problem: &'static str) -> Self {
        Self { key, index, problem }
    }
}

/// Why nothing can be said in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Muteness {
    pub(super) problem: &'static str,
    pub(super) expected: &'static str,
}

/// A conversation that its network cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UnknownConversation {
    pub(super) problem: &'static str,
    pub(super) expected: &'static str,
    pub(super) nearest: Option<String>,
}

impl AccountSettings {
    /// Reads the table at `path`; what does not fit is noted by `reader`.
    pub(super) fn read(reader: &mut Reader<'_>, path: &KeyPath) -> Option<Self> {
        let mut table = reader.value(path)?.clone();
        let Value::Dict(_, keys) = &mut table else { return None };
        match keys.remove("network")?.as_str()? {
            "farcaster" => reader.read(path, table).map(Self::Farcaster),
            "lens" => reader.read(path, table).map(Box::new).map(Self::Lens),
            "xmtp" => reader.read(path, table).map(Box::new).map(Self::Xmtp),
            _ => None,
        }
    }

    /// The network's name.
    #[must_use]
    pub const fn network(&self) -> &'static str {
        match self {
            Self::Farcaster(_) => "farcaster",
            Self::Lens(_) => "lens",
            Self::Xmtp(_) => "xmtp",
        }
    }

    /// Why nothing can be said in that conversation through the account, if nothing can.
    pub(super) fn muteness(&self, conversation: &RemoteConversation) -> Option<Muteness> {
        match self {
            Self::Farcaster(settings) => settings.muteness(conversation),
            Self::Lens(settings) => settings.muteness(),
            Self::Xmtp(_) => None,
        }
    }

    /// Why a leg through this account cannot name that conversation, if it cannot.
    pub(super) fn unknown_conversation(
        &self,
        conversation: &RemoteConversation,
    ) -> Option<UnknownConversation> {
        match self {
            Self::Farcaster(_) => farcaster::unknown_conversation(conversation),
            Self::Lens(_) => lens::unknown_conversation(conversation),
            Self::Xmtp(_) => xmtp::unknown_conversation(conversation),
        }
    }

    pub(super) fn objections(&self) -> Vec<Objection> {
        match self {
            Self::Farcaster(settings) => settings.objections(),
            Self::Lens(settings) => settings.objections(),
            Self::Xmtp(settings) => settings.objections(),
        }
    }

    /// The references to secrets, with their places in the account's table.
    #[must_use]
    pub fn secrets(&self) -> Vec<(String, &SecretRef)> {
        match self {
            Self::Farcaster(settings) => settings.secrets(),
            Self::Lens(settings) => settings.secrets(),
            Self::Xmtp(settings) => settings.secrets(),
        }
    }
}
