//! How casts, people and conversations are called in the bridge.

use threadbridge_core::model::id::{
    Identity, InvalidId, Network, RemoteAuthor, RemoteConversation, RemoteId,
};

use prost::Message as _;

use crate::wire::{
    SignedMessage,
    hash::MessageHash,
    proto::{CastId, MessageData},
};

/// The name of the network.
pub(crate) const NETWORK: &str = "farcaster";

/// A message by its author and hash, `FID:0xHASH`: the remote id of everything signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// The author.
    pub fid: u64,
    /// The hash.
    pub hash: MessageHash,
}

impl Name {
    /// Reads `FID:0xHASH`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (fid, hash) = text.split_once(':')?;
        let fid = fid.parse().ok().filter(|fid| *fid > 0)?;
        Some(Self { fid, hash: MessageHash::parse(hash.strip_prefix("0x")?)? })
    }

    /// Reads a cast id from the wire.
    pub(crate) fn of(id: &CastId) -> Option<Self> {
        let hash = MessageHash::from_slice(&id.hash)?;
        (id.fid > 0).then_some(Self { fid: id.fid, hash })
    }

    /// As the wire has it.
    pub(crate) fn cast_id(&self) -> CastId {
        CastId { fid: self.fid, hash: self.hash.as_bytes().to_vec() }
    }

    /// As the bridge has it.
    pub(crate) fn remote_id(&self) -> Result<RemoteId, InvalidId> {
        RemoteId::parse(format!("{}:{}", self.fid, self.hash))
    }
}

impl SignedMessage {
    /// The name that the message claims, before anything of it is proven.
    pub(crate) fn claimed_name(&self) -> Option<Name> {
        let data = MessageData::decode(self.signed_bytes()?).ok()?;
        let hash = MessageHash::from_slice(&self.hash)?;
        (data.fid > 0).then_some(Name { fid: data.fid, hash })
    }
}

/// The identity of a fid. Fids never change hands; names do.
pub(crate) fn identity(fid: u64) -> Result<Identity, InvalidId> {
    Ok(Identity {
        network: Network::parse(NETWORK)?,
        author: RemoteAuthor::parse(fid.to_string())?,
    })
}

/// The fid of an identity, if it is one of this network.
pub(crate) fn fid(identity: &Identity) -> Option<u64> {
    if identity.network.as_str() != NETWORK {
        return None;
    }
    identity.author.as_str().parse().ok()
}

/// What a conversation's name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `channel/NAME` or `channel/URL`: casts under that URL and all replies below them.
    Channel {
        /// The parent URL of its casts.
        url: String,
    },
    /// `thread/0xHASH` or `thread/FID:0xHASH`: a cast and all replies below it.
    Thread {
        /// The root's author, if the name says it. A node finds the root only by both.
        fid: Option<u64>,
        /// The root.
        hash: MessageHash,
    },
    /// `mentions`: casts that mention the account or answer it, wherever they are, and all replies
    /// below them.
    Mentions,
    /// `author/FID`: what somebody casts outside of threads and channels, and all replies below.
    Author(u64),
    /// `direct/FID`: direct casts to somebody; they can only be sent.
    Direct(u64),
}

/// The URL under which the casts of a channel stand, by its short name.
fn channel_url(name: &str) -> String {
    format!("https://farcaster.xyz/~/channel/{name}")
}

impl Place {
    /// Reads a conversation's name; `None` if it is no form that the network has.
    pub(crate) fn parse(conversation: &RemoteConversation) -> Option<Self> {
        let text = conversation.as_str();
        if text == "mentions" {
            return Some(Self::Mentions);
        }
        let (kind, rest) = text.split_once('/')?;
        match kind {
            "channel" if rest.contains("://") => Some(Self::Channel { url: rest.to_owned() }),
            "channel" if is_channel_name(rest) => Some(Self::Channel { url: channel_url(rest) }),
            "thread" => match Name::parse(rest) {
                Some(root) => Some(Self::Thread { fid: Some(root.fid), hash: root.hash }),
                None => {
                    let hash = MessageHash::parse(rest.strip_prefix("0x")?)?;
                    Some(Self::Thread { fid: None, hash })
                }
            },
            "author" => rest.parse().ok().filter(|fid| *fid > 0).map(Self::Author),
            "direct" => rest.parse().ok().filter(|fid| *fid > 0).map(Self::Direct),
            _ => None,
        }
    }

    /// The names that a channel with this parent URL may have in the settings.
    pub(crate) fn names_of_channel(url: &str) -> Vec<String> {
        // The client's host has changed; casts of both times are in the same channel.
        let short = ["https://farcaster.xyz/~/channel/", "https://warpcast.com/~/channel/"]
            .into_iter()
            .find_map(|prefix| url.strip_prefix(prefix))
            .filter(|name| is_channel_name(name));
        let mut names = vec![format!("channel/{url}")];
        if let Some(name) = short {
            names.push(format!("channel/{name}"));
            names.push(format!("channel/{}", channel_url(name)));
        }
        names
    }

    /// The names that the thread below this cast may have in the settings.
    pub(crate) fn names_of_thread(root: &Name) -> [String; 2] {
        [format!("thread/{}", root.hash), format!("thread/{}:{}", root.fid, root.hash)]
    }
}

fn is_channel_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Option<Place> {
        Place::parse(&RemoteConversation::parse(text).unwrap())
    }

    const HASH: &str = "0x27f49c6928369d64495f4c4dd142c2e7389ebf1e";

    #[test]
    fn conversations_are_read_by_their_names() {
        let hash = MessageHash::parse(HASH).unwrap();
        let url = "https://farcaster.xyz/~/channel/books".to_owned();
        assert_eq!(place("channel/books"), Some(Place::Channel { url }));
        let url = "chain://eip155:1/erc721:0xabc".to_owned();
        assert_eq!(place(&format!("channel/{url}")), Some(Place::Channel { url }));
        assert_eq!(place(&format!("thread/{HASH}")), Some(Place::Thread { fid: None, hash }));
        let named = place(&format!("thread/7:{HASH}"));
        assert_eq!(named, Some(Place::Thread { fid: Some(7), hash }));
        assert_eq!(place("mentions"), Some(Place::Mentions));
        assert_eq!(place("author/3"), Some(Place::Author(3)));
        assert_eq!(place("direct/3"), Some(Place::Direct(3)));
        for bad in ["books", "channel/", "channel/a b", "thread/0x12", "direct/0", "author/x"] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_cast_of_either_host_is_in_the_channel_of_that_name() {
        for host in ["farcaster.xyz", "warpcast.com"] {
            let names = Place::names_of_channel(&format!("https://{host}/~/channel/books"));
            assert!(names.contains(&"channel/books".to_owned()), "{host}");
        }
        let longer = Place::names_of_channel("https://farcaster.xyz/~/channel/books/more");
        assert!(!longer.contains(&"channel/books".to_owned()));
    }

    #[test]
    fn a_name_reads_what_it_prints() {
        let name = Name { fid: 9, hash: MessageHash::parse(HASH).unwrap() };
        assert_eq!(Name::parse(name.remote_id().unwrap().as_str()), Some(name));
        assert_eq!(Name::of(&name.cast_id()), Some(name));
        for bad in ["", "9", ":0x00", &format!("0:{HASH}"), "9:0x00"] {
            assert_eq!(Name::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_identity_is_a_fid() {
        assert_eq!(fid(&identity(42).unwrap()), Some(42));
    }
}
