//! Conversations and their legs know each other; what waits is not journaled yet.

use super::each;
use crate::store::fsck::{Findings, Invariant};
use crate::store::span::Span;
use crate::store::tables::{CONVERSATIONS, HEALTH, LEGS, REMOTE, WAITING};
use crate::store::{ReadError, Reads, Snapshot};

/// A conversation's legs lead to it.
pub(super) struct LegsAgree;

impl Invariant for LegsAgree {
    fn name(&self) -> &'static str {
        "a conversation's legs lead to a conversation"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each(snapshot, &CONVERSATIONS, |key, conversation| {
            for leg in &conversation.legs {
                if snapshot.get(&LEGS, leg)?.is_none() {
                    findings.add(self.name(), Some(key.clone()), "one of its legs leads nowhere");
                }
            }
            Ok(())
        })?;
        each(snapshot, &LEGS, |key, conversation| {
            if snapshot.get(&CONVERSATIONS, &conversation)?.is_none() {
                findings.add(self.name(), Some(key), "its conversation is not there");
            }
            Ok(())
        })
    }
}

/// An envelope that waits is not in the journal.
pub(super) struct WhatWaitsIsNotJournaled;

impl Invariant for WhatWaitsIsNotJournaled {
    fn name(&self) -> &'static str {
        "what waits is not journaled"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        // The row key holds the account as a hash only, so every account is asked.
        let mut accounts = Vec::new();
        each(snapshot, &HEALTH, |_, row| {
            accounts.push(row.account);
            Ok(())
        })?;
        for account in accounts {
            for (key, row) in snapshot.scan(&WAITING, Span::under(&account), usize::MAX)? {
                if snapshot.get(&REMOTE, &(account.clone(), row.envelope.id))?.is_some() {
                    findings.add(self.name(), Some(key), "it is journaled as well");
                }
            }
        }
        Ok(())
    }
}
