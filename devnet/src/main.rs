//! `threadbridge-devnet`: a network of the devnet as a process of its own.
//!
//! It prints one JSON line when it is ready, takes JSON lines on standard input (see the consoles
//! of [Farcaster](threadbridge_devnet::farcaster::console), of
//! [Lens](threadbridge_devnet::lens::console), of [XMTP](threadbridge_devnet::xmtp::console) and of
//! [Ethereum](threadbridge_devnet::ethereum::console)),
//! and ends when that is closed.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde_json::{Value, json};
use threadbridge_devnet::ethereum::{self, Ethereum, EthereumSettings};
use threadbridge_devnet::farcaster::console;
use threadbridge_devnet::farcaster::direct_cast::DirectCasts;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::lens::console::Console;
use threadbridge_devnet::lens::{self, Lens, LensSettings};
use threadbridge_devnet::xmtp::{self, Node, NodeSettings};
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
    /// The Lens API with Grove.
    #[command(after_long_help = LENS_CONSOLE)]
    Lens(LensArguments),
    /// An XMTP node with a history server.
    Xmtp(XmtpArguments),
    /// A node of Ethereum with names and contract wallets.
    Ethereum(EthereumArguments),
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

/// What can be said to the network while it runs.
const LENS_CONSOLE: &str = r#"Commands on standard input, one JSON object a line, each answered by one:
  {"do":"account","name":"ann"}                  an account, its owner and the owner's key
  {"do":"feed","name":"books"}                   a feed
  {"do":"group","name":"club","owner":"ann"}     a group with a feed of its own
  {"do":"app","name":"bridge","domains":["bridge.example"]}
  {"do":"forbid","app":"0x…","reason":"not you"} logins are refused; without a reason, no more
  {"do":"join"|"leave","name":"ben","group":"0x…"}
  {"do":"follow","name":"ann","whom":"ben"}
  {"do":"add_manager"|"remove_manager","name":"ann","manager":"0x…"}
  {"do":"signless","name":"ann","on":false}      writes must be signed from then on
  {"do":"score","name":"ann","score":5}
  {"do":"revoke","name":"ann"}                   ends the account's sessions
  {"do":"say","name":"ann","text":"hi","feed":"0x…","comment_on":"1","quote_of":"2"}
  {"do":"edit","name":"ann","post":"1","text":"hi!"}
  {"do":"delete"|"repost","name":"ann","post":"1"}
  {"do":"react"|"unreact","name":"ann","post":"1","vote":"UPVOTE"}
  {"do":"show","feed":"0x…"}, {"do":"show","thread":"1"}
  {"do":"fault","fault":{"kind":"delay","ms":50},"scope":"writes","when":{"chance":0.1}}
      kinds: delay{ms} rate_limited{retry_after_s} unavailable answer_lost cut hang
        html_for_json half_open duplicate_item drop_item expired_cursor token_revoked
        transaction_will_fail validation_failed sponsored_request self_funded_request
        transaction_fails indexed_late{ms} never_indexed
        future_member{of: notifications|metadata|status}
      scopes: writes reads storage any; when: "always" {"chance":p} {"next":n} {"every":n}
  {"do":"clear","fault":0}, {"do":"clear"}, {"do":"cut"}, {"do":"struck"}
  {"do":"forget_files","left":0}                 Grove forgets its oldest files"#;

#[derive(Debug, Args)]
struct LensArguments {
    /// Port of the API; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    api: u16,
    /// Port of Grove; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    grove: u16,
    /// Milliseconds from a transaction's hash until what it did is seen.
    #[arg(long, default_value_t = 300)]
    index_ms: u64,
    /// Seconds that an access token lasts.
    #[arg(long, default_value_t = 600)]
    access_s: u64,
    /// Seconds that a session lasts without being refreshed.
    #[arg(long, default_value_t = 7 * 24 * 60 * 60)]
    refresh_s: u64,
    /// Seconds that a challenge may be answered.
    #[arg(long, default_value_t = 300)]
    challenge_s: u64,
    /// The largest file that Grove takes, in bytes.
    #[arg(long, default_value_t = 125_000_000)]
    max_upload: usize,
    /// What the fault dial draws from, and addresses and keys are made of.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

impl LensArguments {
    fn settings(&self) -> LensSettings {
        LensSettings {
            api_port: self.api,
            grove_port: self.grove,
            index_after: Duration::from_millis(self.index_ms),
            access_for: Duration::from_secs(self.access_s),
            refresh_for: Duration::from_secs(self.refresh_s),
            challenge_for: Duration::from_secs(self.challenge_s),
            max_upload_bytes: self.max_upload,
            seed: self.seed,
            ..LensSettings::default()
        }
    }
}

#[derive(Debug, Args)]
struct XmtpArguments {
    /// Port of gRPC; 0 takes a free one. Some clients look for 5556 only.
    #[arg(long, default_value_t = 0)]
    grpc: u16,
    /// Port of the history server; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    history: u16,
    /// The largest group message, in bytes.
    #[arg(long, default_value_t = 1_048_214)]
    max_message: usize,
    /// What the fault dial draws from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Args)]
struct EthereumArguments {
    /// Port of JSON-RPC; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    rpc: u16,
    /// The chain (EIP-155).
    #[arg(long, default_value_t = 1)]
    chain_id: u64,
    /// The key that requests must bring (`Authorization: Bearer …`).
    #[arg(long)]
    key: Option<String>,
    /// What the fault dial draws from.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match Arguments::parse().network {
        Network::Farcaster(arguments) => farcaster(&arguments).await,
        Network::Lens(arguments) => lens(&arguments).await,
        Network::Xmtp(arguments) => xmtp(&arguments).await,
        Network::Ethereum(arguments) => ethereum(&arguments).await,
    }
}

async fn farcaster(arguments: &HubArguments) -> Result<(), Box<dyn std::error::Error>> {
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
    converse(|line| console::answer(&hub, line)).await?;
    if let Some(server) = direct_casts {
        server.stop().await;
    }
    hub.stop().await;
    Ok(())
}

async fn lens(arguments: &LensArguments) -> Result<(), Box<dyn std::error::Error>> {
    let lens = Lens::start(arguments.settings()).await?;
    say(&json!({
        "ready": true,
        "api": lens.api_url(),
        "grove": lens.grove_url(),
        "app": lens::TEST_APP.to_string(),
        "global_feed": lens::GLOBAL_FEED.to_string(),
        "global_graph": lens::GLOBAL_GRAPH.to_string(),
        "namespace": lens::LENS_NAMESPACE.to_string(),
    }))?;
    let mut console = Console::default();
    converse(|line| console.answer(&lens, line)).await?;
    lens.stop().await;
    Ok(())
}

async fn xmtp(arguments: &XmtpArguments) -> Result<(), Box<dyn std::error::Error>> {
    let settings = NodeSettings {
        port: arguments.grpc,
        history_port: arguments.history,
        max_message: arguments.max_message,
        seed: arguments.seed,
        ..NodeSettings::default()
    };
    let node = Node::start(settings).await?;
    say(&json!({ "ready": true, "api": node.url(), "history": node.history_url() }))?;
    converse(|line| xmtp::console::answer(&node, line)).await?;
    node.stop().await;
    Ok(())
}

async fn ethereum(arguments: &EthereumArguments) -> Result<(), Box<dyn std::error::Error>> {
    let settings = EthereumSettings {
        port: arguments.rpc,
        chain_id: arguments.chain_id,
        key: arguments.key.clone(),
        seed: arguments.seed,
    };
    let node = Ethereum::start(settings).await?;
    say(&json!({ "ready": true, "rpc": node.url() }))?;
    converse(|line| ethereum::console::answer(&node, line)).await?;
    node.stop().await;
    Ok(())
}

/// Answers each line of standard input until that is closed.
async fn converse(mut answer: impl FnMut(&str) -> Value) -> std::io::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        if !line.trim().is_empty() {
            say(&answer(&line))?;
        }
    }
    Ok(())
}

fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
