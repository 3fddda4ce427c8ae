//! Puts the owner's links into the store: legs that are linked share a conversation, legs that are
//! linked no longer part again.

use std::collections::{BTreeMap, BTreeSet};

use super::route::{People, Route, Routes, Ways};
use crate::model::direct::Direct;
use crate::model::id::{ConversationId, Leg};
use crate::model::journal::Conversation;
use crate::model::time::Timestamp;
use crate::register::granted;
use crate::store::span::Span;
use crate::store::tables::{CONVERSATIONS, DIRECTS, LEGS};
use crate::store::{ChangeError, Reads, Unit};

/// Conversations that are read at a time.
const PAGE: usize = 256;

/// Makes the store agree with `routes`; returns them by conversation.
///
/// A conversation that exists goes on: linked legs continue in the oldest of theirs, and what was
/// said before in the others stays there. A leg that is linked no longer begins anew.
pub(super) fn join(
    unit: &mut Unit<'_>,
    routes: Vec<Route>,
    now: Timestamp,
) -> Result<Routes, ChangeError> {
    let mut joined = BTreeMap::new();
    for route in routes {
        let legs: Vec<Leg> = route.legs().cloned().collect();
        let mut oldest: Option<ConversationId> = None;
        for leg in &legs {
            if let Some(id) = unit.get(&LEGS, leg)?.filter(|id| !joined.contains_key(id)) {
                oldest = Some(oldest.map_or(id, |other| other.min(id)));
            }
        }
        let id = oldest.unwrap_or_else(ConversationId::fresh);
        let known = unit.get(&CONVERSATIONS, &id)?;
        let created_at = known.as_ref().map_or(now, |it| it.created_at);
        let conversation = Conversation {
            id,
            name: Some(route.name().to_owned()),
            legs: legs.clone(),
            created_at,
            is_begun: known.as_ref().is_some_and(|it| it.is_begun),
        };
        if known.as_ref() != Some(&conversation) {
            unit.put(&CONVERSATIONS, &id, &conversation)?;
        }
        if let Some(ways) = route.ways() {
            gather(unit, id, ways)?;
            // Who is no longer proven to be the other one begins anew.
            let before = known.map(|it| it.legs).unwrap_or_default();
            for leg in before.into_iter().filter(|it| !legs.contains(it)) {
                begin(unit, leg, now)?;
            }
        }
        for leg in legs {
            if unit.get(&LEGS, &leg)? != Some(id) {
                unit.put(&LEGS, &leg, &id)?;
            }
        }
        joined.insert(id, route);
    }
    granted(unit, &joined, now)?;
    let begun = part(unit, &joined, now)?;
    Ok(Routes { by_conversation: joined, people: People::default(), begun })
}

/// Keeps the ways of a direct conversation, with what became of them.
fn gather(unit: &mut Unit<'_>, id: ConversationId, ways: &Ways) -> Result<(), ChangeError> {
    let known = unit.get(&DIRECTS, &id)?;
    let fresh = Direct::new(id, ways.ways.clone(), ways.reply_on.clone(), ways.may_downgrade);
    let direct = match known.clone() {
        None => fresh,
        Some(known) => Direct {
            chosen: known.chosen,
            last_used: known.last_used,
            moved_to: known.moved_to,
            closed: known.closed,
            ..fresh
        },
    };
    if known.as_ref() == Some(&direct) { Ok(()) } else { unit.put(&DIRECTS, &id, &direct) }
}

/// Gives a leg a conversation of its own.
fn begin(unit: &mut Unit<'_>, leg: Leg, now: Timestamp) -> Result<(), ChangeError> {
    let id = ConversationId::fresh();
    unit.put(&LEGS, &leg, &id)?;
    let legs = vec![leg];
    let begun = Conversation { id, name: None, legs, created_at: now, is_begun: false };
    unit.put(&CONVERSATIONS, &id, &begun)
}

/// Legs that share a conversation without a link begin new ones, but for the first. Returns the legs
/// of conversations that the owner began by hand.
fn part(
    unit: &mut Unit<'_>,
    joined: &BTreeMap<ConversationId, Route>,
    now: Timestamp,
) -> Result<BTreeSet<Leg>, ChangeError> {
    let (mut parted, mut begun) = (Vec::new(), BTreeSet::new());
    let mut page = unit.scan(&CONVERSATIONS, Span::all(), PAGE)?;
    while let Some((last, _)) = page.last() {
        let next = unit.scan(&CONVERSATIONS, Span::all().after(last), PAGE)?;
        let by_hand = page.iter().filter(|(_, it)| it.is_begun);
        begun.extend(by_hand.flat_map(|(_, it)| it.legs.iter().cloned()));
        let apart = |it: &Conversation| it.legs.len() > 1 && !joined.contains_key(&it.id);
        parted.extend(page.into_iter().map(|(_, it)| it).filter(apart));
        page = next;
    }
    for conversation in parted {
        unit.delete(&DIRECTS, &conversation.id)?;
        let mut legs = conversation.legs.clone().into_iter();
        let stays: Vec<Leg> = legs.next().into_iter().collect();
        for leg in legs {
            if unit.get(&LEGS, &leg)? != Some(conversation.id) {
                continue;
            }
            begin(unit, leg, now)?;
        }
        unit.put(&CONVERSATIONS, &conversation.id, &Conversation { legs: stays, ..conversation })?;
    }
    Ok(begun)
}
