//! What a message becomes where less can be said: the one place that turns the canonical message
//! into what a destination can take. Pure.

pub mod telling;

pub use self::telling::{Fitted, Loss, Referent, Speaker, Telling};

use crate::model::content::Kind;
use crate::model::outgoing::{Outgoing, ReplyTo, Say};

/// Fits one event to one leg.
#[must_use]
pub fn fit(telling: &Telling<'_>) -> Fitted {
    let target = telling.target.as_ref().and_then(|it| it.copies.first()).cloned();
    let emoji = || telling.emoji.clone().filter(|_| !telling.reaction_is_shared);
    let one = match (telling.content.kind(), target) {
        (Kind::Reaction, Some(target)) => emoji().map(|emoji| Outgoing::React { target, emoji }),
        (Kind::Unreaction, Some(target)) => {
            emoji().map(|emoji| Outgoing::Unreact { target, emoji })
        }
        (Kind::Delete, Some(target)) => Some(Outgoing::Delete { target }),
        (Kind::Edit, Some(target)) => Some(Outgoing::Edit { target, say: say(telling) }),
        (Kind::Text | Kind::Media | Kind::Link | Kind::Quote, _) => {
            Some(Outgoing::Say(say(telling)))
        }
        (
            Kind::Reaction
            | Kind::Unreaction
            | Kind::Delete
            | Kind::Edit
            | Kind::Receipt
            | Kind::System
            | Kind::Empty
            | Kind::Unknown,
            _,
        ) => None,
    };
    Fitted { outgoing: one.into_iter().collect(), losses: Vec::new() }
}

fn say(telling: &Telling<'_>) -> Say {
    let text = telling.content.text().map_or("", |text| text.as_str);
    let text = match &telling.speaker {
        Some(speaker) => telling.attribution.replace("{name}", &speaker.name) + text,
        None => text.to_owned(),
    };
    let reply_to = telling.reply_to.as_ref().and_then(|it| it.copies.first());
    Say {
        text,
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: reply_to.map_or(ReplyTo::Conversation, |id| ReplyTo::Message(id.clone())),
        sent_at: telling.sent_at,
        mark: telling.mark.cloned(),
    }
}
