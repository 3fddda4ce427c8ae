//! How long a big store takes to be ready, and what it holds in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::measure::resident;
use crate::scaled;
use crate::world::{World, text};

/// The row «ready with 10,000 conversations and 1,000,000 messages». The store is filled by one
/// process and opened by another, so that memory is what the bridge needs, not what filling left.
/// What a conversation takes is the difference to a bridge with one.
pub(crate) async fn after_a_million(scale: f64) -> Result<()> {
    if let Ok(path) = std::env::var(CHILD) {
        let rooms = std::env::var(ROOMS)?.parse()?;
        let Idle { ready, held } = open(Path::new(&path), rooms).await?;
        println!("{} {held}", ready.as_micros());
        return Ok(());
    }
    let (rooms, messages) = (scaled(10_000, scale), scaled(1_000_000, scale));
    let folder = tempfile::tempdir()?;
    let (small, large) = (folder.path().join("small"), folder.path().join("large"));
    fill(&small, 1, 1).await?;
    fill(&large, rooms, messages).await?;
    let (one, all) = (opened_elsewhere(&small, 1).await?, opened_elsewhere(&large, rooms).await?);
    println!(
        "| ready with {rooms} conversations and {messages} messages | {:.2} s; idle {:.1} MB beside \
         the two networks in the same process, {:.0} B a conversation | ≤ 0.5 s; ≤ 30 MB; ≤ 2 kB |",
        all.ready.as_secs_f64(),
        all.held as f64 / 1e6,
        all.held.saturating_sub(one.held) as f64 / rooms as f64,
    );
    Ok(())
}

/// Names the store to the process that only opens it.
const CHILD: &str = "BENCH_READY_STORE";
/// And how many conversations are linked.
const ROOMS: &str = "BENCH_READY_ROOMS";

/// An open bridge to which nothing happens.
struct Idle {
    ready: Duration,
    /// Bytes that it holds.
    held: u64,
}

pub(crate) async fn fill(path: &Path, rooms: usize, messages: usize) -> Result<()> {
    let world = World::new(rooms)?;
    let bridge = world.bridge(path).await?;
    let alice = world.left.person("alice");
    for number in 0..messages {
        if let Some(room) = world.rooms.get(number % rooms) {
            alice.says(room, &text(number))?;
        }
        if number % 1024 == 1023 {
            world.arrived(number - 1023).await?;
        }
    }
    world.arrived(messages).await?;
    bridge.stop().await?;
    Ok(())
}

async fn opened_elsewhere(path: &Path, rooms: usize) -> Result<Idle> {
    let child = tokio::process::Command::new(std::env::current_exe()?)
        .arg("ready")
        .env(CHILD, path)
        .env(ROOMS, rooms.to_string())
        .stdout(std::process::Stdio::piped())
        .spawn()?
        .wait_with_output()
        .await?;
    let output = String::from_utf8(child.stdout)?;
    let (ready, held) = output
        .lines()
        .last()
        .and_then(|line| line.split_once(' '))
        .context("the process that opened the store said nothing")?;
    Ok(Idle { ready: Duration::from_micros(ready.parse()?), held: held.parse()? })
}

async fn open(path: &Path, rooms: usize) -> Result<Idle> {
    let world = World::new(rooms)?;
    let before = resident()?;
    let began = Instant::now();
    let bridge = world.bridge(path).await?;
    let ready = began.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let held = resident()?.saturating_sub(before);
    bridge.stop().await?;
    Ok(Idle { ready, held })
}
