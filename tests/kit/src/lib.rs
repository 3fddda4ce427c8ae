//! What Threadbridge's own tests are made of.
//!
//! [`contract`] tries an adapter against the promises that all adapters make. [`world`] starts whole
//! bridges, stops them and lets them die; [`checker`] knows what people said and judges what was
//! seen. [`deadline`] waits for states.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

pub mod contract;
pub mod world;
pub mod checker;
pub mod deadline;
