//! What the chain says after each block: tables of names and wallets, asked and answered by the
//! contracts' interfaces to the byte. Code is not executed here.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, Signature, address, keccak256};
use alloy_sol_types::{SolCall as _, sol};

sol! {
    function resolver(bytes32 node) returns (address);
    function addr(bytes32 node) returns (address);
    function name(bytes32 node) returns (string);
    function isValidSignature(bytes32 hash, bytes signature) returns (bytes4);
}

/// The registry of names, where it is on every chain that has one.
const REGISTRY: Address = address!("00000000000C2E074eC69A0dFb2997BA6C7d2e1e");
/// A resolver that keeps addresses and names.
const RESOLVER: Address = address!("00000000000000000000000000000000000e4501");
/// How many blocks are kept.
const KEPT: usize = 4096;
/// When the first block was made, and the time between two.
const BORN_AT: u64 = 1_700_000_000;
const BLOCK_S: u64 = 12;

/// What is true after a block.
#[derive(Clone, Debug, Default)]
struct State {
    addresses: BTreeMap<B256, Address>,
    names: BTreeMap<B256, String>,
    /// Contract wallets by their owners.
    wallets: BTreeMap<Address, Address>,
}

/// A chain.
#[derive(Debug)]
pub(super) struct Chain {
    id: u64,
    /// The number of the first block that is kept.
    first: u64,
    states: Vec<State>,
}

/// A block's header, as far as anybody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) number: u64,
    pub(super) hash: B256,
    pub(super) parent: B256,
    pub(super) timestamp: u64,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Called {
    Returned(Vec<u8>),
    Reverted,
    /// It would have to be executed.
    Refused,
}

impl Chain {
    /// A chain on which nobody has a name.
    pub(super) fn new(id: u64) -> Self {
        Self { id, first: 1, states: vec![State::default()] }
    }

    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// The number of the latest block.
    pub(super) fn head(&self) -> u64 {
        let more = u64::try_from(self.states.len().saturating_sub(1)).unwrap_or_default();
        self.first.saturating_add(more)
    }

    pub(super) fn header(&self, number: u64) -> Option<Header> {
        let is_kept = (self.first..=self.head()).contains(&number);
        let hash = |number: u64| keccak256(format!("block {number} of chain {}", self.id));
        is_kept.then(|| Header {
            number,
            hash: hash(number),
            parent: hash(number.saturating_sub(1)),
            timestamp: BORN_AT.saturating_add(number.saturating_mul(BLOCK_S)),
        })
    }

    fn state(&self, number: u64) -> Option<&State> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.states.get(at)
    }

    /// Makes a block in which this changes.
    fn mine(&mut self, change: impl FnOnce(&mut State)) {
        let Some(mut state) = self.states.last().cloned() else { return };
        change(&mut state);
        self.states.push(state);
        if self.states.len() > KEPT {
            self.states.remove(0);
            self.first = self.first.saturating_add(1);
        }
    }

    /// Has a name lead to an address.
    pub(super) fn set_address(&mut self, node: B256, to: Address) {
        self.mine(|state| {
            state.addresses.insert(node, to);
        });
    }

    /// Has an address be called so.
    pub(super) fn set_name(&mut self, node: B256, name: &str) {
        self.mine(|state| {
            state.names.insert(node, name.to_owned());
        });
    }

    /// Gives a contract wallet an owner.
    pub(super) fn set_owner(&mut self, wallet: Address, owner: Address) {
        self.mine(|state| {
            state.wallets.insert(wallet, owner);
        });
    }

    /// What comes of a call against the state of a block; nothing where there is no such block.
    pub(super) fn call(&self, to: Option<Address>, input: &[u8], number: u64) -> Option<Called> {
        let state = self.state(number)?;
        Some(match to {
            None => Called::Refused,
            Some(REGISTRY) => asked(input, |resolverCall { node }| {
                let is_known =
                    state.addresses.contains_key(&node) || state.names.contains_key(&node);
                let resolver = if is_known { RESOLVER } else { Address::ZERO };
                resolverCall::abi_encode_returns(&resolver)
            }),
            Some(RESOLVER) if input.starts_with(&addrCall::SELECTOR) => {
                asked(input, |addrCall { node }| {
                    let found = state.addresses.get(&node).copied().unwrap_or_default();
                    addrCall::abi_encode_returns(&found)
                })
            }
            Some(RESOLVER) => asked(input, |nameCall { node }| {
                nameCall::abi_encode_returns(&state.names.get(&node).cloned().unwrap_or_default())
            }),
            Some(to) => match state.wallets.get(&to) {
                Some(owner) => asked(input, |isValidSignatureCall { hash, signature }| {
                    let is_own = signer(hash, &signature) == Some(*owner);
                    let magic = isValidSignatureCall::SELECTOR;
                    let said = if is_own { magic } else { [0xff; 4] };
                    isValidSignatureCall::abi_encode_returns(&said.into())
                }),
                // Whoever calls where no code is gets nothing.
                None => Called::Returned(Vec::new()),
            },
        })
    }
}

fn asked<C: alloy_sol_types::SolCall>(input: &[u8], answer: impl FnOnce(C) -> Vec<u8>) -> Called {
    C::abi_decode(input).map_or(Called::Reverted, |call| Called::Returned(answer(call)))
}

fn signer(hash: B256, signature: &Bytes) -> Option<Address> {
    Signature::from_raw(signature).ok()?.recover_address_from_prehash(&hash).ok()
}
