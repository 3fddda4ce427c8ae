//! Paths of keys: `links[0].legs[1]`.

use std::fmt;

use figment::value::Value;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Into a table.
    Key(String),
    /// Into a list, from 0.
    Index(usize),
}

/// The way from the root of the settings to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyPath(pub(crate) Vec<Step>);

impl KeyPath {
    pub(crate) fn key(&self, key: &str) -> Self {
        self.then(Step::Key(key.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    pub(crate) fn join(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// What is left of this path below `root`; nothing if it does not lie there.
    pub(crate) fn below(&self, root: &Self) -> Option<Self> {
        self.0.strip_prefix(root.0.as_slice()).map(|rest| Self(rest.to_vec()))
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// Reads a path as figment reports it, where the steps into lists are numbers.
    pub(crate) fn of_figment(steps: &[String], root: &Value) -> Self {
        let mut path = Self::default();
        let mut at = Some(root);
        for step in steps {
            let index = at.filter(|value| value.as_array().is_some()).and(step.parse().ok());
            path = path.then(index.map_or_else(|| Step::Key(step.clone()), Step::Index));
            at = find(root, &path);
        }
        path
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if depth > 0 {
                        f.write_str(".")?;
                    }
                    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    if !key.is_empty() && key.chars().all(bare) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{key:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The value at `path`.
pub(crate) fn find<'v>(root: &'v Value, path: &KeyPath) -> Option<&'v Value> {
    path.0.iter().try_fold(root, |value, step| match step {
        Step::Key(key) => value.as_dict()?.get(key),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

fn find_mut<'v>(root: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(root, |value, step| match (value, step) {
        (Value::Dict(_, dict), Step::Key(key)) => dict.get_mut(key),
        (Value::Array(_, items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    })
}

/// What has to be taken away so that the entry at `path` no longer stands in the way: the entry
/// itself, or where it is only missing, the entry of a list that it is missing from.
pub(crate) fn removable(root: &Value, path: &KeyPath) -> Option<KeyPath> {
    if find(root, path).is_some() {
        return (!path.0.is_empty()).then(|| path.clone());
    }
    let last = path.0.iter().rposition(|step| matches!(step, Step::Index(_)))?;
    let entry = KeyPath(path.0.iter().take(last.saturating_add(1)).cloned().collect());
    find(root, &entry).is_some().then_some(entry)
}

/// Takes the value at `path` away. Whether there was one.
pub(crate) fn prune(root: &mut Value, path: &KeyPath) -> bool {
    let Some((last, above)) = path.0.split_last() else { return false };
    match (find_mut(root, above), last) {
        (Some(Value::Dict(_, dict)), Step::Key(key)) => dict.remove(key).is_some(),
        (Some(Value::Array(_, items)), Step::Index(index)) if *index < items.len() => {
            items.remove(*index);
            true
        }
        _ => false,
    }
}
