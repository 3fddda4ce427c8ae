//! Envelopes that wait for what they lack: tried again when something was learnt, in the order in
//! which they came.
//!
//! What concerns something that an earlier envelope waits for waits behind it, so that a reaction
//! is not taken back before it was made.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::keep::keep;
use super::take::{Item, NotKept, Read, read, said};
use crate::adapter::{Missing, Outcome, Parsed};
use crate::model::event::{Action, Event};
use crate::model::id::{Identity, RemoteId};
use crate::model::outbox::WaitingRow;
use crate::model::time::Timestamp;
use crate::people;
use crate::pipeline::account::Account;
use crate::pipeline::journal::{RECEIPT, message_missing, missing_message, missing_name};
use crate::pipeline::refusals::count_refusal;
use crate::store::span::Span;
use crate::store::tables::{REMOTE, WAITING};
use crate::store::{ChangeError, Keys, ReadError, Reads, Snapshot};

/// How many waiting envelopes are tried in one transaction.
const AT_ONCE: usize = 64;

/// An account's waiting envelopes, as the store has them. Only its *ingest* task changes either.
#[derive(Debug, Default)]
pub(super) struct Waits {
    by_place: BTreeMap<u64, Wait>,
    by_what: BTreeMap<String, usize>,
}

/// One of them.
#[derive(Clone, Debug)]
pub(super) struct Wait {
    pub(super) id: RemoteId,
    pub(super) missing: Missing,
    pub(super) since: Timestamp,
}

impl Waits {
    /// Those that waited when the bridge stopped.
    pub(super) fn load(account: &Account) -> Result<Self, ReadError> {
        let mut waits = Self::default();
        let span = Span::under(&account.name);
        for (_, row) in account.store.snapshot()?.scan(&WAITING, span, usize::MAX)? {
            let WaitingRow { envelope, missing, since, order, .. } = row;
            waits.set(order, Wait { id: envelope.id, missing, since });
        }
        Ok(waits)
    }

    pub(super) fn len(&self) -> usize {
        self.by_place.len()
    }

    /// The place of the next one.
    pub(super) fn next_place(&self) -> u64 {
        self.by_place.last_key_value().map_or(1, |(place, _)| place.saturating_add(1))
    }

    pub(super) fn set(&mut self, place: u64, wait: Wait) {
        self.remove(place);
        let count = self.by_what.entry(wait.missing.what.clone()).or_default();
        *count = count.saturating_add(1);
        self.by_place.insert(place, wait);
    }

    pub(super) fn remove(&mut self, place: u64) {
        let Some(wait) = self.by_place.remove(&place) else { return };
        if let Some(count) = self.by_what.get_mut(&wait.missing.what) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.by_what.remove(&wait.missing.what);
            }
        }
    }

    /// How many envelopes wait for that.
    pub(super) fn count(&self, what: &str) -> usize {
        self.by_what.get(what).copied().unwrap_or(0)
    }

    /// Whether an envelope waits for that.
    pub(super) fn has(&self, what: &str) -> bool {
        self.by_what.contains_key(what)
    }

    /// Everything that the network can be asked for.
    pub(super) fn wanted(&self) -> Vec<Missing> {
        let wanted: BTreeSet<_> =
            self.by_place.values().map(|it| &it.missing).filter(|it| it.is_fetched()).collect();
        wanted.into_iter().cloned().collect()
    }

    fn after(&self, place: u64) -> Vec<(u64, Wait)> {
        let span = (Bound::Excluded(place), Bound::Unbounded);
        self.by_place.range(span).take(AT_ONCE).map(|(place, it)| (*place, it.clone())).collect()
    }
}

/// What was read, or, if it must stand behind something for which another waits, that.
pub(super) fn stand_behind(
    account: &Account,
    read: Read,
    is_awaited: impl Fn(&str) -> bool,
) -> Read {
    match read {
        Read::Parsed { parsed, plaintext } => {
            let event = parsed.iter().find_map(|it| match it {
                Parsed::Event(event) => Some(event),
                Parsed::Profile(..) | Parsed::Proof(_) => None,
            });
            let is_own = |who: &Identity| account.identities().any(|it| it == who);
            match event.and_then(|event| behind(event, is_own, is_awaited)) {
                Some(missing) => Read::Waits { missing, plaintext: Some(plaintext) },
                None => Read::Parsed { parsed, plaintext },
            }
        }
        other @ (Read::Known
        | Read::Ours(_)
        | Read::Waits { .. }
        | Read::Learnt
        | Read::Elsewhere
        | Read::Refused(_)
        | Read::Confirmed(_)
        | Read::Rejected { .. }) => other,
    }
}

/// What an event has to wait for because another does that comes before it.
pub(super) fn behind(
    event: &Event,
    is_own: impl Fn(&Identity) -> bool,
    is_awaited: impl Fn(&str) -> bool,
) -> Option<Missing> {
    let what = match &event.action {
        Action::Edit { target, .. }
        | Action::React { target, .. }
        | Action::Unreact { target, .. } => Some(missing_message(target)),
        Action::Say(_) => Some(missing_name(&event.conversation)),
        // What is deleted is deleted, whatever else was to be done to it.
        Action::Delete { .. } | Action::Read { .. } => None,
    };
    let receipt = is_own(&event.author).then(|| RECEIPT.to_owned());
    let what = what.into_iter().chain(receipt).find(|it| is_awaited(it))?;
    Some(Missing { what, reason: "what came before it waits".to_owned() })
}

/// Makes room for as many more, if need be at the cost of the oldest that wait for messages.
pub(super) async fn make_room(
    account: &Account,
    waits: &mut Waits,
    more: usize,
) -> Result<(), NotKept> {
    let excess = waits.len().saturating_add(more).saturating_sub(account.limits().waiting);
    if more == 0 || excess == 0 {
        return Ok(());
    }
    // Whoever nobody knows gives way first.
    let is_asking = |it: &(&u64, &Wait)| people::asks(&it.1.missing).is_some();
    let others = |it: &(&u64, &Wait)| !it.1.missing.is_fetched() && !is_asking(it);
    let (asking, others) =
        (waits.by_place.iter().filter(is_asking), waits.by_place.iter().filter(others));
    let oldest = asking.chain(others).take(excess);
    let oldest: Vec<u64> = oldest.map(|(place, _)| *place).collect();
    if oldest.len() < excess {
        return Err(NotKept::TooManyWait);
    }
    let reason = "what it waited for had not come when too many waited";
    give_up(account, waits, oldest, reason).await
}

/// Gives those up that refer to messages which have not arrived for as long as anything is tried.
async fn give_up_old(account: &Account, waits: &mut Waits) -> Result<(), NotKept> {
    let now = account.clock.now();
    let old = waits.by_place.iter().filter(|(_, it)| {
        let waits_for_a_message = !it.missing.is_fetched() && people::asks(&it.missing).is_none();
        waits_for_a_message && now.since(it.since) >= account.limits().give_up_after
    });
    let old: Vec<u64> = old.map(|(place, _)| *place).collect();
    if old.is_empty() {
        return Ok(());
    }
    give_up(account, waits, old, "what it refers to never arrived").await
}

async fn give_up(
    account: &Account,
    waits: &mut Waits,
    places: Vec<u64>,
    reason: &'static str,
) -> Result<(), NotKept> {
    let given_up = places.iter().filter_map(|place| waits.by_place.get(place));
    let keys: Vec<_> = given_up.map(|it| (account.name.clone(), it.id.clone())).collect();
    let (name, now) = (account.name.clone(), account.clock.now());
    let forget = move |unit: &mut crate::store::Unit<'_>| -> Result<(), ChangeError> {
        for key in &keys {
            unit.delete(&WAITING, key)?;
            count_refusal(unit, &name, reason.to_owned(), now)?;
        }
        Ok(())
    };
    account.store.write(forget).await?;
    places.into_iter().for_each(|place| waits.remove(place));
    Ok(())
}

/// Tries all waiting envelopes of an account, until a round brings nothing new.
pub(super) async fn retry(account: &Account, waits: &mut Waits) -> Result<(), NotKept> {
    give_up_old(account, waits).await?;
    let mut progressed = true;
    while progressed && waits.len() > 0 {
        progressed = false;
        let mut stuck = BTreeSet::new();
        let mut last = 0;
        loop {
            let some = waits.after(last);
            let Some((place, _)) = some.last() else { break };
            last = *place;
            progressed |= retry_some(account, waits, some, &mut stuck).await?;
        }
    }
    account.journaled(None, Vec::new(), waits.wanted());
    Ok(())
}

/// Whether any of them waits no longer.
async fn retry_some(
    account: &Account,
    waits: &mut Waits,
    some: Vec<(u64, Wait)>,
    stuck: &mut BTreeSet<String>,
) -> Result<bool, NotKept> {
    let _only_one_unit_of_work = account.unit.lock().await;
    let snapshot = account.store.snapshot()?;
    let keys = account.store.keys(&account.name)?;
    let items = openable(account, (&snapshot, &keys), some, stuck)?;
    if items.is_empty() {
        return Ok(false);
    }
    let done = keep(account, waits, keys, (items, Vec::new())).await?;
    // What is tried after these must not overtake them.
    stuck.extend(done.awaited);
    Ok(done.outcomes.iter().any(|it| !matches!(it, Outcome::Waits)))
}

/// Those that can be opened by now, and that wait behind no other. The others' wants are `stuck`.
fn openable(
    account: &Account,
    (snapshot, keys): (&Snapshot, &Keys),
    some: Vec<(u64, Wait)>,
    stuck: &mut BTreeSet<String>,
) -> Result<Vec<Item>, ReadError> {
    let linked = account.linked.borrow();
    let mut items = Vec::new();
    for (place, Wait { id, missing, since }) in some {
        if stuck.contains(&missing.what) {
            continue;
        }
        if let Some(who) = people::asks(&missing)
            && people::is_stranger(snapshot, &who)?
        {
            stuck.insert(missing.what);
            continue;
        }
        let key = (account.name.clone(), id);
        let is_there = match message_missing(&missing.what) {
            Some(id) => snapshot.get(&REMOTE, &(account.name.clone(), id))?.is_some(),
            None => true,
        };
        let row = if is_there { snapshot.get(&WAITING, &key)? } else { None };
        let Some(row) = row else {
            stuck.insert(missing.what);
            continue;
        };
        let read = match row.plaintext {
            Some(plaintext) => said(account, plaintext),
            None => read(account, account.adapter.open(keys, &linked, &row.envelope)),
        };
        let read = stand_behind(account, read, |what| stuck.contains(what));
        if matches!(&read, Read::Waits { missing: still, .. } if still.what == missing.what) {
            stuck.insert(missing.what);
        } else {
            items.push(Item { envelope: row.envelope, read, waited: Some((place, since)) });
        }
    }
    Ok(items)
}
