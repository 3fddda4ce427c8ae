//! Envelopes that wait for what they lack: tried again whenever something was learnt.

use super::dedupe::{Known, known};
use super::take::{NotKept, Read, keep, read, said};
use crate::adapter::{Envelope, Outcome};
use crate::model::id::RemoteId;
use crate::pipeline::account::Account;
use crate::store::span::Span;
use crate::store::tables::WAITING;
use crate::store::{ChangeError, Keys, ReadError, Reads};

/// How many waiting envelopes are tried in one transaction.
const AT_ONCE: usize = 64;

/// Tries all waiting envelopes of an account, in the order in which they came, until a round brings
/// nothing new.
pub(super) async fn retry(account: &Account) -> Result<(), NotKept> {
    while account.waiting.any() {
        let mut progressed = false;
        for ids in in_order(account)?.chunks(AT_ONCE) {
            progressed |= retry_some(account, ids).await?;
        }
        if !progressed {
            break;
        }
    }
    Ok(())
}

/// The names of all that wait. Row keys are hashes, so the order is in the rows.
fn in_order(account: &Account) -> Result<Vec<RemoteId>, NotKept> {
    let snapshot = account.store.snapshot()?;
    let mut waiting = Vec::new();
    let mut page = snapshot.scan(&WAITING, Span::under(&account.name), AT_ONCE)?;
    while let Some((last, _)) = page.last().cloned() {
        let next = Span::under(&account.name).after(&last);
        waiting.extend(page.into_iter().map(|(_, row)| (row.order, row.envelope.id)));
        page = snapshot.scan(&WAITING, next, AT_ONCE)?;
    }
    waiting.sort_unstable();
    Ok(waiting.into_iter().map(|(_, id)| id).collect())
}

/// Those that can be read by now.
fn readable(
    account: &Account,
    keys: &Keys,
    ids: &[RemoteId],
) -> Result<Vec<(Envelope, Read)>, ReadError> {
    let snapshot = account.store.snapshot()?;
    let linked = account.linked.borrow();
    let mut readable = Vec::new();
    for id in ids {
        let Some(row) = snapshot.get(&WAITING, &(account.name.clone(), id.clone()))? else {
            continue;
        };
        let read = match (known(&snapshot, &account.name, id)?, row.plaintext) {
            // It was journaled, and the process died before it was taken off the list.
            (Known::Journaled, _) => Read::Known,
            (_, Some(plaintext)) => said(account, plaintext),
            (_, None) => read(account, account.adapter.open(keys, &linked, &row.envelope)),
        };
        if !matches!(read, Read::Waits(_)) {
            readable.push((row.envelope, read));
        }
    }
    Ok(readable)
}

/// Whether any of them waits no longer.
async fn retry_some(account: &Account, ids: &[RemoteId]) -> Result<bool, NotKept> {
    let _only_one_unit_of_work = account.unit.lock().await;
    let keys = account.store.keys(&account.name)?;
    let done = readable(account, &keys, ids)?;
    if done.is_empty() {
        return Ok(false);
    }
    let ids: Vec<_> = done.iter().map(|(envelope, _)| envelope.id.clone()).collect();
    let outcomes = keep(account, keys, done, Vec::new()).await?;
    let settled: Vec<_> = ids
        .into_iter()
        .zip(outcomes)
        .filter(|(_, outcome)| !matches!(outcome, Outcome::Waits))
        .map(|(id, _)| (account.name.clone(), id))
        .collect();
    let count = settled.len();
    if count > 0 {
        let forget = move |unit: &mut crate::store::Unit<'_>| -> Result<(), ChangeError> {
            settled.iter().try_for_each(|key| unit.delete(&WAITING, key))
        };
        account.store.write(forget).await?;
        account.waiting.remove(count);
    }
    Ok(count > 0)
}
