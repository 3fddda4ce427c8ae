//! The mark of a bridged copy.

use threadbridge_core::model::id::{Network, RemoteConversation, RemoteId};
use threadbridge_core::model::mark::{MAX_ROOMS, Mark, Origin, RoomTag};

use crate::Target;

/// What is read as a mark is written in the same bytes.
pub const TARGET: Target = Target { name: "mark", run, seeds, rounds: 50_000 };

fn run(bytes: &[u8]) {
    if let Some(mark) = Mark::from_bytes(bytes) {
        assert!(mark.rooms.len() <= MAX_ROOMS);
        assert_eq!(mark.to_bytes(), bytes);
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let network = Network::parse("farcaster").unwrap();
    let origin = Origin::of(&network, &RemoteId::parse("6:0xab").unwrap());
    let room = RoomTag::of(&network, &RemoteConversation::parse("channel/books").unwrap());
    (0..=MAX_ROOMS).map(|rooms| Mark { origin, rooms: vec![room; rooms] }.to_bytes()).collect()
}
