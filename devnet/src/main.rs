//! `threadbridge-devnet`: a network of the devnet as a process of its own.
//!
//! It prints one JSON line when it is ready, takes JSON lines on standard input (see
//! [`console`](threadbridge_devnet::farcaster::console)), and ends when that is closed.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use threadbridge_devnet::farcaster::console;
use threadbridge_devnet::farcaster::direct_cast::DirectCasts;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// The networks that Threadbridge bridges, on 127.0.0.1.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    network: Network,
}

#[derive(Debug, Subcommand)]
enum Network {
    /// A Farcaster hub.
    Farcaster(HubArguments),
}

#[derive(Debug, Args)]
struct HubArguments {
    /// Port of gRPC; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    grpc: u16,
    /// Port of HTTP; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    http: u16,
    /// Milliseconds between blocks.
    #[arg(long, default_value_t = 100)]
    block_ms: u64,
    /// Directory that keeps the hub's blocks.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Seconds that events are kept.
    #[arg(long, default_value_t = 3 * 24 * 60 * 60)]
    retention_s: u64,
    /// Whether the rate of each fid is limited.
    #[arg(long)]
    limit_rate: bool,
    /// `user:password` that submissions must bring.
    #[arg(long)]
    write_auth: Option<String>,
    /// The `x-api-key` that submissions must bring.
    #[arg(long)]
    write_key: Option<String>,
    /// What the fault dial draws from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Serve the direct cast key API, too, and take this key.
    #[arg(long)]
    direct_cast_key: Option<String>,
}

impl HubArguments {
    fn settings(&self) -> HubSettings {
        HubSettings {
            grpc_port: self.grpc,
            http_port: self.http,
            block_interval: Duration::from_millis(self.block_ms),
            state_dir: self.state.clone(),
            event_retention: Duration::from_secs(self.retention_s),
            limits_rate: self.limit_rate,
            write_auth: self.write_auth.clone(),
            write_key: self.write_key.clone(),
            seed: self.seed,
            ..HubSettings::default()
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { network: Network::Farcaster(arguments) } = Arguments::parse();
    let hub = Hub::start(arguments.settings()).await?;
    let direct_casts = match &arguments.direct_cast_key {
        Some(key) => Some(DirectCasts::start(0, key).await?),
        None => None,
    };
    say(&json!({
        "ready": true,
        "grpc": hub.grpc_addr().to_string(),
        "http": hub.http_addr().to_string(),
        "direct_casts": direct_casts.as_ref().map(|server| server.addr().to_string()),
    }))?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if !line.trim().is_empty() {
            say(&console::answer(&hub, &line))?;
        }
    }
    if let Some(server) = direct_casts {
        server.stop().await;
    }
    hub.stop().await;
    Ok(())
}

fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
