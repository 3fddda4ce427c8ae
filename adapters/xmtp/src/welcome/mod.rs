//! How a welcome is wrapped for the one installation that may read it.

use crate::mls::client::InstallationKey;

pub(crate) mod hpke;
pub(crate) mod kem;

/// The key that a welcome is wrapped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// The init key of a key package.
    X25519,
    /// The key that a key package brings for it.
    XWing,
}

/// Who a welcome is wrapped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealFor {
    pub(crate) installation: InstallationKey,
    pub(crate) wrapping: Wrapping,
    pub(crate) key: Vec<u8>,
}
