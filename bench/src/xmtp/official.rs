//! What the official client needs for the same, measured by itself.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// What something took.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Took {
    us: u64,
    cpu_us: u64,
}

impl Took {
    pub(crate) const fn time(self) -> Duration {
        Duration::from_micros(self.us)
    }

    pub(crate) const fn cpu(self) -> Duration {
        Duration::from_micros(self.cpu_us)
    }
}

/// Messages that were caught up with.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    pub(crate) count: usize,
    #[serde(flatten)]
    pub(crate) took: Took,
}

/// A group that was made.
#[derive(Debug, Deserialize)]
pub(crate) struct Made {
    pub(crate) size: usize,
    pub(crate) create: Took,
    pub(crate) add: Option<Took>,
}

/// What the official client says.
#[derive(Debug, Deserialize)]
pub(crate) struct Measured {
    pub(crate) register: Took,
    pub(crate) sent: Took,
    pub(crate) queued: Took,
    pub(crate) received: Received,
    pub(crate) groups: Vec<Made>,
    /// Inboxes of which groups can be made.
    pub(crate) members: Vec<String>,
    /// The inbox that messages were sent to.
    pub(crate) peer: String,
}

/// The official client, after it measured; others are still in its process.
#[derive(Debug)]
pub(crate) struct Official {
    pub(crate) measured: Measured,
    _process: Child,
}

impl Official {
    pub(crate) async fn measures(
        api: &str,
        folder: &Path,
        (messages, sizes): (usize, &[usize]),
    ) -> Result<Self> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/xmtp");
        if !scripts.join("node_modules/.package-lock.json").exists() {
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&scripts);
            ensure!(npm.stdout(Stdio::null()).status().await?.success(), "npm ci failed");
        }
        let sizes: Vec<_> = sizes.iter().map(ToString::to_string).collect();
        let mut command = Command::new("node");
        command.arg(scripts.join("measuring.mjs")).args(["--api", api]).arg("--folder").arg(folder);
        command.args(["--messages", &messages.to_string(), "--sizes", &sizes.join(",")]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("node is needed for the official client")?;
        let out = process.stdout.take().context("the official client says nothing")?;
        let line = BufReader::new(out).lines().next_line().await?;
        let line = line.context("the official client ended before it had measured")?;
        Ok(Self { measured: serde_json::from_str(&line)?, _process: process })
    }
}
