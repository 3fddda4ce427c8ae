//! The devnet from outside.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod kit;
mod lens_kit;

mod direct_casts;
mod farcaster_client;
mod faults;
mod lens_faults;
mod lens_grove;
mod lens_login;
mod lens_posts;
mod lens_process;
mod load;
mod people;
mod processes;
mod restarts;
mod rules;
mod streams;
mod xmtp_process;
mod xmtp_streams;
