//! A running daemon: starts the bridge, hears orders, follows the settings, and stops in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup, Steps, forget_health};
use threadbridge_core::store::Store;
use threadbridge_ethereum::Wallets;
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cli::counted;
use crate::control::{Answer, ControlSocket, Order, Request};
use crate::exit::{Exit, Failure, OrExit};
use crate::hand::Hand;
use crate::home::Home;
use crate::logging::chain;
use crate::order;
use crate::passage;
use crate::registry::{Connected, connect_all, ethereum};
use crate::settings::Settings;
use crate::settings::person::PersonSettings;
use crate::signals::{hangups, tell_systemd};
use crate::watch::FileWatch;
use crate::word;

/// Orders that wait while one is carried out.
const ORDERS: usize = 8;

/// Runs the bridge that `settings` describe over `store`, until `shutdown`.
pub async fn run(
    home: Home,
    settings: Settings,
    store: Store,
    shutdown: CancellationToken,
) -> Result<(), Failure> {
    Running::start(home, settings, store, Steps::default()).await?.until(shutdown).await
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Running {
    home: Home,
    settings: Settings,
    store: Store,
    bridge: Bridge,
    connected: BTreeMap<AccountName, Connected>,
    steps: Steps,
    hangups: Signal,
    watch: Option<FileWatch>,
    orders: mpsc::Receiver<Order>,
    hearing: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    /// Connects the accounts and starts the bridge. `steps` are for tests that stop it on its way.
    pub async fn start(
        home: Home,
        settings: Settings,
        store: Store,
        steps: Steps,
    ) -> Result<Self, Failure> {
        // Whoever sees the socket may count on signals and changes being noticed.
        let hangups = hangups().or_exit(Exit::Failed)?;
        let watch = FileWatch::new(&home.config)
            .inspect_err(|error| tracing::warn!(error = chain(error), "changes go unnoticed"))
            .ok();
        forget_health(&store, Clock::System.now()).await.or_exit(Exit::Store)?;
        let socket = ControlSocket::open(&home.socket_path(&settings)).or_exit(Exit::Failed)?;
        let connected = connect_all(&home, &settings, &BTreeMap::new()).or_exit(Exit::Settings)?;
        let setup = setup(&home, &settings, &connected, &steps)?;
        let bridge =
            Bridge::start(store.clone(), setup, Clock::System).await.or_exit(Exit::Store)?;
        let (hear, orders) = mpsc::channel(ORDERS);
        let (hearing, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(socket.serve(hear, hearing.clone()));
        tasks.close();
        tracing::info!(
            accounts = settings.accounts.len(),
            links = settings.links.len(),
            "the bridge runs"
        );
        Ok(Self {
            home,
            settings,
            store,
            bridge,
            connected,
            steps,
            hangups,
            watch,
            orders,
            hearing,
            tasks,
        })
    }

    /// Goes on until `shutdown`, then stops: nothing more is heard, what came in is journaled, what
    /// is under way is answered or will be sent again.
    pub async fn until(mut self, shutdown: CancellationToken) -> Result<(), Failure> {
        // The file may have changed between being read and being watched.
        if self.home.load().is_ok_and(|loaded| loaded.settings != self.settings) {
            self.follow_settings().await;
        }
        tell_systemd("READY=1");
        loop {
            let changed = async {
                match &mut self.watch {
                    Some(watch) => watch.changed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(Order { request, reply }) = self.orders.recv() => match request {
                    request @ (Request::Import { .. } | Request::History { .. }) => {
                        self.take_in(request, reply);
                    }
                    request @ (Request::Say { .. }
                    | Request::SendTo { .. }
                    | Request::Group { .. }
                    | Request::Facts
                    | Request::Replay { .. }
                    | Request::Drop { .. }
                    | Request::Person { .. }
                    | Request::Thread { .. }
                    | Request::Retire { .. }
                    | Request::Erase { .. }
                    | Request::Reload) => answer(reply, self.attempt(request).await),
                },
                () = changed => self.follow_settings().await,
                _ = self.hangups.recv() => self.follow_settings().await,
            }
        }
        self.stop().await
    }

    async fn stop(self) -> Result<(), Failure> {
        tell_systemd("STOPPING=1");
        self.hearing.cancel();
        drop(self.orders);
        self.tasks.wait().await;
        self.bridge.stop().await.or_exit(Exit::Store)?;
        tracing::info!("stopped");
        Ok(())
    }

    /// Takes an archive or a history in beside all else. Stopped meanwhile, it is to be taken in again.
    fn take_in(&self, request: Request, reply: oneshot::Sender<Answer>) {
        let (store, settings) = (self.store.clone(), self.settings.clone());
        let stop = self.hearing.clone();
        self.tasks.spawn(async move {
            let done = tokio::select! {
                done = order::take_in(&store, &settings, &request) => done,
                () = stop.cancelled() => {
                    Err(Failure::new(Exit::Network, "the daemon is stopping; import it again"))
                }
            };
            answer(reply, done);
        });
    }

    async fn attempt(&mut self, request: Request) -> Result<String, Failure> {
        match request {
            Request::Say { target, text } => {
                let content = order::content(&text).or_exit(Exit::Failed)?;
                let target = order::target_in(&self.store, &self.settings, &target)?;
                let message = self.bridge.say(target, content).await.map_err(order::not_done)?;
                Ok(message.to_string())
            }
            request @ (Request::SendTo { .. } | Request::Group { .. } | Request::Facts) => {
                let (store, settings, accounts) = (&self.store, &self.settings, &self.connected);
                Hand { store, settings, accounts }.through(&self.bridge, &request).await
            }
            Request::Replay { id } => {
                let legs = self.bridge.replay(id).await.map_err(order::not_done)?;
                Ok(order::replayed(legs))
            }
            Request::Drop { id } => {
                self.bridge.discard(id).await.map(order::dropped).map_err(order::not_done)
            }
            Request::Person { act } => {
                let said = word::carry_out(
                    (&self.home, &self.settings),
                    &self.store,
                    &act,
                    Clock::System.now(),
                )
                .await?;
                // What waited for it goes on.
                self.bridge.hurry().await;
                Ok(said)
            }
            Request::Thread { target, act } => {
                let from = (&self.store, &self.settings);
                let said = passage::carry_out(from, &self.connected, (&target, &act)).await?;
                self.bridge.hurry().await;
                Ok(said)
            }
            Request::Retire { account } => {
                let said = passage::retire(&self.store, &account).await?;
                self.bridge.hurry().await;
                Ok(said)
            }
            Request::Reload => self.reload().await,
            Request::Erase { kind, which } => {
                let what = order::to_erase(&self.store, &self.settings, kind, &which)?;
                let id = self.bridge.erase(what).await.map_err(order::not_done)?;
                Ok(format!(
                    "erasure {id} has begun; `threadbridge erase report` tells how far it is"
                ))
            }
            request @ (Request::Import { .. } | Request::History { .. }) => {
                order::take_in(&self.store, &self.settings, &request).await
            }
        }
    }

    /// Reads the settings again because the file changed or SIGHUP came.
    async fn follow_settings(&mut self) {
        tell_systemd("RELOADING=1");
        match self.reload().await {
            Ok(what) => tracing::info!("{what}"),
            Err(failure) => {
                tracing::error!("the settings stay as they were: {}", chain(&failure));
            }
        }
        tell_systemd("READY=1");
    }

    /// Applies the settings as they are now, if they are sound. What did not change goes on
    /// undisturbed; what is gone has stopped when this returns.
    async fn reload(&mut self) -> Result<String, Failure> {
        let settings = self.home.load()?.settings;
        if settings.store != self.settings.store {
            return Err(Failure::new(
                Exit::Settings,
                "`[store]` changed, which takes effect only when the daemon is started again; \
                 nothing was applied",
            ));
        }
        let connected =
            connect_all(&self.home, &settings, &self.connected).or_exit(Exit::Settings)?;
        let what = changes(&self.settings, &settings, &self.connected, &connected);
        let setup = setup(&self.home, &settings, &connected, &self.steps)?;
        self.bridge.apply(setup).await.or_exit(Exit::Store)?;
        (self.settings, self.connected) = (settings, connected);
        Ok(what)
    }
}

/// Tells whoever ordered something what came of it.
fn answer(reply: oneshot::Sender<Answer>, done: Result<String, Failure>) {
    let answer = match done {
        Ok(text) => Answer::Done { text },
        Err(failure) => Answer::Failed { reason: chain(&failure), exit: failure.exit.code() },
    };
    if reply.send(answer).is_err() {
        tracing::debug!("whoever ordered it has gone");
    }
}

fn setup(
    home: &Home,
    settings: &Settings,
    connected: &BTreeMap<AccountName, Connected>,
    steps: &Steps,
) -> Result<Setup, Failure> {
    let node = ethereum(home, settings).or_exit(Exit::Settings)?;
    let adapters = connected.iter().map(|(name, it)| (name.clone(), it.adapter.clone()));
    let (voices, accounts) = adapters.partition(|(name, _)| settings.is_voice(name));
    Ok(Setup {
        accounts,
        voices,
        people: settings.people.iter().map(PersonSettings::introduction).collect(),
        links: settings.links(),
        direct: settings.direct.directs(),
        checkers: vec![Arc::new(Wallets { node })],
        retention: settings.retention(),
        limits: settings.limits.limits(),
        steps: steps.clone(),
    })
}

/// What a reload did, in one line.
fn changes(
    before: &Settings,
    after: &Settings,
    kept: &BTreeMap<AccountName, Connected>,
    connected: &BTreeMap<AccountName, Connected>,
) -> String {
    let undisturbed = connected
        .iter()
        .filter(|(name, account)| kept.get(*name).is_some_and(|it| it.is_same(account)))
        .count();
    let gone = before.accounts.keys().filter(|name| !connected.contains_key(*name)).count();
    let begun = connected.len().saturating_sub(undisturbed);
    let links = if before.links() == after.links() { "the same" } else { "new" };
    format!(
        "the settings were read again: {} undisturbed, {begun} begun, {gone} gone, {links} links",
        counted(undisturbed, "account")
    )
}
