//! What stands between `render` and `seal`, and between `seal` and `send`.

use std::{fmt, ops::Range};

use serde::{Deserialize, Serialize};

use crate::{name::Place, wire::address::Address};

/// The id of something that the account sealed. For words it is their metadata's own id, by which
/// they are found among the account's posts: the API takes no idempotency key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct OpId(String);

impl OpId {
    /// An id from what makes the sealed thing its own.
    pub(crate) fn of(account: Address, number: u64, now_micros: i64, draft: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("threadbridge 2026 lens operation");
        hasher.update(account.as_bytes());
        hasher.update(&number.to_be_bytes());
        hasher.update(&now_micros.to_be_bytes());
        hasher.update(draft);
        let mut id = [0_u8; 16];
        hasher.finalize_xof().fill(&mut id);
        // RFC 9562 §5.8: a UUID of one's own making, version 8.
        let number = u128::from_be_bytes(id);
        let number = number & !(0xf << 76) | (0x8 << 76);
        let number = number & !(0x3 << 62) | (0x2 << 62);
        let digits = format!("{number:032x}");
        let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
        let groups: Vec<_> = groups.into_iter().filter_map(|range| digits.get(range)).collect();
        Self(groups.join("-"))
    }

    /// Reads a UUID in the usual form.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
        (text.len() == 36 && text.bytes().all(is_digit)).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something to be sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Draft {
    /// Words.
    Say { words: Words, answers: Answers },
    /// Other words for a post.
    Edit { post: String, words: Words },
    /// A post taken back.
    Delete { post: String },
    /// An upvote or a repost, given or taken back.
    React { post: String, reaction: Reaction, is_given: bool },
}

/// What can be done to a post without words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reaction {
    Upvote,
    Repost,
}

/// What words answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answers {
    /// The conversation itself.
    Place,
    /// A post.
    Post(String),
    /// The words that were sealed before them for the same conversation.
    PartBefore,
}

/// Words, with what stands beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Words {
    pub(crate) text: String,
    pub(crate) mentions: Vec<Named>,
    pub(crate) media: Vec<Shown>,
    pub(crate) links: Vec<String>,
    pub(crate) quotes: Vec<String>,
    /// The mark's attribute.
    pub(crate) mark: Option<String>,
}

/// Somebody named in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) range: Range<usize>,
    pub(crate) who: Address,
}

/// Media.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) url: String,
    pub(crate) media_type: String,
    pub(crate) description: String,
}

/// Final bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Parcel {
    pub(crate) op: OpId,
    pub(crate) deed: Operation,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// Post.
    Say {
        within: Within,
        quote: Option<String>,
        #[serde(flatten)]
        written: Written,
    },
    /// Edit a post.
    Edit {
        post: String,
        #[serde(flatten)]
        written: Written,
    },
    /// Delete a post.
    Delete { post: String },
    /// Give or take back an upvote or a repost.
    React { post: String, reaction: Reaction, is_given: bool },
}

/// Metadata as it was sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// JSON.
    pub(crate) metadata: String,
    /// Where its words name somebody whom the account had never met.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) unnamed: Vec<Named>,
}

/// Where a post comes to stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Within {
    /// In a feed.
    Feed(Address),
    /// In a group's feed.
    Group(Address),
    /// Under a post.
    Post(String),
    /// Under what was sealed as this.
    Op(OpId),
}

impl Within {
    /// The conversation itself.
    pub(crate) fn of(place: &Place) -> Self {
        match place {
            Place::Feed(feed) => Self::Feed(*feed),
            Place::Group(group) => Self::Group(*group),
            Place::Thread(root) => Self::Post(root.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_a_uuid_of_its_own() {
        let account = Address::from_bytes([1; 20]);
        let one = OpId::of(account, 1, 5, b"hi");
        assert_eq!(one, OpId::of(account, 1, 5, b"hi"));
        assert_ne!(one, OpId::of(account, 2, 5, b"hi"));
        assert_ne!(one, OpId::of(account, 1, 6, b"hi"));
        assert_eq!(OpId::parse(one.as_str()), Some(one.clone()));
        assert_eq!(one.as_str().as_bytes()[14], b'8');
        assert!(b"89ab".contains(&one.as_str().as_bytes()[19]));
        assert_eq!(OpId::parse("42"), None);
    }
}
