//! How the bridge is doing.

use std::collections::BTreeMap;

use crate::adapter::Health;
use crate::model::health::HealthRow;
use crate::model::id::{AccountName, Leg, Network, Seq};
use crate::model::outbox::{DeadLetter, OutboxRow, RefusalCount};
use crate::model::time::Timestamp;
use crate::pipeline::last_place;
use crate::store::span::Span;
use crate::store::tables::{BACKLOG, DEAD_LETTERS, HEALTH, OUTBOX, REFUSALS, SEALED, WAITING};
use crate::store::{ReadError, Reads};

/// The whole bridge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many events the journal has.
    pub journaled: u64,
    /// Its accounts.
    pub accounts: Vec<AccountStatus>,
    /// How many dead letters there are.
    pub dead_letters: usize,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStatus {
    /// Its name.
    pub name: AccountName,
    /// Its network.
    pub network: Network,
    /// How it is doing.
    pub health: Health,
    /// Since when.
    pub since: Timestamp,
    /// How many journaled events it has yet to look at.
    pub behind: u64,
    /// How many envelopes wait for what they lack.
    pub waiting: usize,
    /// What they wait for, for people: how many of them, and since when the first does.
    pub waits: Vec<WaitCount>,
    /// What was refused, how often and why.
    pub refusals: Vec<RefusalCount>,
    /// Legs with something on its way.
    pub legs: Vec<LegStatus>,
}

/// How many envelopes wait for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitCount {
    /// The reason.
    pub reason: String,
    /// How many.
    pub count: usize,
    /// Since when the first does.
    pub since: Timestamp,
}

/// One leg with something on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegStatus {
    /// The leg.
    pub leg: Leg,
    /// How many envelopes are in the outbox.
    pub outbox: usize,
    /// How many events wait to be sealed.
    pub backlog: usize,
    /// What the first of those lacks.
    pub lacks: Option<String>,
    /// When the oldest of the envelopes was sealed.
    pub oldest_at: Option<Timestamp>,
    /// What the last attempt failed of.
    pub last_error: Option<String>,
}

impl LegStatus {
    const fn empty(leg: Leg) -> Self {
        Self { leg, outbox: 0, backlog: 0, lacks: None, oldest_at: None, last_error: None }
    }
}

/// How the bridge is doing.
pub fn status(store: &impl Reads) -> Result<Status, ReadError> {
    let Seq(journaled) = last_place(store)?;
    let accounts = store
        .scan(&HEALTH, Span::all(), usize::MAX)?
        .into_iter()
        .map(|(_, row)| account(store, row, journaled))
        .collect::<Result<_, _>>()?;
    let dead_letters = store.scan(&DEAD_LETTERS, Span::all(), usize::MAX)?.len();
    Ok(Status { journaled, accounts, dead_letters })
}

fn account(store: &impl Reads, row: HealthRow, journaled: u64) -> Result<AccountStatus, ReadError> {
    let sealed = store.get(&SEALED, &row.account)?.map_or(0, |Seq(sealed)| sealed);
    let waits = waits(store, &row.account)?;
    let refusals = store.scan(&REFUSALS, Span::under(&row.account), usize::MAX)?;
    Ok(AccountStatus {
        behind: journaled.saturating_sub(sealed),
        waiting: waits.iter().map(|it| it.count).sum(),
        waits,
        refusals: refusals.into_iter().map(|(_, count)| count).collect(),
        legs: legs(store, &row.account)?,
        name: row.account,
        network: row.network,
        health: row.health,
        since: row.since,
    })
}

fn waits(store: &impl Reads, account: &AccountName) -> Result<Vec<WaitCount>, ReadError> {
    let mut waits: BTreeMap<String, WaitCount> = BTreeMap::new();
    for (_, row) in store.scan(&WAITING, Span::under(account), usize::MAX)? {
        let (reason, since) = (row.missing.reason, row.since);
        let count = waits.entry(reason.clone());
        let count = count.or_insert(WaitCount { reason, count: 0, since });
        count.count += 1;
        count.since = count.since.min(since);
    }
    Ok(waits.into_values().collect())
}

fn legs(store: &impl Reads, account: &AccountName) -> Result<Vec<LegStatus>, ReadError> {
    let mut legs: BTreeMap<Leg, LegStatus> = BTreeMap::new();
    for (_, row) in store.scan(&OUTBOX, Span::under(account), usize::MAX)? {
        let leg = legs.entry(row.leg.clone()).or_insert_with(|| LegStatus::empty(row.leg.clone()));
        leg.outbox += 1;
        leg.oldest_at = Some(leg.oldest_at.map_or(row.sealed_at, |at| at.min(row.sealed_at)));
        leg.last_error = leg.last_error.take().or(row.last_error);
    }
    for (_, row) in store.scan(&BACKLOG, Span::under(account), usize::MAX)? {
        let leg = legs.entry(row.leg.clone()).or_insert_with(|| LegStatus::empty(row.leg.clone()));
        leg.backlog += 1;
        leg.lacks = leg.lacks.take().or_else(|| row.missing.as_ref().map(|it| it.reason.clone()));
        if let Some(missing) = row.missing {
            leg.last_error.get_or_insert(missing.reason);
        }
    }
    Ok(legs.into_values().collect())
}

/// What is on its way, in the order of sending.
pub fn outbox(store: &impl Reads) -> Result<Vec<OutboxRow>, ReadError> {
    let rows = store.scan(&OUTBOX, Span::all(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// What was given up, oldest first.
pub fn dead_letters(store: &impl Reads) -> Result<Vec<DeadLetter>, ReadError> {
    let rows = store.scan(&DEAD_LETTERS, Span::all(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, letter)| letter).collect())
}
