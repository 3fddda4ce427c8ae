//! The node as a server: gRPC on one port, history archives on another.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api::{self, Front};
use super::chain::Chains;
use super::clock::unix_ns;
use super::faults::Faults;
use super::history::{self, Archives, Spoil};
use super::store::{Store, Welcome};
use crate::line::Lines;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// What a server shows of itself over TLS, in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, and those that lead to one that clients know.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// How a node is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSettings {
    /// Port of gRPC; 0 takes a free one.
    pub port: u16,
    /// Port of the history server; 0 takes a free one.
    pub history_port: u16,
    /// Serves gRPC over TLS; without it, over HTTP/2 with prior knowledge.
    pub tls: Option<Tls>,
    /// The largest group message, in bytes.
    pub max_message: usize,
    /// What the fault dial draws from.
    pub seed: u64,
}

impl Default for NodeSettings {
    fn default() -> Self {
        // What the public network documents as the largest message.
        let max_message = 1_048_214;
        Self { port: 0, history_port: 0, tls: None, max_message, seed: 0 }
    }
}

/// A node on 127.0.0.1. It ends when it is dropped.
#[derive(Debug)]
pub struct Node {
    settings: NodeSettings,
    pub(super) store: Store,
    chains: Chains,
    faults: Faults,
    archives: Archives,
    addr: SocketAddr,
    history_addr: SocketAddr,
    serving: Option<Serving>,
}

#[derive(Debug)]
struct Serving {
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Node {
    /// Starts both servers.
    ///
    /// # Errors
    ///
    /// If a port is taken, or a certificate cannot be used.
    pub async fn start(settings: NodeSettings) -> io::Result<Self> {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut node = Self {
            store: Store::default(),
            chains: Chains::default(),
            faults: Faults::new(settings.seed),
            archives: Archives::default(),
            addr: local(settings.port),
            history_addr: local(settings.history_port),
            serving: None,
            settings,
        };
        node.up().await?;
        Ok(node)
    }

    /// Starts a node that is down again, on the same ports and with all that it knew.
    ///
    /// # Errors
    ///
    /// If a port is taken.
    pub async fn up(&mut self) -> io::Result<()> {
        if self.serving.is_some() {
            return Ok(());
        }
        let api_listener = TcpListener::bind(self.addr).await?;
        let history_listener = TcpListener::bind(self.history_addr).await?;
        let addrs = (api_listener.local_addr()?, history_listener.local_addr()?);
        (self.addr, self.history_addr) = addrs;
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let front = Front {
            store: self.store.clone(),
            chains: self.chains.clone(),
            faults: self.faults.clone(),
            max_message: self.settings.max_message,
            stopping: stopping.clone(),
            tasks: tasks.clone(),
        };
        let lines = |listener| Lines::new(listener, self.faults.clone(), stopping.clone());
        let router = front.router(self.settings.tls.as_ref()).map_err(io::Error::other)?;
        tasks.spawn(api::serve(router, lines(api_listener), stopping.clone()));
        let router = history::router(self.archives.clone());
        let served = axum::serve(lines(history_listener), router).into_future();
        let over = stopping.clone();
        tasks.spawn(async move {
            tokio::select! {
                served = served => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the history server ended");
                    }
                }
                () = over.cancelled() => {}
            }
        });
        self.serving = Some(Serving { stopping, tasks });
        Ok(())
    }

    /// Ends both servers and breaks all connections, and keeps what the node knows.
    pub async fn down(&mut self) {
        let Some(serving) = self.serving.take() else { return };
        serving.stopping.cancel();
        serving.tasks.close();
        serving.tasks.wait().await;
    }

    /// Ends the node.
    pub async fn stop(mut self) {
        self.down().await;
    }

    /// Where gRPC is.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where clients find the node.
    pub fn url(&self) -> String {
        let scheme = if self.settings.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// Where clients upload archives.
    pub fn history_url(&self) -> String {
        format!("http://{}", self.history_addr)
    }

    /// The dial of what goes wrong.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Contract wallets that the node believes.
    pub const fn chains(&self) -> &Chains {
        &self.chains
    }

    /// Ends publishing and streaming now, as the network will when it moves on to its fourth
    /// version; or takes it back.
    pub fn cut_over(&self, is_over: bool) {
        self.store.with(|state| state.cutover_ns = is_over.then(unix_ns));
    }

    /// Forgets what the network has forgotten `later` than now: applications' messages after 30 days,
    /// welcomes and key packages after 90. Commits stay.
    pub fn forget(&self, later: Duration) {
        let now = unix_ns().saturating_add(nanoseconds(later));
        let is_kept = |created_ns: u64, days: u64| {
            created_ns.saturating_add(nanoseconds(DAY).saturating_mul(days)) > now
        };
        self.store.with(|state| {
            let messages = &mut state.messages;
            messages.retain(|sent| sent.message.is_commit || is_kept(sent.created_ns, 30));
            state.welcomes.retain(|sent| is_kept(sent.created_ns, 90));
            state.key_packages.retain(|_, (uploaded_ns, _)| is_kept(*uploaded_ns, 90));
        });
    }

    /// Loses the newest message of a group (its id in hex): who has read it goes on, and nobody else
    /// ever will.
    pub fn lose_newest(&self, group: &str) {
        let group = hex::decode(group).unwrap_or_default();
        self.store.with(|state| {
            let newest = state.messages.last(&group).map(|sent| sent.id);
            state.messages.retain(|sent| Some(sent.id) != newest);
        });
    }

    /// The inbox that an address is in.
    pub fn inbox_of(&self, address: &str) -> Option<String> {
        self.store.with(|state| state.directory.inbox_of(address))
    }

    /// Public keys of an inbox's installations, in hex.
    pub fn installations(&self, inbox: &str) -> Vec<String> {
        let keys = self.store.with(|state| state.directory.installations(inbox));
        keys.into_iter().map(hex::encode).collect()
    }

    /// How many messages, commits included, each group has, by its id in hex.
    pub fn groups(&self) -> Vec<(String, usize)> {
        self.store.with(|state| {
            let groups = state.messages.topics();
            groups.map(|(group, sent)| (hex::encode(group), sent.len())).collect()
        })
    }

    /// The bytes of all messages of a group (its id in hex), in order.
    pub fn messages(&self, group: &str) -> Vec<Vec<u8>> {
        let group = hex::decode(group).unwrap_or_default();
        self.store.with(|state| {
            let sent = state.messages.behind(&group, 0, usize::MAX);
            sent.iter().map(|entry| entry.message.data.clone()).collect()
        })
    }

    /// How many welcomes were sent, pointers apart.
    pub fn welcomes(&self) -> usize {
        self.sent(|welcome| matches!(welcome, Welcome::V1(_)))
    }

    /// How many pointers to welcomes were sent.
    pub fn pointers(&self) -> usize {
        self.sent(|welcome| matches!(welcome, Welcome::WelcomePointer(_)))
    }

    fn sent(&self, is_counted: impl Fn(&Welcome) -> bool) -> usize {
        self.store.with(|state| {
            let all = state.welcomes.all_behind(0, usize::MAX);
            all.iter().filter(|entry| is_counted(&entry.message)).count()
        })
    }

    /// How many archives were uploaded.
    pub fn archives(&self) -> usize {
        self.archives.with(|archives| archives.len())
    }

    /// Has the history server spoil what is had back from now on, or no more.
    pub fn spoil_archives(&self, spoil: Option<Spoil>) {
        self.archives.spoil(spoil);
    }
}
