//! A hub that runs: its settings, its servers, its blocks, its end.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::Faults;
use super::refusal::Refusal;
use super::store::{Chain, JournalError, Ledger};
use super::wire::{FarcasterNetwork, Message, OnChainEvent, UserNameProof};
use super::{grpc, http};
use crate::line::Lines;

/// How long an orderly stop waits for connections to end.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// What a hub is started with.
#[derive(Clone, Debug)]
pub struct HubSettings {
    /// Port of gRPC on 127.0.0.1; 0 takes a free one.
    pub grpc_port: u16,
    /// Port of HTTP on 127.0.0.1; 0 takes a free one.
    pub http_port: u16,
    /// The network that is served: a mainnet hub takes mainnet messages only.
    pub network: FarcasterNetwork,
    /// How many data shards there are, beside shard 0.
    pub data_shards: u32,
    /// How often each shard makes a block.
    pub block_interval: Duration,
    /// Where blocks are kept; without it, a hub forgets all when it ends.
    pub state_dir: Option<PathBuf>,
    /// How long events are kept.
    pub event_retention: Duration,
    /// How many events a slow reader of a stream may fall behind before it loses some.
    pub live_buffer: usize,
    /// Whether each fid may submit only a tenth of its storage an hour, or 100.
    pub limits_rate: bool,
    /// Whether a longer parent URL hides what is under its prefix, as on the real node.
    pub url_prefix_collision: bool,
    /// `user:password` that submissions must bring as Basic authorization.
    pub write_auth: Option<String>,
    /// The `x-api-key` that submissions must bring, as to a hosted node.
    pub write_key: Option<String>,
    /// Whose signature a fname proof must bear; anybody's will do without, as on a real devnet.
    pub fname_signer: Option<[u8; 20]>,
    /// What the fault dial draws from.
    pub seed: u64,
}

impl Default for HubSettings {
    fn default() -> Self {
        Self {
            grpc_port: 0,
            http_port: 0,
            network: FarcasterNetwork::Devnet,
            data_shards: 2,
            block_interval: Duration::from_millis(100),
            state_dir: None,
            event_retention: Duration::from_secs(3 * 24 * 60 * 60),
            live_buffer: 10_000,
            limits_rate: false,
            url_prefix_collision: true,
            write_auth: None,
            write_key: None,
            fname_signer: None,
            seed: 0,
        }
    }
}

/// Why a hub did not start.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// A port is taken or not allowed.
    #[error("a port of 127.0.0.1 cannot be bound")]
    Bind(#[from] std::io::Error),
    /// Its blocks cannot be read back.
    #[error("the hub's state cannot be opened")]
    State(#[from] JournalError),
}

/// A hub that runs until it is stopped or killed.
#[derive(Debug)]
pub struct Hub {
    ledger: Ledger,
    faults: Faults,
    grpc_addr: SocketAddr,
    http_addr: SocketAddr,
    stopping: CancellationToken,
    dead: CancellationToken,
    tasks: TaskTracker,
}

impl Hub {
    /// Starts a hub on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If a port is taken, or the state directory does not hold a hub's blocks.
    pub async fn start(settings: HubSettings) -> Result<Self, HubError> {
        let faults = Faults::new(settings.seed);
        let interval = settings.block_interval;
        let shards = settings.data_shards;
        let (write_auth, write_key) = (settings.write_auth.clone(), settings.write_key.clone());
        let grpc_listener = listen(settings.grpc_port).await?;
        let http_listener = listen(settings.http_port).await?;
        let hub = Self {
            ledger: Ledger::new(Chain::open(settings)?),
            faults,
            grpc_addr: grpc_listener.local_addr()?,
            http_addr: http_listener.local_addr()?,
            stopping: CancellationToken::new(),
            dead: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        for shard in 0..=shards {
            hub.tasks.spawn(hub.clone_for_tasks().produce(shard, interval));
        }
        let front = grpc::Front {
            ledger: hub.ledger.clone(),
            faults: hub.faults.clone(),
            stopping: hub.stopping.clone(),
            tasks: hub.tasks.clone(),
            write_auth,
            write_key,
        };
        let lines = hub.lines(grpc_listener);
        hub.until_dead(grpc::serve(front.clone(), lines));
        let lines = hub.lines(http_listener);
        hub.until_dead(http::serve(front, lines));
        Ok(hub)
    }

    /// Where gRPC is served.
    pub const fn grpc_addr(&self) -> SocketAddr {
        self.grpc_addr
    }

    /// Where HTTP is served.
    pub const fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// The dial of what goes wrong.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Takes an on-chain event, as `AdminService` does.
    pub fn submit_onchain_event(&self, event: OnChainEvent) {
        self.ledger.with(|chain| chain.accept_onchain(event));
    }

    /// Takes a username proof, as `AdminService` does.
    ///
    /// # Errors
    ///
    /// If the name is not one, or the proof is not signed as the settings ask.
    pub fn submit_username_proof(&self, proof: UserNameProof) -> Result<(), Refusal> {
        self.ledger.with(|chain| chain.accept_name(proof))
    }

    /// Checks a message and puts it into the mempool, as `SubmitMessage` does.
    ///
    /// # Errors
    ///
    /// If a rule refuses it.
    pub fn submit(&self, message: Message) -> Result<Message, Refusal> {
        self.ledger.submit(message, false)
    }

    /// The height of a shard's last block.
    pub fn height(&self, shard: u32) -> u64 {
        self.ledger.with(|chain| chain.shards.get(&shard).map_or(0, |shard| shard.height))
    }

    /// Ends streams and servers in order, then blocks.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        if tokio::time::timeout(STOP_WITHIN, self.tasks.wait()).await.is_err() {
            self.dead.cancel();
            self.tasks.wait().await;
        }
    }

    /// Ends at once, as a killed process does: connections break, what waits is lost.
    pub async fn kill(self) {
        self.dead.cancel();
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn lines(&self, listener: TcpListener) -> Lines {
        Lines::new(listener, self.faults.clone(), self.dead.clone())
    }

    fn until_dead(&self, server: impl Future<Output = ()> + Send + 'static) {
        let dead = self.dead.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = server => {}
                () = dead.cancelled() => {}
            }
        });
    }

    fn clone_for_tasks(&self) -> Producer {
        Producer {
            ledger: self.ledger.clone(),
            faults: self.faults.clone(),
            stopping: self.stopping.clone(),
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.dead.cancel();
        self.stopping.cancel();
    }
}

/// Makes the blocks of one shard.
struct Producer {
    ledger: Ledger,
    faults: Faults,
    stopping: CancellationToken,
}

impl Producer {
    async fn produce(self, shard: u32, interval: Duration) {
        let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stopping.cancelled() => return,
                _ = ticks.tick() => {}
            }
            if self.faults.is_stalled(shard) {
                continue;
            }
            if let Err(error) = self.ledger.with(|chain| chain.produce(shard)) {
                tracing::error!(%error, shard, "a block could not be kept; the shard stops");
                return;
            }
        }
    }
}

async fn listen(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
}
