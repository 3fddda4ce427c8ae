//! The whole bridge from outside.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod delivers;
mod speaks;
mod people;
mod verifies;
mod moves;
mod begins;
mod translates;
mod keeps_order;
mod deduplicates;
mod survives_crashes;
mod carries;
mod backs_off;
mod loops;
mod fairness;
mod tombstones;
mod disappears;
mod erases;
mod retains;
mod reseals;
mod waits;
mod stops;
mod stalls;
mod protects;
mod finds_copies;
mod fsck;
mod commands;
mod archives;
mod live;
mod process;
mod demo;
mod client;
mod tap;
mod chat;
mod farcaster;
mod lens;
mod xmtp;
mod three;
mod hostile;
mod settings;
mod capabilities;
mod architecture;
mod trial;
