//! Which envelopes of a leg are sent next.

use std::ops::ControlFlow;
use std::time::Duration;

use super::commit::Answer;
use crate::model::id::Leg;
use crate::model::outbox::{OutboxKind, OutboxRow};
use crate::model::time::Timestamp;
use crate::pipeline::account::Account;
use crate::store::span::Span;
use crate::store::tables::{EVENTS, MESSAGES, OUTBOX};
use crate::store::{ReadError, Reads, Snapshot};

/// No more than so many envelopes of a leg are with the network and not yet shown.
const WINDOW: usize = 1024;
/// How many rows are read at once at most.
const PAGE: usize = 64;
/// How many at least.
const LEAST: usize = 16;

/// What comes next on a leg.
pub(super) enum Next {
    Nothing,
    /// Everything is taken and not yet shown; how long to wait for that.
    Awaits(Duration),
    Rows {
        rows: Vec<OutboxRow>,
        /// What needs no asking.
        answers: Vec<Answer>,
    },
}

/// The next envelopes of a leg, at most `allowed`: those that were not taken, past those that were,
/// and, if one was not shown in time, that one and all behind it.
pub(super) fn next_rows(account: &Account, leg: &Leg, allowed: usize) -> Result<Next, ReadError> {
    let snapshot = account.store.snapshot()?;
    let mut choice = Choice {
        account,
        snapshot: &snapshot,
        now: account.clock.now(),
        allowed,
        rows: Vec::new(),
        answers: Vec::new(),
        taken: 0,
        is_overdue: false,
        longest: Duration::ZERO,
    };
    let size = allowed.clamp(LEAST, PAGE);
    let mut page = snapshot.scan(&OUTBOX, Span::under(leg), size)?;
    if page.is_empty() {
        return Ok(Next::Nothing);
    }
    while let Some(last) = page.last().map(|(key, _)| key.clone()) {
        for (_, row) in page {
            if choice.look_at(row)?.is_break() {
                return Ok(choice.made());
            }
        }
        page = snapshot.scan(&OUTBOX, Span::under(leg).after(&last), PAGE)?;
    }
    Ok(choice.made())
}

/// A choice in the making.
struct Choice<'a> {
    account: &'a Account,
    snapshot: &'a Snapshot,
    now: Timestamp,
    allowed: usize,
    rows: Vec<OutboxRow>,
    answers: Vec<Answer>,
    /// How many are taken and may still be shown.
    taken: usize,
    /// One was not shown in time.
    is_overdue: bool,
    longest: Duration,
}

impl Choice<'_> {
    /// Looks at the next row, and says whether to go on.
    fn look_at(&mut self, row: OutboxRow) -> Result<ControlFlow<()>, ReadError> {
        if let Some(at) = row.taken_at {
            let (for_long, within) = (self.now.since(at), self.account.limits().confirm_within);
            self.is_overdue |= for_long >= within;
            if !self.is_overdue {
                self.longest = self.longest.max(for_long);
                self.taken = self.taken.saturating_add(1);
                return Ok(unless(row.kind == OutboxKind::Control || self.taken >= WINDOW));
            }
            if row.kind == OutboxKind::Control {
                // Sent again it would be the same; perhaps it is not needed any more.
                self.answers.push(Answer::Unread(row));
                return Ok(ControlFlow::Break(()));
            }
        } else if is_unlinked(self.account, self.snapshot, &row)? {
            let reason = "its link was removed before it was sent".to_owned();
            self.answers.push(Answer::Dead(row, reason));
            return Ok(unless(self.answers.len() >= PAGE));
        }
        if row.kind == OutboxKind::Message
            && let Some(answer) = withdrawn(self.account, &row)
            && self.snapshot.get(&MESSAGES, &row.message)?.is_some_and(|message| message.deleted)
        {
            self.answers.push(answer(row));
            return Ok(unless(self.answers.len() >= PAGE));
        }
        if self.rows.len() >= self.allowed {
            return Ok(ControlFlow::Break(()));
        }
        let is_control = row.kind == OutboxKind::Control;
        self.rows.push(row);
        Ok(unless(is_control || self.rows.len() >= self.allowed))
    }

    fn made(self) -> Next {
        if self.rows.is_empty() && self.answers.is_empty() {
            let within = self.account.limits().confirm_within;
            return Next::Awaits(within.saturating_sub(self.longest));
        }
        Next::Rows { rows: self.rows, answers: self.answers }
    }
}

const fn unless(is_enough: bool) -> ControlFlow<()> {
    if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// Whether no link leads to the envelope's leg any more; what the owner said needs none.
fn is_unlinked(account: &Account, snapshot: &Snapshot, row: &OutboxRow) -> Result<bool, ReadError> {
    if account.routes.borrow().is_told(row.conversation, &row.leg) {
        return Ok(false);
    }
    let Some(place) = snapshot.get(&MESSAGES, &row.message)? else { return Ok(true) };
    let record = snapshot.get(&EVENTS, &(place.conversation, place.seq))?;
    Ok(record.is_some_and(|record| record.leg.is_some()))
}

/// The answer that an envelope whose message was taken back can be given without asking the network:
/// if nothing of it can be there, or what may be there is taken back by name.
fn withdrawn(account: &Account, row: &OutboxRow) -> Option<fn(OutboxRow) -> Answer> {
    if account.is_untried(row) {
        return Some(Answer::NeverSent);
    }
    let is_untouched = row.attempts == 0 && row.taken_at.is_none();
    (is_untouched && row.sealed.remote_id.is_some()).then_some(Answer::Withdrawn)
}
