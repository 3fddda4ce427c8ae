//! XMTP judged by its own software: people on the official client, of two versions.

pub(crate) mod bridged;
pub(crate) mod person;

mod at_once;
mod byhand;
mod calls;
mod clients;
mod contract;
mod crashes;
mod crosses;
mod devices;
mod files;
mod follows;
mod groups;
mod hindered;
mod history;
mod installs;
mod late;
mod malformed;
mod many;
mod members;
mod moves;
mod mutants;
mod newer;
mod node;
mod rogue;
mod side;
