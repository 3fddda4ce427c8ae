//! How fast history comes in.

use std::time::Instant;

use anyhow::Result;

use crate::measure;
use crate::scaled;
use crate::world::{World, text};

/// The row «backfill»: everything was said before the bridge was there.
pub(crate) async fn rate_of(scale: f64) -> Result<(usize, f64)> {
    let messages = scaled(50_000, scale);
    let folder = tempfile::tempdir()?;
    let world = World::new(1)?;
    let alice = world.left.person("alice");
    for room in &world.rooms {
        for number in 0..messages {
            alice.says(room, &text(number))?;
        }
    }
    let began = Instant::now();
    let bridge = world.bridge(&folder.path().join("store")).await?;
    while bridge.journaled() < messages as u64 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let rate = measure::rate(messages, began.elapsed());
    bridge.stop().await?;
    Ok((messages, rate))
}

pub(crate) async fn rate(scale: f64) -> Result<()> {
    let (messages, rate) = rate_of(scale).await?;
    println!(
        "| backfill of {messages}, relaying them at the same time | {rate:.0}/s | ≥ 5,000/s |"
    );
    Ok(())
}
