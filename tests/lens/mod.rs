//! Lens judged by its own software: the official clients, and a strict server on the true schema.

mod chat;
mod clients;
mod crashes;
mod crossing;
mod documents;
mod hostile;
mod judge;
mod script;
mod standard;
mod strict;
mod town;
