//! Keeps an account's adapter listening: after a failure it is called again, by the verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::account::{Account, Chain};
use super::backoff::Patience;
use super::told::recall;
use crate::adapter::{Cursor, Handover, Health, Inbound, Ledger, Opinions, Verdict};
use crate::model::id::{Leg, RemoteId};
use crate::people;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{COPIES, CURSORS, EVENTS, LEGS, MESSAGES};
use crate::store::{ReadError, Reads, Snapshot};

/// How many records are held at once.
const PAGE: usize = 512;

/// After how long a suspended account is tried again by itself.
const SUSPENDED_FOR: Duration = Duration::from_secs(30 * 60);

/// The door into the bridge for an account, with its streams where they stand now.
pub(super) fn inbound(
    account: &Account,
    batches: &tokio::sync::mpsc::Sender<Handover>,
) -> Result<Inbound, ReadError> {
    let cursors =
        account.store.snapshot()?.scan(&CURSORS, Span::under(&account.name), usize::MAX)?;
    let cursors: BTreeMap<_, _> =
        cursors.into_iter().map(|(_, Cursor { stream, position })| (stream, position)).collect();
    Ok(Inbound {
        batches: batches.clone(),
        cursors,
        conversations: account.linked.clone(),
        health: account.health.clone(),
        ledger: ledger(account),
        recall: recall(account),
        opinions: opinions(account),
    })
}

/// What the owner thinks of people on the account's network.
fn opinions(account: &Account) -> Opinions {
    let (store, network) = (account.store.clone(), account.adapter.network().clone());
    Arc::new(move |most| people::opinions(&store.snapshot()?, &network, most))
}

/// What stands in the account's conversations.
fn ledger(account: &Account) -> Ledger {
    let (store, name) = (account.store.clone(), account.name.clone());
    Arc::new(move |conversation, most| {
        let leg = Leg { account: name.clone(), conversation: conversation.clone() };
        standing(&store.snapshot()?, &leg, most)
    })
}

/// The ids of what people said on a leg and have not taken back, of the conversation's last `most`
/// events, the latest first.
fn standing(snapshot: &Snapshot, leg: &Leg, most: usize) -> Result<Vec<RemoteId>, ReadError> {
    let Some(conversation) = snapshot.get(&LEGS, leg)? else { return Ok(Vec::new()) };
    let (mut ids, mut looked_at, mut last) = (Vec::new(), 0, None::<RowKey>);
    while looked_at < most {
        let span = Span::under(&conversation).falling();
        let page = match &last {
            Some(last) => snapshot.scan(&EVENTS, span.before(last), PAGE)?,
            None => snapshot.scan(&EVENTS, span, PAGE)?,
        };
        let Some((key, _)) = page.last() else { break };
        last = Some(key.clone());
        looked_at += page.len();
        for (_, record) in page {
            let Some(id) = record.remote_id.filter(|_| record.leg.as_ref() == Some(leg)) else {
                continue;
            };
            let row = snapshot.get(&MESSAGES, &record.message)?;
            let copy = (conversation, record.message, leg.clone(), 0);
            let is_shown = snapshot.get(&COPIES, &copy)?.is_some_and(|copy| copy.is_shown);
            if is_shown && row.is_some_and(|row| !row.deleted) {
                ids.push(id);
            }
        }
    }
    Ok(ids)
}

/// Listens until `stop`.
pub(super) async fn run(
    account: &Account,
    batches: tokio::sync::mpsc::Sender<Handover>,
    stop: CancellationToken,
) {
    let mut patience = Patience::default();
    loop {
        let began = tokio::time::Instant::now();
        let verdict = tokio::select! {
            () = stop.cancelled() => return,
            verdict = listen_once(account, &batches) => verdict,
        };
        let backoff = patience.after(account.limits().backoff, began.elapsed());
        let wait = match verdict {
            Verdict::RetryAfter(after) => after,
            Verdict::Suspend | Verdict::SuspendLeg => SUSPENDED_FOR,
            Verdict::Retry | Verdict::Reject | Verdict::Reseal => backoff,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = account.hurried.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn listen_once(account: &Account, batches: &tokio::sync::mpsc::Sender<Handover>) -> Verdict {
    let inbound = match inbound(account, batches) {
        Ok(inbound) => inbound,
        Err(error) => {
            account.failed("cursors could not be read", &error);
            return Verdict::Retry;
        }
    };
    match account.adapter.listen(inbound).await {
        Ok(()) => Verdict::Retry,
        Err(error) => {
            let reason = Chain(&error).to_string();
            account.failed("listening failed", &error);
            account.health.send_replace(match error.verdict {
                Verdict::Suspend | Verdict::SuspendLeg => Health::Suspended(reason),
                Verdict::Retry | Verdict::RetryAfter(_) | Verdict::Reject | Verdict::Reseal => {
                    Health::Down(reason)
                }
            });
            error.verdict
        }
    }
}
