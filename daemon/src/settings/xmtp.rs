//! `[accounts.NAME]` with `network = "xmtp"`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::media::Porter;
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_xmtp::{Config, Upload};

use super::account::{Objection, UnknownConversation};
use super::fault::nearest;
use super::lens::WebAddress;

/// One account on XMTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct XmtpSettings {
    /// Where the network's servers are, such as `https://grpc.production.xmtp.network:443`.
    pub host: WebAddress,
    /// The private key of the Ethereum wallet whose inbox the account speaks for, 64 hexadecimal
    /// digits. It signs once, to let this installation into the inbox.
    pub wallet: SecretRef,
    /// Whether a store without an installation may add one to an inbox that has some. An inbox takes
    /// ten.
    #[serde(default)]
    pub may_join: bool,
    /// A folder on the web to which pictures are uploaded, encrypted, each by `PUT` under a random
    /// name. Without it they travel inside their messages, if they have at most 1 MB.
    #[serde(default)]
    pub upload: Option<WebAddress>,
    /// What that server is shown as `Authorization: Bearer …`.
    #[serde(default)]
    pub upload_token: Option<SecretRef>,
    /// The history server by which the inbox's installations hand each other what was said before,
    /// encrypted. It sees when, how much, and from where. Without it no history is asked for or given.
    #[serde(default)]
    pub history: Option<WebAddress>,
}

impl XmtpSettings {
    /// What the adapter takes; nothing while the wallet's key is not there.
    #[must_use]
    pub fn config(&self, secrets: &BTreeMap<SecretRef, Secret>, porter: Porter) -> Option<Config> {
        let wallet = secrets.get(&self.wallet)?.clone();
        let token = self.upload_token.as_ref().and_then(|token| secrets.get(token)).cloned();
        let upload = self.upload.as_ref().map(|it| Upload { url: it.url.clone(), token });
        let history = self.history.as_ref().map(|it| it.url.clone());
        let config = Config::new(self.host.url.clone(), wallet);
        Some(Config { may_join: self.may_join, porter, upload, history, ..config })
    }

    /// What does not go together.
    pub(super) fn objections(&self) -> Vec<Objection> {
        let problem = "who talks to whom would cross the network in clear, expected `https://`";
        let mut found = Vec::new();
        if !self.host.is_private {
            found.push(Objection::at("host", None, problem));
        }
        for (key, address) in [("upload", &self.upload), ("history", &self.history)] {
            if address.as_ref().is_some_and(|it| !it.is_private) {
                let problem =
                    "whoever is on the wire could see what is laid down, expected `https://`";
                found.push(Objection::at(key, None, problem));
            }
        }
        if self.upload.is_none() && self.upload_token.is_some() {
            let problem = "a token is shown to a server, expected `upload` too";
            found.push(Objection::at("upload_token", None, problem));
        }
        found
    }

    /// The references to secrets, with their places in the account's table.
    pub(super) fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let token = self.upload_token.iter().map(|token| ("upload_token".to_owned(), token));
        [("wallet".to_owned(), &self.wallet)].into_iter().chain(token).collect()
    }
}

/// What is wrong with a leg that names `conversation` on this network, if anything is.
pub(super) fn unknown_conversation(
    conversation: &RemoteConversation,
) -> Option<UnknownConversation> {
    const KINDS: [&str; 2] = ["dm", "group"];
    if threadbridge_xmtp::is_conversation(conversation) {
        return None;
    }
    let text = conversation.as_str();
    let (kind, name) = text.split_once('/').unwrap_or((text, ""));
    let is_kind = KINDS.contains(&kind);
    let nearest = if is_kind {
        // One place has one name, so that one leg is one leg.
        let lower = text.to_lowercase();
        let is_one = RemoteConversation::parse(lower.clone())
            .is_ok_and(|it| threadbridge_xmtp::is_conversation(&it));
        is_one.then_some(lower)
    } else {
        nearest(kind, KINDS).map(|near| match name {
            "" => near.to_owned(),
            name => format!("{near}/{name}"),
        })
    };
    Some(UnknownConversation {
        problem: if is_kind {
            "that is not how such a conversation is named"
        } else {
            "XMTP has no such conversations"
        },
        expected: "`dm/ADDRESS`, `dm/INBOX` or `group/ID`, in lower-case hexadecimal digits",
        nearest,
    })
}
