//! Lens judged by its own software: the official clients, and a strict server on the true schema.

mod begins;
mod bridged;
mod chat;
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
mod judge;
mod kinds;
mod login;
mod old;
mod pictures;
mod script;
mod shelf;
mod standard;
mod strict;
mod town;
mod voices;
mod world;
