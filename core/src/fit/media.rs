//! The one table of media rules: what of a picture, a sound or a file reaches a leg.

use super::attribution::plain_line;
use crate::media::{Hosts, enclosed, strippable};
use crate::model::capabilities::{Capabilities, Carry, MediaRule};
use crate::model::content::{Attachment, ExternalPart, Source};

/// What becomes of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It is carried; if it could have been carried otherwise, why it is not.
    Pass(Box<ExternalPart>, Option<String>),
    /// Its address is said, for this reason if it could have been carried otherwise.
    Link(String, Option<String>),
    /// It stays behind, for this reason.
    Refuse(String),
}

/// What becomes of an attachment on a leg with these capabilities. The first of its rules that
/// matches decides; where that is an upload that cannot be made, the next one does. An attachment
/// that no rule matches stays behind.
#[must_use]
pub fn passage(attachment: &Attachment<'_>, capabilities: &Capabilities) -> Passage {
    let mut rules = capabilities.media.iter().filter(|rule| matches(rule, attachment));
    let Some(first) = rules.next() else {
        return Passage::Refuse("this sort of file cannot be sent there".to_owned());
    };
    match (by(first, attachment, capabilities), rules.next()) {
        (Passage::Link(_, Some(reason)), Some(behind)) => {
            match by(behind, attachment, capabilities) {
                Passage::Pass(part, _) => Passage::Pass(part, Some(reason)),
                Passage::Link(url, _) => Passage::Link(url, Some(reason)),
                refused @ Passage::Refuse(_) => refused,
            }
        }
        (passage, _) => passage,
    }
}

/// What becomes of an attachment by one rule.
fn by(rule: &MediaRule, attachment: &Attachment<'_>, capabilities: &Capabilities) -> Passage {
    let refuse = |reason: &str| Passage::Refuse(reason.to_owned());
    let limits = &capabilities.limits;
    if let (Some(size), Some(max)) = (attachment.size_bytes(), rule.max_bytes)
        && size > max
    {
        let (size, max) = match (bytes(size), bytes(max)) {
            (same, other) if same == other => (format!("{size} bytes"), format!("{max}")),
            told => told,
        };
        return Passage::Refuse(format!("{size} where at most {max} fit"));
    }
    let external = match attachment.source {
        Source::External(external) => external,
        Source::Enclosed(bytes) => return enclosed_by(rule, attachment, bytes, limits.embeds),
    };
    let fits = limits.embeds > 0 && external.url.len() <= limits.url_bytes;
    match (rule.carry, attachment.public_url()) {
        (Carry::Refuse, _) => refuse("this sort of file cannot be sent there"),
        (Carry::External, _) | (Carry::PublicUrl, Some(_)) if fits => {
            Passage::Pass(Box::new(external.clone()), None)
        }
        (Carry::Upload { max_bytes }, Some(url)) => {
            match unbringable(attachment, url, max_bytes, &capabilities.media_hosts) {
                None if limits.embeds > 0 => Passage::Pass(Box::new(external.clone()), None),
                reason => Passage::Link(url.to_owned(), reason),
            }
        }
        (Carry::Upload { max_bytes }, None) if limits.embeds > 0 => {
            match unbringable(attachment, &external.url, max_bytes, &capabilities.media_hosts) {
                None => Passage::Pass(Box::new(external.clone()), None),
                Some(reason) => Passage::Refuse(format!("it is encrypted, and {reason}")),
            }
        }
        (_, Some(url)) => Passage::Link(url.to_owned(), None),
        (_, None) => refuse("it is encrypted, and its key cannot be sent there"),
    }
}

/// What becomes of a file that travels inside its message.
fn enclosed_by(
    rule: &MediaRule,
    attachment: &Attachment<'_>,
    bytes: &[u8],
    embeds: usize,
) -> Passage {
    let refuse = |reason: &str| Passage::Refuse(reason.to_owned());
    match rule.carry {
        Carry::Refuse => refuse("this sort of file cannot be sent there"),
        Carry::Upload { max_bytes } if embeds > 0 => match unstrippable(attachment, max_bytes) {
            None => {
                let part = enclosed(attachment.content_type, attachment.name, bytes);
                Passage::Pass(Box::new(part), None)
            }
            Some(reason) => refuse(reason),
        },
        Carry::External | Carry::PublicUrl | Carry::Upload { .. } | Carry::Link => {
            refuse("it travels inside its message and has no address of its own")
        }
    }
}

/// Why a picture cannot be brought, as far as that is known before it is fetched.
fn unbringable(
    attachment: &Attachment<'_>,
    url: &str,
    max_bytes: u64,
    hosts: &Hosts,
) -> Option<String> {
    if let Some(reason) = unstrippable(attachment, max_bytes) {
        return Some(reason.to_owned());
    }
    hosts.place(url).err().map(|forbidden| forbidden.to_string())
}

fn unstrippable(attachment: &Attachment<'_>, max_bytes: u64) -> Option<&'static str> {
    if !strippable(attachment.content_type) {
        return Some("what such a file tells besides cannot be removed");
    }
    let is_too_large = attachment.size_bytes().is_some_and(|size| size > max_bytes);
    is_too_large.then_some("it is too large to be brought there")
}

/// The line that says an attachment's address where the attachment itself cannot be. An adapter
/// whose porter does not bring a picture says the same.
#[must_use]
pub fn address_line(attachment: &Attachment<'_>, url: &str) -> String {
    format!("[{}] {url}", described(attachment))
}

/// An attachment in words: its sort, and its name or what it shows.
#[must_use]
pub fn described(attachment: &Attachment<'_>) -> String {
    let noun = attachment.kind.noun();
    let title = [attachment.description, attachment.name].map(plain_line);
    match title.iter().find(|title| !title.is_empty()) {
        Some(title) => format!("{noun}: {title}"),
        None => noun.to_owned(),
    }
}

fn matches(rule: &MediaRule, attachment: &Attachment<'_>) -> bool {
    let content_type = attachment.content_type.split(';').next().unwrap_or_default();
    let content_type = content_type.trim().to_ascii_lowercase();
    let has_type = rule.media_type.as_deref().is_none_or(|wanted| match wanted.strip_suffix('*') {
        Some(beginning) => content_type.starts_with(beginning),
        None => content_type == wanted,
    });
    has_type && rule.kind.is_none_or(|kind| kind == attachment.kind)
}

fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        _ => format!("{}.{} MB", count / 1_000_000, count % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::capabilities::Limits;
    use crate::model::content::{Content, Disposition, MediaKey, MediaKind, Part, Salt};

    const MB: u64 = 1_000_000;

    fn rule(kind: Option<MediaKind>, media_type: Option<&str>, carry: Carry) -> MediaRule {
        let media_type = media_type.map(str::to_owned);
        MediaRule { kind, media_type, carry, max_bytes: Some(5 * MB) }
    }

    fn external(content_type: &str, size_bytes: u64, aead: u16) -> ExternalPart {
        ExternalPart {
            content_type: content_type.to_owned(),
            url: "https://files.example/1".to_owned(),
            size_bytes,
            aead,
            key: MediaKey::from(vec![7; 16]),
            ..ExternalPart::default()
        }
    }

    fn became(part: Part, rules: &[MediaRule]) -> String {
        let content = Content::new(Salt::from_bytes([0; 16]), part);
        let capabilities = Capabilities {
            media: rules.to_vec(),
            media_hosts: Hosts::parse(["files.example"]).unwrap(),
            limits: Limits { embeds: 4, ..Limits::default() },
            ..Capabilities::default()
        };
        match passage(&content.attachments()[0], &capabilities) {
            Passage::Pass(part, None) => format!("pass {}", part.url),
            Passage::Pass(_, Some(reason)) => format!("pass: {reason}"),
            Passage::Link(url, None) => format!("link {url}"),
            Passage::Link(_, Some(reason)) => format!("link: {reason}"),
            Passage::Refuse(reason) => format!("refuse: {reason}"),
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let rules = [
            rule(None, Some("image/svg+xml"), Carry::Refuse),
            rule(None, Some("image/*"), Carry::PublicUrl),
            rule(Some(MediaKind::Voice), None, Carry::External),
            rule(Some(MediaKind::File), None, Carry::Link),
        ];
        let became = |content_type, size, aead| {
            became(Part::inline(external(content_type, size, aead)), &rules)
        };
        assert_eq!(became("IMAGE/PNG", 4 * MB, 0), "pass https://files.example/1");
        assert_eq!(became("image/gif;x=1", 0, 0), "pass https://files.example/1");
        assert_eq!(became("image/svg+xml", 1, 0), "refuse: this sort of file cannot be sent there");
        assert_eq!(
            became("image/png", 5 * MB + 1, 0),
            "refuse: 5000001 bytes where at most 5000000 fit"
        );
        assert_eq!(became("image/png", 7_300_000, 0), "refuse: 7.3 MB where at most 5.0 MB fit");
        assert_eq!(
            became("image/png", 1, 1),
            "refuse: it is encrypted, and its key cannot be sent there"
        );
        assert_eq!(became("audio/ogg", 1, 1), "pass https://files.example/1");
        assert_eq!(became("application/pdf", 1, 0), "link https://files.example/1");
        assert_eq!(became("video/mp4", 1, 0), "refuse: this sort of file cannot be sent there");
    }

    #[test]
    fn a_picture_is_brought_from_hosts_that_the_owner_named() {
        let became =
            |part| became(Part::inline(part), &[rule(None, None, Carry::Upload { max_bytes: MB })]);
        let elsewhere =
            |url: &str| ExternalPart { url: url.to_owned(), ..external("image/png", 1, 0) };
        assert_eq!(became(external("image/png", MB, 0)), "pass https://files.example/1");
        for (part, reason) in [
            (external("image/png", MB + 1, 0), "it is too large to be brought there"),
            (external("video/webm", 1, 0), "what such a file tells besides cannot be removed"),
            (elsewhere("https://other.example/1"), "its host is none of `[media] hosts`"),
            (elsewhere("http://files.example/1"), "its address is not encrypted on the way"),
        ] {
            assert_eq!(became(part), format!("link: {reason}"));
        }
    }

    #[test]
    fn what_cannot_be_brought_goes_by_the_rule_behind() {
        let upload = rule(None, Some("image/png"), Carry::Upload { max_bytes: MB });
        let unnamed = ExternalPart {
            url: "https://other.example/1".to_owned(),
            ..external("image/png", 1, 0)
        };
        for (behind, expected) in [
            (Carry::PublicUrl, "pass: its host is none of `[media] hosts`"),
            (Carry::Link, "link: its host is none of `[media] hosts`"),
            (Carry::Refuse, "refuse: this sort of file cannot be sent there"),
        ] {
            let rules = [upload.clone(), rule(None, None, behind)];
            assert_eq!(became(Part::inline(unnamed.clone()), &rules), expected);
            let named = external("image/png", 1, 0);
            assert_eq!(became(Part::inline(named), &rules), "pass https://files.example/1");
        }
    }

    #[test]
    fn what_has_no_address_cannot_be_linked() {
        let part = Part::enclosed(Disposition::Attachment, "image/png", "x.png", vec![1; 10]);
        let rules = [rule(None, None, Carry::Link)];
        assert_eq!(
            became(part, &rules),
            "refuse: it travels inside its message and has no address of its own"
        );
    }

    #[test]
    fn what_is_encrypted_or_enclosed_is_brought_and_its_key_said_nowhere() {
        let rules =
            [rule(None, None, Carry::Upload { max_bytes: MB }), rule(None, None, Carry::PublicUrl)];
        let became = |part| became(part, &rules);
        assert_eq!(
            became(Part::inline(external("image/png", 1, 2))),
            "pass https://files.example/1"
        );
        let elsewhere = ExternalPart {
            url: "https://other.example/1".to_owned(),
            ..external("image/png", 1, 2)
        };
        for (part, reason) in [
            (elsewhere, "its host is none of `[media] hosts`"),
            (external("application/pdf", 1, 2), "what such a file tells besides cannot be removed"),
        ] {
            let expected = format!("refuse: it is encrypted, and {reason}");
            assert_eq!(became(Part::inline(part)), expected);
        }
        let part = Part::enclosed(Disposition::Inline, "image/gif", "x.gif", b"GIF89a".to_vec());
        assert_eq!(became(part), "pass data:;base64,R0lGODlh");
    }

    #[test]
    fn an_address_that_is_too_long_becomes_text() {
        let mut part = external("image/png", 1, 0);
        part.url = format!("https://files.example/{}", "x".repeat(300));
        let expected = format!("link {}", part.url);
        assert_eq!(became(Part::inline(part), &[rule(None, None, Carry::PublicUrl)]), expected);
    }
}
