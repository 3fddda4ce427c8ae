//! One batch: opened and parsed on a snapshot, before anything is written.

use std::collections::BTreeSet;

use thiserror::Error;

use super::dedupe::{Known, known};
use super::keep::keep;
use super::waiting::{Waits, make_room, stand_behind};
use crate::adapter::{Batch, Envelope, Missing, Opened, Outcome, Parsed};
use crate::model::event::{Action, Event};
use crate::model::id::RemoteId;
use crate::model::time::Timestamp;
use crate::people;
use crate::pipeline::account::Account;
use crate::pipeline::step::Step;
use crate::store::{ChangeError, Keys, ReadError, Snapshot, WriteError};

/// How many messages of a stranger are kept until the owner accepts them.
const MAX_OF_A_STRANGER: usize = 64;

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
    Waits { missing: Missing, plaintext: Option<Vec<u8>> },
    Parsed { parsed: Vec<Parsed>, plaintext: Vec<u8> },
    Learnt,
    Elsewhere,
    Refused(String),
    Confirmed(RemoteId),
    Rejected { id: RemoteId, reason: String },
}

/// An envelope on its way into the journal.
pub(super) struct Item {
    pub(super) envelope: Envelope,
    pub(super) read: Read,
    /// Its place among those that wait, and since when, if it does.
    pub(super) waited: Option<(u64, Timestamp)>,
}

/// What became of a batch.
pub(super) struct Taken {
    /// What became of each envelope.
    pub(super) outcomes: Vec<Outcome>,
    /// Whether something came that others waited for.
    pub(super) wakes: bool,
    /// What some of it waits for.
    pub(super) awaited: BTreeSet<String>,
}

/// Keeps a batch. When it returns, everything that had to be kept is durable.
pub(super) async fn take(
    account: &Account,
    waits: &mut Waits,
    batch: Batch,
) -> Result<Taken, NotKept> {
    account.steps.reached(Step::Received);
    let _only_one_unit_of_work = account.unit.lock().await;
    let keys = account.store.keys(&account.name)?;
    let items = read_all(account, waits, &keys, batch.envelopes)?;
    let is_direct = |event: &Event| account.adapter.peer(&event.conversation).is_some();
    let more = items.iter().filter(|it| it.may_wait(&is_direct)).count();
    if let Err(error) = make_room(account, waits, more).await {
        // What they lack is asked for all the same, or there would never be room.
        account.journaled(None, Vec::new(), items.iter().filter_map(Item::lacks).collect());
        return Err(error);
    }
    keep(account, waits, keys, (items, batch.cursors)).await
}

impl Item {
    fn lacks(&self) -> Option<Missing> {
        let Read::Waits { missing, .. } = &self.read else { return None };
        missing.is_fetched().then(|| missing.clone())
    }

    fn may_wait(&self, is_direct: &dyn Fn(&Event) -> bool) -> bool {
        match &self.read {
            Read::Waits { .. } => true,
            Read::Parsed { parsed, .. } => parsed.iter().any(|it| match it {
                Parsed::Event(event) => is_direct(event) || !matches!(event.action, Action::Say(_)),
                Parsed::Profile(..) | Parsed::Proof(_) => false,
            }),
            Read::Known
            | Read::Ours(_)
            | Read::Learnt
            | Read::Elsewhere
            | Read::Refused(_)
            | Read::Confirmed(_)
            | Read::Rejected { .. } => false,
        }
    }
}

/// Opens and parses envelopes on the snapshot under `keys`.
fn read_all(
    account: &Account,
    waits: &Waits,
    keys: &Keys,
    envelopes: Vec<Envelope>,
) -> Result<Vec<Item>, ReadError> {
    let snapshot = account.store.snapshot()?;
    let linked = account.linked.borrow();
    let read_one = |envelope: &Envelope| {
        let open = || account.adapter.open(keys, &linked, envelope);
        Ok::<_, ReadError>(match known(&snapshot, &account.name, &envelope.id)? {
            Known::Journaled | Known::Waits => Read::Known,
            Known::Ours => read_own(open(), &envelope.id),
            Known::Not => {
                let read = too_many(account, waits, &snapshot, read(account, open()))?;
                stand_behind(account, read, |what| waits.has(what))
            }
        })
    };
    let item = |envelope| Ok(Item { read: read_one(&envelope)?, envelope, waited: None });
    envelopes.into_iter().map(item).collect()
}

/// What was read, or a refusal if a stranger has said more than is kept before they are accepted.
fn too_many(
    account: &Account,
    waits: &Waits,
    snapshot: &Snapshot,
    read: Read,
) -> Result<Read, ReadError> {
    let Read::Parsed { parsed, .. } = &read else { return Ok(read) };
    let direct = parsed.iter().find_map(|it| match it {
        Parsed::Event(event) => {
            account.adapter.peer(&event.conversation).map(|_| event.author.clone())
        }
        Parsed::Profile(..) | Parsed::Proof(_) => None,
    });
    let Some(author) = direct else { return Ok(read) };
    let waiting = waits.count(&people::missing_acceptance(&author).what);
    if waiting >= MAX_OF_A_STRANGER && people::is_stranger(snapshot, &author)? {
        let reason = "a stranger says more than is kept before they are accepted".to_owned();
        return Ok(Read::Refused(reason));
    }
    Ok(read)
}

/// What our own envelope teaches when the network shows it: that it is there, and with control
/// traffic the new keys. What it says is in the journal.
fn read_own(opened: Opened, id: &RemoteId) -> Read {
    match opened {
        Opened::Missing(missing) => Read::Waits { missing, plaintext: None },
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
        Opened::Missing(missing) => Read::Waits { missing, plaintext: None },
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
