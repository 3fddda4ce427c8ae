//! Saying beforehand what a message becomes on a leg, for people.

use std::fmt;

use super::{Became, Fitted, Telling, fit};
use crate::model::level::Level;
use crate::model::outgoing::{Embed, Outgoing, ReplyTo, Say};

/// What a message will become on a leg.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What will be done there.
    pub fitted: Fitted,
    /// How well the leg that it comes from protects it.
    pub from: Level,
    /// How well this leg will.
    pub to: Level,
    /// How long it will stay, as the end of a sentence that begins «It stays».
    pub stays: String,
}

/// What a message from a leg of level `from` will become.
#[must_use]
pub fn preview(telling: &Telling<'_>, from: Level) -> Preview {
    let capabilities = telling.capabilities;
    Preview {
        fitted: fit(telling),
        from,
        to: from.carried_to(capabilities.level),
        stays: capabilities.permanence.words(),
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for outgoing in &self.fitted.outgoing {
            writeln!(f, "{}", Shown(outgoing))?;
        }
        if self.fitted.outgoing.is_empty() {
            writeln!(f, "nothing is done there")?;
        }
        for loss in &self.fitted.losses {
            let sign = match loss.became {
                Became::Similar | Became::Words => '~',
                Became::Nothing => '!',
            };
            writeln!(f, "{sign} {}: {}", loss.feature.noun(), loss.reason)?;
        }
        if self.fitted.outgoing.iter().any(|it| matches!(it, Outgoing::Say(_))) {
            writeln!(f, "it can be read by {} ({})", self.to.readers(), self.to)?;
            writeln!(f, "it stays {}", self.stays)?;
        }
        if self.from.falls_to(self.to) {
            writeln!(f, "that is less protected than where it comes from ({})", self.from)?;
        }
        Ok(())
    }
}

/// Something to do, in words.
struct Shown<'o>(&'o Outgoing);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Outgoing::Say(it) => {
                f.write_str("say")?;
                said(f, it)
            }
            Outgoing::Edit { target, say: it } => {
                write!(f, "edit {target}")?;
                said(f, it)
            }
            Outgoing::Delete { target } => write!(f, "delete {target}"),
            Outgoing::React { target, emoji } => write!(f, "react {emoji} to {target}"),
            Outgoing::Unreact { target, emoji } => write!(f, "take {emoji} to {target} back"),
            Outgoing::Read { up_to } => write!(f, "report read up to {up_to}"),
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, say: &Say) -> fmt::Result {
    match &say.reply_to {
        ReplyTo::Conversation => {}
        ReplyTo::Message(target) => write!(f, " in reply to {target}")?,
        ReplyTo::PartBefore => f.write_str(" in reply to the part before")?,
    }
    for line in say.text.lines() {
        write!(f, "\n| {line}")?;
    }
    for mention in &say.mentions {
        let name = say.text.get(mention.range.clone()).unwrap_or_default();
        write!(f, "\n@ {name} is {}", mention.identity.uri())?;
    }
    for embed in &say.embeds {
        match embed {
            Embed::Url(url) => write!(f, "\n+ {url}")?,
            Embed::Quote(remote) => write!(f, "\n+ quote of {remote}")?,
            Embed::Media(part) => write!(f, "\n+ {} {}", part.content_type, part.url)?,
        }
    }
    Ok(())
}
