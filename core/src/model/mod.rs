//! The vocabulary of the bridge as plain data: no I/O, nothing asynchronous.

pub mod id;
pub mod time;
pub mod mark;
pub mod content;
pub mod level;
pub mod capabilities;
pub mod event;
pub mod outgoing;
pub mod delivery;
pub mod proof;
pub mod person;
pub mod copy;
pub mod link;
pub mod direct;
pub mod group;
pub mod journal;
pub mod erasure;
pub mod retention;
pub mod envelope;
pub mod outbox;
pub mod health;
pub mod register;
