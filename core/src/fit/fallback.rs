//! Words for what a network cannot express.

use unicode_segmentation::UnicodeSegmentation;

use super::attribution::{attribution, distinct_name, plain_line, plain_name};
use super::media;
use super::telling::{Referent, Telling};
use crate::model::content::{Actor, Content, SystemEvent};
use crate::model::group::Rank;

/// The longest excerpt of another message, in graphemes.
pub const MAX_EXCERPT: usize = 80;

/// The beginning of a message on one line, or what it is if it has no words.
#[must_use]
pub fn excerpt(content: &Content) -> String {
    let text = content.text().map(|text| shortened(text.as_str)).filter(|text| !text.is_empty());
    text.unwrap_or_else(|| wordless(content))
}

fn wordless(content: &Content) -> String {
    if let Some(attachment) = content.attachments().first() {
        return format!("[{}]", shortened(&media::described(attachment)));
    }
    if let Some(link) = content.links().first() {
        return shortened(if link.title.is_empty() { link.url } else { link.title });
    }
    match content.system() {
        Some(event) => shortened(&event_line(&event)),
        None => "[message]".to_owned(),
    }
}

/// A text on one line, without what hides or reorders, and not longer than an excerpt may be.
#[must_use]
pub fn shortened(text: &str) -> String {
    // What lies far behind the end of an excerpt need not be looked at.
    let near: String = text.chars().take(MAX_EXCERPT * 16).collect();
    let line = plain_line(&near);
    let mut out: String = line.graphemes(true).take(MAX_EXCERPT).collect();
    if out.len() < line.len() || near.len() < text.len() {
        out.truncate(out.trim_end().len());
        out.push('…');
    }
    out
}

/// One line that quotes a message, for an answer that cannot point at it; nothing if not even its
/// beginning is known.
#[must_use]
pub fn quote_line(quoted: &Referent) -> Option<String> {
    let excerpt = shortened(quoted.excerpt.as_deref()?);
    Some(match author(quoted) {
        Some(author) => format!("> {author}: {excerpt}\n"),
        None => format!("> {excerpt}\n"),
    })
}

fn author(referent: &Referent) -> Option<String> {
    referent.author.as_deref().map(plain_name).filter(|name| !name.is_empty())
}

/// A line that tells of a reaction, for one that cannot be given. With `points`, the line answers
/// the message and need not say which one it is.
#[must_use]
pub fn reaction_line(
    telling: &Telling<'_>,
    emoji: &str,
    target: &Referent,
    points: bool,
) -> String {
    let emoji = shortened(emoji);
    let excerpt = target.excerpt.as_deref().filter(|_| !points).map(shortened);
    let target = match (author(target), excerpt) {
        (Some(whose), Some(excerpt)) => format!(" to {whose}: “{excerpt}”"),
        (Some(whose), None) => format!(" to {whose}"),
        (None, Some(excerpt)) => format!(" to “{excerpt}”"),
        (None, None) => String::new(),
    };
    match name(telling) {
        Some(name) => format!("{name} reacted {emoji}{target}"),
        None => format!("Reacted {emoji}{target}"),
    }
}

/// What stands before the text of an edit that has to be a message of its own.
pub const EDITED: &str = "(edited) ";

/// A line that tells that a message was taken back, for one that cannot be deleted.
#[must_use]
pub fn deletion_line(telling: &Telling<'_>) -> String {
    match name(telling) {
        Some(name) => format!("{name} took this message back"),
        None => "I took this message back".to_owned(),
    }
}

/// A line that tells what happened in a conversation.
#[must_use]
pub fn event_line(event: &SystemEvent) -> String {
    match event {
        SystemEvent::Joined { who, by: None } => format!("{} joined", everybody(who)),
        SystemEvent::Joined { who, by: Some(by) } => {
            format!("{} {} added by {}", everybody(who), was(who), actor(by))
        }
        SystemEvent::Left { who, by: None } => format!("{} left", everybody(who)),
        SystemEvent::Left { who, by: Some(by) } => {
            format!("{} {} removed by {}", everybody(who), was(who), actor(by))
        }
        SystemEvent::Renamed { title, by } => {
            let by = by.as_ref().map(actor).unwrap_or_else(|| "Somebody".to_owned());
            format!("{by} named the conversation “{}”", shortened(title))
        }
        SystemEvent::Founded { title, who, by } => {
            let by = by.as_ref().map(actor).unwrap_or_else(|| "Somebody".to_owned());
            format!("{by} began the group “{}” with {}", shortened(title), everybody(who))
        }
        SystemEvent::Ranked { who, rank, by } => {
            let by = by.as_ref().map(actor).unwrap_or_else(|| "Somebody".to_owned());
            let what = match rank {
                Rank::Member => "a plain member",
                Rank::Admin => "an admin",
                Rank::Owner => "an owner",
            };
            format!("{by} made {} {what} of the group", everybody(who))
        }
        SystemEvent::CallStarted { by, url } => {
            let by = by.as_ref().map(actor).unwrap_or_else(|| "Somebody".to_owned());
            match url {
                Some(url) => format!("{by} started a call: {url}"),
                None => format!("{by} started a call"),
            }
        }
        SystemEvent::CallMissed { by: Some(by) } => format!("Missed a call from {}", actor(by)),
        SystemEvent::CallMissed { by: None } => "Missed a call".to_owned(),
    }
}

/// What stands before a text in the name of somebody else.
#[must_use]
pub fn attributed(telling: &Telling<'_>) -> String {
    let speaker = telling.speaker.as_ref();
    let attributed = speaker.map(|it| attribution(telling.attribution, it, &telling.others));
    attributed.unwrap_or_default()
}

fn name(telling: &Telling<'_>) -> Option<String> {
    telling.speaker.as_ref().map(|speaker| distinct_name(speaker, &telling.others))
}

fn actor(actor: &Actor) -> String {
    let shown = actor.name.as_deref().map(plain_name);
    let id = || plain_name(actor.identity.author.as_str());
    shown.filter(|name| !name.is_empty()).unwrap_or_else(id)
}

const fn was(who: &[Actor]) -> &'static str {
    if who.len() > 1 { "were" } else { "was" }
}

/// The most people that one line names.
const MAX_NAMED: usize = 5;

fn everybody(who: &[Actor]) -> String {
    let mut names: Vec<String> = who.iter().take(MAX_NAMED).map(actor).collect();
    match who.len().saturating_sub(MAX_NAMED) {
        0 => {}
        more => names.push(format!("{more} more")),
    }
    match (names.pop(), names.is_empty()) {
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", names.join(", ")),
        (None, _) => "Somebody".to_owned(),
    }
}
