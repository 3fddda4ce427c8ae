//! The vocabulary of the bridge as plain data: no I/O, nothing asynchronous.

pub mod id;
pub mod time;
pub mod mark;
pub mod content;
pub mod copy;
pub mod link;
