//! Stretches of ordered rows.

use std::fmt;
use std::ops::Bound;

use crate::store::cipher::Vault;
use crate::store::key::{Key, RowKey};

/// From which end rows are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The lowest key first.
    #[default]
    Rising,
    /// The highest key first.
    Falling,
}

/// A stretch of a table's rows: those under a prefix, or between two keys, from either end.
#[derive(Clone, Copy)]
pub struct Span<'a> {
    prefix: Option<&'a dyn Key>,
    lower: Bound<&'a dyn Key>,
    upper: Bound<&'a dyn Key>,
    order: Order,
}

impl<'a> Span<'a> {
    /// Every row.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            prefix: None,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            order: Order::Rising,
        }
    }

    /// The rows whose keys begin with the parts of `prefix`.
    #[must_use]
    pub const fn under(prefix: &'a dyn Key) -> Self {
        Self { prefix: Some(prefix), ..Self::all() }
    }

    /// Begins with this key.
    #[must_use]
    pub const fn from(self, key: &'a dyn Key) -> Self {
        Self { lower: Bound::Included(key), ..self }
    }

    /// Begins with the next key above this one.
    #[must_use]
    pub const fn after(self, key: &'a dyn Key) -> Self {
        Self { lower: Bound::Excluded(key), ..self }
    }

    /// Ends with this key.
    #[must_use]
    pub const fn to(self, key: &'a dyn Key) -> Self {
        Self { upper: Bound::Included(key), ..self }
    }

    /// Ends with the last key below this one.
    #[must_use]
    pub const fn before(self, key: &'a dyn Key) -> Self {
        Self { upper: Bound::Excluded(key), ..self }
    }

    /// The same rows, the highest key first.
    #[must_use]
    pub const fn falling(self) -> Self {
        Self { order: Order::Falling, ..self }
    }

    pub(super) fn stretch(&self, vault: &Vault, table: &'static str) -> Stretch {
        let bytes = |key: &'a dyn Key| RowKey::of(key, vault, table).into_bytes();
        let mut stretch = Stretch {
            lower: self.lower.map(bytes),
            upper: self.upper.map(bytes),
            order: self.order,
        };
        if let Some(prefix) = self.prefix.map(bytes) {
            stretch.clip(prefix);
        }
        stretch
    }
}

impl fmt::Debug for Span<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Span").field("order", &self.order).finish_non_exhaustive()
    }
}

/// A stretch of ordered byte keys.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Where it begins.
    pub lower: Bound<Vec<u8>>,
    /// Where it ends.
    pub upper: Bound<Vec<u8>>,
    /// From which end it is read.
    pub order: Order,
}

impl Stretch {
    pub(super) const fn all() -> Self {
        Self { lower: Bound::Unbounded, upper: Bound::Unbounded, order: Order::Rising }
    }

    pub(super) fn under(prefix: Vec<u8>) -> Self {
        let mut all = Self::all();
        all.clip(prefix);
        all
    }

    pub(super) const fn behind(last: Vec<u8>) -> Self {
        Self { lower: Bound::Excluded(last), upper: Bound::Unbounded, order: Order::Rising }
    }

    /// Its bounds in the form that `BTreeMap::range` takes.
    #[must_use]
    pub fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (self.lower.as_ref().map(Vec::as_slice), self.upper.as_ref().map(Vec::as_slice))
    }

    /// Whether no key can lie in it; such bounds make `BTreeMap::range` panic.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self.bounds() {
            (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
            (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
            (
                Bound::Included(lower) | Bound::Excluded(lower),
                Bound::Included(upper) | Bound::Excluded(upper),
            ) => lower >= upper,
        }
    }

    fn clip(&mut self, prefix: Vec<u8>) {
        let end = after_prefix(&prefix);
        let begins_before = match &self.lower {
            Bound::Unbounded => true,
            Bound::Included(key) | Bound::Excluded(key) => *key < prefix,
        };
        if begins_before {
            self.lower = Bound::Included(prefix);
        }
        let ends_behind = match (&self.upper, &end) {
            (_, None) => false,
            (Bound::Unbounded, Some(_)) => true,
            (Bound::Included(key) | Bound::Excluded(key), Some(end)) => key >= end,
        };
        if let (true, Some(end)) = (ends_behind, end) {
            self.upper = Bound::Excluded(end);
        }
    }
}

/// The lowest key above all that begin with `prefix`; none if they reach the end.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}
