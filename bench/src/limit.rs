//! What the store alone can do: the same rows a message, committed in groups, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use threadbridge_core::adapter::Cursor;
use threadbridge_core::adapter::{Envelope, Missing};
use threadbridge_core::model::id::{AccountName, RemoteId, Seq};
use threadbridge_core::model::outbox::WaitingRow;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::tables::{CURSORS, Stream, WAITING};
use threadbridge_core::store::{ChangeError, Store};

use crate::world::secret;

/// Rows that one relayed message writes and deletes, counted over its three commits.
const ROWS_A_MESSAGE: usize = 12;
/// Bytes of those rows, together.
const BYTES_A_MESSAGE: usize = 2_400;

/// How many messages a second the store takes, and the CPU that each costs it.
pub(crate) async fn of_store(path: &Path, messages: usize) -> Result<(Duration, Duration)> {
    let store = Store::create(path, &secret())?;
    let account = AccountName::parse("limit")?;
    let (began, cpu) = (Instant::now(), crate::measure::cpu()?);
    let mut next = 0;
    while next < messages {
        let batch: Vec<usize> = (next..(next + 128).min(messages)).collect();
        next += batch.len();
        let account = account.clone();
        store
            .write(move |unit| {
                for number in &batch {
                    for row in 0..ROWS_A_MESSAGE {
                        let id = RemoteId::parse(format!("{number}/{row}"))
                            .map_err(|_| ChangeError::Erased)?;
                        let bytes = vec![0x5a; BYTES_A_MESSAGE / ROWS_A_MESSAGE - 60];
                        let missing = Missing { what: String::new(), reason: String::new() };
                        let key = (account.clone(), id.clone());
                        let envelope = Envelope { id, bytes };
                        let since = Timestamp::default();
                        let value = WaitingRow {
                            envelope,
                            missing,
                            since,
                            tries: 0,
                            order: 0,
                            plaintext: None,
                        };
                        unit.put(&WAITING, &key, &value)?;
                    }
                }
                let stream = Stream { account, name: "limit".to_owned() };
                let position = Seq(0).0.to_be_bytes().to_vec();
                unit.put(&CURSORS, &stream, &Cursor { stream: "limit".to_owned(), position })
            })
            .await?;
    }
    let took = (began.elapsed(), crate::measure::cpu()?.saturating_sub(cpu));
    store.close().await?;
    Ok(took)
}
