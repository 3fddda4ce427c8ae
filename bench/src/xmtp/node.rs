//! The node, in a process of its own, so that what it uses is nobody else's.

use std::process::Stdio;

use anyhow::{Context as _, Result};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// What this program is told to be a node.
pub(crate) const ARGUMENT: &str = "node-of-xmtp";

/// Is a node until standard input ends.
pub(crate) async fn serve() -> Result<()> {
    let node = Node::start(NodeSettings::default()).await?;
    println!("{}", node.url());
    let mut nothing = Vec::new();
    tokio::io::stdin().read_to_end(&mut nothing).await?;
    node.stop().await;
    Ok(())
}

/// A node that runs.
#[derive(Debug)]
pub(crate) struct NodeProcess {
    pub(crate) url: String,
    _process: Child,
}

impl NodeProcess {
    pub(crate) async fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let out = process.stdout.take().context("the node says nothing")?;
        let url = BufReader::new(out).lines().next_line().await?;
        Ok(Self { url: url.context("the node did not start")?, _process: process })
    }
}
