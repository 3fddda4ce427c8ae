//! What was refused, counted by account and reason, for whoever looks at the status.

use crate::model::id::AccountName;
use crate::model::outbox::RefusalCount;
use crate::model::time::Timestamp;
use crate::store::tables::{REFUSALS, Stream};
use crate::store::{ChangeError, Reads, Unit};

pub(super) fn count_refusal(
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
