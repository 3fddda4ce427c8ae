//! Rooms of two, `direct/ANN+BOB`: called by both, in the order of the alphabet.

use threadbridge_core::model::id::{Identity, RemoteAuthor, RemoteConversation};

const DIRECT: &str = "direct/";

/// The other one of a room of two.
pub(crate) fn peer(own: &Identity, room: &RemoteConversation) -> Option<Identity> {
    let (one, other) = room.as_str().strip_prefix(DIRECT)?.split_once('+')?;
    let own_name = own.author.as_str();
    let peer = if one == own_name { other } else { Some(one).filter(|_| other == own_name)? };
    let author = RemoteAuthor::parse(peer.to_owned()).ok()?;
    Some(Identity { network: own.network.clone(), author })
}

/// The room of two with somebody.
pub(crate) fn conversation(own: &Identity, with: &Identity) -> Option<RemoteConversation> {
    if own.network != with.network || own == with {
        return None;
    }
    let (one, other) = (own.author.as_str(), with.author.as_str());
    RemoteConversation::parse(format!("{DIRECT}{}+{}", one.min(other), one.max(other))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use threadbridge_core::model::id::Network;

    fn identity(author: &str) -> Identity {
        Identity {
            network: Network::parse("a").unwrap(),
            author: RemoteAuthor::parse(author).unwrap(),
        }
    }

    #[test]
    fn both_call_their_room_the_same_and_each_finds_the_other() {
        let room = conversation(&identity("bob"), &identity("ann")).unwrap();
        assert_eq!(room.as_str(), "direct/ann+bob");
        assert_eq!(conversation(&identity("ann"), &identity("bob")), Some(room.clone()));
        assert_eq!(peer(&identity("ann"), &room), Some(identity("bob")));
        assert_eq!(peer(&identity("bob"), &room), Some(identity("ann")));
        assert_eq!(peer(&identity("carol"), &room), None);
        let books = RemoteConversation::parse("room/books").unwrap();
        assert_eq!(peer(&identity("ann"), &books), None);
    }
}
