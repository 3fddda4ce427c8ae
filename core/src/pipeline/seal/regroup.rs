//! What the owner wants to become of a group: done by the same steps as something that is said, in its
//! place among what is said.

use super::Placed;
use super::draft::Draft;
use super::due::due;
use super::event::row;
use super::teller::Teller;
use crate::adapter::Sealing;
use crate::model::content::Content;
use crate::model::group::Regroup;
use crate::model::id::Leg;
use crate::model::outbox::{CONTROL, OutboxKind};
use crate::store::ReadError;

/// What the owner wants of a group by an event; nothing if it is no such event.
pub(super) fn wanted(event: &Placed, content: &Content) -> Option<Regroup> {
    if event.record.author.is_some() || event.record.to.is_none() {
        return None;
    }
    Regroup::wanted(content.system()?)
}

/// Has the adapter do the next thing for it. Once nothing is left to do, nothing is left of it here.
pub(super) fn regroup(
    draft: &mut Draft<'_>,
    event: &Placed,
    leg: &Leg,
    (change, content): (&Regroup, &Content),
) -> Result<(), ReadError> {
    let own = Teller { voice: None, is_named: false };
    let due = due(draft, event, (leg, &own), content)?;
    let Some((adapter, keys)) = draft.speaker(None) else { return Ok(()) };
    let (part, sealed, kind) = match adapter.regroup(keys, &leg.conversation, change, draft.now) {
        Sealing::Done => return Ok(()),
        Sealing::Ready(sealed) => (1, sealed, OutboxKind::Action),
        Sealing::First(sealed) => {
            draft.postpone(event, leg, None);
            (CONTROL, sealed, OutboxKind::Control)
        }
        Sealing::Missing(missing) => {
            draft.postpone(event, leg, Some(missing));
            return Ok(());
        }
        Sealing::Refused { reason } => {
            draft.note(event, leg, true, reason);
            return Ok(());
        }
    };
    let mut row = row(draft, event, (leg, &own), (part, sealed, kind));
    if kind == OutboxKind::Action {
        row.due = due;
    }
    draft.enqueue(vec![row]);
    Ok(())
}
