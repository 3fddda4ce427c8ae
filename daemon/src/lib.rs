//! Threadbridge.

pub mod settings;
