//! How fast and how dear relaying is.

use std::time::{Duration, Instant};

use anyhow::Result;
use threadbridge_core::store::Traffic;

use crate::limit;
use crate::measure::{cpu, micros_each, rate};
use crate::scaled;
use crate::world::{World, text};

/// What relaying took.
struct Relayed {
    time: Duration,
    cpu: Duration,
    written: Traffic,
}

/// Relays `messages` over `rooms` conversations.
async fn relay(rooms: usize, messages: usize) -> Result<Relayed> {
    let folder = tempfile::tempdir()?;
    let world = World::new(rooms)?;
    let bridge = world.bridge(&folder.path().join("store")).await?;
    let alice = world.left.person("alice");
    // The first message of a conversation makes its key; what is measured is every later one.
    for room in &world.rooms {
        alice.says(room, "first")?;
    }
    world.arrived(rooms).await?;
    let before = bridge.store().traffic();
    let (began, used) = (Instant::now(), cpu()?);
    for number in 0..messages {
        if let Some(room) = world.rooms.get(number % rooms) {
            alice.says(room, &text(number))?;
        }
        if number % 64 == 63 {
            tokio::task::yield_now().await;
        }
    }
    world.arrived(rooms + messages).await?;
    let (time, cpu) = (began.elapsed(), cpu()?.saturating_sub(used));
    let after = bridge.store().traffic();
    bridge.stop().await?;
    Ok(Relayed { time, cpu, written: since(before, after) })
}

/// What was written between two readings.
fn since(before: Traffic, mut after: Traffic) -> Traffic {
    after.commits -= before.commits;
    for (name, earlier) in before.tables {
        let table = after.tables.entry(name).or_default();
        table.puts -= earlier.puts;
        table.deletes -= earlier.deletes;
        table.bytes -= earlier.bytes;
    }
    after
}

/// CPU that the two networks and the people on them take by themselves, without a bridge.
fn networks_alone(messages: usize) -> Result<Duration> {
    let world = World::new(1)?;
    let (alice, bob) = (world.left.person("alice"), world.right.person("bob"));
    let used = cpu()?;
    for number in 0..messages {
        for room in &world.rooms {
            alice.says(room, &text(number))?;
            bob.says(room, &text(number))?;
        }
    }
    Ok(cpu()?.saturating_sub(used))
}

/// The rows «CPU per relayed message» and «relay rate».
pub(crate) async fn one_conversation(scale: f64) -> Result<()> {
    let messages = scaled(20_000, scale);
    let folder = tempfile::tempdir()?;
    let alone = networks_alone(messages)?;
    let Relayed { time, cpu, written } = relay(1, messages).await?;
    let (store_time, store_cpu) =
        limit::of_store(&folder.path().join("limit"), messages, &written).await?;
    println!(
        "| CPU per relayed message, three durable commits | {:.0} µs, of which {:.0} µs the two \
         networks in the same process; the store alone {:.0} µs | ≤ 250 µs |",
        micros_each(messages, cpu),
        micros_each(messages, alone),
        micros_each(messages, store_cpu),
    );
    println!(
        "| relay rate, durable | {:.0}/s, {:.0} % of the store's own {:.0}/s for the same {:.1} \
         rows put, {:.1} deleted and {:.0} bytes a message; {:.0} messages a commit | ≥ 50 % |",
        rate(messages, time),
        100.0 * rate(messages, time) / rate(messages, store_time),
        rate(messages, store_time),
        each(written.tables.values().map(|table| table.puts).sum(), messages),
        each(written.tables.values().map(|table| table.deletes).sum(), messages),
        each(written.tables.values().map(|table| table.bytes).sum(), messages),
        1.0 / each(written.commits, messages),
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn each(all: u64, messages: usize) -> f64 {
    all as f64 / messages as f64
}

/// The row «the same at 10,000 conversations».
pub(crate) async fn many_conversations(scale: f64) -> Result<()> {
    let (messages, rooms) = (scaled(20_000, scale), scaled(10_000, scale));
    let one = relay(1, messages).await?.cpu;
    let many = relay(rooms, messages).await?.cpu;
    println!(
        "| CPU at {rooms} conversations against 1 | {:.2} × ({:.0} µs, {:.0} µs) | ≤ 1.3 × |",
        many.as_secs_f64() / one.as_secs_f64(),
        micros_each(messages, many),
        micros_each(messages, one),
    );
    Ok(())
}
