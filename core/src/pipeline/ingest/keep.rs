//! The first commit: what a batch brought is journaled, or kept until it can be, in one transaction.

use std::collections::BTreeSet;

use super::prove::prove;
use super::take::{Item, NotKept, Read, Taken};
use super::waiting::{Wait, Waits, behind};
use crate::adapter::{Cursor, Envelope, Missing, Outcome, Parsed};
use crate::model::event::{Profile, ProfileRow};
use crate::model::id::{Identity, Leg, RemoteConversation, RemoteId, Seq};
use crate::model::outbox::WaitingRow;
use crate::pipeline::account::Account;
use crate::pipeline::journal::{
    Accepted, Arrival, Settled, Source, append, missing_message, settled,
};
use crate::pipeline::refusals::count_refusal;
use crate::pipeline::step::Step;
use crate::store::tables::{CURSORS, PROFILES, Stream, WAITING};
use crate::store::{ChangeError, Keys, Reads, Unit};

/// Keeps what was opened and parsed, with the keys that it cost and the cursors that it moved.
pub(super) async fn keep(
    account: &Account,
    waits: &mut Waits,
    keys: Keys,
    (items, cursors): (Vec<Item>, Vec<Cursor>),
) -> Result<Taken, NotKept> {
    let sources: Vec<_> = items.iter().map(|item| source(account, item)).collect();
    let name = account.name.clone();
    let next_place = waits.next_place();
    account.steps.reached(Step::Opened);
    let kept = account
        .store
        .write(move |unit| {
            unit.apply(keys)?;
            let mut kept = Kept { next_place, ..Kept::default() };
            for (item, source) in items.into_iter().zip(sources) {
                let (id, waited) = (item.envelope.id.clone(), item.waited);
                let outcome = keep_one(unit, &source, item, &mut kept)?;
                if let (Some((place, _)), true) = (waited, outcome != Outcome::Waits) {
                    unit.delete(&WAITING, &(name.clone(), id))?;
                    kept.wait_no_longer.push(place);
                }
                kept.outcomes.push(outcome);
            }
            for cursor in &cursors {
                let stream = Stream { account: name.clone(), name: cursor.stream.clone() };
                unit.put(&CURSORS, &stream, cursor)?;
            }
            Ok(kept)
        })
        .await?;
    account.steps.reached(Step::Journaled);
    let wakes = kept.learnt || kept.came.iter().any(|id| waits.has(&missing_message(id)));
    let wanted = kept.wait_now.iter().map(|(_, it)| it.missing.clone()).collect();
    kept.wait_no_longer.into_iter().for_each(|place| waits.remove(place));
    kept.wait_now.into_iter().for_each(|(place, wait)| waits.set(place, wait));
    account.journaled(kept.last, kept.settled.into_iter().collect(), wanted);
    if kept.proven {
        account.people_changed.notify_one();
    }
    if kept.learnt {
        account.learnt.notify_one();
    }
    Ok(Taken { outcomes: kept.outcomes, wakes, awaited: kept.awaited })
}

fn source(account: &Account, item: &Item) -> Source {
    let now = account.clock.now();
    let confirm_within = account.limits().confirm_within;
    let capabilities = conversation(&item.read).map(|it| account.adapter.capabilities(it));
    Source {
        account: account.name.clone(),
        network: account.adapter.network().clone(),
        own: account.identities().cloned().collect(),
        peer: conversation(&item.read).and_then(|it| account.adapter.peer(it)),
        level: capabilities.map_or_else(Default::default, |it| it.level),
        names_known: capabilities.is_some_and(|it| it.ids_known_before_sending),
        now,
        name_within: capabilities
            .map_or(confirm_within, |it| it.ids_known_within.max(confirm_within)),
        came_at: item.waited.map_or(now, |(_, since)| since),
    }
}

#[derive(Default)]
struct Kept {
    outcomes: Vec<Outcome>,
    last: Option<Seq>,
    /// What came, by name.
    came: Vec<RemoteId>,
    /// Keys may have changed: what could not be opened or sealed may be now.
    learnt: bool,
    /// Legs on which envelopes of ours were settled.
    settled: BTreeSet<Leg>,
    /// Who is one person with whom may have changed.
    proven: bool,
    next_place: u64,
    /// What something in this transaction waits for, and what comes after it perhaps too.
    awaited: BTreeSet<String>,
    wait_now: Vec<(u64, Wait)>,
    wait_no_longer: Vec<u64>,
}

fn conversation(read: &Read) -> Option<&RemoteConversation> {
    match read {
        Read::Parsed { parsed, .. } => parsed.iter().find_map(|it| match it {
            Parsed::Event(event) => Some(&event.conversation),
            Parsed::Profile(..) | Parsed::Proof(_) => None,
        }),
        Read::Known
        | Read::Ours(_)
        | Read::Waits { .. }
        | Read::Learnt
        | Read::Elsewhere
        | Read::Refused(_)
        | Read::Confirmed(_)
        | Read::Rejected { .. } => None,
    }
}

fn keep_one(
    unit: &mut Unit<'_>,
    source: &Source,
    Item { envelope, read, .. }: Item,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    kept.learnt |= matches!(read, Read::Learnt | Read::Confirmed(_));
    Ok(match read {
        Read::Known => Outcome::Known,
        Read::Ours(id) | Read::Confirmed(id) => {
            let settled = settled(unit, source, &id, None)?;
            settle(unit, source, envelope, settled, kept)?
        }
        Read::Rejected { id, reason } => {
            let settled = settled(unit, source, &id, Some(&reason))?;
            settle(unit, source, envelope, settled, kept)?
        }
        Read::Learnt => Outcome::Kept,
        Read::Elsewhere => Outcome::Elsewhere,
        Read::Refused(reason) => refuse(unit, source, reason)?,
        Read::Waits { missing, plaintext } => {
            wait(unit, source, (envelope, plaintext), missing, kept)?
        }
        Read::Parsed { parsed, plaintext } => {
            keep_parsed(unit, source, (envelope, plaintext), parsed, kept)?
        }
    })
}

fn settle(
    unit: &mut Unit<'_>,
    source: &Source,
    envelope: Envelope,
    settled: Settled,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    match settled {
        Settled::Nothing => {}
        Settled::Leg(leg) => {
            kept.settled.insert(leg);
        }
        Settled::NotYet(missing) => return wait(unit, source, (envelope, None), missing, kept),
    }
    Ok(Outcome::Known)
}

fn keep_parsed(
    unit: &mut Unit<'_>,
    source: &Source,
    (envelope, plaintext): (Envelope, Vec<u8>),
    parsed: Vec<Parsed>,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    let mut outcome = Outcome::Known;
    for one in parsed {
        match one {
            Parsed::Profile(identity, profile) => {
                shows(unit, &identity, profile)?;
                outcome = Outcome::Kept;
            }
            Parsed::Proof(proof) => {
                kept.proven = true;
                prove(unit, &source.account, *proof, source.now)?;
                outcome = Outcome::Kept;
            }
            Parsed::Event(event) => {
                let is_own = |who: &Identity| source.own.contains(who);
                if let Some(missing) = behind(&event, is_own, |it| kept.awaited.contains(it)) {
                    return wait(unit, source, (envelope, Some(plaintext)), missing, kept);
                }
                kept.came.push(event.id.clone());
                let arrival = Arrival { event: *event, raw: envelope.bytes.clone() };
                match append(unit, source, arrival)? {
                    Accepted::New(seq) => {
                        kept.last = kept.last.max(Some(seq));
                        outcome = Outcome::Kept;
                    }
                    Accepted::Known => {}
                    Accepted::Settled(leg) => {
                        kept.settled.insert(leg);
                    }
                    Accepted::Refused(reason) => {
                        return refuse(unit, source, reason.to_owned());
                    }
                    Accepted::Waits(missing) => {
                        return wait(unit, source, (envelope, Some(plaintext)), missing, kept);
                    }
                }
            }
        }
    }
    Ok(outcome)
}

/// Keeps an envelope until what it lacks is known, with what is in it if it was opened: the key
/// that opened it may be used up. One that waits already keeps its place.
fn wait(
    unit: &mut Unit<'_>,
    source: &Source,
    (envelope, plaintext): (Envelope, Option<Vec<u8>>),
    missing: Missing,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    kept.awaited.insert(missing.what.clone());
    let key = (source.account.clone(), envelope.id.clone());
    let row = match unit.get(&WAITING, &key)? {
        Some(row) if row.missing == missing && row.plaintext == plaintext => {
            return Ok(Outcome::Waits);
        }
        Some(row) => WaitingRow { missing, plaintext, ..row },
        None => {
            let order = kept.next_place;
            kept.next_place = order.saturating_add(1);
            WaitingRow { envelope, missing, since: source.now, tries: 0, order, plaintext }
        }
    };
    unit.put(&WAITING, &key, &row)?;
    let WaitingRow { envelope, missing, since, order, .. } = row;
    kept.wait_now.push((order, Wait { id: envelope.id, missing, since }));
    Ok(Outcome::Waits)
}

fn refuse(unit: &mut Unit<'_>, source: &Source, reason: String) -> Result<Outcome, ChangeError> {
    count_refusal(unit, &source.account, reason, source.now)?;
    Ok(Outcome::Refused)
}

fn shows(unit: &mut Unit<'_>, identity: &Identity, profile: Profile) -> Result<(), ChangeError> {
    let before = unit.get(&PROFILES, identity)?.unwrap_or_default().into_profile();
    let row = ProfileRow::new(identity.clone(), before.updated(profile));
    unit.put(&PROFILES, identity, &row)
}
