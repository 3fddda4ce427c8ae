//! `threadbridge demo`: the whole bridge on this machine, with no account anywhere.
//!
//! A Farcaster hub, the Lens API and an XMTP node run on loopback, people talk on them, and the real daemon, a
//! process of its own over an encrypted store, bridges their conversations. What people see is read
//! back from their own network, never from the bridge; so is what is counted in the end.

mod bridge;
mod burst;
mod channel;
mod columns;
mod feed;
mod group;
mod room;
mod script;
mod stage;
mod story;
mod talk;
mod tally;

use std::io;

use thiserror::Error;
use threadbridge_core::pipeline::{NotDone, StartError};
use threadbridge_core::store::{CreateError, DiskError, OpenError, ReadError};
use threadbridge_devnet::farcaster::app::AppError;
use threadbridge_devnet::farcaster::hub::HubError;
use threadbridge_devnet::farcaster::refusal::Refusal;
use threadbridge_devnet::lens::person::Refused;
use threadbridge_xmtp::ConnectError;
use tokio::signal::unix::{SignalKind, signal};

use self::stage::Stage;
use crate::exit::{Exit, Failure, OrExit};

/// How the demo goes on after the burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// It ends.
    End,
    /// Whoever watches may type.
    Talk,
}

/// Why the demo came to no good end.
#[derive(Debug, Error)]
enum Stopped {
    #[error("a hub does not start")]
    Hub(#[from] HubError),
    #[error("a person's app shows nothing")]
    App(#[from] AppError),
    #[error("a hub refused what a person did")]
    Refused(#[from] Refusal),
    #[error("Lens refused what a person did")]
    RefusedByLens(#[from] Refused),
    #[error("the app on XMTP cannot be connected")]
    Connect(#[from] ConnectError),
    #[error("the app on XMTP does not start")]
    Start(#[from] StartError),
    #[error("the app on XMTP did not do what it was told")]
    NotDone(#[from] NotDone),
    #[error("files cannot be written or processes started")]
    Io(#[from] io::Error),
    #[error("the operating system gives no random bytes")]
    NoRandomness(#[from] getrandom::Error),
    #[error("the bridge's store cannot be made")]
    Create(#[from] CreateError),
    #[error("the bridge's store cannot be closed")]
    Close(#[from] DiskError),
    #[error("the bridge's store cannot be opened to see how it is doing")]
    Open(#[from] OpenError),
    #[error("the bridge's store cannot be read to see how it is doing")]
    Read(#[from] ReadError),
    #[error("the bridge ended by itself ({how}); the last that it said:\n{log}")]
    BridgeEnded { how: String, log: String },
    #[error("this was not seen in time: {0}")]
    NotSeen(String),
    #[error("not everything arrived exactly once and in order")]
    Unequal,
    #[error("it was interrupted before everything had arrived")]
    Interrupted,
    #[error(transparent)]
    Output(#[from] Failure),
}

impl Stopped {
    /// Somebody was asked to do something where they are not.
    fn elsewhere() -> Self {
        Self::NotSeen("somebody who is there, and what they are to do something about".to_owned())
    }
}

/// Runs the demo. Succeeds only if everything that was said arrived exactly once and in order.
pub(crate) fn run(after: After) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().or_exit(Exit::Failed)?;
    runtime.block_on(perform(after)).or_exit(Exit::Failed)
}

async fn perform(after: After) -> Result<(), Stopped> {
    let mut interrupts = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    let [interrupt, terminate, hangup] = &mut interrupts;
    let mut stage = Stage::build().await?;
    let outcome = tokio::select! {
        outcome = acts(&mut stage, after) => outcome,
        _ = interrupt.recv() => Err(Stopped::Interrupted),
        _ = terminate.recv() => Err(Stopped::Interrupted),
        _ = hangup.recv() => Err(Stopped::Interrupted),
    };
    stage.clear().await?;
    match (outcome, after) {
        (Err(Stopped::Interrupted), After::Talk) => Ok(()),
        (outcome, _) => outcome,
    }
}

async fn acts(stage: &mut Stage, after: After) -> Result<(), Stopped> {
    story::opens(stage).await?;
    story::converses(stage).await?;
    burst::bursts(stage).await?;
    match after {
        After::End => Ok(()),
        After::Talk => talk::talk(stage).await,
    }
}
