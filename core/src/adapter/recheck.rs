//! Looking at proofs again: what held once may hold no more.

use std::fmt;

use async_trait::async_trait;

use super::verdict::AdapterError;
use crate::model::proof::{Block, Proof};

/// What came of looking at a proof again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rechecked {
    /// Whoever was asked cannot tell.
    Unable,
    /// It holds.
    Holds {
        /// What checked it, with its version.
        checker: String,
        /// The block against whose state it was checked, if it rests on one.
        block: Option<Block>,
    },
    /// It does not hold any more.
    Lapsed {
        /// Why, for people.
        reason: String,
    },
}

/// Somebody beside the accounts who can look at proofs again.
#[async_trait]
pub trait Recheck: fmt::Debug + Send + Sync + 'static {
    /// Looks whether a proof that held still does. A failure says nothing about it: it is asked again.
    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError>;
}
