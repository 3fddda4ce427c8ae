//! Network → envelopes. A stream's history is the truth and is read by pages from the cursor; live
//! events only save asking, and are believed as long as they follow one another without a gap.

use std::collections::BTreeMap;
use std::iter;

use thiserror::Error;
use threadbridge_core::adapter::{AdapterError, Batch, Closed, Cursor, Envelope, Health, Inbound};
use threadbridge_core::model::id::RemoteId;
use tokio::time::timeout;

use crate::config::Config;
use crate::network::session::{CallFailed, Received, Session, Subscription};
use crate::send::{failure, within};

/// The most live events that are handed over together.
const MAX_BATCH: usize = 128;

/// Why listening ended.
#[derive(Debug, Error)]
enum Ended {
    #[error("the bridge is closing")]
    Closing(#[from] Closed),
    #[error("a call to the network failed")]
    Failed(#[from] CallFailed),
}

/// One connection's way through the streams.
struct Reader<'a> {
    session: &'a Session,
    config: &'a Config,
    inbound: &'a Inbound,
    /// The position up to which each stream is safe with the bridge.
    safe: BTreeMap<String, u64>,
}

/// Listens until the connection fails or the bridge closes.
pub(crate) async fn listen(
    session: &Session,
    config: &Config,
    inbound: &Inbound,
) -> Result<(), AdapterError> {
    let cursors = inbound.cursors();
    let safe = cursors.map(|(stream, position)| (stream.to_owned(), from_cursor(position)));
    let mut reader = Reader { session, config, inbound, safe: safe.collect() };
    match reader.run().await {
        Err(Ended::Failed(failed)) => {
            inbound.report(Health::Down(failed.to_string()));
            Err(failure(failed))
        }
        Ok(()) | Err(Ended::Closing(Closed)) => Ok(()),
    }
}

impl Reader<'_> {
    async fn run(&mut self) -> Result<(), Ended> {
        self.inbound.report(Health::CatchingUp);
        // A process may have died after a batch was kept and before the network was told so.
        self.acknowledge(self.safe.clone()).await?;
        loop {
            // Listening begins before catching up, so that nothing falls between the two.
            let events = within(self.config, self.session.subscribe()).await?;
            self.catch_up().await?;
            self.inbound.report(Health::Connected);
            self.follow(events).await?;
            let reason = "the network goes on but its live events do not arrive".to_owned();
            self.inbound.report(Health::Stalled(reason));
        }
    }

    /// Hands live events over until they fail to tell what the history has.
    async fn follow(&mut self, mut events: Subscription) -> Result<(), Ended> {
        loop {
            match timeout(self.config.quiet_for(), events.next()).await {
                Ok(None) => return Err(CallFailed::Cut.into()),
                Ok(Some(first)) => {
                    let more = iter::from_fn(|| events.next_now());
                    let events = iter::once(first).chain(more).take(MAX_BATCH).collect();
                    if !self.take(events).await? {
                        self.catch_up().await?;
                    }
                }
                Err(_) if self.has_missed().await? => return Ok(()),
                Err(_) => {}
            }
        }
    }

    /// Hands over the events that come next, and says whether none was missing between them.
    async fn take(&mut self, events: Vec<Received>) -> Result<bool, Ended> {
        let mut reached = self.safe.clone();
        let mut next = Vec::new();
        let mut is_whole = true;
        for event in events {
            let position = reached.entry(event.stream.clone()).or_default();
            if event.position == position.saturating_add(1) {
                *position = event.position;
                next.push(event);
            } else if event.position > *position {
                is_whole = false;
            }
        }
        self.hand_over(next).await?;
        Ok(is_whole)
    }

    async fn catch_up(&mut self) -> Result<(), Ended> {
        for (stream, head) in within(self.config, self.session.heads()).await? {
            // A stream that is shorter than it was has begun anew; what we know of it, we know.
            let safe = self.safe.entry(stream.clone()).or_default();
            if *safe > head {
                *safe = 0;
            }
            loop {
                let after = self.safe.get(&stream).copied().unwrap_or_default();
                let page = self.session.history(&stream, after);
                let page = within(self.config, page).await?;
                if page.is_empty() {
                    break;
                }
                self.hand_over(page).await?;
            }
        }
        Ok(())
    }

    async fn has_missed(&self) -> Result<bool, Ended> {
        let heads = within(self.config, self.session.heads()).await?;
        let safe = |stream| self.safe.get(stream).copied().unwrap_or_default();
        Ok(heads.iter().any(|(stream, head)| *head > safe(stream)))
    }

    /// Hands entries over, which follow one another on each stream; only when they are safe is the
    /// network told so.
    async fn hand_over(&mut self, entries: Vec<Received>) -> Result<(), Ended> {
        let mut reached = BTreeMap::new();
        let mut envelopes = Vec::new();
        for entry in entries {
            reached.insert(entry.stream.clone(), entry.position);
            envelopes.extend(envelope(entry));
        }
        if reached.is_empty() {
            return Ok(());
        }
        let cursors = reached.iter().map(|(stream, position)| cursor(stream, *position)).collect();
        self.inbound.accept(Batch { envelopes, cursors }).await?;
        self.safe.extend(reached.clone());
        self.acknowledge(reached).await
    }

    async fn acknowledge(&self, safe: BTreeMap<String, u64>) -> Result<(), Ended> {
        for (stream, position) in safe {
            within(self.config, self.session.acknowledge(&stream, position)).await?;
        }
        Ok(())
    }
}

/// An entry as an envelope; nothing if the network gave it a name that nothing can have.
pub(crate) fn envelope(entry: Received) -> Option<Envelope> {
    match RemoteId::parse(entry.id) {
        Ok(id) => Some(Envelope { id, bytes: entry.bytes }),
        Err(error) => {
            tracing::warn!(%error, "passed over an entry that has no usable name");
            None
        }
    }
}

fn cursor(stream: &str, position: u64) -> Cursor {
    Cursor { stream: stream.to_owned(), position: position.to_be_bytes().to_vec() }
}

/// A cursor in another form is one of another release: reading again what is known does no harm.
fn from_cursor(position: &[u8]) -> u64 {
    position.try_into().map_or(0, u64::from_be_bytes)
}
