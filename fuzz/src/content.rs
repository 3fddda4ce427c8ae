//! The canonical content, as it is stored: deterministic CBOR.

use threadbridge_core::model::content::{
    Content, ExternalPart, MAX_PARTS, Mention, Part, Quote, Receipt, Salt, SystemEvent,
};
use threadbridge_core::model::id::{Identity, MessageId, Network, RemoteAuthor};

use crate::Target;

/// What is read is written in the same bytes, and everything that looks at it comes back.
pub const TARGET: Target = Target { name: "content", run, seeds, rounds: 20_000 };

fn run(bytes: &[u8]) {
    let Ok(content) = Content::decode(bytes) else { return };
    assert_eq!(content.encode().as_deref(), Ok(bytes));
    content.message_id("mimi://example.org/a", "mimi://example.org/b").unwrap();
    look_at(&content);
}

fn look_at(content: &Content) {
    let text = content.text().map_or("", |it| it.as_str);
    for mention in content.mentions() {
        assert!(text.get(mention.range).is_some());
    }
    let counts = [content.reactions().len(), content.attachments().len(), content.links().len()];
    assert!(counts.iter().all(|it| *it <= MAX_PARTS) && content.quotes().len() <= MAX_PARTS);
    let (kind, receipt, system) = (content.kind(), content.receipt(), content.system());
    assert!(!format!("{kind:?} {receipt:?} {system:?}").is_empty());
}

/// Contents of each kind, encoded.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    contents().iter().map(|it| it.encode().unwrap()).collect()
}

fn contents() -> Vec<Content> {
    let salt = Salt::from_bytes([7; 16]);
    let id = MessageId::from_bytes([9; 32]);
    let file = || ExternalPart {
        content_type: "image/jpeg".to_owned(),
        url: "https://example.org/a.jpg".to_owned(),
        ..ExternalPart::default()
    };
    let quote = Quote { message: Some(id), ..Quote::default() };
    let identity = Identity {
        network: Network::parse("farcaster").unwrap(),
        author: RemoteAuthor::parse("6").unwrap(),
    };
    let ann = Mention { range: 3..6, identity, label: "Ann".to_owned() };
    let renamed = SystemEvent::Renamed { title: "books".to_owned(), by: None };
    vec![
        Content::plain(salt, "hello"),
        Content::plain(salt, "hi Ann, 👋🏽 from the tide pool").mentioning(vec![ann]),
        Content::plain(salt, "see").and(Part::attachment(file())).and(Part::inline(file())),
        Content::plain(salt, "said").and(Part::quote(&quote)).in_topic("books"),
        Content::plain(salt, "read").and(Part::link("https://example.org/", "a title")),
        Content::plain(salt, &"long words, ".repeat(100)),
        Content::reacting(salt, id, "👍"),
        Content::unreacting(salt, id, id),
        Content::reporting(salt, &Receipt::read([id])),
        Content::telling(salt, &renamed),
        Content::of_parts(salt, vec![Part::text("a"), Part::markdown("*b*")]),
        Content { replaces: Some(id), in_reply_to: Some(id), ..Content::plain(salt, "edited") },
    ]
}
