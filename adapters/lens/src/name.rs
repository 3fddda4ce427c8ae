//! How conversations, posts and people are called, here and on the network.

use threadbridge_core::model::{
    id::{Identity, InvalidId, Network, RemoteAuthor, RemoteConversation, RemoteId},
    time::Timestamp,
};

use crate::wire::{
    address::Address,
    post::{PostName, PostPlace},
};

/// What the network is called.
pub(crate) const NETWORK: &str = "lens";
/// 256 bits in decimal digits.
const ID_DIGITS: usize = 78;
/// The longest short name of a post.
const SLUG_BYTES: usize = 80;

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// What stands in a feed.
    Feed(Address),
    /// What stands in a group's feed.
    Group(Address),
    /// A post and what answers it.
    Thread(String),
}

impl Place {
    /// Reads `feed/ADDRESS`, `group/ADDRESS` or `thread/POST`.
    pub(crate) fn parse(conversation: &RemoteConversation) -> Option<Self> {
        let (kind, name) = conversation.as_str().split_once('/')?;
        match kind {
            // One place has one name, so only the form in lower case is one.
            "feed" => address(name).map(Self::Feed),
            "group" => address(name).map(Self::Group),
            "thread" => is_slug(name).then(|| Self::Thread(name.to_owned())),
            _ => None,
        }
    }

    /// Whether a post belongs here.
    pub(crate) fn holds(&self, post: &PostPlace) -> bool {
        match self {
            Self::Feed(feed) => post.feed.address == *feed,
            Self::Group(group) => post.feed.group.as_ref().is_some_and(|it| it.address == *group),
            Self::Thread(root) => {
                post.name.is(root) || post.root.as_ref().is_some_and(|it| it.is(root))
            }
        }
    }

    /// Whether a post is the conversation itself: then what answers it stands in the conversation.
    pub(crate) fn is(&self, post: &PostName) -> bool {
        match self {
            Self::Thread(root) => post.is(root),
            Self::Feed(_) | Self::Group(_) => false,
        }
    }
}

fn address(text: &str) -> Option<Address> {
    text.parse().ok().filter(|address: &Address| address.to_string() == text)
}

/// Whether `text` can be a post's id.
pub(crate) fn is_post(text: &str) -> bool {
    (1..=ID_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` can name a post in an address.
fn is_slug(text: &str) -> bool {
    (1..=SLUG_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A post's id.
pub(crate) fn post_id(post: &str) -> Result<RemoteId, InvalidId> {
    RemoteId::parse(post)
}

/// A version's id: the post with a digest of where the version lies.
pub(crate) fn edit_id(post: &str, content_uri: &str) -> Result<RemoteId, InvalidId> {
    RemoteId::parse(format!("{post}/v/{}", hex::encode(version(content_uri))))
}

/// The id of a post's deletion.
pub(crate) fn delete_id(post: &str) -> Result<RemoteId, InvalidId> {
    RemoteId::parse(format!("{post}/deleted"))
}

/// The id of an upvote: one account gives one at a time, but may take it back and give it again.
pub(crate) fn upvote_id(post: &str, by: Address, at: Timestamp) -> Result<RemoteId, InvalidId> {
    RemoteId::parse(format!("{post}/up/{by}/{}", at.as_micros()))
}

/// The id of an upvote's withdrawal.
pub(crate) fn withdrawal_id(post: &str, by: Address, at: Timestamp) -> Result<RemoteId, InvalidId> {
    RemoteId::parse(format!("{post}/unup/{by}/{}", at.as_micros()))
}

/// A digest of where a version of a post lies.
pub(crate) fn version(content_uri: &str) -> [u8; 8] {
    let mut version = [0; 8];
    blake3::Hasher::new().update(content_uri.as_bytes()).finalize_xof().fill(&mut version);
    version
}

/// The post that an id of a message names.
pub(crate) fn post_of(id: &RemoteId) -> Option<&str> {
    Some(id.as_str()).filter(|post| is_post(post))
}

/// Who an account is.
pub(crate) fn identity(account: Address) -> Result<Identity, InvalidId> {
    Ok(Identity {
        network: Network::parse(NETWORK)?,
        author: RemoteAuthor::parse(account.to_string())?,
    })
}

/// The account that an identity of this network is.
pub(crate) fn account(identity: &Identity) -> Option<Address> {
    (identity.network.as_str() == NETWORK).then(|| identity.author.as_str().parse().ok())?
}

/// A text fit to be shown as a name: without control characters and endless length.
pub(crate) fn presentable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect::<String>().trim().to_owned()
}

/// The most bytes of text that a content may carry here; what is longer is cut, at a character.
pub(crate) fn bounded(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

/// The longest text that is taken from a post.
pub(crate) const TEXT_BYTES: usize = threadbridge_core::model::content::MAX_CONTENT_BYTES / 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<Place> {
        Place::parse(&RemoteConversation::parse(text).unwrap())
    }

    #[test]
    fn conversations_have_one_name_each() {
        let feed = "feed/0x31232cb7de0dce17949ffa58e9e38eeeb367c871";
        assert!(matches!(place(feed), Some(Place::Feed(_))));
        assert!(matches!(place(&feed.replace("feed", "group")), Some(Place::Group(_))));
        assert_eq!(place(&feed.to_uppercase()), None);
        assert_eq!(place("feed/0x31232Cb7dE0dce17949ffA58E9E38EEeB367C871"), None);
        assert_eq!(place("thread/42"), Some(Place::Thread("42".to_owned())));
        for bad in ["thread/", "thread/4 2", "room/1", "feed/1", "feed"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_posts_are_messages() {
        assert_eq!(post_of(&post_id("42").unwrap()), Some("42"));
        assert_eq!(post_of(&edit_id("42", "lens://1").unwrap()), None);
        assert_eq!(post_of(&delete_id("42").unwrap()), None);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(bounded("aé", 2), "a");
        assert_eq!(bounded("aé", 3), "aé");
    }
}
