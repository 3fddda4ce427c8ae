//! The register: its chain, whom it speaks of, and what is not in it yet.

use std::io::Write;

use super::{ExportError, Out, PAGE};
use crate::archive::item::Item;
use crate::model::register::{Grant, SubjectRow, Sum};
use crate::store::span::Span;
use crate::store::tables::{GRANTS, REGISTER, REGISTER_SUMS, SUBJECTS};
use crate::store::{Reads, Snapshot};

impl<W: Write> Out<'_, W> {
    pub(super) fn register(&mut self) -> Result<(), ExportError> {
        let mut last = 0_u64;
        loop {
            let page = self.snapshot.scan(&REGISTER, Span::all().after(&last), PAGE)?;
            let Some((_, entry)) = page.last() else { break };
            last = entry.number;
            for (_, entry) in page {
                self.push(&Item::Register(entry))?;
            }
        }
        let name = |_: &Snapshot, row: &SubjectRow| Ok(Some(row.id));
        self.in_order(&SUBJECTS, name, |out, row| out.push(&Item::Subject(row)))?;
        let name = |_: &Snapshot, it: &Sum| Ok(Some((it.day, it.subject, it.carried.clone())));
        self.in_order(&REGISTER_SUMS, name, |out, sum| out.push(&Item::Sum(sum)))?;
        let name = |_: &Snapshot, grant: &Grant| Ok(Some(grant.name.clone()));
        self.in_order(&GRANTS, name, |out, grant| out.push(&Item::Grant(grant)))
    }
}
