//! The daemon is killed at any moment, and no message is lost, doubled or put out of order.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use threadbridge::home::Home;
use threadbridge::running::Running;
use threadbridge::unlock;
use threadbridge_core::pipeline::{Step, Steps};
use tokio_util::sync::CancellationToken;

use super::daemon::{DIES_AT, HOME};
use crate::chat::{Casts, Chat, Kills, every_step};

/// How many kills, where the environment does not say.
const KILLS: usize = 20;

/// No test, but the daemon that [`every_step`] starts in a process of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_kills_itself_at_a_step() {
    let Some((config, dies_at)) = std::env::var_os(HOME).zip(std::env::var(DIES_AT).ok()) else {
        return;
    };
    threadbridge::logging::start();
    let (step, passing) = dies_at.split_once(' ').unwrap();
    let step = Step::ALL.into_iter().find(|it| format!("{it:?}") == step).unwrap();
    let left = AtomicUsize::new(passing.parse().unwrap());
    let steps = Steps::watched_by(move |reached| {
        let less = |left: usize| left.checked_sub(1);
        let is_last = reached == step
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err();
        if is_last {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
    });
    let home = Home { config: PathBuf::from(config), flags: Vec::new() };
    let settings = home.load().unwrap().settings;
    let store = unlock::open(&home, &settings).unwrap();
    let running = Running::start(home, settings, store, steps).await.unwrap();
    running.until(CancellationToken::new()).await.unwrap();
}

async fn chat() -> Chat {
    Chat::between([
        Casts::channel("left", &[(101, "alice"), (102, "anna")]).await,
        Casts::thread("right", &[(201, "bob"), (202, "ben")]).await,
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_may_be_the_last() {
    every_step(chat().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_while_everything_fails_at_times() {
    let kills = Kills { apart: (2, 19), ..Kills::of(("KILLS", KILLS), ("MESSAGES", 0)) };
    // A fid has one cast a second on average, and some ahead: times order what it says.
    let pace = if kills.kills > 50 { 1300 } else { 400 };
    let struck = Kills { pace: Duration::from_millis(pace), ..kills }.come(chat().await).await;
    assert!(struck.iter().all(|struck| struck.len() == 8), "{struck:?}");
}
