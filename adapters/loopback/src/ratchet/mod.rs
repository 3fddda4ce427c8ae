//! The cipher of encrypted rooms: a real one, as small as it can be and still need everything that
//! the contract offers to such networks.
//!
//! A room has a secret for each epoch. From it each sender's chain begins; each message takes one
//! key off the chain and moves it on, so an opened message cannot be opened twice. A rekey ends an
//! epoch: the next secret is made of the last one and the rekey's salt. Messages are sealed with
//! XChaCha20-Poly1305, each under a key of its own, keys are derived with BLAKE3.
//!
//! What it lacks to be used in earnest: an epoch's secret is kept until the epoch is forgotten, so
//! secrecy is forward from epoch to epoch only; and who leaves a room is not kept out of it.

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use minicbor::{Decode, Encode};
use thiserror::Error;

use crate::wire::{Secret, encode};

/// Older epochs than this many are forgotten.
pub(crate) const KEPT_EPOCHS: usize = 8;
/// The most senders in one epoch.
const MAX_SENDERS: usize = 1024;
/// The most messages of a sender that may be missing before one that is opened.
const MAX_SKIPPED: u64 = 64;

const NONCE: [u8; 24] = [0; 24];

/// What one member knows of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct RoomKeys {
    /// The latest epoch.
    #[n(0)]
    pub(crate) epoch: u64,
    /// Whoever speaks next must change the key first.
    #[n(1)]
    pub(crate) rekey_due: bool,
    #[n(2)]
    epochs: BTreeMap<u64, Epoch>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Epoch {
    #[n(0)]
    secret: Secret,
    #[n(1)]
    chains: BTreeMap<String, Chain>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Chain {
    #[n(0)]
    secret: Secret,
    /// The number of the message whose key comes next.
    #[n(1)]
    next: u64,
    /// Keys of messages that have not come.
    #[n(2)]
    skipped: BTreeMap<u64, Secret>,
}

/// Where a message stands; a message that was moved elsewhere does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode)]
pub(crate) struct Place<'a> {
    #[n(0)]
    pub(crate) room: &'a str,
    #[n(1)]
    pub(crate) author: &'a str,
    #[n(2)]
    pub(crate) at: i64,
    #[n(3)]
    pub(crate) epoch: u64,
    #[n(4)]
    pub(crate) number: u64,
}

/// Why a message could not be opened or sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unopened {
    #[error("the room's key of that epoch is not known")]
    NoKey,
    #[error("the message was opened before")]
    Used,
    #[error("too many messages of its sender are missing before it")]
    TooFarAhead,
    #[error("more people speak in the room than its key can serve")]
    TooManySenders,
    #[error("the message does not open with the room's key")]
    Forged,
}

impl RoomKeys {
    /// What somebody knows who has no memory. They may have spoken before, and must change the key
    /// before they do again, or they would use keys of messages twice.
    pub(crate) fn forgotten() -> Self {
        Self { rekey_due: true, ..Self::default() }
    }

    /// Learns an epoch's secret; what is known of the epoch already stays.
    pub(crate) fn learn(&mut self, epoch: u64, secret: Secret) {
        let fresh = || Epoch { secret, chains: BTreeMap::new() };
        self.epochs.entry(epoch).or_insert_with(fresh);
        self.epoch = self.epoch.max(epoch);
        while self.epochs.len() > KEPT_EPOCHS {
            // The one just learnt may be the oldest, and is needed.
            let Some(oldest) = self.epochs.keys().copied().find(|it| *it != epoch) else { return };
            self.epochs.remove(&oldest);
        }
    }

    /// The secret of an epoch.
    pub(crate) fn secret(&self, epoch: u64) -> Option<&Secret> {
        self.epochs.get(&epoch).map(|it| &it.secret)
    }

    /// The number that the next message of `sender` in the latest epoch bears.
    pub(crate) fn next_number(&self, sender: &str) -> Option<u64> {
        let epoch = self.epochs.get(&self.epoch)?;
        Some(epoch.chains.get(sender).map_or(0, |chain| chain.next))
    }

    /// Seals a message at `place`, which must be its sender's next in the latest epoch.
    pub(crate) fn seal(&mut self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, Unopened> {
        let chain = self.chain(place)?;
        if chain.next != place.number {
            return Err(Unopened::Used);
        }
        let key = chain.step();
        let payload = Payload { msg: plain, aad: &encode(place) };
        cipher(&key).encrypt(&XNonce::from(NONCE), payload).map_err(|_| Unopened::Forged)
    }

    /// Opens a message at `place`. What does not open changes nothing.
    pub(crate) fn open(&mut self, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let mut after = self.chain(place)?.clone();
        let key = after.key(place.number)?;
        let payload = Payload { msg: sealed, aad: &encode(place) };
        let plain =
            cipher(&key).decrypt(&XNonce::from(NONCE), payload).map_err(|_| Unopened::Forged)?;
        *self.chain(place)? = after;
        Ok(plain)
    }

    fn chain(&mut self, place: &Place<'_>) -> Result<&mut Chain, Unopened> {
        let epoch = self.epochs.get_mut(&place.epoch).ok_or(Unopened::NoKey)?;
        if !epoch.chains.contains_key(place.author) && epoch.chains.len() >= MAX_SENDERS {
            return Err(Unopened::TooManySenders);
        }
        let Epoch { secret, chains } = epoch;
        Ok(chains.entry(place.author.to_owned()).or_insert_with(|| Chain {
            secret: Secret::derive(
                "threadbridge loopback 2026 sender",
                &[secret.as_bytes(), place.author.as_bytes()],
            ),
            next: 0,
            skipped: BTreeMap::new(),
        }))
    }

    /// The proof that a rekey's author knows the secret of the epoch that it ends.
    pub(crate) fn rekey_tag(&self, epoch: u64, author: &str, salt: &[u8; 32]) -> Option<[u8; 32]> {
        let secret = self.secret(epoch)?.as_bytes();
        let purpose = "threadbridge loopback 2026 rekey tag";
        Some(*Secret::derive(purpose, &[secret, author.as_bytes(), salt]).as_bytes())
    }

    /// Goes from `epoch` to the next one.
    pub(crate) fn rekey(&mut self, epoch: u64, salt: &[u8; 32]) -> Result<(), Unopened> {
        let secret = self.secret(epoch).ok_or(Unopened::NoKey)?.as_bytes();
        let next = Secret::derive("threadbridge loopback 2026 epoch", &[secret, salt]);
        if epoch == self.epoch {
            self.rekey_due = false;
        }
        self.learn(epoch.saturating_add(1), next);
        Ok(())
    }
}

impl Chain {
    fn step(&mut self) -> Secret {
        let secret = self.secret.as_bytes();
        let key = Secret::derive("threadbridge loopback 2026 message", &[secret]);
        self.secret = Secret::derive("threadbridge loopback 2026 chain", &[secret]);
        self.next = self.next.saturating_add(1);
        key
    }

    fn key(&mut self, number: u64) -> Result<Secret, Unopened> {
        if number < self.next {
            return self.skipped.remove(&number).ok_or(Unopened::Used);
        }
        if number.saturating_sub(self.next) > MAX_SKIPPED {
            return Err(Unopened::TooFarAhead);
        }
        while self.next < number {
            let skipped = self.next;
            let key = self.step();
            self.skipped.insert(skipped, key);
        }
        while self.skipped.len() > usize::try_from(MAX_SKIPPED).unwrap_or(usize::MAX) {
            self.skipped.pop_first();
        }
        Ok(self.step())
    }
}

/// Seals a room's secret for one account, as a member does who hands it over.
pub(crate) fn hand_over(secret: &Secret, to: &Secret) -> Vec<u8> {
    let key = Secret::derive("threadbridge loopback 2026 handover", &[to.as_bytes()]);
    // The nonce is a digest of what is sealed, so that it differs where the secret does.
    let nonce = nonce(secret);
    let sealed = cipher(&key).encrypt(&XNonce::from(nonce), secret.as_bytes().as_slice());
    [nonce.as_slice(), &sealed.unwrap_or_default()].concat()
}

/// Opens what [`hand_over`] sealed for this account.
pub(crate) fn take_over(sealed: &[u8], own: &Secret) -> Option<Secret> {
    let key = Secret::derive("threadbridge loopback 2026 handover", &[own.as_bytes()]);
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let secret = cipher(&key).decrypt(&XNonce::from(*nonce), sealed).ok()?;
    Secret::from_slice(&secret)
}

fn nonce(secret: &Secret) -> [u8; 24] {
    let digest = Secret::derive("threadbridge loopback 2026 nonce", &[secret.as_bytes()]);
    let mut nonce = [0; 24];
    nonce.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    nonce
}

fn cipher(key: &Secret) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.as_bytes().into())
}

#[cfg(test)]
mod tests;
