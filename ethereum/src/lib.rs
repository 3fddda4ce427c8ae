//! Wallets: what the holder of an address signs for the owner, and what that proves.
//!
//! Nobody is talked to here and nothing is carried: Ethereum is where the addresses live that people
//! show on several networks. So it is no adapter, and knows none.

mod challenge;
mod evidence;
mod recheck;
mod signature;
mod wallet;

pub use self::challenge::Challenge;
pub use self::evidence::{Unproven, can_have_wallet};
pub use self::recheck::Wallets;
pub use self::signature::{InvalidSignature, WalletSignature};
pub use self::wallet::{InvalidWallet, NETWORK, Wallet};
