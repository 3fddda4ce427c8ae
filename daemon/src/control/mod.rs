//! How a running daemon is spoken to: a Unix socket beside the store, for its owner only. One
//! request a connection, one line of JSON each way, all of it bounded.

mod client;
mod request;
mod socket;

pub use self::client::{Unheard, ask};
pub use self::request::{
    Answer, Erased, GroupAct, Order, PersonAct, Ranked, Request, Thought, ThreadAct, Typed,
};
pub use self::socket::{ControlSocket, SocketError};
