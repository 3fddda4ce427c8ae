//! Handing envelopes over in order, with who their authors are before them, and with the answers
//! that waited for them after them.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{MutexGuard, PoisonError},
    time::Duration,
};

use threadbridge_core::adapter::{Batch, Cursor, Envelope, Outcome};

use super::{
    Ended, Listening,
    heard::{Ear, Heard},
};
use crate::{
    carried::Cargo,
    fetch::{FetchError, person},
    node::failure::NodeError,
    wire::{hash::MessageHash, verify::PublicKey},
};

/// Envelopes in one batch.
const AT_ONCE: usize = 128;
/// Casts and people that are remembered; beyond that they are looked up again.
const REMEMBERED: usize = 20_000;
/// The waits between attempts to look somebody up.
const LOOK_UP_AFTER_MS: [u64; 6] = [0, 100, 200, 400, 800, 1600];
/// No wait between those attempts is longer, whatever a node asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whom and what this process has met already. What is forgotten is looked up again, no more.
#[derive(Debug, Default)]
pub(crate) struct Met {
    keys: BTreeSet<(u64, PublicKey)>,
    people: BTreeSet<u64>,
    casts: BTreeSet<MessageHash>,
    order: VecDeque<MessageHash>,
}

impl Met {
    /// Whether this process has heard of a cast.
    pub(super) fn has_cast(&self, hash: &MessageHash) -> bool {
        self.casts.contains(hash)
    }

    fn add_cast(&mut self, hash: MessageHash) {
        if self.casts.insert(hash) {
            self.order.push_back(hash);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.casts.remove(&oldest);
            }
        }
    }

    fn add_person(&mut self, fid: u64, key: Option<PublicKey>) {
        if self.people.len() > REMEMBERED || self.keys.len() > REMEMBERED {
            self.people.clear();
            self.keys.clear();
        }
        self.people.insert(fid);
        self.keys.extend(key.map(|key| (fid, key)));
    }

    fn forget(&mut self, fid: u64) {
        self.keys.retain(|(met, _)| *met != fid);
    }
}

/// How many can be handed over together. Whoever's keys have changed is introduced again before
/// more of them is heard.
fn together(heard: &VecDeque<Heard>) -> usize {
    let mut changed = BTreeSet::new();
    for (at, heard) in heard.iter().take(AT_ONCE).enumerate() {
        if heard.changes_keys {
            changed.insert(heard.author);
        } else if changed.contains(&heard.author) {
            return at;
        }
    }
    heard.len().min(AT_ONCE)
}

impl Listening {
    /// Hands over in order. The cursors move with the last of it.
    pub(super) async fn hand_over(
        &mut self,
        heard: Vec<Heard>,
        cursors: Vec<Cursor>,
    ) -> Result<(), Ended> {
        let mut rest = VecDeque::from(heard);
        let mut cursors = cursors;
        while !rest.is_empty() || !cursors.is_empty() {
            let now: Vec<_> = rest.drain(..together(&rest)).collect();
            self.introduce(&now).await?;
            let envelopes: Vec<_> = now.iter().map(|heard| heard.envelope.clone()).collect();
            let reached = if rest.is_empty() { std::mem::take(&mut cursors) } else { Vec::new() };
            let outcomes = self.accept(envelopes, reached).await?;
            let adopted = self.settle(now, outcomes);
            for heard in adopted.into_iter().rev() {
                rest.push_front(heard);
            }
        }
        self.kept_at = tokio::time::Instant::now();
        Ok(())
    }

    async fn accept(
        &self,
        envelopes: Vec<Envelope>,
        cursors: Vec<Cursor>,
    ) -> Result<Vec<Outcome>, Ended> {
        if envelopes.is_empty() && cursors.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.inbound.accept(Batch { envelopes, cursors }).await?)
    }

    /// Tells the bridge who the authors are before it reads what they say, so that a message of
    /// somebody new keeps its place. Where that fails though the node works, the bridge asks for it
    /// by itself.
    async fn introduce(&mut self, heard: &[Heard]) -> Result<(), Ended> {
        let mut new = Vec::new();
        let mut introduced = Vec::new();
        for (fid, key) in self.strangers(heard) {
            if let Some(facts) = self.look_up(fid, key).await? {
                introduced.push((fid, key));
                new.extend(facts);
            }
        }
        self.accept(new, Vec::new()).await?;
        let mut met = self.met();
        for (fid, key) in introduced {
            met.add_person(fid, key);
        }
        Ok(())
    }

    /// Authors and people mentioned whom we have not met, in what most likely concerns us.
    fn strangers(&self, heard: &[Heard]) -> BTreeSet<(u64, Option<PublicKey>)> {
        let met = self.met();
        let mut strangers = BTreeSet::new();
        let mut casts = BTreeSet::new();
        for heard in heard {
            let is_near = heard.is_near
                || heard.is_about_us
                || heard.about.is_some_and(|it| met.casts.contains(&it) || casts.contains(&it));
            if !is_near {
                continue;
            }
            casts.extend(heard.gives);
            if self.own != Some(heard.author) {
                let is_new = heard.key.is_some_and(|key| !met.keys.contains(&(heard.author, key)));
                strangers.extend(is_new.then_some((heard.author, heard.key)));
                let new = heard.mentions.iter().filter(|fid| !met.people.contains(fid));
                strangers.extend(new.map(|fid| (*fid, None)));
            }
        }
        strangers
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who somebody is; nothing if the node works but does not tell. Without the node nothing is
    /// handed over, since others would come before those who wait for it.
    async fn look_up(
        &self,
        fid: u64,
        key: Option<PublicKey>,
    ) -> Result<Option<Vec<Envelope>>, Ended> {
        let mut asked_to_wait = Duration::ZERO;
        for wait in LOOK_UP_AFTER_MS.map(Duration::from_millis) {
            tokio::time::sleep(wait.max(asked_to_wait)).await;
            match person(&self.pool, fid, key).await {
                Ok(facts) => return Ok(Some(facts)),
                Err(FetchError::Node(error)) => {
                    tracing::debug!(%error, "somebody new could not be looked up yet");
                    if let NodeError::RateLimited { retry_after: Some(wait) } = error {
                        asked_to_wait = wait.min(LONGEST_WAIT);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.pool.ask(|node| async move { node.status().await }).await?;
        Ok(None)
    }

    /// Notes what became of each envelope; gives those that waited for one of them.
    fn settle(&mut self, heard: Vec<Heard>, outcomes: Vec<Outcome>) -> Vec<Heard> {
        let mut adopted = Vec::new();
        for (heard, outcome) in heard.into_iter().zip(outcomes) {
            if heard.changes_keys {
                self.met().forget(heard.author);
            }
            match (outcome, heard.about, heard.gives) {
                (Outcome::Elsewhere, Some(about), _) => self.orphans.wait(about, heard.envelope),
                (Outcome::Kept | Outcome::Known | Outcome::Waits, _, Some(gives)) => {
                    self.met().add_cast(gives);
                    adopted.extend(self.orphans.take(&gives));
                }
                (Outcome::Kept | Outcome::Known | Outcome::Waits, _, None)
                | (Outcome::Elsewhere, None, _)
                | (Outcome::Refused, ..) => {}
            }
        }
        adopted.into_iter().filter_map(|envelope| self.hear_again(envelope)).collect()
    }

    fn hear_again(&self, envelope: Envelope) -> Option<Heard> {
        let ear = Ear { linked: &self.linked, own: self.own };
        match Cargo::from_envelope(&envelope)? {
            Cargo::Event(event) => ear.hear(event.shard_index, event).ok().flatten(),
            Cargo::Listed(message) => ear.listed(envelope, &message),
            Cargo::History(_)
            | Cargo::Signers(_)
            | Cargo::ProfileRead(_)
            | Cargo::Absent(_)
            | Cargo::Custody(_)
            | Cargo::Later(_)
            | Cargo::Lost(_) => None,
        }
    }
}
