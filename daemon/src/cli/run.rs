//! `threadbridge run`: the daemon.

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::runtime;
use crate::exit::Failure;
use crate::home::Home;
use crate::logging::chain;
use crate::signals::stop_at_signal;
use crate::unlock;

pub(super) fn run(home: Home) -> Result<(), Failure> {
    let loaded = home.load()?;
    for note in &loaded.notes {
        tracing::info!("{note}");
    }
    // A passphrase is asked for before the runtime starts, since typing blocks.
    let store = unlock::open(&home, &loaded.settings)?;
    runtime()?.block_on(async {
        let shutdown = CancellationToken::new();
        let signals = TaskTracker::new();
        let stop = shutdown.clone();
        signals.spawn(async move {
            if let Err(error) = stop_at_signal(stop).await {
                tracing::error!(error = chain(&error), "signals cannot be heard");
            }
        });
        crate::run(home, loaded.settings, store, shutdown).await
    })
}
