//! Threadbridge, the daemon and its command line: settings in, a running bridge out.
//!
//! [`settings`] reads `bridge.toml`, [`registry`] turns it into adapters, [`running`] keeps the
//! bridge going, [`control`] lets the command line speak to it, and [`cli`] is that command line. The
//! demo runs all of it.

pub mod settings;
pub mod home;
pub mod unlock;
pub mod control;
pub mod doctor;
pub mod cli;
mod demo;
pub mod foreign;
mod hand;
pub mod handover;
pub mod exit;
pub mod logging;
pub mod order;
mod passage;
mod vouch;
mod word;
pub mod registry;
pub mod running;
pub mod signals;
pub mod watch;
pub mod web;

pub use self::running::run;
