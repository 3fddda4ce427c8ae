//! What the store alone can do: the rows that the bridge was seen to write, as many in each table, of
//! the same size and with keys of the same sort, committed in groups, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use minicbor::bytes::ByteVec;
use threadbridge_core::store::key::{Key, KeyWriter};
use threadbridge_core::store::table::Table;
use threadbridge_core::store::tables::ALL;
use threadbridge_core::store::{ChangeError, Store, TableTraffic, Traffic};

use crate::world::secret;

/// Messages whose rows are committed together.
const GROUP: usize = 128;

/// Bytes that a row takes beside its value: its key, what CBOR and sealing add.
const BESIDE_VALUE: u64 = 16 + 3 + 40;

/// Tables whose keys begin with, or are, hashes: their rows land anywhere.
const SCATTERED: [&str; 4] = ["messages", "copies", "remote", "origins"];

/// One of our tables, with values of plain bytes.
#[derive(Clone, Copy)]
struct Rows {
    table: &'static str,
    puts: u64,
    deletes: u64,
    value: usize,
}

#[derive(Clone, Copy)]
enum RowKey {
    Rising(u64),
    Scattered(u64),
}

impl Key for RowKey {
    fn write(&self, to: &mut KeyWriter<'_>) {
        match self {
            Self::Rising(number) => to.plain(&number.to_be_bytes()),
            Self::Scattered(number) => to.hashed(&number.to_be_bytes()),
        }
    }
}

impl Rows {
    fn of((name, seen): (&String, &TableTraffic), groups: u64) -> Result<Self> {
        let table = ALL.iter().find(|table| table.name() == name).context("an unknown table")?;
        let value = seen.bytes.checked_div(seen.puts).unwrap_or(0).saturating_sub(BESIDE_VALUE);
        Ok(Self {
            table: table.name(),
            puts: seen.puts.div_ceil(groups),
            deletes: seen.deletes / groups,
            value: usize::try_from(value)?,
        })
    }

    fn key(&self, number: u64) -> RowKey {
        if SCATTERED.contains(&self.table) {
            RowKey::Scattered(number)
        } else {
            RowKey::Rising(number)
        }
    }
}

/// How long the store takes to write what it wrote for `messages` messages, and the CPU of that.
pub(crate) async fn of_store(
    path: &Path,
    messages: usize,
    seen: &Traffic,
) -> Result<(Duration, Duration)> {
    let store = Store::create(path, &secret())?;
    let groups = u64::try_from(messages.div_ceil(GROUP))?;
    let tables = seen.tables.iter().filter(|(name, _)| *name != "meta");
    let tables = tables.map(|it| Rows::of(it, groups)).collect::<Result<Vec<_>>>()?;
    let (began, cpu) = (Instant::now(), crate::measure::cpu()?);
    for group in 0..groups {
        let tables = tables.clone();
        store
            .write(move |unit| {
                for rows in tables {
                    let table: Table<RowKey, ByteVec> = Table::of_store(rows.table);
                    for number in group * rows.puts..(group + 1) * rows.puts {
                        let value = ByteVec::from(vec![0x5a; rows.value]);
                        unit.put(&table, &rows.key(number), &value)?;
                    }
                    let before = group.saturating_sub(1) * rows.puts;
                    for number in (before..before + rows.deletes).filter(|_| group > 0) {
                        unit.delete(&table, &rows.key(number))?;
                    }
                }
                Ok::<_, ChangeError>(())
            })
            .await?;
    }
    let took = (began.elapsed(), crate::measure::cpu()?.saturating_sub(cpu));
    store.close().await?;
    Ok(took)
}
