//! One account's connection: what an adapter sees of the network. Each call may fail, each may be
//! given up at any await, and nothing but the network knows then whether it was done.

use std::time::Duration;

use thiserror::Error;
use threadbridge_core::model::id::RemoteAuthor;
use tokio::sync::mpsc;

use super::fault::{Condition, PublishFault};
use super::publish::{Fate, Submission};
use super::stream::{Listener, Placed};
use super::{LoopbackNetwork, Secrecy, State};
use crate::ratchet::hand_over;
use crate::wire::{Entry, News, Secret, stamp};

pub(crate) use super::publish::{NotTaken, Taken};

/// The most entries in one page of a history.
pub(crate) const MAX_PAGE: usize = 256;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum CallFailed {
    #[error("the network cannot be reached")]
    Unreachable,
    #[error("the connection was cut")]
    Cut,
    #[error("the network did not answer in time")]
    NoAnswer,
    #[error("the network asks to be left alone for {} ms", .0.as_millis())]
    Wait(Duration),
    #[error("the network lets the account in no more")]
    LockedOut,
    #[error("the network refuses the post")]
    Refused,
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
    #[error("no member of the room hands its key over")]
    NoSuchKey,
}

/// One account's access to the network.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    network: LoopbackNetwork,
    account: String,
    secret: Secret,
}

/// An entry as the account receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) stream: String,
    /// Counts from 1, without gaps.
    pub(crate) position: u64,
    /// What the network calls the entry.
    pub(crate) id: String,
    /// The entry under the network's stamp.
    pub(crate) bytes: Vec<u8>,
}

/// Live events of all streams, until the connection ends.
#[derive(Debug)]
pub(crate) struct Subscription {
    network: LoopbackNetwork,
    events: mpsc::Receiver<Placed>,
    secret: Secret,
}

impl Session {
    pub(crate) fn new(network: LoopbackNetwork, account: &RemoteAuthor) -> Self {
        let secret = network.secret_of(account.as_str());
        Self { network, account: account.as_str().to_owned(), secret }
    }

    pub(crate) const fn network(&self) -> &LoopbackNetwork {
        &self.network
    }

    /// Who the account is.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Whether its rooms are encrypted.
    pub(crate) fn is_encrypted(&self) -> bool {
        matches!(self.network.rules().secrecy, Secrecy::Encrypted { .. })
    }

    /// What the network's stamps for this account are made with.
    pub(crate) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Every stream with the position of its last entry.
    pub(crate) async fn heads(&self) -> Result<Vec<(String, u64)>, CallFailed> {
        self.call(|_, state| {
            Ok(state.streams.iter().map(|it| (it.name().to_owned(), it.head())).collect())
        })
        .await
    }

    /// The next entries of a stream after a position; none if that was the last one.
    pub(crate) async fn history(
        &self,
        stream: &str,
        after: u64,
    ) -> Result<Vec<Received>, CallFailed> {
        self.call(|_, state| {
            let found = state.streams.iter().find(|it| it.name() == stream);
            let page = found.map(|it| it.after(after, MAX_PAGE)).unwrap_or_default();
            Ok(page.into_iter().map(|placed| received(placed, &self.secret)).collect())
        })
        .await
    }

    /// Live events from now on.
    pub(crate) async fn subscribe(&self) -> Result<Subscription, CallFailed> {
        self.call(|network, state| {
            let (listener, events) = Listener::new();
            state.listeners.push((self.secret.clone(), listener));
            let network = network.clone();
            Ok(Subscription { network, events, secret: self.secret.clone() })
        })
        .await
    }

    /// Tells the network that everything up to a position is safe with us.
    pub(crate) async fn acknowledge(&self, stream: &str, up_to: u64) -> Result<(), CallFailed> {
        self.call(|_, state| {
            let key = (self.account.clone(), stream.to_owned());
            let position = state.received.entry(key).or_default();
            *position = up_to.max(*position);
            Ok(())
        })
        .await
    }

    /// Sends a post. After an error only the network knows whether it was taken.
    pub(crate) async fn publish(
        &self,
        bytes: &[u8],
        idempotency_key: [u8; 16],
    ) -> Result<Taken, CallFailed> {
        let submission = Submission { account: &self.account, bytes, idempotency_key };
        self.call(|network, state| {
            let fault = state.next_posts.pop_front();
            let fate = match fault {
                Some(PublishFault::Fails) => return Err(CallFailed::Unreachable),
                Some(PublishFault::Wait(wait)) => return Err(CallFailed::Wait(wait)),
                Some(PublishFault::Refused) => return Err(CallFailed::Refused),
                Some(PublishFault::LockedOut) => return Err(CallFailed::LockedOut),
                Some(PublishFault::ThrownAway) => Fate::ThrownAway,
                Some(PublishFault::Forgotten) => Fate::Forgotten,
                Some(PublishFault::AnswerLost) | None if state.faults.holds_posts => Fate::Held,
                Some(PublishFault::AnswerLost) | None => Fate::Enters,
            };
            let taken = network.take(state, &submission, fate)?;
            let rate = state.faults.lost_answers;
            if fault == Some(PublishFault::AnswerLost) || state.dice.falls(rate) {
                return Err(CallFailed::NoAnswer);
            }
            Ok(taken)
        })
        .await
    }

    /// A room's key of an epoch, or of the latest one, as a member hands it over.
    pub(crate) async fn room_key(
        &self,
        room: &str,
        epoch: Option<u64>,
    ) -> Result<Received, CallFailed> {
        self.call(|network, state| {
            if network.rules().secrecy == Secrecy::Clear {
                return Err(CallFailed::NoSuchKey);
            }
            let keys = &network.room(state, room).keys;
            let epoch = epoch.unwrap_or(keys.epoch);
            let secret = keys.secret(epoch).ok_or(CallFailed::NoSuchKey)?;
            let sealed = hand_over(secret, &self.secret);
            let id = format!("key/{epoch}/{room}");
            let news = News::RoomKey { room: room.to_owned(), epoch, sealed };
            let bytes = Entry { id: id.clone(), news }.stamped(&self.secret);
            Ok(Received { stream: String::new(), position: 0, id, bytes })
        })
        .await
    }

    /// Whether somebody is still whom they claimed to be on another network.
    pub(crate) async fn is_still(&self, who: &str, whom: &str) -> Result<bool, CallFailed> {
        self.call(|_, state| Ok(!state.lost.contains(&(who.to_owned(), whom.to_owned())))).await
    }

    async fn call<T>(
        &self,
        work: impl FnOnce(&LoopbackNetwork, &mut State) -> Result<T, CallFailed>,
    ) -> Result<T, CallFailed> {
        self.network.pause().await;
        let done = self.network.change(|state| {
            let rate = state.faults.failed_calls;
            match state.faults.condition {
                Condition::Unreachable => Err(CallFailed::Unreachable),
                Condition::LockedOut => Err(CallFailed::LockedOut),
                Condition::Well | Condition::Deaf if state.dice.falls(rate) => {
                    Err(CallFailed::Unreachable)
                }
                Condition::Well | Condition::Deaf => work(&self.network, state),
            }
        });
        // The way back takes time too: here a caller may give up on what was done.
        self.network.pause().await;
        done
    }
}

impl Subscription {
    /// The next event; nothing once the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Received> {
        let placed = self.events.recv().await?;
        self.network.pause().await;
        Some(received(placed, &self.secret))
    }

    /// The next event if it has arrived.
    pub(crate) fn next_now(&mut self) -> Option<Received> {
        self.events.try_recv().ok().map(|placed| received(placed, &self.secret))
    }
}

impl LoopbackNetwork {
    async fn pause(&self) {
        match self.read(|state| state.faults.delay) {
            Duration::ZERO => tokio::task::yield_now().await,
            delay => tokio::time::sleep(delay).await,
        }
    }
}

fn received(placed: Placed, secret: &Secret) -> Received {
    let Placed { stream, position, id, entry } = placed;
    Received { stream, position, id, bytes: stamp(&entry, secret) }
}
