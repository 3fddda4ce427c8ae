//! How long it takes to find the copy that an old message has on another network.

use std::time::Instant;

use anyhow::{Context, Result};
use threadbridge_core::model::id::AccountName;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{COPIES, REMOTE};
use threadbridge_core::store::{Reads, Store};

use crate::measure::percentile;
use crate::scaled;
use crate::world::{World, secret, text};

/// The row «finding a copy for an edit at any age».
pub(crate) async fn copies(scale: f64) -> Result<()> {
    let messages = scaled(100_000, scale);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store");
    let world = World::new(1)?;
    let bridge = world.bridge(&path).await?;
    let alice = world.left.person("alice");
    let room = world.rooms.first().context("a room")?;
    let mut ids = Vec::new();
    for number in 0..messages {
        let id = alice.says(room, &text(number))?;
        if number % (messages / 100).max(1) == 0 {
            ids.push(id);
        }
        if number % 1024 == 1023 {
            world.arrived(number - 1023).await?;
        }
    }
    world.arrived(messages).await?;
    bridge.stop().await?;
    let store = Store::open(&path, &secret())?;
    let account = AccountName::parse("left")?;
    let mut took = Vec::new();
    for id in ids {
        let began = Instant::now();
        let snapshot = store.snapshot()?;
        let found = snapshot.get(&REMOTE, &(account.clone(), id))?.context("the message")?;
        let under = (found.conversation, found.message);
        let copies = snapshot.scan(&COPIES, Span::under(&under), usize::MAX)?;
        anyhow::ensure!(copies.len() == 2, "a message has {} copies", copies.len());
        took.push(began.elapsed());
    }
    took.sort_unstable();
    println!(
        "| finding a copy among {messages}, at any age | p50 {:.0} µs, worst {:.0} µs | ≤ 1 ms |",
        percentile(&took, 50).as_secs_f64() * 1e6,
        percentile(&took, 100).as_secs_f64() * 1e6,
    );
    store.close().await?;
    Ok(())
}
