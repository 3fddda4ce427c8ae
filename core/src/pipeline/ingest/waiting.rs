//! Envelopes that wait for what they lack: tried again whenever something was learnt.

use super::take::{NotKept, Read, keep, read};
use crate::adapter::{Envelope, Outcome};
use crate::model::outbox::WaitingRow;
use crate::pipeline::account::Account;
use crate::store::span::Span;
use crate::store::tables::WAITING;
use crate::store::{ChangeError, Keys, Reads};

/// How many waiting envelopes are tried in one transaction.
const AT_ONCE: usize = 64;

/// Tries all waiting envelopes of an account, until a round brings nothing new.
pub(super) async fn retry(account: &Account) -> Result<(), NotKept> {
    while account.waiting.any() {
        let mut progressed = false;
        let mut after = None;
        loop {
            let rows = some(account, after.as_ref())?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(last.clone());
            progressed |= retry_some(account, rows.into_iter().map(|(_, row)| row)).await?;
        }
        if !progressed {
            break;
        }
    }
    Ok(())
}

fn some(
    account: &Account,
    after: Option<&crate::store::key::RowKey>,
) -> Result<Vec<(crate::store::key::RowKey, WaitingRow)>, NotKept> {
    let span = Span::under(&account.name);
    let snapshot = account.store.snapshot()?;
    Ok(match after {
        Some(key) => snapshot.scan(&WAITING, span.after(key), AT_ONCE)?,
        None => snapshot.scan(&WAITING, span, AT_ONCE)?,
    })
}

/// Those that can be opened by now.
fn openable(
    account: &Account,
    keys: &Keys,
    rows: impl Iterator<Item = WaitingRow>,
) -> Vec<(Envelope, Read)> {
    let linked = account.linked.borrow();
    rows.map(|row| {
        let read = read(account, account.adapter.open(keys, &linked, &row.envelope));
        (row.envelope, read)
    })
    .filter(|(_, read)| !matches!(read, Read::Waits(_)))
    .collect()
}

/// Whether any of them waits no longer.
async fn retry_some(
    account: &Account,
    rows: impl Iterator<Item = WaitingRow> + Send,
) -> Result<bool, NotKept> {
    let _only_one_unit_of_work = account.unit.lock().await;
    let keys = account.store.keys(&account.name)?;
    let done = openable(account, &keys, rows);
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
