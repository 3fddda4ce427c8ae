//! What the bridge adds to a message's way.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::measure::percentile;
use crate::scaled;
use crate::world::{World, text};

/// The row «added latency at 100 messages a second».
pub(crate) async fn at_100_a_second(scale: f64) -> Result<()> {
    let messages = scaled(1_000, scale);
    let folder = tempfile::tempdir()?;
    let world = World::new(1)?;
    let bridge = world.bridge(&folder.path().join("store")).await?;
    let (alice, bob) = (world.left.person("alice"), world.right.person("bob"));
    let mut took = Vec::with_capacity(messages);
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for room in &world.rooms {
        bob.joins(room);
        for number in 0..messages {
            ticks.tick().await;
            let began = Instant::now();
            alice.says(room, &text(number))?;
            let mut changes = world.right.changes();
            while world.right.messages() <= number {
                changes.changed().await?;
            }
            took.push(began.elapsed());
        }
    }
    bridge.stop().await?;
    took.sort_unstable();
    println!(
        "| added latency at ≤ 100 messages/s | p50 {:.1} ms, p99 {:.1} ms | p99 ≤ 10 ms, idle machine |",
        percentile(&took, 50).as_secs_f64() * 1e3,
        percentile(&took, 99).as_secs_f64() * 1e3,
    );
    Ok(())
}
