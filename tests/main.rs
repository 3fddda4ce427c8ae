//! The whole bridge from outside.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod delivers;
mod settings;
