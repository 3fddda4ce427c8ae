//! Posts, reposts and the accounts that made them.

use serde::{Deserialize, Serialize};

use super::{address::Address, metadata::Metadata};

/// What stands in a feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum AnyPost {
    /// Words of somebody's own.
    Post(Box<Post>),
    /// Somebody else's, shown again.
    Repost(Box<Repost>),
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

/// Words of somebody's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Post {
    #[serde(flatten)]
    pub(crate) place: PostPlace,
    pub(crate) is_edited: bool,
    pub(crate) is_deleted: bool,
    pub(crate) timestamp: String,
    pub(crate) content_uri: String,
    pub(crate) author: Account,
    pub(crate) comment_on: Option<PostName>,
    pub(crate) quote_of: Option<PostName>,
    #[serde(default)]
    pub(crate) mentions: Vec<Mention>,
    pub(crate) stats: Stats,
    pub(crate) metadata: Metadata,
}

/// A post's names and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PostPlace {
    #[serde(flatten)]
    pub(crate) name: PostName,
    /// The post at the beginning of the thread; nothing for that one itself.
    pub(crate) root: Option<PostName>,
    pub(crate) feed: Feed,
}

/// A post's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PostName {
    /// A whole number of 256 bits in decimal digits.
    pub(crate) id: String,
    /// A shorter name for addresses.
    #[serde(default)]
    pub(crate) slug: String,
}

impl PostName {
    /// Whether `text` is one of its names.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.id == text || self.slug == text
    }
}

/// A feed, and the group that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Feed {
    pub(crate) address: Address,
    pub(crate) group: Option<Group>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) address: Address,
}

/// Somebody else's post, shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Repost {
    pub(crate) id: String,
    pub(crate) is_deleted: bool,
    pub(crate) timestamp: String,
    pub(crate) author: Account,
    pub(crate) repost_of: PostPlace,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) address: Address,
    /// Whose wallet it is. An address without an account behind it owns itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) owner: Option<Address>,
    pub(crate) username: Option<Username>,
    pub(crate) metadata: Option<AccountMetadata>,
}

/// A name in a namespace. It can be given away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Username {
    /// Namespace and name with `/` between them.
    pub(crate) value: String,
    pub(crate) local_name: String,
    pub(crate) namespace: Address,
}

/// How somebody shows themself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountMetadata {
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
}

/// Somebody or something named in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "__typename")]
pub(crate) enum Mention {
    /// Somebody.
    #[serde(rename = "AccountMention")]
    Account { account: Address, namespace: Address, replace: Replace },
    /// A group.
    #[serde(rename = "GroupMention")]
    Group { group: Address, replace: Replace },
    /// A kind that this version does not know.
    #[serde(other)]
    Other,
}

/// What stands in the text, and what is shown for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replace {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// How often something was done to a post.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stats {
    #[serde(default)]
    pub(crate) comments: u32,
    /// Upvotes.
    #[serde(default)]
    pub(crate) reactions: u32,
}
