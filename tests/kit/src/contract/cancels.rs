//! Any future may be dropped at any await.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use threadbridge_core::adapter::{Batch, Envelope, Health, Missing, Opened, Outcome};
use threadbridge_core::model::outgoing::Outgoing;

use super::arrives::words;
use super::keeps::{ids, say};
use super::sends::{ours, sees};
use super::{AdapterWorld, Desk};
use crate::deadline::soon;

/// Futures with more polls than this are left after the last of them.
const MAX_POLLS: usize = 128;

/// A future that is dropped at a poll.
struct DroppedAt<F> {
    future: Option<Pin<Box<F>>>,
    polls: usize,
}

impl<F: Future> Future for DroppedAt<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            self.future = None;
        }
        self.polls = self.polls.saturating_sub(1);
        match &mut self.future {
            None => Poll::Ready(None),
            Some(future) => {
                let polled = future.as_mut().poll(cx).map(Some);
                if polled.is_pending() && self.polls == 0 {
                    // It has gone as far as it may.
                    cx.waker().wake_by_ref();
                }
                polled
            }
        }
    }
}

/// Runs a future for so many polls. What it came to, if it came to anything.
async fn dropped_at<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    DroppedAt { future: Some(Box::pin(future)), polls }.await
}

/// Listening that is given up at any await, and begun again, hears everything once and in order.
pub async fn a_cancelled_listen_loses_nothing<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    let world = world().await;
    let mut desk = Desk::new(&world).await;
    let mut said = Vec::new();
    let mut polls = 0;
    loop {
        assert!(polls < MAX_POLLS, "listening never comes to rest");
        said.extend(say(&world, said.len(), said.len() + 1).await);
        if listens_for(&mut desk, polls, said.len()).await {
            break;
        }
        polls += 1;
    }
    desk.hear(said.len()).await;
    assert_eq!(ids(&desk), said);
}

/// Whether everything was heard, and the adapter came to rest, before it was given up.
async fn listens_for(desk: &mut Desk, polls: usize, all: usize) -> bool {
    let adapter = Arc::clone(desk.adapter());
    let (inbound, mut outlet) = desk.door();
    let mut health = outlet.health();
    let mut listening = Box::pin(dropped_at(polls, adapter.listen(inbound)));
    let is_at_rest = soon("listening to be given up", async {
        loop {
            if desk.events.len() == all && *health.borrow() == Health::Connected {
                return true;
            }
            tokio::select! {
                biased;
                ended = &mut listening => {
                    assert!(ended.is_none(), "listening ended: {ended:?}");
                    return false;
                }
                Some(handed_over) = outlet.next() => { desk.take(handed_over).await; }
                Ok(()) = health.changed() => health.mark_unchanged(),
            }
        }
    })
    .await;
    drop(listening);
    // The adapter is gone; what it has handed over is kept nevertheless, half of the time.
    if polls.is_multiple_of(2)
        && let Some(handed_over) = outlet.next().await
    {
        assert!(!desk.take(handed_over).await, "somebody heard what nobody waits for");
    }
    is_at_rest
}

/// Fetching that is given up at any await, and begun again, gets what is missing.
pub async fn a_cancelled_fetch_loses_nothing<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    let world = world().await;
    if !world.needs_keys_first() {
        return;
    }
    let mut desk = Desk::new(&world).await;
    let said = say(&world, 0, 1).await;
    let (envelope, missing) = first_missing(&desk).await;
    let mut polls = 0;
    let envelopes = loop {
        assert!(polls < MAX_POLLS, "fetching never ends");
        if let Some(fetched) = dropped_at(polls, desk.adapter().fetch(&missing)).await {
            break fetched.unwrap();
        }
        polls += 1;
    };
    let batch = |envelopes| Batch { envelopes, cursors: Vec::new() };
    let outcomes = desk.keep(batch(envelopes)).await;
    assert!(outcomes.contains(&Outcome::Kept), "{outcomes:?}");
    let outcomes = desk.keep(batch(vec![envelope])).await;
    assert_eq!(outcomes, [Outcome::Kept], "it lacks something still");
    // What was missing may have been a key to all that was said.
    desk.hear(said.len()).await;
    assert_eq!(ids(&desk), said);
}

/// The first envelope that cannot be opened yet, and what it lacks.
async fn first_missing(desk: &Desk) -> (Envelope, Missing) {
    let adapter = Arc::clone(desk.adapter());
    let (inbound, mut outlet) = desk.door();
    let mut listening = adapter.listen(inbound);
    soon("an envelope that lacks something", async {
        loop {
            tokio::select! {
                ended = &mut listening => panic!("listening ended: {ended:?}"),
                Some(handed_over) = outlet.next() => {
                    for envelope in handed_over.batch().envelopes.clone() {
                        let opened = adapter.open(&desk.keys(), &desk.linked(), &envelope);
                        if let Opened::Missing(missing) = opened {
                            return (envelope, missing);
                        }
                    }
                    handed_over.keep(Vec::new());
                }
            }
        }
    })
    .await
}

/// Sending that is given up at any await, and done again with the same bytes and key, is seen once.
pub async fn a_cancelled_send_doubles_nothing<W: AdapterWorld>(world: &impl AsyncFn() -> W) {
    let world = world().await;
    let mut desk = Desk::new(&world).await;
    let mut texts = BTreeSet::new();
    for polls in 0..MAX_POLLS {
        let text = format!("no {polls}");
        let sealed = desk.seal(&Outgoing::Say(words(&text))).await;
        let request = [desk.request(&sealed)];
        texts.insert(text);
        let first = dropped_at(polls, desk.adapter().send(&request)).await;
        let second = desk.adapter().send(&request).await;
        assert!(matches!(second.as_slice(), [Ok(_)]), "sending again failed: {second:?}");
        if first.is_some() {
            break;
        }
    }
    let once = |seen: &[_]| texts.iter().all(|text| ours(seen, text) > 0);
    let seen = sees(&world, "all that was sent", once).await;
    for text in &texts {
        assert_eq!(ours(&seen, text), 1, "{text:?} was doubled: {seen:?}");
    }
}
