//! What can be expressed, and how well.

use std::collections::BTreeMap;

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
    /// Reacting with what [`Capabilities::reactions`](super::Capabilities::reactions) has not, where there are reactions at all.
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
    /// Disappearing after a while, by the network itself. Without it, the bridge deletes.
    pub expiry: Support,
}

impl Default for Features {
    fn default() -> Self {
        Self {
            text: Support::Full,
            thread: Support::Dropped,
            delete: Support::Dropped,
            receipt: Support::Dropped,
            expiry: Support::Dropped,
            ..Self::all(Support::Fallback)
        }
    }
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
            expiry: support,
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
