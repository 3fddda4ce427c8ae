//! Names and references, from settings, the command line and networks.

use threadbridge_core::fit::attribution::{check_template, plain_name};
use threadbridge_core::model::id::{
    AccountName, ConversationId, Leg, MessageId, Network, RemoteConversation, RemoteId,
};
use threadbridge_core::secret::SecretRef;

use crate::Target;

/// What is taken for a name reads what it prints; a name that was made plain stays as it is.
pub const TARGET: Target = Target { name: "names", run, seeds, rounds: 10_000 };

fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if let Ok(leg) = Leg::parse(&text) {
        assert_eq!(Leg::parse(&leg.to_string()), Ok(leg));
    }
    if let Ok(id) = MessageId::parse(&text) {
        assert_eq!(MessageId::parse(&id.to_string()), Ok(id));
    }
    if let Ok(id) = ConversationId::parse(&text) {
        assert_eq!(ConversationId::parse(&id.to_string()), Ok(id));
    }
    if let Ok(reference) = SecretRef::parse(&text) {
        assert_eq!(SecretRef::parse(&reference.to_string()), Ok(reference));
    }
    if let (Ok(account), Ok(network)) = (AccountName::parse(&text), Network::parse(&text)) {
        assert_eq!(account.as_str(), network.as_str());
    }
    if let Ok(conversation) = RemoteConversation::parse(&text) {
        let _known = threadbridge_farcaster::is_conversation(&conversation);
    }
    assert_eq!(RemoteId::parse(&text).is_ok(), (1..=1024).contains(&text.len()));
    assert!(check_template(&text).is_err() || text.contains('{'));
    let plain = plain_name(&text);
    assert_eq!(plain_name(&plain), plain);
    assert!(!plain.contains(['\n', '\r', '\u{202e}', '\u{200b}']));
}

fn seeds() -> Vec<Vec<u8>> {
    let seeds = [
        "casts:channel/books",
        "casts:thread/0x0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "casts:channel/https://example.org/a?b#c",
        "0190b6a2-7c3e-7000-8000-000000000000",
        "abababababababababababababababababababababababababababababababab",
        "keyring:node",
        "file:store.key",
        "mentions",
        "author/6",
        "Ann Ömer 🦊: «{name}» ({handle}, {network}) ",
    ];
    seeds.iter().map(|it| it.as_bytes().to_vec()).collect()
}
