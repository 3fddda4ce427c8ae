//! Accounts that go on here.

use super::tally::Tally;
use crate::archive::item::Item;
use crate::store::tables::{
    BACKLOG, COUNTERS, CURSORS, DEAD_LETTERS, OUTBOX, REFUSALS, SEALED, Stream, WAITING,
};
use crate::store::{ChangeError, Unit};

/// Takes over what is an account's own; the store had none.
pub(super) fn take_over(
    unit: &mut Unit<'_>,
    item: Item,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    tally.came(item.number());
    match item {
        Item::Account(item) => match item.sealed {
            Some(sealed) => unit.put(&SEALED, &item.name, &sealed),
            None => Ok(()),
        },
        Item::Key(item) => unit.put_account_value(&item.account, &item.key, &item.value),
        Item::Cursor(item) => {
            let stream = Stream { account: item.account, name: item.cursor.stream.clone() };
            unit.put(&CURSORS, &stream, &item.cursor)
        }
        Item::Waiting(item) => {
            unit.put(&WAITING, &(item.account, item.row.envelope.id.clone()), &item.row)
        }
        Item::Refusal(item) => {
            let stream = Stream { account: item.account, name: item.row.reason.clone() };
            unit.put(&REFUSALS, &stream, &item.row)
        }
        Item::Backlog(row) => unit.put(&BACKLOG, &(row.leg.clone(), row.seq), &row),
        Item::Outbox(row) => unit.put(&OUTBOX, &(row.leg.clone(), row.seq, row.part), &row),
        Item::DeadLetter(letter) => unit.put(&DEAD_LETTERS, &letter.id, &letter),
        Item::Counter(item) => unit.put(&COUNTERS, &item.name, &item.last),
        Item::Conversation(_)
        | Item::Message(_)
        | Item::Gap(_)
        | Item::Erased(_)
        | Item::Name(_)
        | Item::Participant(_)
        | Item::Profile(_)
        | Item::Proof(_)
        | Item::Home(_)
        | Item::Tie(_)
        | Item::Apart(_)
        | Item::Parting(_)
        | Item::Attitude(_)
        | Item::Direct(_)
        | Item::Register(_)
        | Item::Subject(_)
        | Item::Sum(_)
        | Item::Grant(_)
        | Item::Expiry(_)
        | Item::Tombstone(_) => Ok(()),
    }
}
