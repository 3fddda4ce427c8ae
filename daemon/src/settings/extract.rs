//! From values to the settings' own types, without stopping at the first value that is refused: it
//! is noted and taken away, and the rest is read again.

use std::collections::BTreeSet;

use figment::error::Kind;
use figment::value::Value;
use serde::de::DeserializeOwned;

use super::fault::{listed, nearest};
use super::key_path::{KeyPath, Step, prune, removable};
use super::merge::At;
use super::shape::Misfit;

/// The most values of one section that are refused one by one.
const MOST_REFUSALS: usize = 64;

/// Reads sections of one tree.
pub(super) struct Reader<'v> {
    root: &'v Value,
    /// What does not fit by its shape: noted already, so not to be read.
    misshapen: BTreeSet<KeyPath>,
    pub(super) misfits: Vec<Misfit>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(root: &'v Value, misshapen: &[Misfit]) -> Self {
        let misshapen = misshapen.iter().map(|misfit| misfit.path.clone()).collect();
        Self { root, misshapen, misfits: Vec::new() }
    }

    pub(super) fn value(&self, path: &KeyPath) -> Option<&'v Value> {
        super::key_path::find(self.root, path)
    }

    /// Reads what is at `path`.
    pub(super) fn section<T: DeserializeOwned>(&mut self, path: &KeyPath) -> Option<T> {
        let value = self.value(path)?.clone();
        self.read(path, value)
    }

    /// Reads `value`, which stands at `path`. Nothing comes of it if something that it needs is
    /// missing or refused.
    pub(super) fn read<T: DeserializeOwned>(&mut self, path: &KeyPath, value: Value) -> Option<T> {
        let mut value = value;
        let mut gone: Vec<KeyPath> = self
            .misshapen
            .iter()
            .filter_map(|misshapen| removable(&value, &misshapen.below(path)?))
            .collect();
        gone.sort();
        gone.dedup();
        // From the end, so that what is left in a list keeps its place until it goes itself.
        for below in gone.iter().rev() {
            prune(&mut value, below);
        }
        for _ in 0..MOST_REFUSALS {
            let error = match value.deserialize::<T>() {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let below = KeyPath::of_figment(&error.path, &value);
            let original = before_pruning(&below, &gone);
            if !matches!(error.kind, Kind::MissingField(_)) {
                self.note(path.join(&original), &error.kind);
            }
            let target = removable(&value, &below)?;
            prune(&mut value, &target);
            gone.push(before_pruning(&target, &gone));
        }
        None
    }

    fn note(&mut self, path: KeyPath, kind: &Kind) {
        let Refusal { problem, expected, nearest } = refusal(kind);
        self.misfits.push(Misfit { path, at: At::Value, problem, expected, nearest });
    }
}

/// Where an entry stood before those in `gone` were taken away.
fn before_pruning(path: &KeyPath, gone: &[KeyPath]) -> KeyPath {
    let mut original = KeyPath::default();
    for step in &path.0 {
        let Step::Index(now) = step else {
            original.0.push(step.clone());
            continue;
        };
        let mut missing: Vec<usize> = gone
            .iter()
            .filter_map(|other| match other.0.split_last() {
                Some((Step::Index(index), above)) if *above == *original.0 => Some(*index),
                _ => None,
            })
            .collect();
        missing.sort_unstable();
        let index = missing
            .into_iter()
            .fold(*now, |index, hole| if hole <= index { index.saturating_add(1) } else { index });
        original.0.push(Step::Index(index));
    }
    original
}

struct Refusal {
    problem: String,
    expected: Option<String>,
    nearest: Option<String>,
}

fn refusal(kind: &Kind) -> Refusal {
    match kind {
        Kind::Message(text) => {
            // As serde's own errors do, ours say «problem, expected what».
            let (problem, expected) = match text.split_once(", expected ") {
                Some((problem, expected)) => (problem, Some(expected.to_owned())),
                None => (text.as_str(), None),
            };
            Refusal { problem: problem.to_owned(), expected, nearest: None }
        }
        Kind::UnknownVariant(found, known) | Kind::UnknownField(found, known) => Refusal {
            problem: "there is no such name".to_owned(),
            expected: Some(format!("one of {}", listed(known.iter().copied()))),
            nearest: nearest(found, known.iter().copied()).map(str::to_owned),
        },
        // The rest shows no values, only their kinds and numbers.
        Kind::InvalidType(_, expected)
        | Kind::InvalidValue(_, expected)
        | Kind::InvalidLength(_, expected) => Refusal {
            problem: "that does not fit".to_owned(),
            expected: Some(expected.clone()),
            nearest: None,
        },
        Kind::MissingField(_)
        | Kind::DuplicateField(_)
        | Kind::ISizeOutOfRange(_)
        | Kind::USizeOutOfRange(_)
        | Kind::Unsupported(_)
        | Kind::UnsupportedKey(..) => {
            Refusal { problem: "that does not fit".to_owned(), expected: None, nearest: None }
        }
    }
}
