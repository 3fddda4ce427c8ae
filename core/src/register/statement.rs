//! The register as one thing that can be handed to somebody and checked without the store.

use std::collections::BTreeMap;

use minicbor::Encode;
use thiserror::Error;

use crate::archive::owner::{OwnerId, OwnerKey};
use crate::invariants::each;
use crate::model::register::{Entry, Head, SubjectId, SubjectRow, Sum};
use crate::model::time::Timestamp;
use crate::store::tables::{REGISTER, REGISTER_SUMS, SUBJECTS};
use crate::store::{ReadError, Snapshot};

/// What the owner's signature under a statement is made for.
pub const SIGNED_FOR: &str = "threadbridge 2026 register";

/// All that the register says, with the names that were not erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// When it was made.
    pub made_at: Timestamp,
    /// The chain.
    pub entries: Vec<Entry>,
    /// Sums of days that were not closed yet, in order.
    pub open: Vec<Sum>,
    /// Whom it speaks of, as far as that was not erased.
    pub names: Vec<SubjectRow>,
}

/// Why a statement cannot be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// An entry does not follow the one before it.
    #[error("entry {0} does not follow the one before it: something was cut out or altered")]
    Chain(u64),
    /// A name is not what its digest stands for.
    #[error("a name is not the one that its digest stands for")]
    Name,
    /// The signature is not the owner's over this.
    #[error("the signature is not this owner's over this register")]
    Signature,
    /// Something of it has no encoding.
    #[error("something of it cannot be encoded")]
    Unfit,
}

/// What is signed. The names stand beside it: they may be left out, and are checked by themselves.
#[derive(Encode)]
struct Signed<'a> {
    #[n(0)]
    made_at: Timestamp,
    #[n(1)]
    head: Head,
    #[n(2)]
    open: &'a [Sum],
}

impl Statement {
    /// What the register says in a snapshot.
    pub fn of(snapshot: &Snapshot, made_at: Timestamp) -> Result<Self, ReadError> {
        let (mut entries, mut open, mut names) = (Vec::new(), Vec::new(), BTreeMap::new());
        each(snapshot, &REGISTER, |_, entry| {
            entries.push(entry);
            Ok(())
        })?;
        each(snapshot, &REGISTER_SUMS, |_, sum: Sum| {
            open.push(sum);
            Ok(())
        })?;
        each(snapshot, &SUBJECTS, |_, row: SubjectRow| {
            names.insert(row.id, row);
            Ok(())
        })?;
        let order = |sum: &Sum| (sum.day, sum.subject, sum.carried.clone());
        open.sort_by_cached_key(order);
        Ok(Self { made_at, entries, open, names: names.into_values().collect() })
    }

    /// Where its chain ends, if nothing was cut out or altered.
    pub fn head(&self) -> Result<Head, Broken> {
        let begun = Ok(Head::default());
        self.entries
            .iter()
            .fold(begun, |head, entry| head?.behind(entry).ok_or(Broken::Chain(entry.number)))
    }

    /// Whom an entry is about, unless that was erased.
    #[must_use]
    pub fn name(&self, id: &SubjectId) -> Option<&SubjectRow> {
        let at = self.names.binary_search_by(|row| row.id.cmp(id)).ok()?;
        self.names.get(at)
    }

    fn signed(&self) -> Result<Vec<u8>, Broken> {
        let signed = Signed { made_at: self.made_at, head: self.head()?, open: &self.open };
        minicbor::to_vec(signed).map_err(|_| Broken::Unfit)
    }

    /// The owner's signature over it.
    pub fn sign(&self, owner: &OwnerKey) -> Result<[u8; 64], Broken> {
        Ok(owner.sign(SIGNED_FOR, &self.signed()?))
    }

    /// Whether the chain is whole, each name the right one, and all of it signed by `owner`.
    pub fn verify(&self, owner: OwnerId, signature: &[u8; 64]) -> Result<Head, Broken> {
        let head = self.head()?;
        let is_right = |row: &SubjectRow| SubjectId::of(&row.salt, &row.subject) == Some(row.id);
        if !self.names.iter().all(is_right) {
            return Err(Broken::Name);
        }
        if !owner.has_signed(SIGNED_FOR, &self.signed()?, signature) {
            return Err(Broken::Signature);
        }
        Ok(head)
    }
}
