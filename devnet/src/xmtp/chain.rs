//! Contract wallets on chains that this network makes up.
//!
//! A stand-in for the chains' nodes, and for no more than the one question that XMTP asks of them:
//! whether a contract takes a signature for its own (ERC-1271, asked through ERC-6492's validator).
//! Contracts here have one owner, a key, and take what that key signed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use alloy_primitives::{Address, B256, Signature};

/// All chains; clones are the same ones.
#[derive(Clone, Debug, Default)]
pub struct Chains(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    block: u64,
    /// By chain and contract: its owners, each with the block from which it is one.
    wallets: BTreeMap<(u64, Address), BTreeMap<u64, Address>>,
}

impl Default for State {
    fn default() -> Self {
        Self { block: 1, wallets: BTreeMap::new() }
    }
}

/// What a chain says of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) is_valid: bool,
    /// The block that it was asked at.
    pub(crate) block: u64,
}

impl Chains {
    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives a contract an owner, from the next block on; makes the contract if there is none.
    pub fn set_owner(&self, chain_id: u64, contract: Address, owner: Address) {
        self.with(|state| {
            state.block = state.block.saturating_add(1);
            let block = state.block;
            state.wallets.entry((chain_id, contract)).or_default().insert(block, owner);
        });
    }

    /// The newest block, of all chains.
    pub fn block(&self) -> u64 {
        self.with(|state| state.block)
    }

    /// Whether `contract` takes `signature` over `hash`, at `block` or now. What is no contract is
    /// taken for a key's own address, as ERC-6492's validator does.
    pub(crate) fn verdict(
        &self,
        (chain_id, contract): (u64, Address),
        hash: B256,
        signature: &[u8],
        block: Option<u64>,
    ) -> Verdict {
        self.with(|state| {
            let block = block.filter(|block| *block != 0).unwrap_or(state.block).min(state.block);
            let owners = state.wallets.get(&(chain_id, contract));
            let owner = owners.and_then(|owners| owners.range(..=block).next_back());
            let owner = owner.map_or(contract, |(_, owner)| *owner);
            let signature = Signature::from_raw(signature).ok();
            let signer =
                signature.and_then(|it| it.normalized_s().recover_address_from_prehash(&hash).ok());
            Verdict { is_valid: signer == Some(owner), block }
        })
    }
}

/// Chain and address of a CAIP-10 account, `eip155:<chain>:<address>`.
pub(crate) fn account(id: &str) -> Option<(u64, Address)> {
    let mut parts = id.split(':');
    let (namespace, chain, address) = (parts.next()?, parts.next()?, parts.next()?);
    if namespace != "eip155" || parts.next().is_some() {
        return None;
    }
    Some((chain.parse().ok()?, address.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::eip191_hash_message;

    use super::*;
    use crate::xmtp::make::Wallet;

    #[test]
    fn a_contract_takes_what_its_owner_of_that_block_signed() {
        let chains = Chains::default();
        let [first, second] = ["first", "second"].map(Wallet::of);
        let contract = account("eip155:232:0x00000000000000000000000000000000000000aa").unwrap();
        chains.set_owner(contract.0, contract.1, first.address());
        let before = chains.block();
        chains.set_owner(contract.0, contract.1, second.address());
        let hash = eip191_hash_message("hello");
        let [by_first, by_second] = [&first, &second].map(|wallet| wallet.sign("hello"));
        let says = |signature: &[u8], block| chains.verdict(contract, hash, signature, block);
        assert!(!says(&by_first, None).is_valid);
        assert!(says(&by_second, None).is_valid);
        assert_eq!(says(&by_first, Some(before)), Verdict { is_valid: true, block: before });
        assert!(!says(&by_second, Some(before)).is_valid);
        assert!(!says(b"nonsense", None).is_valid);
        let other_chain = (1, contract.1);
        assert!(!chains.verdict(other_chain, hash, &by_second, None).is_valid);
        assert!(chains.verdict((1, first.address()), hash, &by_first, None).is_valid);
    }

    #[test]
    fn only_accounts_of_ethereum_chains_are_read() {
        assert!(account("eip155:1:0x00000000000000000000000000000000000000aa").is_some());
        for id in ["", "eip155:1", "eip155:x:0xaa", "cosmos:1:0xaa", "eip155:1:0xaa:1"] {
            assert_eq!(account(id), None, "{id}");
        }
    }
}
