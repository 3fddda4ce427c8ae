//! The vocabulary of the bridge as plain data: no I/O, no clock, nothing asynchronous.

pub mod id;
pub mod time;
