//! Who is one person with whom, as far as somebody has shown it.

use crate::model::proof::Proof;
use crate::store::span::Span;
use crate::store::tables::PROOFS;
use crate::store::{ReadError, Reads};

/// All evidence that was ever kept, lapsed or not, with what came of checking it.
pub fn proofs(store: &impl Reads) -> Result<Vec<Proof>, ReadError> {
    let rows = store.scan(&PROOFS, Span::all(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, proof)| proof).collect())
}
