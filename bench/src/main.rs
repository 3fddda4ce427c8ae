//! The benchmarks: what the bridge costs, beside the limit of what it rests on, in one run.
//!
//! `cargo run --release -p threadbridge-bench` prints one table. A name runs one row only; a number
//! scales the counts: `cargo run --release -p threadbridge-bench -- relay 0.1`.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod archive;
mod backfill;
mod find;
mod latency;
mod limit;
mod measure;
mod ready;
mod relay;
mod world;
mod xmtp;

use anyhow::{Context, Result, bail};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let only = arguments.next().unwrap_or_else(|| "all".to_owned());
    let scale: f64 = match arguments.next() {
        Some(text) => text.parse().context("the scale is a number, such as 0.1")?,
        None => 1.0,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if only == xmtp::node::ARGUMENT {
        return runtime.block_on(xmtp::node::serve());
    }
    // Once only: nothing else installs one here.
    drop(rustls::crypto::ring::default_provider().install_default());
    println!("| work | measured | bar |\n| --- | --- | --- |");
    let rows =
        ["relay", "conversations", "latency", "backfill", "find", "archive", "xmtp", "ready"];
    if only != "all" && !rows.contains(&only.as_str()) {
        bail!("there is no row `{only}`; the rows are {}", rows.join(", "));
    }
    for row in rows.into_iter().filter(|row| only == "all" || only == *row) {
        match row {
            "relay" => runtime.block_on(relay::one_conversation(scale))?,
            "conversations" => runtime.block_on(relay::many_conversations(scale))?,
            "latency" => runtime.block_on(latency::at_100_a_second(scale))?,
            "backfill" => runtime.block_on(backfill::rate(scale))?,
            "archive" => runtime.block_on(archive::there_and_back(scale))?,
            "xmtp" => runtime.block_on(xmtp::beside_the_official_client(scale))?,
            "find" => runtime.block_on(find::copies(scale))?,
            _ => runtime.block_on(ready::after_a_million(scale))?,
        }
    }
    Ok(())
}

/// A count at this scale, at least 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "counts are small and positive"
)]
pub(crate) fn scaled(count: usize, scale: f64) -> usize {
    ((count as f64 * scale) as usize).max(1)
}
