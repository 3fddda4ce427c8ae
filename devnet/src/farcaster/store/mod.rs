//! What the hub knows: accounts, indexes, shards and their events.

mod account;
mod check;
mod event_log;
mod gasless;
mod index;
mod journal;
mod limit;
mod merge;
mod message_set;
mod page;
mod place;
mod registry;
mod shard;

pub(crate) mod chain;

pub(crate) use account::Account;
pub(crate) use chain::{Chain, Ledger};
pub(crate) use gasless::{GASLESS_LIMIT, GaslessKey};
pub(crate) use journal::JournalError;
pub(crate) use limit::STORES;
pub(crate) use page::{Page, PageRequest};
pub(crate) use place::{Pointer, cast_key, fid_key, link_slot, reaction_slot, user_data_slot};
pub(crate) use shard::Shard;
