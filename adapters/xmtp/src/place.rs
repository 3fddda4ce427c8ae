//! What conversations are called: `dm/` and whom they are with, an address or an inbox, or `group/`
//! and the group's id.

use threadbridge_core::model::id::RemoteConversation;

use crate::identity::inbox::InboxId;

/// A conversation, by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// With the inbox of an address, in lower case.
    DirectAddress(String),
    /// With an inbox.
    Direct(InboxId),
    /// A group.
    Group(Vec<u8>),
}

impl Place {
    /// Reads a name in lower case.
    pub(crate) fn parse(name: &RemoteConversation) -> Option<Self> {
        let (kind, of) = name.as_str().split_once('/')?;
        match kind {
            "dm" => match of.strip_prefix("0x") {
                Some(digits) => is_hex(digits, 40).then(|| Self::DirectAddress(of.to_owned())),
                None => InboxId::parse(of).map(Self::Direct),
            },
            "group" => is_hex(of, 32).then(|| hex::decode(of).ok().map(Self::Group)).flatten(),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> Option<RemoteConversation> {
        let name = match self {
            Self::DirectAddress(of) => format!("dm/{of}"),
            Self::Direct(of) => format!("dm/{of}"),
            Self::Group(id) => format!("group/{}", hex::encode(id)),
        };
        RemoteConversation::parse(name).ok()
    }
}

/// What all conversations of two are called that nobody named.
pub(crate) fn strangers() -> Option<RemoteConversation> {
    RemoteConversation::parse("dm/anybody").ok()
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Option<Place> {
        Place::parse(&RemoteConversation::parse(name).unwrap())
    }

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let names = [
            format!("dm/0x{}", "a1".repeat(20)),
            format!("dm/{}", "0f".repeat(32)),
            format!("group/{}", "9c".repeat(16)),
        ];
        for name in names {
            assert_eq!(parse(&name).unwrap().name().unwrap().as_str(), name);
        }
    }

    #[test]
    fn whatever_is_no_conversation_there_is_refused() {
        let upper = format!("dm/0x{}", "A1".repeat(20));
        for name in ["dm", "dm/", "dm/0x12", "group/zz", "feed/0x12", &upper, "dm/alice"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }
}
