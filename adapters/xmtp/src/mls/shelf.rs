//! Groups as they were used last. Loading one reads and decodes a dozen rows, which costs more than
//! what is then done in it.
//!
//! A group's record names its state by a revision, random and another with each change. What stands
//! here is used only where the record that was just read names the same revision: what a unit of work
//! changed and never committed is loaded anew.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use minicbor::{Decode, Encode};
use openmls::prelude::MlsGroup;

use crate::mls::group::record::GroupId;

/// How many groups are kept; the largest that the network takes have about a megabyte.
const MAX_GROUPS: usize = 32;
const REVISION_BYTES: usize = 16;

/// The state of a group: another with each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Revision(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    [u8; REVISION_BYTES],
);

impl Revision {
    /// A name that nothing had before; nothing without randomness, and then nothing is used again.
    pub(super) fn fresh() -> Option<Self> {
        let mut bytes = [0; REVISION_BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }
}

/// The groups that were used last.
#[derive(Default)]
pub(crate) struct Shelf {
    standing: Mutex<Standing>,
}

#[derive(Default)]
struct Standing {
    groups: BTreeMap<GroupId, (Revision, MlsGroup, u64)>,
    uses: u64,
}

impl Shelf {
    /// The group in exactly this state, if it stands here. It is gone from here until it is put back.
    pub(super) fn take(&self, id: &GroupId, revision: Option<Revision>) -> Option<MlsGroup> {
        let (stands, mls, _) = self.standing(|it| it.groups.remove(id))?;
        (Some(stands) == revision).then_some(mls)
    }

    fn put(&self, id: GroupId, revision: Revision, mls: MlsGroup) {
        self.standing(|it| {
            it.uses = it.uses.saturating_add(1);
            it.groups.insert(id, (revision, mls, it.uses));
            if it.groups.len() > MAX_GROUPS {
                let oldest = it.groups.iter().min_by_key(|(_, (_, _, used))| *used);
                if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                    it.groups.remove(&oldest);
                }
            }
        });
    }

    fn standing<T>(&self, work: impl FnOnce(&mut Standing) -> T) -> T {
        work(&mut self.standing.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf").finish_non_exhaustive()
    }
}

/// A group in use. Dropped, it goes onto the shelf, unless it was changed and the change not kept.
pub(crate) struct Loaded {
    shelf: Arc<Shelf>,
    id: GroupId,
    revision: Option<Revision>,
    mls: Option<MlsGroup>,
}

impl Loaded {
    /// A group that is as its rows have it.
    pub(super) const fn new(
        shelf: Arc<Shelf>,
        id: GroupId,
        revision: Option<Revision>,
        mls: MlsGroup,
    ) -> Self {
        Self { shelf, id, revision, mls: Some(mls) }
    }

    /// What was changed is in its rows. A group that the account is out of has none any more.
    pub(super) fn kept(&mut self, revision: Option<Revision>) {
        self.revision = revision.filter(|_| self.is_active());
    }
}

impl Deref for Loaded {
    type Target = MlsGroup;

    fn deref(&self) -> &MlsGroup {
        let Some(mls) = &self.mls else { gone() };
        mls
    }
}

impl DerefMut for Loaded {
    fn deref_mut(&mut self) -> &mut MlsGroup {
        self.revision = None;
        let Some(mls) = &mut self.mls else { gone() };
        mls
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let (Some(revision), Some(mls)) = (self.revision, self.mls.take()) {
            self.shelf.put(self.id.clone(), revision, mls);
        }
    }
}

#[expect(clippy::unreachable, reason = "a group is there until it is dropped")]
fn gone() -> ! {
    unreachable!("a group is there until it is dropped")
}
