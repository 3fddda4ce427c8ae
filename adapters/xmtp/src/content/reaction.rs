//! Reactions, as they are written and as they were.

use prost::Message as _;
use serde::Deserialize;

use super::{id::MessageId, kind::Kind};
use crate::wire::proto::content::ReactionV2;

const ADDED: i32 = 1;
const REMOVED: i32 = 2;
const UNICODE: i32 = 1;
const SHORTCODE: i32 = 2;

/// The longest reaction that is read, in bytes.
const MAX_BYTES: usize = 256;

/// A reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) to: MessageId,
    /// An emoji as a rule; `:name:` where the sender named one.
    pub(crate) emoji: String,
    pub(crate) is_taken_back: bool,
}

/// As older clients write it.
#[derive(Deserialize)]
struct Old {
    action: String,
    reference: String,
    schema: String,
    content: String,
}

impl Reaction {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let reaction = ReactionV2 {
            reference: self.to.to_string(),
            reference_inbox_id: String::new(),
            action: if self.is_taken_back { REMOVED } else { ADDED },
            content: self.emoji.clone(),
            schema: UNICODE,
        };
        reaction.encode_to_vec()
    }

    /// Reads the form that `kind` names.
    pub(crate) fn read(kind: Kind, content: &[u8]) -> Option<Self> {
        if kind == Kind::OldReaction {
            return Self::read_old(content);
        }
        let read = ReactionV2::decode(content).ok()?;
        let is_taken_back = match read.action {
            ADDED => false,
            REMOVED => true,
            _ => return None,
        };
        Self::new(&read.reference, &read.content, read.schema == SHORTCODE, is_taken_back)
    }

    fn read_old(content: &[u8]) -> Option<Self> {
        // Some clients wrote protobuf under the old version's name.
        let Ok(old) = serde_json::from_slice::<Old>(content) else {
            return Self::read(Kind::Reaction, content);
        };
        let is_taken_back = match old.action.as_str() {
            "added" => false,
            "removed" => true,
            _ => return None,
        };
        Self::new(&old.reference, &old.content, old.schema == "shortcode", is_taken_back)
    }

    fn new(to: &str, emoji: &str, is_named: bool, is_taken_back: bool) -> Option<Self> {
        if emoji.is_empty() || emoji.len() > MAX_BYTES {
            return None;
        }
        let emoji = match emoji.trim_matches(':') {
            name if is_named && !name.is_empty() => format!(":{name}:"),
            _ => emoji.to_owned(),
        };
        Some(Self { to: MessageId::parse(to)?, emoji, is_taken_back })
    }
}
