//! The node as a server, and what happens on its chain.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use alloy_primitives::{Address, B256, hex, keccak256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::chain::Chain;
use super::faults::Faults;
use super::rpc::Rpc;
use crate::line::Lines;

/// How the node is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EthereumSettings {
    /// Its port; 0 takes a free one.
    pub port: u16,
    /// Its chain (EIP-155).
    pub chain_id: u64,
    /// What has to be shown as `Authorization: Bearer …`, if anything.
    pub key: Option<String>,
    /// What the fault dial draws from.
    pub seed: u64,
}

impl Default for EthereumSettings {
    fn default() -> Self {
        Self { port: 0, chain_id: 1, key: None, seed: 0 }
    }
}

/// A node of Ethereum on 127.0.0.1. It ends when it is dropped.
#[derive(Debug)]
pub struct Ethereum {
    chain: Arc<Mutex<Chain>>,
    faults: Faults,
    addr: SocketAddr,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Ethereum {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub async fn start(settings: EthereumSettings) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port)).await?;
        let addr = listener.local_addr()?;
        let chain = Arc::new(Mutex::new(Chain::new(settings.chain_id)));
        let (faults, key) = (Faults::new(settings.seed), settings.key.map(Arc::from));
        let rpc = Rpc { chain: Arc::clone(&chain), faults: faults.clone(), key };
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let lines = Lines::new(listener, faults.clone(), stopping.clone());
        let stop = stopping.clone();
        tasks.spawn(async move {
            tokio::select! {
                served = axum::serve(lines, rpc.router()).into_future() => {
                    if let Err(error) = served {
                        tracing::error!(%error, "the node ended");
                    }
                }
                () = stop.cancelled() => {}
            }
        });
        Ok(Self { chain, faults, addr, stopping, tasks })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Chain) -> R) -> R {
        act(&mut self.chain.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where JSON-RPC is posted to.
    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// The dial of what goes wrong.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Has a name of ENS lead to an address.
    pub fn name_leads_to(&self, name: &str, to: Address) {
        self.with(|chain| chain.set_address(node_of(name), to));
    }

    /// Has an address say what it is called.
    pub fn is_called(&self, address: Address, name: &str) {
        let node = node_of(&format!("{}.addr.reverse", hex::encode(address)));
        self.with(|chain| chain.set_name(node, name));
    }

    /// Gives a contract wallet an owner, whose signatures are its own (ERC-1271).
    pub fn owns_wallet(&self, owner: Address, wallet: Address) {
        self.with(|chain| chain.set_owner(wallet, owner));
    }

    /// Ends it.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Ethereum {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// The node of a name in the registry (ENSIP-1).
fn node_of(name: &str) -> B256 {
    name.rsplit('.').fold(B256::ZERO, |node, label| {
        let mut both = node.to_vec();
        both.extend(keccak256(label));
        keccak256(both)
    })
}
