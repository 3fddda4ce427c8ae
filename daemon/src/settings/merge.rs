//! `bridge.toml`, then `BRIDGE_*` variables, then `--set` flags, laid over each other; every value
//! remembers which of them it came from. The only place that knows figment's layers.

use std::collections::BTreeMap;

use figment::value::{Dict, Map, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::fault::{Fault, Place};
use super::key_path::{KeyPath, find};
use super::toml_text::TomlText;

const PREFIX: &str = "BRIDGE_";

/// Levels of lists and tables in a variable or flag; no setting has half as many.
const MAX_DEPTH: usize = 16;

/// What the owner wrote, unread.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The name of the settings file, for reports.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The environment. What does not begin with `BRIDGE_` is passed over.
    pub variables: Vec<(String, String)>,
    /// `--set` flags, each `KEY=VALUE` with dots between the levels of the key.
    pub flags: Vec<String>,
}

/// All layers as one tree.
pub(super) struct Merged<'s> {
    pub(super) root: Value,
    pub(super) toml: TomlText<'s>,
    pub(super) faults: Vec<Fault>,
    file: &'s str,
    outside: BTreeMap<Tag, (Place, String)>,
}

struct Layer {
    name: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// Which end of an entry a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Key,
    Value,
}

impl<'s> Merged<'s> {
    pub(super) fn of(sources: &'s Sources) -> Self {
        let toml = TomlText::read(&sources.text);
        let mut layers =
            vec![(Place::Whole(sources.file.clone()), String::new(), toml.values.clone())];
        let mut faults = Vec::new();
        for Override { place, keys, text } in overrides(sources) {
            match keys.and_then(|keys| nested(keys, &text)) {
                Some(values) => layers.push((place, text, values)),
                None => faults.push(not_a_key(place)),
            }
        }
        let mut figment = Figment::new();
        for (index, (_, _, values)) in layers.iter().enumerate() {
            figment = figment.merge(Layer { name: index.to_string(), values: values.clone() });
        }
        let root = figment.find_value("").unwrap_or_else(|_| Value::from(Dict::new()));
        let mut tags = Vec::new();
        collect_tags(&root, &mut tags);
        let outside = tags
            .into_iter()
            .filter_map(|tag| {
                let index: usize = figment.get_metadata(tag)?.name.parse().ok()?;
                let (place, text, _) = layers.get(index).filter(|_| index > 0)?;
                Some((tag, (place.clone(), text.clone())))
            })
            .collect();
        let mut merged = Self { root, toml, faults, file: &sources.file, outside };
        merged.add_syntax_faults();
        merged
    }

    fn add_syntax_faults(&mut self) {
        let faults: Vec<Fault> = self
            .toml
            .faults
            .iter()
            .map(|fault| Fault {
                place: self.in_file(fault.at),
                key: String::new(),
                problem: fault.problem.clone(),
                expected: fault.expected.clone(),
                nearest: None,
            })
            .collect();
        self.faults.extend(faults);
    }

    /// Where the entry at `path` stands; for one that is missing, where it would belong.
    pub(super) fn place(&self, path: &KeyPath, at: At) -> Place {
        let outside = find(&self.root, path).and_then(|value| {
            let is_leaf = value.as_dict().is_none() && value.as_array().is_none();
            let (place, _) = self.outside.get(&value.tag())?;
            (is_leaf || !self.toml.spans.contains_key(path)).then(|| place.clone())
        });
        if let Some(place) = outside {
            return place;
        }
        match (self.toml.spans.get(path), path.parent()) {
            (Some(span), _) => self.in_file(match at {
                At::Key => span.key.start,
                At::Value => span.value.start,
            }),
            (None, Some(parent)) => self.place(&parent, At::Key),
            (None, None) => Place::Whole(self.file.to_owned()),
        }
    }

    fn in_file(&self, offset: usize) -> Place {
        let (line, column) = self.toml.position(offset);
        Place::File { file: self.file.to_owned(), line, column }
    }

    /// Whether what is said about the entry at `path` may only be the echo of a syntax fault.
    pub(super) fn is_doubtful(&self, path: &KeyPath) -> bool {
        if self.toml.faults.is_empty() {
            return false;
        }
        match (self.toml.spans.get(path), path.parent()) {
            (Some(span), _) => self.toml.is_doubtful(span.key.start),
            (None, Some(parent)) => self.is_doubtful(&parent),
            (None, None) => true,
        }
    }

    /// The text of the variable or flag that a value was read from.
    pub(super) fn written(&self, value: &Value) -> Option<&str> {
        self.outside.get(&value.tag()).map(|(_, text)| text.as_str())
    }
}

fn collect_tags(value: &Value, tags: &mut Vec<Tag>) {
    tags.push(value.tag());
    if let Some(dict) = value.as_dict() {
        dict.values().for_each(|value| collect_tags(value, tags));
    }
    if let Some(items) = value.as_array() {
        items.iter().for_each(|value| collect_tags(value, tags));
    }
}

/// What one variable or flag says.
struct Override {
    place: Place,
    /// The levels of its key; nothing if it names none.
    keys: Option<Vec<String>>,
    text: String,
}

/// Variables in order of their names, then flags in the order given.
fn overrides(sources: &Sources) -> Vec<Override> {
    let mut variables: Vec<&(String, String)> = sources
        .variables
        .iter()
        .filter(|(name, _)| name.to_ascii_uppercase().starts_with(PREFIX))
        .collect();
    variables.sort();
    let variables = variables.into_iter().map(|(name, text)| {
        let key = name.to_ascii_lowercase();
        let keys = key.get(PREFIX.len()..).map(|key| key.split("__").map(str::to_owned).collect());
        Override { place: Place::Variable(name.clone()), keys: named(keys), text: text.clone() }
    });
    let flags = sources.flags.iter().map(|flag| {
        // Only the key is shown again: the value might be a secret.
        let (key, text) = flag.split_once('=').unwrap_or((flag, ""));
        let keys = flag.contains('=').then(|| key.trim().split('.').map(str::to_owned).collect());
        Override { place: Place::Flag(key.to_owned()), keys: named(keys), text: text.to_owned() }
    });
    variables.chain(flags).collect()
}

fn named(keys: Option<Vec<String>>) -> Option<Vec<String>> {
    keys.filter(|keys| keys.len() <= MAX_DEPTH && !keys.iter().any(String::is_empty))
}

/// How deep the lists and tables in a text are nested, at most.
fn depth(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut deepest = 0;
    for it in text.chars() {
        match it {
            '[' | '{' => depth = depth.saturating_add(1),
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The tree with nothing but one value.
fn nested(keys: Vec<String>, text: &str) -> Option<Dict> {
    let mut keys = keys.into_iter().rev();
    let last = keys.next()?;
    // figment reads any text: what is no number, list or table is a string. It calls itself for
    // each level.
    let value: Value =
        if depth(text) > MAX_DEPTH { Value::from(text) } else { text.parse().ok()? };
    Some(
        keys.fold(Dict::from([(last, value)]), |below, key| {
            Dict::from([(key, Value::from(below))])
        }),
    )
}

fn not_a_key(place: Place) -> Fault {
    let expected = match place {
        Place::Flag(_) => "`--set KEY=VALUE`, such as `--set store.path=/var/lib/bridge.store`",
        Place::Variable(_) | Place::File { .. } | Place::Whole(_) => {
            "a setting such as `BRIDGE_STORE__PATH`, with `__` between the levels"
        }
    };
    Fault {
        place,
        key: String::new(),
        problem: "that names no setting".to_owned(),
        expected: Some(expected.to_owned()),
        nearest: None,
    }
}
