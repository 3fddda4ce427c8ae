//! What belongs to no single event: conversations without any, other ids, and people.

use std::io::Write;

use super::{ExportError, Out, PAGE};
use crate::archive::item::{Item, ParticipantItem, PartingItem};
use crate::model::copy::Pointer;
use crate::model::event::ProfileRow;
use crate::model::id::{AccountName, ConversationId, Identity};
use crate::model::journal::{ExpiryRow, TombstoneRow};
use crate::model::person::{Apart, Home, Standing, Tie};
use crate::model::proof::Proof;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{
    APART, CONVERSATIONS, COPIES, EVENTS, EXPIRIES, HOMES, MESSAGES, PARTINGS, PEOPLE, PROFILES,
    PROOFS, REMOTE, STANDINGS, TIES, TOMBSTONES,
};
use crate::store::{Reads, Snapshot};

impl<W: Write> Out<'_, W> {
    pub(super) fn rest(&mut self) -> Result<(), ExportError> {
        let (is_whole, is_part) = (self.selection.is_whole(), self.selection.authors.is_some());
        if !is_part {
            self.silent_conversations()?;
        }
        if is_whole {
            self.other_names()?;
        }
        self.participants()?;
        self.profiles()?;
        self.words()?;
        self.proofs()?;
        if is_whole {
            self.partings()?;
            self.expiries()?;
            self.tombstones()?;
            self.register()?;
        }
        Ok(())
    }

    /// Conversations in which nothing was said yet.
    fn silent_conversations(&mut self) -> Result<(), ExportError> {
        if self.selection.since.is_some() || self.selection.until.is_some() {
            return Ok(());
        }
        let mut last: Option<RowKey> = None;
        loop {
            let span = last.as_ref().map_or(Span::all(), |last| Span::all().after(last));
            let page = self.snapshot.scan(&CONVERSATIONS, span, PAGE)?;
            let Some((key, _)) = page.last() else { return Ok(()) };
            last = Some(key.clone());
            for (_, conversation) in page {
                if self.selection.has_conversation(conversation.id) {
                    self.conversation(conversation.id)?;
                }
            }
        }
    }

    /// Ids that no copy has: of reactions that were there already, of envelopes that were sealed
    /// again.
    fn other_names(&mut self) -> Result<(), ExportError> {
        let name = |snapshot: &Snapshot, pointer: &Pointer| {
            let Some(id) = pointer.remote_id.clone() else { return Ok(None) };
            let is_written = names_a_copy(snapshot, pointer)?;
            Ok((!is_written).then(|| (pointer.leg.account.clone(), id)))
        };
        self.in_order(&REMOTE, name, |out, pointer| {
            out.accounts.insert(pointer.leg.account.clone());
            out.written.names = out.written.names.saturating_add(1);
            out.push(&Item::Name(pointer))
        })
    }

    /// Who has spoken where.
    fn participants(&mut self) -> Result<(), ExportError> {
        let conversations: Vec<ConversationId> = self.conversations.iter().copied().collect();
        for conversation in conversations {
            let rows = self.snapshot.scan(&PEOPLE, Span::under(&conversation), usize::MAX)?;
            let mut people: Vec<Identity> = rows.into_iter().map(|(_, who)| who).collect();
            people.sort_unstable();
            for identity in people {
                if !self.shows(&identity) {
                    continue;
                }
                self.people.insert(identity.clone());
                self.push(&Item::Participant(ParticipantItem { conversation, identity }))?;
            }
        }
        Ok(())
    }

    /// Whether somebody is shown: all where conversations are taken as they are, else those who
    /// were selected or speak in what was.
    fn shows(&self, identity: &Identity) -> bool {
        match &self.selection.authors {
            Some(authors) => authors.contains(identity),
            None => {
                let is_cut = self.selection.since.is_some() || self.selection.until.is_some();
                !is_cut || self.people.contains(identity)
            }
        }
    }

    fn profiles(&mut self) -> Result<(), ExportError> {
        if !self.selection.is_whole() {
            let people: Vec<Identity> = self.people.iter().cloned().collect();
            for identity in people {
                if let Some(row) = self.snapshot.get(&PROFILES, &identity)? {
                    self.push(&Item::Profile(ProfileRow { identity: Some(identity), ..row }))?;
                }
            }
            return Ok(());
        }
        let name = |_: &Snapshot, row: &ProfileRow| Ok(row.identity.clone());
        self.in_order(&PROFILES, name, |out, row| out.push(&Item::Profile(row)))?;
        self.unsigned_profiles()
    }

    /// Profiles of earlier versions, which do not say whose they are, of those who have spoken.
    fn unsigned_profiles(&mut self) -> Result<(), ExportError> {
        let people: Vec<Identity> = self.people.iter().cloned().collect();
        for identity in people {
            let row = self.snapshot.get(&PROFILES, &identity)?;
            if let Some(row) = row.filter(|row| row.identity.is_none()) {
                self.push(&Item::Profile(ProfileRow { identity: Some(identity), ..row }))?;
            }
        }
        Ok(())
    }

    /// Which people there are, and the owner's words about them.
    fn words(&mut self) -> Result<(), ExportError> {
        let name = |_: &Snapshot, home: &Home| Ok(Some(home.identity.clone()));
        self.in_order(&HOMES, name, |out, home| {
            let is_wanted = out.is_about(&[&home.identity]);
            if is_wanted { out.push(&Item::Home(home)) } else { Ok(()) }
        })?;
        // Each tie lies under both of its ends.
        let name = |_: &Snapshot, tie: &Tie| Ok(Some((tie.one.clone(), tie.other.clone())));
        self.in_order(&TIES, name, |out, tie| {
            let is_wanted = out.is_about(&[&tie.one, &tie.other]);
            if is_wanted { out.push(&Item::Tie(tie)) } else { Ok(()) }
        })?;
        let name = |_: &Snapshot, apart: &Apart| Ok(Some(apart.identity.clone()));
        self.in_order(&APART, name, |out, apart| {
            let is_wanted = out.is_about(&[&apart.identity]);
            if is_wanted { out.push(&Item::Apart(apart)) } else { Ok(()) }
        })?;
        let name = |_: &Snapshot, it: &Standing| Ok(Some(it.identity.clone()));
        self.in_order(&STANDINGS, name, |out, it| {
            let is_wanted = out.is_about(&[&it.identity]);
            if is_wanted { out.push(&Item::Attitude(it)) } else { Ok(()) }
        })
    }

    fn is_about(&self, people: &[&Identity]) -> bool {
        self.selection.is_whole() || people.iter().any(|who| self.people.contains(*who))
    }

    /// How many are kept is bounded.
    fn partings(&mut self) -> Result<(), ExportError> {
        for (key, parting) in self.snapshot.scan(&PARTINGS, Span::all(), usize::MAX)? {
            let Some(number) = key.part(0).map(u64::from_be_bytes) else { continue };
            self.push(&Item::Parting(PartingItem { number, parting }))?;
        }
        Ok(())
    }

    fn proofs(&mut self) -> Result<(), ExportError> {
        let name = |_: &Snapshot, proof: &Proof| Ok(Some((proof.one.clone(), proof.id())));
        self.in_order(&PROOFS, name, |out, proof| {
            let is_wanted = out.is_about(&[&proof.one, &proof.other]);
            if is_wanted { out.push(&Item::Proof(proof)) } else { Ok(()) }
        })
    }

    fn expiries(&mut self) -> Result<(), ExportError> {
        let name = |_: &Snapshot, row: &ExpiryRow| Ok(Some((row.at, row.message)));
        self.in_order(&EXPIRIES, name, |out, row| out.push(&Item::Expiry(row)))
    }

    fn tombstones(&mut self) -> Result<(), ExportError> {
        let name = |_: &Snapshot, row: &TombstoneRow| {
            let (account, id) = (row.account.clone(), row.remote_id.clone());
            Ok(account.zip(id).zip(row.author.clone()))
        };
        self.in_order(&TOMBSTONES, name, |out, row| {
            out.accounts.extend(row.account.clone());
            out.push(&Item::Tombstone(row))
        })
    }
}

/// Whether a pointer's id is one that stands beside its message in the archive already.
fn names_a_copy(snapshot: &Snapshot, pointer: &Pointer) -> Result<bool, ExportError> {
    let id = pointer.remote_id.as_ref();
    let under = (pointer.conversation, pointer.message);
    let copies = snapshot.scan(&COPIES, Span::under(&under), usize::MAX)?;
    let same = |account: &AccountName, of: Option<&_>| *account == pointer.leg.account && of == id;
    if copies.iter().any(|(_, copy)| same(&copy.leg.account, copy.remote_id.as_ref())) {
        return Ok(snapshot.get(&MESSAGES, &pointer.message)?.is_some());
    }
    let Some(row) = snapshot.get(&MESSAGES, &pointer.message)? else { return Ok(false) };
    let Some(record) = snapshot.get(&EVENTS, &(row.conversation, row.seq))? else {
        return Ok(false);
    };
    Ok(record.leg.is_some_and(|leg| same(&leg.account, record.remote_id.as_ref())))
}
