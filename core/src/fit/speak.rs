//! Words on a leg: a message's own, or a line of ours.

use super::Withheld;
use super::beside::beside;
use super::draft::Draft;
use super::fallback::{attributed, quote_line};
use super::telling::{Loss, Telling};
use crate::model::capabilities::{Feature, Support};
use crate::model::content::Kind;
use crate::model::outgoing::{Outgoing, ReplyTo, Say};

/// The messages that say what the content says, `sign` before it.
pub(super) fn spoken(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
    sign: &str,
) -> Result<Vec<Say>, Withheld> {
    may_speak(telling)?;
    let content = telling.content;
    let mut beside = beside(telling, losses)?;
    let (reply_to, answered) = answering(telling, losses)?;
    if content.kind() == Kind::Unknown {
        losses.push(Loss::of(Feature::Text, "the bridge cannot read the message"));
        beside.below.push("[a message that cannot be shown here]".to_owned());
    }
    passing(telling, losses)?;
    let name = attributed(telling);
    let draft = Draft {
        before: format!("{answered}{}{sign}{name}", beside.above),
        text: content.text().map(|text| text.as_str.to_owned()).unwrap_or_default(),
        mentions: content.mentions(),
        below: beside.below,
        embeds: beside.embeds,
        reply_to,
    };
    draft.cut(telling, losses)
}

/// A line of our own.
pub(super) fn line(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
    text: String,
    reply_to: ReplyTo,
) -> Result<Vec<Outgoing>, Withheld> {
    may_speak(telling)?;
    let (before, mentions, below, embeds) = Default::default();
    let says = Draft { before, text, mentions, below, embeds, reply_to }.cut(telling, losses)?;
    Ok(says.into_iter().map(Outgoing::Say).collect())
}

/// What the message answers there, and a line that quotes it where it cannot be pointed at.
fn answering(telling: &Telling<'_>, losses: &mut Vec<Loss>) -> Result<(ReplyTo, String), Withheld> {
    let nothing = (ReplyTo::Conversation, String::new());
    let Some(answered) = &telling.reply_to else { return Ok(nothing) };
    let support = telling.capabilities.features.reply;
    match (support, answered.copies.first(), quote_line(answered)) {
        (Support::Rejected, _, _) => {
            return Err(cannot(Feature::Reply, "nothing can be answered there"));
        }
        (Support::Partial | Support::Full, Some(copy), _) => {
            return Ok((ReplyTo::Message(copy.clone()), String::new()));
        }
        (Support::Fallback | Support::Partial | Support::Full, _, Some(line)) => {
            losses.push(Loss::words(Feature::Reply, "a line quotes the message it answers"));
            return Ok((ReplyTo::Conversation, line));
        }
        (Support::Dropped, _, _) => {
            losses.push(Loss::of(Feature::Reply, "nothing can be answered there"));
        }
        _ => losses.push(Loss::of(Feature::Reply, "the message it answers is not known")),
    }
    Ok(nothing)
}

/// What does not show in what is said: its thread and its end.
fn passing(telling: &Telling<'_>, losses: &mut Vec<Loss>) -> Result<(), Withheld> {
    let features = telling.capabilities.features;
    if !telling.content.topic.is_empty() && !features.thread.is_native() {
        if features.thread == Support::Rejected {
            return Err(cannot(Feature::Thread, "there are no threads there"));
        }
        losses.push(Loss::of(Feature::Thread, "it stands outside its thread"));
    }
    if telling.content.expires.is_some() && !features.expiry.is_native() {
        losses.push(if features.delete.is_native() {
            Loss::similar(Feature::Expiry, "it is deleted when its time is over")
        } else {
            Loss::of(Feature::Expiry, "it does not disappear there")
        });
    }
    Ok(())
}

fn may_speak(telling: &Telling<'_>) -> Result<(), Withheld> {
    if telling.capabilities.features.text < Support::Fallback {
        return Err(cannot(Feature::Text, "nothing can be said there"));
    }
    Ok(())
}

pub(super) fn cannot(feature: Feature, reason: &str) -> Withheld {
    Withheld(feature, reason.to_owned())
}
