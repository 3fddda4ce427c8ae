//! All inboxes' logs, and which inbox an address is in.

use std::collections::{BTreeMap, BTreeSet};

use super::Member;
use super::state::{State, after};
use crate::xmtp::chain::Chains;
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::IdentityUpdate;
use crate::xmtp::wire::identity::get_identity_updates_response::IdentityUpdateLog;

/// How many entries a log may have.
const MAX_ENTRIES: usize = 256;

/// All inboxes.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    logs: BTreeMap<String, Log>,
    /// By address: the inboxes that it is in, by the entry that put it there.
    addresses: BTreeMap<String, BTreeMap<u64, String>>,
    newest: u64,
}

#[derive(Debug)]
struct Log {
    entries: Vec<IdentityUpdateLog>,
    state: State,
}

/// Why an update is not in its log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPublished {
    #[error("inbox log is full")]
    Full,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Directory {
    /// Takes an update into its inbox's log, if it follows from what is there.
    pub(crate) fn publish(
        &mut self,
        update: IdentityUpdate,
        chains: &Chains,
        now_ns: u64,
    ) -> Result<(), NotPublished> {
        let log = self.logs.get(&update.inbox_id);
        if log.is_some_and(|log| log.entries.len() >= MAX_ENTRIES) {
            return Err(NotPublished::Full);
        }
        let state = after(log.map(|log| &log.state), &update, chains)?;
        let before = log.map(|log| addresses(&log.state)).unwrap_or_default();
        self.newest = self.newest.saturating_add(1);
        self.index(&update.inbox_id, &before, &addresses(&state));
        let entry = IdentityUpdateLog {
            sequence_id: self.newest,
            server_timestamp_ns: now_ns,
            update: Some(update.clone()),
        };
        match self.logs.get_mut(&update.inbox_id) {
            Some(log) => {
                log.entries.push(entry);
                log.state = state;
            }
            None => {
                self.logs.insert(update.inbox_id, Log { entries: vec![entry], state });
            }
        }
        Ok(())
    }

    /// Puts an entry into a log whatever it says; nothing follows from it.
    pub(crate) fn slip(&mut self, update: IdentityUpdate, now_ns: u64) {
        self.newest = self.newest.saturating_add(1);
        let sequence_id = self.newest;
        if let Some(log) = self.logs.get_mut(&update.inbox_id) {
            let update = Some(update);
            log.entries.push(IdentityUpdateLog {
                sequence_id,
                server_timestamp_ns: now_ns,
                update,
            });
        }
    }

    fn index(&mut self, inbox: &str, before: &BTreeSet<String>, now: &BTreeSet<String>) {
        for address in before.difference(now) {
            if let Some(inboxes) = self.addresses.get_mut(address) {
                inboxes.retain(|_, other| other != inbox);
            }
        }
        for address in now.difference(before) {
            let inboxes = self.addresses.entry(address.clone()).or_default();
            inboxes.insert(self.newest, inbox.to_owned());
        }
    }

    /// The entries of a log behind `sequence_id`, in order.
    pub(crate) fn entries(&self, inbox: &str, sequence_id: u64) -> Vec<IdentityUpdateLog> {
        let entries = self.logs.get(inbox).map(|log| log.entries.as_slice()).unwrap_or_default();
        entries.iter().filter(|entry| entry.sequence_id > sequence_id).cloned().collect()
    }

    /// The inbox that an address was last put into, and is still in.
    pub(crate) fn inbox_of(&self, address: &str) -> Option<String> {
        self.addresses.get(address)?.last_key_value().map(|(_, inbox)| inbox.clone())
    }

    /// Public keys of an inbox's installations.
    pub(crate) fn installations(&self, inbox: &str) -> Vec<[u8; 32]> {
        let members = self.logs.get(inbox).into_iter().flat_map(|log| log.state.members());
        members
            .filter_map(|member| match member {
                Member::Installation(key) => Some(*key),
                Member::Ethereum(_) | Member::Passkey(_) => None,
            })
            .collect()
    }
}

fn addresses(state: &State) -> BTreeSet<String> {
    let addresses = state.members().filter_map(|member| match member {
        Member::Ethereum(address) => Some(address.clone()),
        Member::Installation(_) | Member::Passkey(_) => None,
    });
    addresses.collect()
}
