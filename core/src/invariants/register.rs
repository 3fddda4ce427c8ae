//! The register: its chain is whole, and whom it names it names rightly.

use super::each;
use crate::model::register::{Head, SubjectId};
use crate::store::fsck::{Findings, Invariant};
use crate::store::tables::{REGISTER, REGISTER_HEAD, REGISTER_SUMS, SUBJECTS, SumKey};
use crate::store::{ReadError, Reads, Snapshot};

/// Nothing was cut out of the register, put in, or altered.
pub(super) struct TheRegisterIsWhole;

impl Invariant for TheRegisterIsWhole {
    fn name(&self) -> &'static str {
        "the register's chain is whole"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        let mut head = Some(Head::default());
        each(snapshot, &REGISTER, |key, entry| {
            let Some(before) = head else { return Ok(()) };
            head = before.behind(&entry);
            if head.is_none() {
                findings.add(self.name(), Some(key), "it does not follow the entry before it");
            }
            Ok(())
        })?;
        let end = snapshot.get(&REGISTER_HEAD, &0)?.unwrap_or_default();
        if head.is_some_and(|head| head != end) {
            findings.add(self.name(), None, format!("it does not end at entry {}", end.count));
        }
        each(snapshot, &REGISTER_SUMS, |key, sum| {
            let here = snapshot.get(&REGISTER_SUMS, &SumKey::of(&sum))?;
            if here.as_ref() != Some(&sum) || sum.carried.count == 0 {
                findings.add(self.name(), Some(key), "a sum is not in its place");
            }
            Ok(())
        })?;
        each(snapshot, &SUBJECTS, |key, row| {
            let is_right = SubjectId::of(&row.salt, &row.subject) == Some(row.id);
            if !is_right || snapshot.get(&SUBJECTS, &row.subject)?.as_ref() != Some(&row) {
                findings.add(self.name(), Some(key), "a name is not what stands in the chain");
            }
            Ok(())
        })
    }
}
