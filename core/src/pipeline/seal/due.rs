//! What the register will say of an envelope, once its network has it.

use super::Placed;
use super::draft::Draft;
use super::teller::Teller;
use crate::model::content::Content;
use crate::model::id::Leg;
use crate::model::person::Attitude;
use crate::model::register::{Class, Due, Terms};
use crate::pipeline::is_handover;
use crate::store::tables::STANDINGS;
use crate::store::{ReadError, Reads};

/// What kind of thing goes to a leg, and by whose leave.
pub(super) fn due(
    draft: &Draft<'_>,
    event: &Placed,
    (leg, teller): (&Leg, &Teller),
    content: &Content,
) -> Result<Option<Due>, ReadError> {
    let Some(adapter) = draft.account.adapter_of(teller.voice.as_ref()) else { return Ok(None) };
    let routes = draft.account.routes.borrow().clone();
    let route = routes.get(event.conversation);
    let by = match route {
        Some(route) if route.ways().is_some() => Terms::DIRECT,
        Some(_) => Terms::LINK,
        None => Terms::BY_HAND,
    };
    let falls = event.record.leg.is_some()
        && event.record.level.falls_to(adapter.capabilities(&leg.conversation).level);
    let standing = match &event.record.author {
        Some(author) => draft.snapshot.get(&STANDINGS, author)?,
        None => None,
    };
    let is_accepted = standing.is_some_and(|it| it.attitude == Attitude::Accepted);
    let is_history = is_handover(&event.record, content);
    let class = if is_history { Class::History } else { Class::of(content.kind()) };
    let terms = by
        .and_if(falls, Terms::DOWNGRADE)
        .and_if(teller.is_named, Terms::NAMED)
        .and_if(teller.voice.is_some(), Terms::VOICE)
        .and_if(is_accepted, Terms::ACCEPTED)
        .and_if(is_history, Terms::HISTORY);
    Ok(Some(Due {
        network: adapter.network().clone(),
        class,
        terms,
        link: route.map(|it| it.name().to_owned()),
    }))
}
