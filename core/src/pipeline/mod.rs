//! A message's journey, in three commits.
//!
//! ```text
//! network ─► listen ─► ingest ─► journal ─► route ─► seal ─► send ─► network
//!                         │         │                  │       │
//!                    open, parse    │            render, seal  │
//!                                   ▼                  ▼       ▼
//!                              1 journaled         2 sealed  3 sent
//! ```
//!
//! 1. *Journaled*: dedupe key, event, the original's copy row and the inbound keys or cursor are one
//!    transaction. Only then does the network hear «received».
//! 2. *Sealed*: for each destination the outbound keys, the final bytes, their remote id where it
//!    can be computed, and the outbox row are one transaction.
//! 3. *Sent*: the outbox row is gone and the copy row complete, in one transaction.
//!
//! A process that dies between two of them repeats work and loses nothing: what is handed over again
//! is known by its id, and what is sent again is the same bytes. Every account has four tasks:
//! *listen* (the adapter's), *ingest*, *seal* and *send*. They share no state but the store; each
//! finds in it where it stood.

mod account;
mod backoff;
mod bridge;
mod direct;
mod erase;
mod expire;
mod head;
mod health;
mod ingest;
mod journal;
mod joins;
mod limits;
mod listen;
mod owner;
mod past;
mod recheck;
mod refusals;
mod retain;
mod route;
mod seal;
mod send;
mod step;
mod tend;
mod told;

pub(crate) use self::head::last_place;
pub(crate) use self::journal::{emoji_key, place};

pub use self::backoff::Backoff;
pub use self::bridge::{Bridge, NotDone, Setup, StartError};
pub use self::direct::{
    Handover, NotMoved, Retired, is_handover, move_to, move_with, reply_on, retire,
};
pub use self::erase::{Stepped, erase, step as step_erasure};
pub use self::health::forget_health;
pub use self::limits::Limits;
pub use self::owner::{Begun, Target, begin, discard, regroup, replay, say};
pub use self::past::{Brought, Origin, Past, bring};
pub use self::route::{Decision, Destination, People, Route, Routes, Voice, decide};
pub use self::step::{Step, Steps};
