//! Hostile input for every parser that meets the outside.
//!
//! A [`Target`] is a function from bytes: it returns if they were read or refused properly, and
//! panics if anything else came of them. [`Target::seeds`] are good inputs; a [`Mutator`] spoils
//! them, the same way on each run. `cargo test -p threadbridge-fuzz` tries a bounded number on each
//! target; `cargo run --release -p threadbridge-fuzz -- SECONDS [TARGET [SEED]]` goes on for longer.
//!
//! The targets need nothing but a stable compiler. They can also be driven by libFuzzer: in a crate
//! that `cargo fuzz init` made, a target is
//! `fuzz_target!(|bytes: &[u8]| (threadbridge_fuzz::content::TARGET.run)(bytes));`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a panic is how a target says that it has found something"
)]

pub mod archive;
pub mod content;
pub mod control;
pub mod farcaster;
pub mod fit;
pub mod http;
pub mod lens;
pub mod loopback;
pub mod mark;
pub mod media;
pub mod mutator;
pub mod names;
pub mod settings;
pub mod shape;
pub mod store;
pub mod xmtp;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use self::mutator::Mutator;

/// A parser that meets the outside, with what must hold whatever it is given.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// Gives it some bytes. Panics if it does not take them properly.
    pub run: fn(&[u8]),
    /// Inputs that it should be given as they are, and that others are made from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// How many inputs are tried in a test: some seconds' worth.
    pub rounds: u64,
}

/// All of them.
pub const TARGETS: [Target; 21] = [
    content::TARGET,
    fit::TARGET,
    mark::TARGET,
    media::TARGET,
    names::TARGET,
    settings::TARGET,
    farcaster::ENVELOPES,
    farcaster::SIGNED,
    farcaster::PLAINTEXTS,
    http::TARGET,
    lens::ENVELOPES,
    lens::PLAINTEXTS,
    lens::ANSWERS,
    loopback::TARGET,
    store::TARGET,
    archive::TARGET,
    control::TARGET,
    xmtp::IDENTITY_UPDATES,
    xmtp::CONTENTS,
    xmtp::ARCHIVES,
    xmtp::OFFERS,
];

/// An input that a target does not take properly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which target.
    pub target: &'static str,
    /// The input.
    pub input: Vec<u8>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.target, hex::encode(&self.input))
    }
}

impl Target {
    /// Tries the seeds, then `rounds` inputs made from them.
    pub fn try_all(&self, seed: u64, rounds: u64) -> Result<u64, Finding> {
        self.try_while(seed, |round, _input| round < rounds)
    }

    /// Tries the seeds, then inputs made from them as long as `goes_on`, which is told how many
    /// there were before and which comes next. Returns how many there were.
    pub fn try_while(
        &self,
        seed: u64,
        mut goes_on: impl FnMut(u64, &[u8]) -> bool,
    ) -> Result<u64, Finding> {
        let seeds = (self.seeds)();
        assert!(!seeds.is_empty(), "{} has no seeds", self.name);
        for input in &seeds {
            self.try_one(input)?;
        }
        let mut mutator = Mutator::new(seed);
        let mut rounds = 0;
        loop {
            let input = mutator.spoil(&seeds);
            if !goes_on(rounds, &input) {
                return Ok(rounds);
            }
            self.try_one(&input)?;
            rounds += 1;
        }
    }

    fn try_one(&self, input: &[u8]) -> Result<(), Finding> {
        catch_unwind(AssertUnwindSafe(|| (self.run)(input)))
            .map_err(|_panic| Finding { target: self.name, input: input.to_vec() })
    }
}

#[cfg(test)]
mod tests;
