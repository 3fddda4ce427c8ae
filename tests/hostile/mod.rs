//! What happens to those who wish the bridge ill: hubs that lie, people who forge, thieves of the
//! store's file, and whoever finds the daemon's socket.

mod cases;
mod control;
mod farcaster;
mod forge;
mod hubs;
mod liar;
mod marks;
mod panics;
mod stage;
mod store;
