//! Nothing is ever missing on this network: what a post needs comes with it. What the bridge keeps
//! for other reasons is asked for in vain.

use threadbridge_core::adapter::{AdapterError, Envelope, Missing};

/// Gets what is missing, which is nothing.
#[expect(clippy::unnecessary_wraps, reason = "the contract's answer can be a failure")]
pub(crate) fn fetch(missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
    tracing::debug!(reason = missing.reason, "nothing can be fetched");
    Ok(Vec::new())
}
