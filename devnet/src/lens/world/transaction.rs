//! Transactions: a hash at once, what it does a while later, or never.

use alloy_primitives::{Address, B256, keccak256};

use super::World;
use super::account::{Delegate, Permissions};
use super::id::PostId;
use super::post::Draft;
use crate::lens::clock;
use crate::lens::faults::Fault;

/// What a transaction does once it is indexed.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    Post(Draft),
    Repost { post: PostId, author: Address, app: Option<Address> },
    Edit { post: PostId, uri: String },
    Delete { post: PostId },
    Follow { by: Address, whom: Address },
    Unfollow { by: Address, whom: Address },
    Block { by: Address, whom: Address },
    Unblock { by: Address, whom: Address },
    Join { group: Address, account: Address },
    Leave { group: Address, account: Address },
    CreateGroup { owner: Address, metadata: Option<String>, has_feed: bool },
    SetMetadata { account: Address, uri: String },
    AddManager { account: Address, manager: Address, permissions: Permissions },
    RemoveManager { account: Address, manager: Address },
    SetSignless { account: Address, is_signless: bool },
}

impl Effect {
    /// The word of the API for what it does on the chain.
    pub(crate) const fn operation(&self) -> &'static str {
        match self {
            Self::Post(_) | Self::Repost { .. } => "FEED_POST_CREATED",
            Self::Edit { .. } => "FEED_POST_EDITED",
            Self::Delete { .. } => "FEED_POST_DELETED",
            Self::Follow { .. } => "GRAPH_FOLLOWED",
            Self::Unfollow { .. } => "GRAPH_UNFOLLOWED",
            Self::Block { .. } => "ACCOUNT_BLOCKED",
            Self::Unblock { .. } => "ACCOUNT_UNBLOCKED",
            Self::Join { .. } => "GROUP_MEMBER_JOINED",
            Self::Leave { .. } => "GROUP_MEMBER_LEFT",
            Self::CreateGroup { .. } => "GROUP_FACTORY_DEPLOYMENT",
            Self::SetMetadata { .. } => "ACCOUNT_METADATA_URI_SET",
            Self::AddManager { .. } | Self::SetSignless { is_signless: true, .. } => {
                "ACCOUNT_MANAGER_ADDED"
            }
            Self::RemoveManager { .. } | Self::SetSignless { .. } => "ACCOUNT_MANAGER_REMOVED",
        }
    }
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    UnderWay,
    Finished { made: Option<Made> },
    Failed { reason: String },
}

/// What a transaction made, by which it is found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Post(PostId),
    Group(Address),
}

/// A transaction that has a hash.
#[derive(Clone, Debug)]
pub(crate) struct Transaction {
    pub(crate) effect: Effect,
    pub(crate) sent_ms: u64,
    /// When it is in a block: from then on it is pending.
    pub(crate) mined_ms: u64,
    /// The time that what it does is dated with.
    pub(crate) block_ms: u64,
    /// When it is indexed; never, for one that is lost.
    pub(crate) due_ms: Option<u64>,
    /// Why it fails when it is indexed, if it was decided beforehand.
    pub(crate) doom: Option<String>,
    pub(crate) fate: Fate,
}

/// How many settled transactions are remembered.
const MAX_REMEMBERED: usize = 50_000;

impl World {
    /// Takes a transaction; it does its work after a while.
    pub(crate) fn send(&mut self, effect: Effect) -> B256 {
        let sent_ms = clock::unix_ms();
        let index_ms = u64::try_from(self.pace.index_after.as_millis()).unwrap_or(u64::MAX);
        let mined_ms = sent_ms.saturating_add(index_ms / 2);
        let is_lost = self.faults.strikes(&Fault::NeverIndexed);
        let block_ms = sent_ms.saturating_add(index_ms);
        let due_ms = block_ms.saturating_add(self.faults.lateness_ms());
        let doom = self
            .faults
            .strikes(&Fault::TransactionFails)
            .then(|| "Transaction reverted on chain".to_owned());
        let nth = self.next();
        let hash = keccak256(format!("transaction {nth} of devnet {} at {sent_ms}", self.seed));
        let transaction = Transaction {
            effect,
            sent_ms,
            mined_ms: if is_lost { u64::MAX } else { mined_ms },
            block_ms,
            due_ms: (!is_lost).then_some(due_ms),
            doom,
            fate: Fate::UnderWay,
        };
        self.transactions.insert(hash, transaction);
        self.under_way.push(hash);
        self.forget_transactions();
        hash
    }

    /// Lets happen what is due by now.
    pub(crate) fn settle(&mut self, now_ms: u64) {
        for hash in std::mem::take(&mut self.under_way) {
            let Some(transaction) = self.transactions.get(&hash) else { continue };
            match transaction.due_ms {
                Some(due_ms) if due_ms <= now_ms => {
                    let fate = match transaction.doom.clone() {
                        Some(reason) => Fate::Failed { reason },
                        None => {
                            let block_ms = transaction.block_ms;
                            self.happen(&transaction.effect.clone(), block_ms)
                        }
                    };
                    if let Some(transaction) = self.transactions.get_mut(&hash) {
                        transaction.fate = fate;
                    }
                }
                Some(_) => self.under_way.push(hash),
                None => {}
            }
        }
    }

    fn happen(&mut self, effect: &Effect, block_ms: u64) -> Fate {
        // Blocks tell whole seconds.
        let at_ms = block_ms / 1000 * 1000;
        match self.change(effect, at_ms) {
            Ok(made) => Fate::Finished { made },
            Err(reason) => Fate::Failed { reason },
        }
    }

    fn change(&mut self, effect: &Effect, at_ms: u64) -> Result<Option<Made>, String> {
        match effect {
            Effect::Post(draft) => {
                return self.publish(draft, at_ms).map(|id| Some(Made::Post(id)));
            }
            Effect::Repost { post, author, app } => {
                let id = self.repost(*post, (*author, *app), at_ms)?;
                return Ok(Some(Made::Post(id)));
            }
            Effect::Edit { post, uri } => {
                self.edit(*post, uri, at_ms)?;
                return Ok(Some(Made::Post(*post)));
            }
            Effect::Delete { post } => self.delete(*post)?,
            Effect::Follow { by, whom } => self.follow(*by, *whom),
            Effect::Unfollow { by, whom } => {
                self.opinions.follows.remove(&(*by, *whom));
            }
            Effect::Block { by, whom } => {
                self.opinions.blocks.insert((*by, *whom));
            }
            Effect::Unblock { by, whom } => {
                self.opinions.blocks.remove(&(*by, *whom));
            }
            Effect::Join { group, account } => self.join(*group, *account)?,
            Effect::Leave { group, account } => self.leave(*group, *account)?,
            Effect::CreateGroup { owner, metadata, has_feed } => {
                let group = self.create_group(*owner, metadata.as_deref(), *has_feed)?;
                return Ok(Some(Made::Group(group)));
            }
            Effect::SetMetadata { account, uri } => self.set_profile(*account, uri)?,
            Effect::AddManager { account, manager, permissions } => {
                self.add_manager(*account, *manager, *permissions)?;
            }
            Effect::RemoveManager { account, manager } => {
                self.remove_manager(*account, *manager);
            }
            Effect::SetSignless { account, is_signless } => {
                if let Some(account) = self.accounts.get_mut(account) {
                    account.is_signless = *is_signless;
                }
            }
        }
        Ok(None)
    }

    /// Lets a key speak for an account.
    pub(crate) fn add_manager(
        &mut self,
        account: Address,
        manager: Address,
        permissions: Permissions,
    ) -> Result<(), String> {
        let account = self.accounts.get_mut(&account).ok_or("The account does not exist")?;
        if account.owner == manager {
            return Err("The owner cannot be a manager".to_owned());
        }
        let delegate = Delegate { permissions, added_ms: clock::unix_ms() };
        account.managers.insert(manager, delegate);
        Ok(())
    }

    /// Lets a key no longer speak for an account. Its tokens are worth nothing from then on.
    pub(crate) fn remove_manager(&mut self, account: Address, manager: Address) {
        if let Some(account) = self.accounts.get_mut(&account) {
            account.managers.remove(&manager);
        }
    }

    fn forget_transactions(&mut self) {
        if self.transactions.len() <= MAX_REMEMBERED {
            return;
        }
        let oldest = self
            .transactions
            .iter()
            .filter(|(hash, _)| !self.under_way.contains(hash))
            .min_by_key(|(_, transaction)| transaction.sent_ms)
            .map(|(hash, _)| *hash);
        if let Some(oldest) = oldest {
            self.transactions.remove(&oldest);
        }
    }
}
