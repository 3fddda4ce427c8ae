//! The accounts: what a bridge needs to go on elsewhere in the middle of its traffic.

use std::io::Write;

use super::{ExportError, Out, PAGE};
use crate::archive::item::{
    AccountItem, CounterItem, CursorItem, Item, KeyItem, RefusalItem, WaitingItem,
};
use crate::invariants::each;
use crate::model::id::AccountName;
use crate::model::outbox::{BacklogRow, OutboxRow};
use crate::store::span::Span;
use crate::store::tables::{
    BACKLOG, COUNTERS, CURSORS, DEAD_LETTERS, HEALTH, OUTBOX, REFUSALS, SEALED, WAITING,
};
use crate::store::{Reads, Snapshot};

impl<W: Write> Out<'_, W> {
    pub(super) fn all_accounts(&mut self) -> Result<(), ExportError> {
        let mut met = Vec::new();
        each(self.snapshot, &HEALTH, |_, row| {
            met.push(row.account);
            Ok(())
        })?;
        each(self.snapshot, &OUTBOX, |_, row| {
            met.push(row.leg.account);
            met.extend(row.voice);
            Ok(())
        })?;
        self.accounts.extend(met);
        let accounts: Vec<_> = self.accounts.iter().cloned().collect();
        for account in &accounts {
            let sealed = self.snapshot.get(&SEALED, account)?;
            self.push(&Item::Account(AccountItem { name: account.clone(), sealed }))?;
            self.account(account)?;
        }
        self.on_the_way()?;
        each_counter(self)
    }

    fn account(&mut self, account: &AccountName) -> Result<(), ExportError> {
        for key in self.snapshot.account_keys(account)? {
            let Some((key, value)) = self.snapshot.account_value(account, key)? else { continue };
            self.written.keys = self.written.keys.saturating_add(1);
            let (account, value) = (account.clone(), value.to_vec());
            self.push(&Item::Key(KeyItem { account, key, value }))?;
        }
        let mut cursors = self.snapshot.scan(&CURSORS, Span::under(account), usize::MAX)?;
        cursors.sort_by(|(_, one), (_, other)| one.cmp(other));
        for (_, cursor) in cursors {
            self.push(&Item::Cursor(CursorItem { account: account.clone(), cursor }))?;
        }
        // How many may wait is bounded by the settings.
        let mut waiting = self.snapshot.scan(&WAITING, Span::under(account), usize::MAX)?;
        waiting.sort_by_key(|(_, row)| row.order);
        for (_, row) in waiting {
            self.push(&Item::Waiting(WaitingItem { account: account.clone(), row }))?;
        }
        let mut refusals = self.snapshot.scan(&REFUSALS, Span::under(account), usize::MAX)?;
        refusals.sort_by(|(_, one), (_, other)| one.reason.cmp(&other.reason));
        for (_, row) in refusals {
            self.push(&Item::Refusal(RefusalItem { account: account.clone(), row }))?;
        }
        Ok(())
    }

    /// What is on its way, by leg and place.
    fn on_the_way(&mut self) -> Result<(), ExportError> {
        let name = |_: &Snapshot, row: &BacklogRow| Ok(Some((row.leg.clone(), row.seq)));
        self.in_order(&BACKLOG, name, |out, row| out.push(&Item::Backlog(row)))?;
        let name = |_: &Snapshot, row: &OutboxRow| Ok(Some((row.leg.clone(), row.seq, row.part)));
        self.in_order(&OUTBOX, name, |out, row| out.push(&Item::Outbox(row)))?;
        let mut last: Option<u64> = None;
        loop {
            let span = last.as_ref().map_or(Span::all(), |last| Span::all().after(last));
            let page = self.snapshot.scan(&DEAD_LETTERS, span, PAGE)?;
            let Some((_, letter)) = page.last() else { return Ok(()) };
            last = Some(letter.id);
            for (_, letter) in page {
                self.push(&Item::DeadLetter(letter))?;
            }
        }
    }
}

fn each_counter<W: Write>(out: &mut Out<'_, W>) -> Result<(), ExportError> {
    for (key, last) in out.snapshot.scan(&COUNTERS, Span::all(), usize::MAX)? {
        let Some(name) = key.part(0) else { continue };
        out.push(&Item::Counter(CounterItem { name, last }))?;
    }
    Ok(())
}
