//! What each kind of message comes to on a leg.

use super::Withheld;
use super::fallback::{self, EDITED};
use super::speak::{cannot, line, spoken};
use super::telling::{Loss, Referent, Telling};
use crate::model::capabilities::{Feature, Support};
use crate::model::id::RemoteId;
use crate::model::outgoing::{Outgoing, ReplyTo, Say};

/// Something new that is said.
pub(super) fn say(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let says = spoken(telling, losses, "")?;
    Ok(says.into_iter().map(Outgoing::Say).collect())
}

/// Something that happened.
pub(super) fn tell(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let Some(event) = telling.content.system() else { return Ok(Vec::new()) };
    match telling.capabilities.features.system {
        Support::Rejected => return Err(cannot(Feature::System, "events cannot be told there")),
        Support::Dropped => {
            losses.push(Loss::of(Feature::System, "events are not told there").whole());
            return Ok(Vec::new());
        }
        Support::Fallback | Support::Partial | Support::Full => {}
    }
    losses.push(Loss::words(Feature::System, "a line tells the event"));
    line(telling, losses, fallback::event_line(&event), ReplyTo::Conversation)
}

/// A reaction.
pub(super) fn react(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let Some(emoji) = &telling.emoji else { return Ok(Vec::new()) };
    let Some((target, copy)) = present(telling.target.as_ref()) else {
        losses.push(Loss::of(Feature::Reaction, "the message it is to is not there").whole());
        return Ok(Vec::new());
    };
    if let Some(sent) = native_reaction(telling) {
        if bare(&sent) != bare(emoji) {
            losses.push(Loss::similar(Feature::Reaction, format!("{sent} stands for {emoji}")));
        }
        let react = Outgoing::React { target: copy.clone(), emoji: sent };
        return Ok(if telling.reaction_is_shared { Vec::new() } else { vec![react] });
    }
    let features = telling.capabilities.features;
    let has_some = features.reaction.is_native();
    match if has_some { features.other_reaction } else { features.reaction } {
        Support::Rejected => Err(cannot(Feature::Reaction, "this reaction cannot be given there")),
        Support::Dropped => {
            let reason = "this reaction cannot be given there";
            losses.push(Loss::of(Feature::Reaction, reason).whole());
            Ok(Vec::new())
        }
        Support::Fallback | Support::Partial | Support::Full => {
            losses.push(Loss::words(Feature::Reaction, "a line tells the reaction"));
            let points = features.reply.is_native();
            let text = fallback::reaction_line(telling, emoji, target, points);
            line(telling, losses, text, pointing(telling, copy))
        }
    }
}

/// A reaction taken back.
pub(super) fn unreact(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    if let Some(emoji) = native_reaction(telling) {
        let target = present(telling.target.as_ref()).map(|(_, copy)| copy.clone());
        let taken = target.filter(|_| !telling.reaction_is_shared);
        return Ok(taken.map(|target| Outgoing::Unreact { target, emoji }).into_iter().collect());
    }
    let Some((told, _)) = present(telling.reaction.as_ref()) else { return Ok(Vec::new()) };
    if telling.capabilities.features.delete.is_native() {
        return Ok(deleted(&told.copies));
    }
    let reason = "the line that told the reaction stays";
    losses.push(Loss::of(Feature::Reaction, reason).whole());
    Ok(Vec::new())
}

/// A new form of something said.
pub(super) fn edit(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let Some((replaced, first)) = present(telling.target.as_ref()) else {
        losses.push(Loss::of(Feature::Edit, "the message it changes is not there").whole());
        return Ok(Vec::new());
    };
    match telling.capabilities.features.edit {
        Support::Rejected => Err(cannot(Feature::Edit, "nothing can be changed there")),
        Support::Dropped => {
            losses.push(Loss::of(Feature::Edit, "nothing can be changed there").whole());
            Ok(Vec::new())
        }
        Support::Fallback => {
            losses.push(Loss::words(Feature::Edit, "a marked message tells the change"));
            let mut says = spoken(telling, losses, EDITED)?;
            if let Some(says) = says.first_mut() {
                says.reply_to = pointing(telling, first);
            }
            Ok(says.into_iter().map(Outgoing::Say).collect())
        }
        Support::Partial | Support::Full => {
            let says = spoken(telling, losses, "")?;
            Ok(edited(telling, losses, says, &replaced.copies))
        }
    }
}

/// Puts new pieces in the place of old ones: more of them follow the last, fewer leave some over.
fn edited(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
    says: Vec<Say>,
    copies: &[RemoteId],
) -> Vec<Outgoing> {
    let count = says.len();
    let mut outgoing = Vec::new();
    for (index, mut say) in says.into_iter().enumerate() {
        // The piece before one of the old pieces has its id already.
        if let Some(before) = index.checked_sub(1).and_then(|before| copies.get(before)) {
            say.reply_to = pointing(telling, before);
        }
        outgoing.push(match copies.get(index) {
            Some(target) => Outgoing::Edit { target: target.clone(), say },
            None => Outgoing::Say(say),
        });
    }
    let over = copies.get(count..).unwrap_or_default();
    if telling.capabilities.features.delete.is_native() {
        outgoing.extend(deleted(over));
    } else if !over.is_empty() {
        losses.push(Loss::of(Feature::Edit, "pieces that are no longer needed stay"));
    }
    outgoing
}

/// Something taken back.
pub(super) fn delete(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let Some((replaced, first)) = present(telling.target.as_ref()) else {
        return Ok(Vec::new());
    };
    let features = telling.capabilities.features;
    // The message itself said how it would end there.
    if telling.is_expiry && (features.expiry.is_native() || !features.delete.is_native()) {
        return Ok(Vec::new());
    }
    // A line about it would only point at what is to be forgotten.
    if telling.is_erasure && !features.delete.is_native() {
        losses.push(Loss::of(Feature::Delete, "nothing can be taken back there").whole());
        return Ok(Vec::new());
    }
    match features.delete {
        Support::Rejected => Err(cannot(Feature::Delete, "nothing can be taken back there")),
        Support::Dropped => {
            losses.push(Loss::of(Feature::Delete, "nothing can be taken back there").whole());
            Ok(Vec::new())
        }
        Support::Fallback => {
            let reason = "a line tells that it was taken back; the message itself stays";
            losses.push(Loss::words(Feature::Delete, reason));
            let text = fallback::deletion_line(telling);
            line(telling, losses, text, pointing(telling, first))
        }
        Support::Partial | Support::Full => Ok(deleted(&replaced.copies)),
    }
}

/// A report that something was read.
pub(super) fn report_read(
    telling: &Telling<'_>,
    losses: &mut Vec<Loss>,
) -> Result<Vec<Outgoing>, Withheld> {
    let last = telling.target.as_ref().and_then(|it| it.copies.last());
    match (telling.capabilities.features.receipt, last) {
        (Support::Rejected, _) => Err(cannot(Feature::Receipt, "nothing can be reported there")),
        (support, Some(up_to)) if support.is_native() => {
            Ok(vec![Outgoing::Read { up_to: up_to.clone() }])
        }
        _ => {
            losses.push(Loss::of(Feature::Receipt, "nobody is told there what was read").whole());
            Ok(Vec::new())
        }
    }
}

/// What is given there for the reaction, if it can be given.
fn native_reaction(telling: &Telling<'_>) -> Option<String> {
    let emoji = telling.emoji.as_ref()?;
    let has_some = telling.capabilities.features.reaction.is_native();
    has_some.then(|| telling.capabilities.reactions.sent_for(emoji)).flatten()
}

/// An emoji without its variation selector, which some networks leave out.
fn bare(emoji: &str) -> String {
    emoji.replace('\u{fe0f}', "")
}

/// A message that is there, with its first copy.
fn present(referent: Option<&Referent>) -> Option<(&Referent, &RemoteId)> {
    referent.and_then(|it| it.copies.first().map(|first| (it, first)))
}

fn pointing(telling: &Telling<'_>, copy: &RemoteId) -> ReplyTo {
    if telling.capabilities.features.reply.is_native() {
        ReplyTo::Message(copy.clone())
    } else {
        ReplyTo::Conversation
    }
}

fn deleted(copies: &[RemoteId]) -> Vec<Outgoing> {
    copies.iter().map(|target| Outgoing::Delete { target: target.clone() }).collect()
}
