//! Accounts: a contract with an owner, managers, and usernames that come and go.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::address_of;
use super::{LENS_NAMESPACE, World, content};
use crate::lens::wallet::Wallet;
use crate::lens::{clock, metadata};

/// What a manager may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "four bits of the contract")]
pub struct Permissions {
    /// Post, react, follow.
    pub can_execute_transactions: bool,
    /// Move tokens.
    pub can_transfer_tokens: bool,
    /// Move the chain's own coin.
    pub can_transfer_native: bool,
    /// Change the profile.
    pub can_set_metadata_uri: bool,
}

impl Permissions {
    /// What a bridge needs: to speak, and nothing else.
    pub const SPEAK: Self = Self {
        can_execute_transactions: true,
        can_transfer_tokens: false,
        can_transfer_native: false,
        can_set_metadata_uri: false,
    };
}

/// A manager of an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delegate {
    pub(crate) permissions: Permissions,
    pub(crate) added_ms: u64,
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) address: Address,
    pub(crate) owner: Address,
    pub(crate) nth: u64,
    pub(crate) created_ms: u64,
    pub(crate) score: i32,
    pub(crate) managers: BTreeMap<Address, Delegate>,
    pub(crate) is_signless: bool,
    /// The `lens` part of its metadata.
    pub(crate) metadata: Option<Value>,
}

/// A name in a namespace.
#[derive(Clone, Debug)]
pub(crate) struct Username {
    pub(crate) namespace: Address,
    pub(crate) local_name: String,
    pub(crate) nth: u64,
    pub(crate) linked_to: Option<Address>,
    pub(crate) owned_by: Address,
    pub(crate) created_ms: u64,
}

impl Username {
    /// As the API shows it whole.
    pub(crate) fn value(&self) -> String {
        let namespace = if self.namespace == LENS_NAMESPACE {
            "lens".to_owned()
        } else {
            self.namespace.to_string()
        };
        format!("{namespace}/{}", self.local_name)
    }
}

impl World {
    /// A new account with a name in the namespace `lens/`.
    pub(crate) fn make_account(&mut self, local_name: &str, owner: &Wallet) -> Address {
        let nth = self.next();
        let address = address_of(&format!("account {local_name} {nth} of devnet {}", self.seed));
        let created_ms = clock::unix_ms();
        let account = Account {
            address,
            owner: owner.address(),
            nth,
            created_ms,
            score: 7000,
            managers: BTreeMap::new(),
            is_signless: true,
            metadata: None,
        };
        self.accounts.insert(address, account);
        self.give_name(LENS_NAMESPACE, local_name, address);
        address
    }

    /// Mints a username and links it to an account, which loses the one it had there.
    pub(crate) fn give_name(&mut self, namespace: Address, local_name: &str, account: Address) {
        self.take_name(namespace, account);
        let nth = self.next();
        let name = Username {
            namespace,
            local_name: local_name.to_lowercase(),
            nth,
            linked_to: Some(account),
            owned_by: account,
            created_ms: clock::unix_ms(),
        };
        self.usernames.insert((namespace, name.local_name.clone()), name);
    }

    /// Unassigns an account's name in a namespace.
    pub(crate) fn take_name(&mut self, namespace: Address, account: Address) {
        for name in self.usernames.values_mut() {
            if name.namespace == namespace && name.linked_to == Some(account) {
                name.linked_to = None;
            }
        }
    }

    /// The account that goes by a name.
    pub(crate) fn named(&self, namespace: Address, local_name: &str) -> Option<&Account> {
        let name = self.usernames.get(&(namespace, local_name.to_lowercase()))?;
        self.accounts.get(&name.linked_to?)
    }

    /// An account's names, those of `lens/` first.
    pub(crate) fn names_of(&self, account: Address) -> Vec<&Username> {
        let mut names: Vec<_> =
            self.usernames.values().filter(|name| name.linked_to == Some(account)).collect();
        names.sort_by_key(|name| (name.namespace != LENS_NAMESPACE, name.nth));
        names
    }

    /// What people call an account.
    pub(crate) fn name_of(&self, account: Address) -> String {
        self.names_of(account)
            .first()
            .map_or_else(|| account.to_string(), |name| name.local_name.clone())
    }

    /// How much an account counts; nothing, if there is none.
    pub(crate) fn score_of(&self, account: Address) -> i32 {
        self.accounts.get(&account).map_or(0, |account| account.score)
    }

    /// Whether a key may speak for an account.
    pub(crate) fn may_speak(&self, account: Address, signer: Address) -> bool {
        self.accounts.get(&account).is_some_and(|account| {
            account.owner == signer
                || account
                    .managers
                    .get(&signer)
                    .is_some_and(|manager| manager.permissions.can_execute_transactions)
        })
    }
}

impl World {
    /// Shows another profile from now on.
    pub(crate) fn set_profile(&mut self, account: Address, uri: &str) -> Result<(), String> {
        let document = content::fetch(uri, &self.shelf)?;
        metadata::check_account(&document)
            .map_err(|flaw| format!("Metadata is not valid: {flaw}"))?;
        let account = self.accounts.get_mut(&account).ok_or("The account does not exist")?;
        account.metadata = document.get("lens").cloned();
        Ok(())
    }
}
