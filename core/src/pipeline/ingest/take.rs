//! One batch: opened and parsed on a snapshot, then journaled in one transaction.

use std::collections::BTreeSet;

use thiserror::Error;

use super::dedupe::{Known, known};
use crate::adapter::{Batch, Cursor, Envelope, Missing, Opened, Outcome, Parsed};
use crate::model::event::Profile;
use crate::model::id::{AccountName, Identity, Leg, RemoteId, Seq};
use crate::model::outbox::{RefusalCount, WaitingRow};
use crate::model::time::Timestamp;
use crate::pipeline::account::Account;
use crate::pipeline::journal::{Accepted, Arrival, Source, append, confirm, reject};
use crate::pipeline::step::Step;
use crate::store::tables::{COUNTERS, CURSORS, PROFILES, REFUSALS, Stream, WAITING};
use crate::store::{ChangeError, Keys, ReadError, Reads, Unit, WriteError};

/// Why a batch was not kept.
#[derive(Debug, Error)]
pub(crate) enum NotKept {
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
    #[error("too many envelopes wait for what they lack; the account is paused until some arrive")]
    TooManyWait,
}

/// What reading an envelope came to.
pub(super) enum Read {
    Known,
    Ours(RemoteId),
    Waits(Missing),
    Parsed { parsed: Vec<Parsed>, plaintext: Vec<u8> },
    Learnt,
    Elsewhere,
    Refused(String),
    Confirmed(RemoteId),
    Rejected { id: RemoteId, reason: String },
}

/// Keeps a batch. When it returns, everything that had to be kept is durable.
pub(super) async fn take(account: &Account, batch: Batch) -> Result<Vec<Outcome>, NotKept> {
    account.steps.reached(Step::Received);
    let _only_one_unit_of_work = account.unit.lock().await;
    let keys = account.store.keys(&account.name)?;
    let read = read_all(account, &keys, &batch.envelopes)?;
    let waits = read.iter().filter(|it| matches!(it, Read::Waits(_))).count();
    if account.waiting.would_exceed(waits) {
        return Err(NotKept::TooManyWait);
    }
    let pairs = batch.envelopes.into_iter().zip(read).collect();
    keep(account, keys, pairs, batch.cursors).await
}

/// Opens and parses envelopes on the snapshot under `keys`.
fn read_all(
    account: &Account,
    keys: &Keys,
    envelopes: &[Envelope],
) -> Result<Vec<Read>, ReadError> {
    let snapshot = account.store.snapshot()?;
    let linked = account.linked.borrow();
    envelopes
        .iter()
        .map(|envelope| {
            Ok(match known(&snapshot, &account.name, &envelope.id)? {
                Known::Journaled | Known::Waits => Read::Known,
                Known::Ours => {
                    read_own(account.adapter.open(keys, &linked, envelope), &envelope.id)
                }
                Known::Not => read(account, account.adapter.open(keys, &linked, envelope)),
            })
        })
        .collect()
}

/// What our own envelope teaches when the network shows it: that it is there, and with control
/// traffic the new keys. What it says is in the journal.
fn read_own(opened: Opened, id: &RemoteId) -> Read {
    match opened {
        Opened::Missing(missing) => Read::Waits(missing),
        Opened::Rejected { id, reason } => Read::Rejected { id, reason },
        Opened::Refused(refusal) => Read::Refused(refusal.reason),
        Opened::Plaintext(_) => Read::Ours(id.clone()),
        // Nothing of it was proven, so the id may be a lie.
        Opened::Elsewhere => Read::Elsewhere,
        // A key change of ours that is read back is applied by it.
        Opened::Learnt | Opened::Confirmed(_) => Read::Confirmed(id.clone()),
    }
}

/// What an opened envelope says.
pub(super) fn read(account: &Account, opened: Opened) -> Read {
    match opened {
        Opened::Plaintext(plaintext) => said(account, plaintext),
        Opened::Learnt => Read::Learnt,
        Opened::Missing(missing) => Read::Waits(missing),
        Opened::Elsewhere => Read::Elsewhere,
        Opened::Refused(refusal) => Read::Refused(refusal.reason),
        Opened::Confirmed(id) => Read::Confirmed(id),
        Opened::Rejected { id, reason } => Read::Rejected { id, reason },
    }
}

/// What a plaintext says.
pub(super) fn said(account: &Account, plaintext: Vec<u8>) -> Read {
    match account.adapter.parse(&plaintext) {
        Ok(parsed) => Read::Parsed { parsed, plaintext },
        Err(malformed) => Read::Refused(malformed.reason),
    }
}

/// The first commit.
pub(super) async fn keep(
    account: &Account,
    keys: Keys,
    pairs: Vec<(Envelope, Read)>,
    cursors: Vec<Cursor>,
) -> Result<Vec<Outcome>, NotKept> {
    let clock_now = account.clock.now();
    let name = account.name.clone();
    let network = account.adapter.network().clone();
    let sources: Vec<_> = pairs
        .iter()
        .map(|(_, read)| Source {
            account: name.clone(),
            network: network.clone(),
            own: account.adapter.identity().cloned(),
            level: level(account, read),
            now: clock_now,
        })
        .collect();
    account.steps.reached(Step::Opened);
    let kept = account
        .store
        .write(move |unit| {
            unit.apply(keys)?;
            let mut kept = Kept::default();
            for ((envelope, read), source) in pairs.into_iter().zip(sources) {
                let outcome = keep_one(unit, &source, envelope, read, &mut kept)?;
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
    account.waiting.add(kept.waits);
    account.journaled(kept.last, kept.settled.into_iter().collect(), kept.wanted);
    if kept.learnt {
        account.something_learnt();
    }
    Ok(kept.outcomes)
}

#[derive(Default)]
struct Kept {
    outcomes: Vec<Outcome>,
    last: Option<Seq>,
    waits: usize,
    /// Keys may have changed: what could not be sealed may be sealed.
    learnt: bool,
    /// Legs on which envelopes of ours were settled.
    settled: BTreeSet<Leg>,
    wanted: Vec<Missing>,
}

fn level(account: &Account, read: &Read) -> crate::model::level::Level {
    let conversation = match read {
        Read::Parsed { parsed, .. } => parsed.iter().find_map(|it| match it {
            Parsed::Event(event) => Some(&event.conversation),
            Parsed::Profile(..) => None,
        }),
        Read::Known
        | Read::Ours(_)
        | Read::Waits(_)
        | Read::Learnt
        | Read::Elsewhere
        | Read::Refused(_)
        | Read::Confirmed(_)
        | Read::Rejected { .. } => None,
    };
    conversation.map_or_else(Default::default, |it| account.adapter.capabilities(it).level)
}

fn keep_one(
    unit: &mut Unit<'_>,
    source: &Source,
    envelope: Envelope,
    read: Read,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    kept.learnt |= matches!(read, Read::Learnt | Read::Confirmed(_));
    Ok(match read {
        Read::Known => Outcome::Known,
        Read::Ours(id) | Read::Confirmed(id) => {
            kept.settled.extend(confirm(unit, &source.account, &id)?.map(|row| row.leg));
            Outcome::Known
        }
        Read::Rejected { id, reason } => {
            let why = (reason.as_str(), source.now);
            kept.settled.extend(reject(unit, &source.account, &id, why)?.map(|row| row.leg));
            Outcome::Known
        }
        Read::Learnt => Outcome::Kept,
        Read::Elsewhere => Outcome::Elsewhere,
        Read::Refused(reason) => refuse(unit, source, reason)?,
        Read::Waits(missing) => wait(unit, source, (envelope, None), missing, kept)?,
        Read::Parsed { parsed, plaintext } => {
            keep_parsed(unit, source, (envelope, plaintext), parsed, kept)?
        }
    })
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
            Parsed::Event(event) => {
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

fn wait(
    unit: &mut Unit<'_>,
    source: &Source,
    (envelope, plaintext): (Envelope, Option<Vec<u8>>),
    missing: Missing,
    kept: &mut Kept,
) -> Result<Outcome, ChangeError> {
    let key = (source.account.clone(), envelope.id.clone());
    let order = if let Some(before) = unit.get(&WAITING, &key)? {
        before.order
    } else {
        kept.waits += 1;
        let last = unit.get(&COUNTERS, b"wait")?.unwrap_or(0).saturating_add(1);
        unit.put(&COUNTERS, b"wait", &last)?;
        last
    };
    kept.wanted.push(missing.clone());
    let row = WaitingRow { envelope, missing, since: source.now, tries: 0, order, plaintext };
    unit.put(&WAITING, &key, &row)?;
    Ok(Outcome::Waits)
}

fn refuse(unit: &mut Unit<'_>, source: &Source, reason: String) -> Result<Outcome, ChangeError> {
    count_refusal(unit, &source.account, reason, source.now)?;
    Ok(Outcome::Refused)
}

fn count_refusal(
    unit: &mut Unit<'_>,
    account: &AccountName,
    reason: String,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let key = Stream { account: account.clone(), name: reason.clone() };
    let before = unit.get(&REFUSALS, &key)?.map_or(0, |row| row.count);
    let row = RefusalCount { reason, count: before.saturating_add(1), last_at: now };
    unit.put(&REFUSALS, &key, &row)
}

fn shows(unit: &mut Unit<'_>, identity: &Identity, profile: Profile) -> Result<(), ChangeError> {
    let before = unit.get(&PROFILES, identity)?.unwrap_or_default();
    unit.put(&PROFILES, identity, &before.updated(profile))
}
