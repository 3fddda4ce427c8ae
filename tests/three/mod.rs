//! One thread that people see in three apps: on Farcaster, on Lens and on XMTP.

mod crashes;
mod one_person;
mod refuses;
