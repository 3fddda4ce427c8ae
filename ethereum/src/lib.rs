//! Wallets: what the holder of an address signs for the owner, and what that proves.
//!
//! Nobody is talked to here and nothing is carried: Ethereum is where the addresses live that people
//! show on several networks. So it is no adapter, and knows none. What only the chain can say (names,
//! and wallets that are contracts) is asked of a [`Node`] that the owner names.

mod challenge;
mod contract;
mod ens;
mod evidence;
mod node;
mod recheck;
mod signature;
mod wallet;

pub use self::challenge::Challenge;
pub use self::ens::{EnsName, InvalidName, NAMES, Unresolved};
pub use self::evidence::{NotVouched, Unproven, can_have_wallet};
pub use self::node::{Node, NodeConfig, NodeError};
pub use self::recheck::Wallets;
pub use self::signature::{InvalidSignature, WalletSignature};
pub use self::wallet::{InvalidWallet, NETWORK, Wallet};
