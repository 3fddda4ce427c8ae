//! By which account an event is told on a leg, and whether it says in whose name.

use super::Placed;
use super::draft::Draft;
use crate::model::content::{Content, Kind};
use crate::model::copy::MadeBy;
use crate::model::id::{AccountName, Leg};
use crate::model::level::Level;
use crate::pipeline::route::Voice;
use crate::store::ReadError;

/// Who tells an event on a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Teller {
    /// The author's own account; nothing if it is the leg's.
    pub(super) voice: Option<AccountName>,
    /// Whether the author is named.
    pub(super) is_named: bool,
}

/// Who tells the event on the leg. What stands there already is changed by whoever said it, even
/// if somebody else would say it now.
pub(super) fn teller(
    draft: &Draft<'_>,
    event: &Placed,
    leg: &Leg,
    content: &Content,
) -> Result<Teller, ReadError> {
    let by_the_leg = |is_named| Teller { voice: None, is_named };
    let account = draft.account;
    let people = &account.routes.borrow().people;
    let own = account.adapter.identity();
    let voice = match &event.record.author {
        // Whoever is proven to be one of those whom the owner introduced speaks as they do.
        Some(author) => {
            people.voice_of(author, &draft.kin(author)?.identities, (&account.name, own))
        }
        // What the owner does is the owner's own; what time does is nobody's, and named as little.
        None => Voice::Own,
    };
    let changes = matches!(content.kind(), Kind::Edit | Kind::Delete | Kind::Unreaction);
    if let Some(changed) = content.replaces.filter(|_| changes) {
        let copies = draft.copies(event.conversation, changed, leg)?;
        if let Some(copy) = copies.into_iter().find(|copy| copy.made_by == MadeBy::Us) {
            let is_named = copy.voice.is_none() && voice != Voice::Own;
            return Ok(Teller { voice: copy.voice, is_named });
        }
    }
    Ok(match voice {
        Voice::Own => by_the_leg(false),
        Voice::Of(voice) if can_speak(draft, leg, &voice) => {
            Teller { voice: Some(voice), is_named: false }
        }
        Voice::Of(_) | Voice::Attributed => by_the_leg(true),
    })
}

/// Whether a voice can say something on the leg. It is not listened by, so it cannot learn the keys
/// of an encrypted conversation.
fn can_speak(draft: &Draft<'_>, leg: &Leg, voice: &AccountName) -> bool {
    let adapter = draft.account.voices.get(voice);
    adapter.is_some_and(|it| it.capabilities(&leg.conversation).level <= Level::Operator)
}
