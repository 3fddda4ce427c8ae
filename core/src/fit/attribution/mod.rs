//! Saying who speaks, where one account speaks for many.
//!
//! A name is what somebody chose, perhaps in order to be taken for somebody else. So it is shown on
//! one line, without characters that hide or turn others around, and with the identity beside it
//! where it looks like the name of somebody else in the conversation.

use std::fmt::Write;

use thiserror::Error;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;
use unicode_segmentation::UnicodeSegmentation;

use super::telling::Speaker;

/// How a speaker is named where the owner's settings do not say.
pub const DEFAULT_TEMPLATE: &str = "{name}: ";

/// The longest name that is shown, in graphemes.
pub const MAX_NAME: usize = 48;

const MAX_COMBINING: usize = 2;
/// What stands in a template for something about the speaker.
pub const PLACEHOLDERS: [&str; 4] = ["name", "handle", "network", "proof"];

/// The sign of somebody who is proven to be who they are, or for whom the owner vouches.
pub const PROOF: char = '✓';

impl Speaker {
    /// The name to show: the one they chose, else their handle, else the beginning of their id.
    #[must_use]
    pub fn shown_name(&self) -> String {
        let chosen = Some(plain_name(&self.name)).filter(|name| !name.is_empty());
        chosen.unwrap_or_else(|| self.shown_handle())
    }

    /// Their handle as it is shown; the beginning of their id if they have none.
    #[must_use]
    pub fn shown_handle(&self) -> String {
        let handle = self.handle.as_deref().map(plain_name).filter(|handle| !handle.is_empty());
        handle.unwrap_or_else(|| short(&plain_name(self.identity.author.as_str())))
    }
}

/// A template that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidTemplate {
    /// Something in braces that is no placeholder.
    #[error(
        "`{{{0}}}` is no placeholder: use `{{name}}`, `{{handle}}`, `{{network}}` or `{{proof}}`"
    )]
    UnknownPlaceholder(String),
    /// Nothing in it says who speaks.
    #[error("it must hold `{{name}}` or `{{handle}}`")]
    Nameless,
}

/// Checks a template from the settings.
pub fn check_template(template: &str) -> Result<(), InvalidTemplate> {
    let mut names = Vec::new();
    for part in template.split('{').skip(1) {
        let (name, _) = part.split_once('}').unwrap_or((part, ""));
        if !PLACEHOLDERS.contains(&name) {
            return Err(InvalidTemplate::UnknownPlaceholder(name.to_owned()));
        }
        names.push(name);
    }
    if names.contains(&"name") || names.contains(&"handle") {
        Ok(())
    } else {
        Err(InvalidTemplate::Nameless)
    }
}

/// Says in the words of `template` who speaks. `others` are the people of the conversation: where
/// the name could be taken for one of theirs, the identity stands beside it.
#[must_use]
pub fn attribution(template: &str, speaker: &Speaker, others: &[Speaker]) -> String {
    let mut speaker = speaker.clone();
    if template.contains("{proof}") {
        // Where the bridge vouches by a sign, nobody has it in their name.
        speaker.name = speaker.name.replace(is_sign, " ");
        speaker.handle = speaker.handle.map(|handle| handle.replace(is_sign, " "));
    }
    let name = distinct_name(&speaker, others);
    let handle = speaker.shown_handle();
    let network = speaker.identity.network.as_str();
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (placeholder, mut behind) = after.split_once('}').unwrap_or((after, ""));
        match placeholder {
            "name" => out.push_str(&name),
            "handle" => out.push_str(&handle),
            "network" => out.push_str(network),
            "proof" if speaker.is_known => out.push(PROOF),
            // With the blank that would part it from the rest.
            "proof" if out.is_empty() => behind = behind.trim_start_matches(' '),
            "proof" => out.truncate(out.trim_end_matches(' ').len()),
            other => drop(write!(out, "{{{other}}}")),
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The name to show for a speaker among `others`, with the identity beside it if it could be taken
/// for the name or the handle of one of them.
#[must_use]
pub fn distinct_name(speaker: &Speaker, others: &[Speaker]) -> String {
    let name = speaker.shown_name();
    let looks = looks(&name);
    let strangers = others.iter().filter(|other| other.identity != speaker.identity);
    let confusable = strangers
        .flat_map(|other| [other.shown_name(), other.shown_handle()])
        .any(|other| self::looks(&other).iter().zip(&looks).any(|(other, own)| other == own));
    if !confusable {
        return name;
    }
    let id = plain_name(speaker.identity.author.as_str());
    format!("{name} [{} {}]", speaker.identity.network, short(&id))
}

/// The name on one line, without what hides, reorders or piles up; at most [`MAX_NAME`] graphemes.
#[must_use]
pub fn plain_name(name: &str) -> String {
    let line = plain_line(name);
    // A colon would end the name for the reader: «Ann: yes. Bob» is no name.
    let words: String = line.chars().map(|c| if is_colon(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = words.split_whitespace().collect();
    let joined = words.join(" ");
    let mut out: String = joined.graphemes(true).take(MAX_NAME).collect();
    if out.len() < joined.len() {
        out.push('…');
    }
    out
}

/// A text on one line, without what hides or reorders other characters.
#[must_use]
pub fn plain_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut piled = 0;
    let mut last = ' ';
    for c in text.chars() {
        piled = if is_combining_mark(c) { piled + 1 } else { 0 };
        let joins_emoji = matches!(c, '\u{200d}' | '\u{fe0f}') && is_pictorial(last);
        if c.is_whitespace() || matches!(c, '\u{3164}' | '\u{2800}') {
            out.push(' ');
        } else if piled <= MAX_COMBINING && (joins_emoji || !is_invisible(c)) {
            out.push(c);
        }
        last = c;
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '：' | '︓' | '﹕' | '∶' | 'ː' | '˸' | '։' | '׃' | '꞉')
}

/// Whether a character could be taken for the sign of a proof.
const fn is_sign(c: char) -> bool {
    matches!(c, '✓' | '✔' | '✅' | '☑' | '🗸' | '🗹' | '√' | '⍻' | '𐄂')
}

fn is_pictorial(c: char) -> bool {
    matches!(u32::from(c), 0x2190..=0x2bff | 0x3030 | 0x303d | 0x3297 | 0x3299 | 0x1f000..=0x1faff)
        || c == '\u{fe0f}'
}

/// Whether a character shows nothing itself, or changes how others are shown: controls, formats,
/// bidirectional marks, fillers, variation selectors and tags.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
                | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff
                | 0xffa0 | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
                | 0xe0000..=0xe0fff
        )
}

/// What a name looks like (UTS #39) whatever its blanks and case: once by the letters as they are,
/// where `I` looks like `l`, and once by the small ones.
fn looks(name: &str) -> [String; 2] {
    let name: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    let small: String = name.chars().flat_map(char::to_lowercase).collect();
    [name, small].map(|name| {
        let seen: String = skeleton(&name).flat_map(char::to_lowercase).collect();
        skeleton(&seen).collect()
    })
}

/// What a name looks like once everything that is not seen is out of it.
pub(crate) fn looks_of(name: &str) -> [String; 2] {
    looks(&plain_name(name))
}

/// The beginning of an id that is too long to be shown.
fn short(id: &str) -> String {
    if id.chars().count() <= 14 {
        return id.to_owned();
    }
    let beginning: String = id.chars().take(12).collect();
    format!("{beginning}…")
}

#[cfg(test)]
mod tests;
