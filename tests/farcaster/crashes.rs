//! The daemon is killed at any moment, and no message is lost, doubled or put out of order.

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use threadbridge::home::Home;
use threadbridge::running::Running;
use threadbridge::unlock;
use threadbridge_core::pipeline::{Step, Steps};
use threadbridge_devnet::farcaster::faults::{Fault, Faults, Scope, When};
use tokio_util::sync::CancellationToken;

use super::chat::Chat;
use super::daemon::{DIES_AT, HOME};

/// How many kills, where the environment does not say.
const KILLS: usize = 20;
const FAULTY: f64 = 0.05;

/// No test, but the daemon that [`every_step_may_be_the_last`] starts in a process of its own.
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

#[tokio::test(flavor = "multi_thread")]
async fn every_step_may_be_the_last() {
    let mut chat = Chat::begins().await;
    let home = chat.home();
    // Conversations begin where the bridge first sees them.
    let daemon = home.starts();
    home.connects().await;
    daemon.dies().await;
    for (round, step) in Step::ALL.into_iter().chain(Step::ALL).enumerate() {
        let passing = if round < Step::ALL.len() { 0 } else { 3 };
        let mut dying = home.starts_to_die(step, passing);
        let status = loop {
            chat.goes_round().await;
            chat.passes(5).await;
            if let Some(status) = dying.has_ended() {
                break status;
            }
        };
        assert_eq!(status.signal(), Some(9), "{step:?}: {}", home.log());
        let daemon = home.starts();
        chat.settles(&home, 5).await;
        daemon.dies().await;
    }
    let daemon = home.starts();
    chat.settles(&home, 30).await;
    daemon.stops().await;
    println!("a death after each of {} steps: {}", 2 * Step::ALL.len(), chat.figures());
    chat.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_while_everything_fails_at_times() {
    let kills = std::env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(KILLS);
    let mut chat = Chat::begins().await;
    let home = chat.home();
    let mut daemon = home.starts();
    home.connects().await;
    chat.hubs.iter().for_each(|hub| make_faulty(hub.faults()));
    // A fid has one cast a second on average, and some ahead: times order what it says.
    let pace = if kills > 50 { Duration::from_millis(1300) } else { Duration::from_millis(400) };
    let talk = chat.goes_on(pace);
    for kill in 0..kills {
        // From 0.2 to 2 seconds, each moment as likely as another.
        chat.passes(2 + (kill as u64 * 7919) % 19).await;
        assert!(daemon.has_ended().is_none(), "{}", home.log());
        daemon.dies().await;
        daemon = home.starts();
    }
    chat.falls_silent(talk).await;
    let struck: Vec<_> = chat.hubs.iter().map(|hub| hub.faults().struck()).collect();
    assert!(struck.iter().all(|struck| struck.len() == 8), "{struck:?}");
    chat.hubs.iter().for_each(|hub| hub.faults().clear_all());
    chat.settles(&home, 30).await;
    println!("{kills} kills: {}; faults {struck:?}", chat.figures());
    daemon.stops().await;
    chat.ends().await;
}

/// Everything that can go wrong does so one time out of twenty.
fn make_faulty(faults: &Faults) {
    let sometimes = When::Chance(FAULTY);
    for (fault, scope) in [
        (Fault::Delay { ms: 40 }, Scope::Any),
        (Fault::Unavailable, Scope::Any),
        (Fault::RateLimited { retry_after_s: 1 }, Scope::Any),
        (Fault::AnswerLost, Scope::Any),
        (Fault::DropLive, Scope::Streams),
        (Fault::Duplicate, Scope::Streams),
        (Fault::Reorder, Scope::Streams),
        (Fault::CutStream, Scope::Streams),
    ] {
        faults.set(fault, scope, sometimes);
    }
}
