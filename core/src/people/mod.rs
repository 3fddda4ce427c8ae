//! Who is one person with whom.
//!
//! Nothing here is decided once and stored: what is stored are proofs, with what came of checking
//! them, and the owner's words. Two identities are one person while a chain of bonds that hold leads
//! from the one to the other. So a proof that lapses parts exactly those whom it alone held, a word
//! that is taken back leaves no trace, and no message is touched by either.

mod kin;
mod known;
mod prove;
mod standing;
mod words;

pub use self::kin::{Kin, kin};
pub use self::known::{everybody, introduced, partings, person};
pub use self::prove::prove;
pub use self::standing::{asking, attitude, is_stranger, think};
pub use self::words::{Joined, Separated, join, let_proofs_join, separate};

pub(crate) use self::known::introduce;
pub(crate) use self::prove::{LAST_PARTING, claim, index_claims};
pub(crate) use self::standing::{asks, missing_acceptance, opinions};
pub(crate) use self::words::LAST_WORD;

#[cfg(test)]
mod tests;
