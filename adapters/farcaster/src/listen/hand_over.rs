//! Handing envelopes over in order, with who their authors are before them, and with the answers
//! that waited for them after them.

use std::collections::{BTreeSet, VecDeque};

use threadbridge_core::adapter::{Batch, Cursor, Envelope, Outcome};

use super::{
    Ended, Listening,
    heard::{Ear, Heard},
};
use crate::{
    carried::Cargo,
    fetch::{FetchError, person},
    wire::{hash::MessageHash, verify::PublicKey},
};

/// Envelopes in one batch.
const AT_ONCE: usize = 128;
/// Casts and people that are remembered; beyond that they are looked up again.
const REMEMBERED: usize = 20_000;

/// Whom and what this listening has met already.
#[derive(Debug, Default)]
pub(super) struct Met {
    keys: BTreeSet<(u64, PublicKey)>,
    people: BTreeSet<u64>,
    casts: BTreeSet<MessageHash>,
    order: VecDeque<MessageHash>,
}

impl Met {
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

    fn knows(&self, heard: &Heard) -> bool {
        let key = heard.key.is_none_or(|key| self.keys.contains(&(heard.author, key)));
        key && heard.mentions.iter().all(|fid| self.people.contains(fid))
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
            let now: Vec<_> = rest.drain(..rest.len().min(AT_ONCE)).collect();
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
    /// somebody new keeps its place. Where that fails, the bridge asks for it by itself.
    async fn introduce(&mut self, heard: &[Heard]) -> Result<(), Ended> {
        let mut new = Vec::new();
        let mut casts = BTreeSet::new();
        for heard in heard {
            let is_near = heard.is_near
                || heard
                    .about
                    .is_some_and(|about| self.met.casts.contains(&about) || casts.contains(&about));
            if is_near {
                casts.extend(heard.gives);
            }
            if !is_near || self.own == Some(heard.author) || self.met.knows(heard) {
                continue;
            }
            let mentions = heard.mentions.iter().map(|fid| (*fid, None));
            for (fid, key) in std::iter::once((heard.author, heard.key)).chain(mentions) {
                if key.is_none() && self.met.people.contains(&fid) {
                    continue;
                }
                match person(&self.pool, fid, key).await {
                    Ok(facts) => {
                        self.met.add_person(fid, key);
                        new.extend(facts);
                    }
                    Err(FetchError::Node(error)) => {
                        tracing::debug!(%error, "somebody new could not be looked up yet");
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        }
        self.accept(new, Vec::new()).await.map(drop)
    }

    /// Notes what became of each envelope; gives those that waited for one of them.
    fn settle(&mut self, heard: Vec<Heard>, outcomes: Vec<Outcome>) -> Vec<Heard> {
        let mut adopted = Vec::new();
        for (heard, outcome) in heard.into_iter().zip(outcomes) {
            if heard.changes_keys {
                self.met.forget(heard.author);
            }
            match (outcome, heard.about, heard.gives) {
                (Outcome::Elsewhere, Some(about), _) => self.orphans.wait(about, heard.envelope),
                (Outcome::Kept | Outcome::Known | Outcome::Waits, _, Some(gives)) => {
                    self.met.add_cast(gives);
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
            | Cargo::Lost(_) => None,
        }
    }
}
