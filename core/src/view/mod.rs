//! What people look at: accounts, threads, the outbox and the dead letters, read from a snapshot
//! beside a running bridge or without one.

mod people;
mod proofs;
mod status;
mod threads;

pub use self::people::{Known, Warning, one_person, people};
pub use self::proofs::proofs;
pub use self::status::{AccountStatus, LegStatus, Status, WaitCount, dead_letters, outbox, status};
pub use self::threads::{Line, LineState, Thread, thread, threads};
