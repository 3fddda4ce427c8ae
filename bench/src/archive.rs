//! How fast a store is carried out and in, beside the speed of the disk, and what that holds in
//! memory.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use threadbridge_core::archive::export::{Selection, export_to};
use threadbridge_core::archive::import::{Accounts, import_from};
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::{Reader, Store};

use crate::measure::{peak, rate};
use crate::ready::fill;
use crate::scaled;
use crate::world::secret;

/// Names the folder with the store to the process that carries it.
const CHILD: &str = "BENCH_ARCHIVE_FOLDER";

/// The row «export and import». Each is done by a process of its own, of a tenth of the store and
/// of all of it, so that what memory holds shows whether it grows.
pub(crate) async fn there_and_back(scale: f64) -> Result<()> {
    if let Ok(folder) = std::env::var(CHILD) {
        return carry(Path::new(&folder)).await;
    }
    let messages = scaled(1_000_000, scale);
    let small = carried(messages.div_ceil(10)).await?;
    let large = carried(messages).await?;
    println!(
        "| export of {messages} messages | {:.0}/s, {:.0} MB/s of archive; {:.0} MB at most, {:.0} MB \
         for a tenth | the disk writes {:.0} MB/s; flat memory |",
        rate(messages, large.export),
        rate_mb(large.bytes, large.export),
        mb(large.peak_export),
        mb(small.peak_export),
        rate_mb(large.bytes, large.disk),
    );
    println!(
        "| import of them into an empty store, read twice | {:.0}/s, {:.0} MB/s of store; {:.0} MB at \
         most, {:.0} MB for a tenth | the disk writes {:.0} MB/s; flat memory |",
        rate(messages, large.import),
        rate_mb(large.store_bytes, large.import),
        mb(large.peak_import),
        mb(small.peak_import),
        rate_mb(large.store_bytes, large.store_disk),
    );
    Ok(())
}

/// What carrying a store took.
struct Carried {
    export: Duration,
    import: Duration,
    /// How long the disk takes for the archive's bytes, and for the new store's.
    disk: Duration,
    store_disk: Duration,
    bytes: u64,
    store_bytes: u64,
    peak_export: u64,
    peak_import: u64,
}

async fn carried(messages: usize) -> Result<Carried> {
    let folder = tempfile::tempdir()?;
    fill(&folder.path().join("store"), messages.div_ceil(100), messages).await?;
    let [export, peak_export] = elsewhere(folder.path()).await?;
    let archive = folder.path().join("archive");
    let bytes = archive.metadata()?.len();
    let disk = written(&archive, &folder.path().join("written"))?;
    let [import, peak_import] = elsewhere(folder.path()).await?;
    let other = folder.path().join("other");
    let store_bytes = other.metadata()?.len();
    let store_disk = written(&other, &folder.path().join("written"))?;
    let [export, import] = [export, import].map(Duration::from_micros);
    Ok(Carried { export, import, disk, store_disk, bytes, store_bytes, peak_export, peak_import })
}

/// How long the disk takes for the same bytes, read and written in order.
fn written(from: &Path, to: &Path) -> Result<Duration> {
    let mut bytes = vec![0; 1 << 20];
    let (mut from, mut to) = (File::open(from)?, File::create(to)?);
    let began = Instant::now();
    loop {
        let count = from.read(&mut bytes)?;
        let Some(some) = bytes.get(..count).filter(|some| !some.is_empty()) else { break };
        to.write_all(some)?;
    }
    to.sync_all()?;
    Ok(began.elapsed())
}

/// Exports, if there is no archive yet, else imports; tells how long it took and what it held.
async fn carry(folder: &Path) -> Result<()> {
    let archive = folder.join("archive");
    let now = Clock::System.now();
    let began = Instant::now();
    if archive.exists() {
        let store = Store::create(folder.join("other"), &secret())?;
        let done = import_from(&store, &archive, &secret(), Accounts::LeaveOut, now).await?;
        if done.tally.conflict_count > 0 || !done.keeps_places {
            bail!("the archive did not come as it was");
        }
        store.close().await?;
    } else {
        let snapshot = Reader::open(folder.join("store"), &secret())?.snapshot()?;
        export_to(&snapshot, &archive, &secret(), &Selection::default(), now)?;
    }
    println!("{} {}", began.elapsed().as_micros(), peak()?);
    Ok(())
}

async fn elsewhere(folder: &Path) -> Result<[u64; 2]> {
    let child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("archive")
        .env(CHILD, folder)
        .stdout(std::process::Stdio::piped())
        .spawn()?
        .wait_with_output()
        .await?;
    let output = String::from_utf8(child.stdout)?;
    let said = output.lines().last().and_then(|line| line.split_once(' '));
    let (took, held) = said.context("the process that carried the store said nothing")?;
    Ok([took.parse()?, held.parse()?])
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn rate_mb(bytes: u64, took: Duration) -> f64 {
    mb(bytes) / took.as_secs_f64()
}
