//! What a content is, decided once for everybody.

use super::{Body, Content, Disposition};

/// What a content is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A text, perhaps with links and quotes.
    Text,
    /// Pictures, sound or files, perhaps with a text.
    Media,
    /// Links without a text.
    Link,
    /// A quoted message without a text.
    Quote,
    /// A reaction to the message it answers.
    Reaction,
    /// A reaction taken back.
    Unreaction,
    /// A new form of a message.
    Edit,
    /// A message taken back.
    Delete,
    /// A report on messages.
    Receipt,
    /// Something that happened.
    System,
    /// Nothing at all.
    Empty,
    /// Something that this version cannot read.
    Unknown,
}

/// What sort of media an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A moving picture without sound.
    Gif,
    /// A film.
    Video,
    /// A recording to be listened to as a message.
    Voice,
    /// Other sound.
    Audio,
    /// Anything else.
    File,
}

impl MediaKind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Image, Self::Gif, Self::Video, Self::Voice, Self::Audio, Self::File];

    /// The sort that a media type (without parameters, lower case) and a disposition make.
    #[must_use]
    pub fn of(media_type: &str, disposition: Disposition) -> Self {
        match media_type.split_once('/') {
            Some(("image", "gif")) => Self::Gif,
            Some(("image", _)) => Self::Image,
            Some(("video", _)) => Self::Video,
            Some(("audio", _)) if disposition == Disposition::Inline => Self::Voice,
            Some(("audio", _)) => Self::Audio,
            _ => Self::File,
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Gif => "GIF",
            Self::Video => "video",
            Self::Voice => "voice note",
            Self::Audio => "audio",
            Self::File => "file",
        }
    }
}

impl Content {
    /// What the content is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let is_reaction = self.body.disposition == Disposition::Reaction;
        if self.body.body == Body::Null {
            return match (self.replaces, is_reaction) {
                (Some(_), true) => Kind::Unreaction,
                (Some(_), false) => Kind::Delete,
                (None, _) => Kind::Empty,
            };
        }
        if is_reaction {
            return Kind::Reaction;
        }
        if self.receipt().is_some() {
            return Kind::Receipt;
        }
        if self.system().is_some() {
            return Kind::System;
        }
        if self.replaces.is_some() {
            return Kind::Edit;
        }
        self.spoken()
    }

    fn spoken(&self) -> Kind {
        if !self.attachments().is_empty() {
            Kind::Media
        } else if self.text().is_some() {
            Kind::Text
        } else if !self.links().is_empty() {
            Kind::Link
        } else if !self.quotes().is_empty() {
            Kind::Quote
        } else {
            Kind::Unknown
        }
    }
}
