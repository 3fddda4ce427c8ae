//! What a conversation on a network can express and promise, as data.
//!
//! An adapter states it; only `fit` and the pipeline act on it. Nothing of it is a promise that
//! the network keeps by itself: what is said there always fits before it is rendered.

use std::collections::BTreeMap;
use std::time::Duration;

use super::content::MediaKind;
use super::level::Level;

/// How well something can be expressed; a greater one is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Support {
    /// Not at all, and a message that needs it must not be sent without it.
    Rejected,
    /// Not at all; it is left out, and the loss is reported.
    #[default]
    Dropped,
    /// Not as such, but words can stand for it.
    Fallback,
    /// As such, with limits.
    Partial,
    /// As such.
    Full,
}

impl Support {
    /// Whether the network has it as such.
    #[must_use]
    pub fn is_native(self) -> bool {
        self >= Self::Partial
    }
}

/// What a network counts when it says how long something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// Unicode scalar values.
    Characters,
    /// UTF-16 code units.
    Utf16,
    /// Extended grapheme clusters (UAX #29): what people see as one character.
    Graphemes,
}

impl Unit {
    /// The word for several of them.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Utf16 => "UTF-16 units",
            Self::Graphemes => "graphemes",
        }
    }
}

/// How long something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The most of them.
    pub max: usize,
    /// Of what.
    pub unit: Unit,
}

/// What can be expressed, feature by feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// Saying something.
    pub text: Support,
    /// Answering a message.
    pub reply: Support,
    /// Keeping to a thread within the conversation.
    pub thread: Support,
    /// Naming somebody so that they notice. With [`Support::Fallback`] the name is text.
    pub mention: Support,
    /// Reacting, and taking a reaction back. With [`Support::Fallback`] a line tells it.
    pub reaction: Support,
    /// Reacting with what [`Capabilities::reactions`] has not, where there are reactions at all.
    pub other_reaction: Support,
    /// Replacing what was said.
    pub edit: Support,
    /// Taking back what was said.
    pub delete: Support,
    /// Telling that something was read.
    pub receipt: Support,
    /// A link beside the text. With [`Support::Fallback`] the address is text.
    pub link: Support,
    /// Another message shown inside a message. With [`Support::Fallback`] a line quotes it.
    pub quote: Support,
    /// Telling what happened in the conversation. With [`Support::Fallback`] a line tells it.
    pub system: Support,
}

impl Features {
    /// Every feature as well as `support`.
    #[must_use]
    pub const fn all(support: Support) -> Self {
        Self {
            text: support,
            reply: support,
            thread: support,
            mention: support,
            reaction: support,
            other_reaction: support,
            edit: support,
            delete: support,
            receipt: support,
            link: support,
            quote: support,
            system: support,
        }
    }
}

/// A feature, to speak of what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// Saying something.
    Text,
    /// Answering a message.
    Reply,
    /// Keeping to a thread within the conversation.
    Thread,
    /// Naming somebody so that they notice.
    Mention,
    /// Reacting, and taking a reaction back.
    Reaction,
    /// Replacing what was said.
    Edit,
    /// Taking back what was said.
    Delete,
    /// Telling that something was read.
    Receipt,
    /// A picture, a sound or a file.
    Media,
    /// A link beside the text.
    Link,
    /// Another message shown inside a message.
    Quote,
    /// Telling what happened in the conversation.
    System,
    /// Disappearing after a while.
    Expiry,
}

impl Feature {
    /// The word for it.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Reply => "reply",
            Self::Thread => "thread",
            Self::Mention => "mention",
            Self::Reaction => "reaction",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Receipt => "read receipt",
            Self::Media => "media",
            Self::Link => "link",
            Self::Quote => "quote",
            Self::System => "event",
            Self::Expiry => "expiry",
        }
    }
}

/// Which reactions can be expressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reactions {
    /// Every emoji.
    Any,
    /// Only some: each reaction that can be meant, and the one that is sent for it.
    Only(BTreeMap<String, String>),
}

impl Reactions {
    /// What is sent for `reaction`; nothing if it cannot be expressed. An emoji is the same with
    /// and without its variation selector.
    #[must_use]
    pub fn sent_for(&self, reaction: &str) -> Option<String> {
        match self {
            Self::Any => Some(reaction.to_owned()),
            Self::Only(known) => {
                let bare = |text: &str| text.replace('\u{fe0f}', "");
                let wanted = bare(reaction);
                let found = known.iter().find(|(meant, _)| bare(meant) == wanted);
                found.map(|(_, sent)| sent.clone())
            }
        }
    }
}

/// How media of one sort gets there. The first rule that matches decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRule {
    /// The sort; nothing for every sort.
    pub kind: Option<MediaKind>,
    /// The media type, `image/png` or `image/*`; nothing for every type.
    pub media_type: Option<String>,
    /// How it can be carried.
    pub carry: Carry,
    /// The largest that is taken, in bytes; nothing for no limit.
    pub max_bytes: Option<u64>,
}

/// How media can be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// As external content, encrypted or not.
    External,
    /// As an address that everybody can open, shown as the media.
    PublicUrl,
    /// As an address in the text.
    Link,
    /// Not at all.
    Refuse,
}

/// How much a message may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text.
    pub text: Limit,
    /// The most things beside the text.
    pub embeds: usize,
    /// The longest address beside the text, in bytes.
    pub url_bytes: usize,
    /// The most people named.
    pub mentions: usize,
    /// The largest message on the wire; nothing if the other limits are all.
    pub payload: Option<Payload>,
}

/// How large a message may be on the wire, and what its pieces take there beside their own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The most bytes of the whole.
    pub max_bytes: usize,
    /// What every message takes.
    pub fixed_bytes: usize,
    /// What each thing beside the text takes more than its address.
    pub embed_bytes: usize,
    /// What each person named takes.
    pub mention_bytes: usize,
}

/// How often something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// This many messages
    pub messages: u32,
    /// in each span of this length.
    pub per: Duration,
}

/// In which order what is sent arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In no particular one.
    None,
    /// In the order in which each author sent it.
    PerAuthor,
    /// In one order that everybody sees.
    PerConversation,
}

/// How much of what was said before can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    /// Nothing.
    Nothing,
    /// The last so many messages.
    Messages(u32),
    /// What was said within this span.
    Within(Duration),
    /// Everything.
    Everything,
}

/// How long what is said stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permanence {
    /// For good: it cannot be taken back.
    Forever,
    /// Until it is deleted, though copies may remain elsewhere.
    UntilDeleted,
    /// Until it is deleted or room is needed for newer messages.
    UntilEvicted,
    /// For a span that the network sets.
    For(Duration),
}

impl Permanence {
    /// It in words, as the end of a sentence that begins «It stays».
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Forever => "for good and cannot be taken back".to_owned(),
            Self::UntilDeleted => "until it is deleted; copies may remain elsewhere".to_owned(),
            Self::UntilEvicted => {
                "until it is deleted or pushed out by newer messages; copies may remain elsewhere"
                    .to_owned()
            }
            Self::For(span) => format!("for {} hours", span.as_secs() / 3600),
        }
    }
}

/// What a conversation on a network can express and promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Changes whenever any of the rest does.
    pub version: u32,
    /// How well it protects what is said there, and so who can read it.
    pub level: Level,
    /// How long what is said stays.
    pub permanence: Permanence,
    /// What can be expressed.
    pub features: Features,
    /// Which reactions can be expressed, if any can.
    pub reactions: Reactions,
    /// How media gets there; what no rule matches is refused.
    pub media: Vec<MediaRule>,
    /// How much a message may hold.
    pub limits: Limits,
    /// How often something may be sent; all of them hold.
    pub rates: Vec<Rate>,
    /// Whether a message's id there is known before it is sent.
    pub ids_known_before_sending: bool,
    /// In which order what is sent arrives.
    pub order: Order,
    /// How much of what was said before can be fetched.
    pub backfill: Backfill,
}

/// A place where one can say short texts in public and nothing else: what holds everywhere.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            version: 1,
            level: Level::Public,
            permanence: Permanence::Forever,
            features: Features::default(),
            reactions: Reactions::Only(BTreeMap::new()),
            media: vec![MediaRule {
                kind: None,
                media_type: None,
                carry: Carry::Link,
                max_bytes: None,
            }],
            limits: Limits::default(),
            rates: Vec::new(),
            ids_known_before_sending: false,
            order: Order::None,
            backfill: Backfill::Nothing,
        }
    }
}

impl Default for Features {
    fn default() -> Self {
        Self {
            text: Support::Full,
            thread: Support::Dropped,
            delete: Support::Dropped,
            receipt: Support::Dropped,
            ..Self::all(Support::Fallback)
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: Limit { max: 280, unit: Unit::Bytes },
            embeds: 0,
            url_bytes: 256,
            mentions: 0,
            payload: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_ascends_from_rejected_to_full() {
        let ascending = [
            Support::Rejected,
            Support::Dropped,
            Support::Fallback,
            Support::Partial,
            Support::Full,
        ];
        assert!(ascending.is_sorted());
        let native: Vec<_> = ascending.into_iter().filter(|it| it.is_native()).collect();
        assert_eq!(native, [Support::Partial, Support::Full]);
    }

    #[test]
    fn a_reaction_is_found_with_and_without_its_variation_selector() {
        let known = BTreeMap::from([
            ("❤️".to_owned(), "❤️".to_owned()),
            ("👍".to_owned(), "❤️".to_owned()),
        ]);
        let reactions = Reactions::Only(known);
        assert_eq!(reactions.sent_for("\u{2764}").as_deref(), Some("❤️"));
        assert_eq!(reactions.sent_for("👍").as_deref(), Some("❤️"));
        assert_eq!(reactions.sent_for("🎉"), None);
        assert_eq!(Reactions::Any.sent_for("🎉").as_deref(), Some("🎉"));
    }
}
