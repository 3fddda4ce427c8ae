//! How long a big store takes to be ready, and what it holds in memory.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::measure::resident;
use crate::scaled;
use crate::world::{World, text};

/// The row «ready with 10,000 conversations and 1,000,000 messages». The store is filled by one
/// process and opened by another, so that memory is what the bridge needs, not what filling left.
pub(crate) async fn after_a_million(scale: f64) -> Result<()> {
    if let Ok(path) = std::env::var(CHILD) {
        return open(Path::new(&path), scale).await;
    }
    let (rooms, messages) = (scaled(10_000, scale), scaled(1_000_000, scale));
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let world = World::new(rooms)?;
    let bridge = world.bridge(&path).await?;
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
    let status = tokio::process::Command::new(std::env::current_exe()?)
        .args(["ready", &scale.to_string()])
        .env(CHILD, &path)
        .stdout(std::process::Stdio::piped())
        .spawn()?
        .wait_with_output()
        .await?;
    let output = String::from_utf8(status.stdout)?;
    let row = output.lines().last().context("the child said nothing")?;
    println!("{row}");
    Ok(())
}

/// Names the store to the process that only opens it.
const CHILD: &str = "BENCH_READY_STORE";

async fn open(path: &Path, scale: f64) -> Result<()> {
    let (rooms, messages) = (scaled(10_000, scale), scaled(1_000_000, scale));
    let world = World::new(rooms)?;
    let before = resident()?;
    let began = Instant::now();
    let bridge = world.bridge(path).await?;
    let ready = began.elapsed();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = resident()?;
    bridge.stop().await?;
    println!(
        "| ready with {rooms} conversations and {messages} messages | {:.2} s; idle {:.1} MB in \
         all, {:.0} B a conversation above the networks' share | ≤ 0.5 s; ≤ 30 MB; ≤ 2 kB |",
        ready.as_secs_f64(),
        idle as f64 / 1e6,
        idle.saturating_sub(before) as f64 / rooms as f64,
    );
    Ok(())
}
