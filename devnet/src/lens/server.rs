//! The network as a server: the API on one port, Grove on another.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::api::{self, Api};
use super::faults::Faults;
use super::grove::{self, Shelf, Storage};
use super::token;
use super::world::{Pace, World};
use crate::line::Lines;

/// How the network is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LensSettings {
    /// Port of the API; 0 takes a free one.
    pub api_port: u16,
    /// Port of Grove; 0 takes a free one.
    pub grove_port: u16,
    /// From a transaction's hash until what it did is seen.
    pub index_after: Duration,
    /// How long an access token lasts.
    pub access_for: Duration,
    /// How long a session lasts without being refreshed.
    pub refresh_for: Duration,
    /// How long a challenge may be answered.
    pub challenge_for: Duration,
    /// The largest file that Grove takes.
    pub max_upload_bytes: usize,
    /// From an upload until Grove says that it is done.
    pub done_after: Duration,
    /// What the fault dial draws from, and addresses are made of.
    pub seed: u64,
}

impl Default for LensSettings {
    fn default() -> Self {
        Self {
            api_port: 0,
            grove_port: 0,
            index_after: Duration::from_millis(300),
            access_for: Duration::from_secs(10 * 60),
            refresh_for: Duration::from_secs(7 * 24 * 60 * 60),
            challenge_for: Duration::from_secs(5 * 60),
            max_upload_bytes: 125_000_000,
            done_after: Duration::from_millis(100),
            seed: 0,
        }
    }
}

/// A Lens network on 127.0.0.1. It ends when it is dropped.
#[derive(Debug)]
pub struct Lens {
    pub(super) world: Arc<Mutex<World>>,
    pub(super) shelf: Shelf,
    pub(super) seed: u64,
    faults: Faults,
    api_addr: SocketAddr,
    grove_addr: SocketAddr,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Lens {
    /// Starts both servers.
    ///
    /// # Errors
    ///
    /// If a port is taken.
    pub async fn start(settings: LensSettings) -> std::io::Result<Self> {
        let listen = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
        let api_listener = listen(settings.api_port).await?;
        let grove_listener = listen(settings.grove_port).await?;
        let (api_addr, grove_addr) = (api_listener.local_addr()?, grove_listener.local_addr()?);
        let faults = Faults::new(settings.seed);
        let shelf = Shelf::default();
        shelf.with(|files| files.gateway = format!("http://{grove_addr}"));
        let pace = Pace {
            index_after: settings.index_after,
            access_for: settings.access_for,
            refresh_for: settings.refresh_for,
            challenge_for: settings.challenge_for,
        };
        let world = World::new(pace, settings.seed, (faults.clone(), shelf.clone()));
        let world = Arc::new(Mutex::new(world));
        let lens = Self {
            world: Arc::clone(&world),
            shelf: shelf.clone(),
            seed: settings.seed,
            faults: faults.clone(),
            api_addr,
            grove_addr,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        // The key takes a moment to make; who signs in first should not wait for it.
        lens.tasks.spawn_blocking(|| {
            if let Err(error) = token::key() {
                tracing::error!(%error, "nobody can sign in");
            }
        });
        let issuer = Arc::from(format!("http://{api_addr}"));
        let api = Api { world: Arc::clone(&world), faults, issuer };
        lens.serve(api_listener, api::router(api));
        let storage = Storage {
            shelf,
            world,
            faults: lens.faults.clone(),
            max_bytes: settings.max_upload_bytes,
            done_after: settings.done_after,
        };
        lens.serve(grove_listener, grove::router(storage));
        Ok(lens)
    }

    fn serve(&self, listener: TcpListener, router: axum::Router) {
        let stopping = self.stopping.clone();
        let lines = Lines::new(listener, self.faults.clone(), stopping.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                served = axum::serve(lines, router).into_future() => {
                    if let Err(error) = served {
                        tracing::error!(%error, "a server of the network ended");
                    }
                }
                () = stopping.cancelled() => {}
            }
        });
    }

    /// Where the API is.
    pub const fn api_addr(&self) -> SocketAddr {
        self.api_addr
    }

    /// Where Grove is.
    pub const fn grove_addr(&self) -> SocketAddr {
        self.grove_addr
    }

    /// Where GraphQL is posted to.
    pub fn api_url(&self) -> String {
        format!("http://{}/graphql", self.api_addr)
    }

    /// Where files are posted to.
    pub fn grove_url(&self) -> String {
        format!("http://{}", self.grove_addr)
    }

    /// The dial of what goes wrong.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Ends both servers.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Lens {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}
