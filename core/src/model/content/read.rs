//! Reading contents: what is said, without climbing through the parts.

use super::{Body, Content, Disposition, ExternalPart, MediaKind, Part, Semantics};

/// A text, as it stands in the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'c> {
    /// The text.
    pub as_str: &'c str,
    /// How it is to be read.
    pub format: TextFormat,
}

/// How a text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFormat {
    /// As it stands.
    Plain,
    /// As GitHub's Markdown without HTML.
    Markdown,
}

/// A picture, a sound or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attachment<'c> {
    /// What sort it is.
    pub kind: MediaKind,
    /// Its media type, with parameters.
    pub content_type: &'c str,
    /// What to call it; empty if nobody said.
    pub name: &'c str,
    /// What it shows; empty if nobody said.
    pub description: &'c str,
    /// Where its bytes are.
    pub source: Source<'c>,
}

/// Where the bytes of an attachment are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'c> {
    /// In the message.
    Enclosed(&'c [u8]),
    /// Elsewhere.
    External(&'c ExternalPart),
}

impl Attachment<'_> {
    /// Its size in bytes, if it is known.
    #[must_use]
    pub fn size_bytes(&self) -> Option<u64> {
        match self.source {
            Source::Enclosed(bytes) => u64::try_from(bytes.len()).ok(),
            Source::External(ExternalPart { size_bytes: 0, .. }) => None,
            Source::External(external) => Some(external.size_bytes),
        }
    }

    /// A URL that anybody can open, if there is one.
    #[must_use]
    pub fn public_url(&self) -> Option<&str> {
        match self.source {
            Source::External(external) if external.aead == 0 => Some(&external.url),
            Source::External(_) | Source::Enclosed(_) => None,
        }
    }
}

/// A link to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'c> {
    /// Where it leads.
    pub url: &'c str,
    /// What is there; empty if nobody said.
    pub title: &'c str,
}

impl Content {
    /// What is said in words. Of several texts the first; of alternatives the plainest.
    #[must_use]
    pub fn text(&self) -> Option<Text<'_>> {
        if self.body.disposition == Disposition::Reaction {
            return None;
        }
        self.body.leaves().into_iter().find_map(Part::as_text)
    }

    /// The reactions: usually one.
    #[must_use]
    pub fn reactions(&self) -> Vec<&str> {
        if self.body.disposition != Disposition::Reaction {
            return Vec::new();
        }
        let leaves = self.body.leaves().into_iter();
        leaves.filter_map(|part| part.words().map(|text| text.as_str)).collect()
    }

    /// The pictures, sounds and files, in their order.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment<'_>> {
        self.body.leaves().into_iter().filter_map(Part::as_attachment).collect()
    }

    /// The links that stand beside the text, in their order.
    #[must_use]
    pub fn links(&self) -> Vec<Link<'_>> {
        self.body.leaves().into_iter().filter_map(Part::as_link).collect()
    }
}

impl Part {
    /// The parts that hold something, in their order, one of each set of alternatives.
    #[must_use]
    pub fn leaves(&self) -> Vec<&Self> {
        match &self.body {
            Body::Null => Vec::new(),
            Body::Single { .. } | Body::External(_) => vec![self],
            Body::Multi { semantics: Semantics::ChooseOne, parts } => {
                // Everybody must see the same one, whatever their client can do.
                let plainest = parts.iter().min_by_key(|part| part.plainness());
                plainest.map(Self::leaves).unwrap_or_default()
            }
            Body::Multi { parts, .. } => parts.iter().flat_map(Self::leaves).collect(),
        }
    }

    fn plainness(&self) -> u8 {
        let leaves = self.leaves().into_iter();
        let rank = |part: &Self| match (part.words(), &part.body) {
            (Some(Text { format: TextFormat::Plain, .. }), _) => 0,
            (Some(Text { format: TextFormat::Markdown, .. }), _) => 1,
            (None, Body::External(_)) => 2,
            (None, _) => match part.media_type().split_once('/') {
                Some(("image" | "video" | "audio", _)) => 2,
                _ => 3,
            },
        };
        leaves.map(rank).min().unwrap_or(u8::MAX)
    }

    /// The media type in lower case, without its parameters; empty if there is none.
    #[must_use]
    pub fn media_type(&self) -> String {
        let bare = self.content_type().split(';').next().unwrap_or_default();
        bare.trim().to_ascii_lowercase()
    }

    fn content_type(&self) -> &str {
        match &self.body {
            Body::Null | Body::Multi { .. } => "",
            Body::Single { content_type, .. } => content_type,
            Body::External(external) => &external.content_type,
        }
    }

    /// The content, if it travels with the message and is of this media type.
    pub(super) fn single(&self, content_type: &str) -> Option<&[u8]> {
        match &self.body {
            Body::Single { content, .. } if self.media_type() == content_type => Some(content),
            Body::Single { .. } | Body::Null | Body::External(_) | Body::Multi { .. } => None,
        }
    }

    fn words(&self) -> Option<Text<'_>> {
        let (format, content) = match (self.single("text/plain"), self.single("text/markdown")) {
            (Some(content), _) => (TextFormat::Plain, content),
            (None, Some(content)) => (TextFormat::Markdown, content),
            (None, None) => return None,
        };
        std::str::from_utf8(content).ok().map(|as_str| Text { as_str, format })
    }

    fn as_text(&self) -> Option<Text<'_>> {
        match self.disposition {
            Disposition::Unspecified
            | Disposition::Render
            | Disposition::Inline
            | Disposition::Other(_) => self.words(),
            Disposition::Reaction
            | Disposition::Profile
            | Disposition::Icon
            | Disposition::Attachment
            | Disposition::Session
            | Disposition::Preview => None,
        }
    }

    fn as_attachment(&self) -> Option<Attachment<'_>> {
        let own = [Self::RECEIPT, Self::SYSTEM, Self::QUOTE];
        let media_type = self.media_type();
        let beside = [
            Disposition::Reaction,
            Disposition::Profile,
            Disposition::Icon,
            Disposition::Session,
            Disposition::Preview,
        ];
        if beside.contains(&self.disposition)
            || own.contains(&media_type.as_str())
            || self.as_text().is_some()
        {
            return None;
        }
        let is_text =
            media_type.starts_with("text/") && self.disposition != Disposition::Attachment;
        let kind = MediaKind::of(&media_type, self.disposition);
        let content_type = self.content_type();
        match &self.body {
            Body::Null | Body::Multi { .. } => None,
            // A text in a format that nobody here reads is no file either.
            Body::Single { .. } if is_text => None,
            Body::Single { content, .. } => Some(Attachment {
                kind,
                content_type,
                name: name_parameter(content_type),
                description: "",
                source: Source::Enclosed(content),
            }),
            Body::External(external) => Some(Attachment {
                kind,
                content_type,
                name: &external.filename,
                description: &external.description,
                source: Source::External(external),
            }),
        }
    }

    fn as_link(&self) -> Option<Link<'_>> {
        match (&self.body, self.disposition) {
            (Body::External(external), Disposition::Preview | Disposition::Session) => {
                Some(Link { url: &external.url, title: &external.description })
            }
            _ => None,
        }
    }
}

fn name_parameter(content_type: &str) -> &str {
    let mut parameters = content_type.split(';').skip(1);
    let name = parameters.find_map(|parameter| parameter.trim().strip_prefix("name="));
    name.unwrap_or_default().trim_matches('"')
}
