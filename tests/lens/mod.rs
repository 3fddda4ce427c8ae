//! Lens judged by its own software: the official clients, and a strict server on the true schema.

mod begins;
mod bridged;
mod clients;
mod contract;
mod crashes;
mod crosses;
mod crossing;
mod deletes;
mod documents;
mod feeds;
mod groups;
mod hostile;
mod kinds;
mod login;
mod old;
mod pictures;
mod refusals;
pub(crate) mod script;
pub(crate) mod shelf;
mod standard;
mod strict;
mod threads;
pub(crate) mod town;
mod voices;
pub(crate) mod world;
