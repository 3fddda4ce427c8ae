//! Making contents: one function for each thing that can be said.

use std::collections::BTreeMap;

use super::{
    Body, Content, Disposition, Expiration, ExternalPart, Part, Quote, Receipt, Salt, Semantics,
    SystemEvent,
};
use crate::model::id::MessageId;

impl Content {
    /// A content with this body and nothing else.
    #[must_use]
    pub const fn new(salt: Salt, body: Part) -> Self {
        Self {
            salt,
            replaces: None,
            topic: Vec::new(),
            expires: None,
            in_reply_to: None,
            extensions: BTreeMap::new(),
            body,
        }
    }

    /// A message of these parts, in their order. Each stands for itself.
    #[must_use]
    pub fn of_parts(salt: Salt, parts: Vec<Part>) -> Self {
        let body = match <[Part; 1]>::try_from(parts) {
            Ok([part]) => part,
            Err(parts) if parts.is_empty() => Part::new(Disposition::Render, Body::Null),
            Err(parts) => Part::new(
                Disposition::Render,
                Body::Multi { semantics: Semantics::ProcessAll, parts },
            ),
        };
        Self::new(salt, body)
    }

    /// A plain text.
    #[must_use]
    pub fn plain(salt: Salt, text: &str) -> Self {
        Self::new(salt, Part::text(text))
    }

    /// A reaction, usually one emoji, to the message `to`.
    #[must_use]
    pub fn reacting(salt: Salt, to: MessageId, reaction: &str) -> Self {
        let mut part = Part::text(reaction);
        part.disposition = Disposition::Reaction;
        Self::new(salt, part).replying_to(to)
    }

    /// Takes the reaction `reaction` to the message `to` back.
    #[must_use]
    pub fn unreacting(salt: Salt, reaction: MessageId, to: MessageId) -> Self {
        let part = Part::new(Disposition::Reaction, Body::Null);
        Self::new(salt, part).replacing(reaction).replying_to(to)
    }

    /// Deletes the message whose first version is `first`.
    #[must_use]
    pub const fn deleting(salt: Salt, first: MessageId) -> Self {
        Self::new(salt, Part::new(Disposition::Render, Body::Null)).replacing(first)
    }

    /// A report on messages that were received.
    #[must_use]
    pub fn reporting(salt: Salt, receipt: &Receipt) -> Self {
        let body = single(Part::RECEIPT, receipt.encode());
        Self::new(salt, Part::new(Disposition::Unspecified, body))
    }

    /// Tells what happened in the conversation.
    #[must_use]
    pub fn telling(salt: Salt, event: &SystemEvent) -> Self {
        let body = single(Part::SYSTEM, encoded(event));
        Self::new(salt, Part::new(Disposition::Render, body))
    }

    /// Puts one more part behind what is there.
    #[must_use]
    pub fn and(mut self, part: Part) -> Self {
        match &mut self.body.body {
            Body::Multi { semantics: Semantics::ProcessAll, parts } => parts.push(part),
            Body::Null => self.body = part,
            Body::Single { .. } | Body::External(_) | Body::Multi { .. } => {
                let null = Part::new(Disposition::Render, Body::Null);
                let first = std::mem::replace(&mut self.body, null);
                self.body.body =
                    Body::Multi { semantics: Semantics::ProcessAll, parts: vec![first, part] };
            }
        }
        self
    }

    /// Makes it the answer to exactly this version of a message.
    #[must_use]
    pub const fn replying_to(mut self, message: MessageId) -> Self {
        self.in_reply_to = Some(message);
        self
    }

    /// Makes it an edit: the new form of the message whose first version is `first`.
    #[must_use]
    pub const fn replacing(mut self, first: MessageId) -> Self {
        self.replaces = Some(first);
        self
    }

    /// Puts it in the thread that `topic` names.
    #[must_use]
    pub fn in_topic(mut self, topic: impl Into<Vec<u8>>) -> Self {
        self.topic = topic.into();
        self
    }

    /// Lets it disappear.
    #[must_use]
    pub const fn expiring(mut self, expires: Expiration) -> Self {
        self.expires = Some(expires);
        self
    }
}

impl Part {
    /// The media type of plain text.
    pub const PLAIN: &'static str = "text/plain;charset=utf-8";
    /// The media type of formatted text, the one kind that the draft has.
    pub const MARKDOWN: &'static str = "text/markdown;variant=GFM-MIMI";
    /// The media type of a report on messages.
    pub const RECEIPT: &'static str = "application/mimi-message-status";
    /// The media type of an event in a conversation.
    pub const SYSTEM: &'static str = "application/vnd.threadbridge.event+cbor";
    /// The media type of a quoted message.
    pub const QUOTE: &'static str = "application/vnd.threadbridge.quote+cbor";

    /// Plain text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::new(Disposition::Render, single(Self::PLAIN, text.as_bytes().to_vec()))
    }

    /// Formatted text, in the Markdown that the draft has.
    #[must_use]
    pub fn markdown(text: &str) -> Self {
        Self::new(Disposition::Render, single(Self::MARKDOWN, text.as_bytes().to_vec()))
    }

    /// A picture or film from elsewhere, to be seen in the flow of the conversation; or, if its
    /// media type is one of sound, a voice note.
    #[must_use]
    pub fn inline(external: ExternalPart) -> Self {
        Self::new(Disposition::Inline, Body::External(Box::new(external)))
    }

    /// A file from elsewhere, to be downloaded.
    #[must_use]
    pub fn attachment(external: ExternalPart) -> Self {
        Self::new(Disposition::Attachment, Body::External(Box::new(external)))
    }

    /// A small file that travels with the message. Its name is a parameter of the media type.
    #[must_use]
    pub fn enclosed(
        disposition: Disposition,
        media_type: &str,
        name: &str,
        bytes: Vec<u8>,
    ) -> Self {
        let name: String =
            name.chars().filter(|c| !c.is_control() && !"\";\\".contains(*c)).collect();
        let content_type = match name.as_str() {
            "" => media_type.to_owned(),
            name => format!("{media_type};name=\"{name}\""),
        };
        Self::new(disposition, single(&content_type, bytes))
    }

    /// A link with the title of what is behind it, or without.
    #[must_use]
    pub fn link(url: &str, title: &str) -> Self {
        let external = ExternalPart {
            url: url.to_owned(),
            description: title.to_owned(),
            ..ExternalPart::default()
        };
        Self::new(Disposition::Preview, Body::External(Box::new(external)))
    }

    /// A message that is shown inside this one.
    #[must_use]
    pub fn quote(quote: &Quote) -> Self {
        Self::new(Disposition::Preview, single(Self::QUOTE, encoded(quote)))
    }
}

fn single(content_type: &str, content: Vec<u8>) -> Body {
    Body::Single { content_type: content_type.to_owned(), content }
}

fn encoded<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    match minicbor::encode(value, &mut out) {
        Ok(()) => out,
        #[expect(clippy::unreachable, reason = "a vector takes every byte")]
        Err(_) => unreachable!("a vector takes every byte"),
    }
}
