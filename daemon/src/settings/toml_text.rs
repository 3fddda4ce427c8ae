//! From the text of `bridge.toml` to values that remember where they stand.

use std::collections::BTreeMap;
use std::ops::Range;

use figment::value::{Dict, Empty, Num, Tag, Value};
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::key_path::KeyPath;

/// The most syntax faults that are shown; one at the top tends to bring others.
const MOST_SYNTAX_FAULTS: usize = 20;

/// Where a key and its value stand, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
}

/// A place in the text that is not TOML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SyntaxFault {
    pub(super) at: usize,
    pub(super) problem: String,
    pub(super) expected: Option<String>,
}

/// A text, read.
#[derive(Debug)]
pub(super) struct TomlText<'t> {
    pub(super) text: &'t str,
    pub(super) values: Dict,
    pub(super) spans: BTreeMap<KeyPath, Span>,
    pub(super) faults: Vec<SyntaxFault>,
}

impl<'t> TomlText<'t> {
    pub(super) fn read(text: &'t str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut read = Self {
            text,
            values: Dict::new(),
            spans: BTreeMap::new(),
            faults: syntax_faults(text, &errors),
        };
        read.values = read.table(table.get_ref(), &KeyPath::default());
        read
    }

    fn table(&mut self, table: &DeTable<'_>, path: &KeyPath) -> Dict {
        table
            .iter()
            .map(|(key, value)| {
                let path = path.key(key.get_ref());
                self.spans.insert(path.clone(), Span { key: key.span(), value: value.span() });
                (key.get_ref().to_string(), self.value(value, &path))
            })
            .collect()
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, path: &KeyPath) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Integer(number) => integer(number),
            DeValue::Float(number) => {
                Value::from(number.as_str().replace('_', "").parse::<f64>().unwrap_or(f64::NAN))
            }
            DeValue::Boolean(is_so) => Value::from(*is_so),
            // No setting is a date; the shape check says so.
            DeValue::Datetime(_) => Value::Empty(Tag::Default, Empty::Unit),
            DeValue::Array(items) => {
                let items: Vec<Value> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let path = path.index(index);
                        self.spans
                            .insert(path.clone(), Span { key: item.span(), value: item.span() });
                        self.value(item, &path)
                    })
                    .collect();
                Value::from(items)
            }
            DeValue::Table(table) => Value::from(self.table(table, path)),
        }
    }

    /// Line and column, from 1, of the byte at `offset`.
    pub(super) fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        (before.matches('\n').count().saturating_add(1), column.saturating_add(1))
    }

    /// Whether the byte at `offset` is in a table with a syntax fault, or after something that is
    /// never closed: what recovery made of that says little about what its owner meant.
    pub(super) fn is_doubtful(&self, offset: usize) -> bool {
        let table = self.table_of(offset);
        self.faults.iter().any(|fault| {
            let is_open = fault.problem.starts_with("unclosed") && fault.at <= offset;
            is_open || self.table_of(fault.at) == table
        })
    }

    fn table_of(&self, offset: usize) -> usize {
        let mut start: usize = 0;
        let headers = self.text.split_inclusive('\n').filter_map(|line| {
            let at = start;
            start = start.saturating_add(line.len());
            line.trim_start().starts_with('[').then_some(at)
        });
        headers.take_while(|header| *header <= offset).count()
    }
}

/// A number too large for any type stays too large for every setting.
fn integer(number: &DeInteger<'_>) -> Value {
    let digits = number.as_str().replace('_', "");
    let is_negative = digits.starts_with('-');
    let farthest = if is_negative { i128::MIN } else { i128::MAX };
    let number = i128::from_str_radix(&digits, number.radix()).unwrap_or(farthest);
    u64::try_from(number)
        .map(Value::from)
        .or_else(|_| i64::try_from(number).map(Value::from))
        .unwrap_or(Value::Num(Tag::Default, Num::I128(number)))
}

/// One fault a line, in order. What follows a list or table that is never closed is its
/// consequence, and is left out; so are the keys of a table that stands there twice.
fn syntax_faults(text: &str, errors: &[toml::de::Error]) -> Vec<SyntaxFault> {
    let mut found: Vec<(Range<usize>, &str)> =
        errors.iter().map(|error| (error.span().unwrap_or_default(), error.message())).collect();
    found.sort_by_key(|(span, _)| (span.start, span.end));
    let is_inside = |message: &str| message.contains("array") || message.contains("inline table");
    let unclosed = found.iter().map(|(_, message)| *message).find(|message| {
        message.starts_with("unclosed array") || message.starts_with("unclosed inline table")
    });
    let first_inside = found.iter().position(|(_, message)| is_inside(message));
    if let (Some(message), Some(first)) = (unclosed, first_inside) {
        found.truncate(first.saturating_add(1));
        if let Some(last) = found.last_mut() {
            last.1 = message;
        }
    }
    let line = |span: &Range<usize>| {
        text.get(..span.start).map_or(0, |before| before.matches('\n').count())
    };
    found.dedup_by_key(|(span, _)| line(span));
    let mut in_table_twice = false;
    found.retain(|(span, message)| {
        if *message != "duplicate key" {
            return true;
        }
        let line_start = text
            .get(..span.start)
            .map_or("", |before| before.rsplit('\n').next().unwrap_or_default());
        let is_header = line_start.trim_start().starts_with('[');
        let is_echo = in_table_twice && !is_header;
        in_table_twice |= is_header;
        !is_echo
    });
    found.truncate(MOST_SYNTAX_FAULTS);
    found.into_iter().map(|(span, message)| syntax_fault(text, span, message)).collect()
}

fn syntax_fault(text: &str, span: Range<usize>, message: &str) -> SyntaxFault {
    let (problem, expected) = match message.split_once(", expected ") {
        Some((problem, expected)) => (problem, Some(expected)),
        None => (message, None),
    };
    let at = span.start;
    let (problem, expected) = match problem {
        "duplicate key" => (
            format!("`{}` stands there twice", text.get(span).unwrap_or("a key")),
            Some("each account and each key only once"),
        ),
        "string values must be quoted" | "invalid boolean" => (
            "that is no value".to_owned(),
            Some("text in quotes, a number, `true`, `false`, a list in `[ ]` or a table in `{ }`"),
        ),
        "invalid basic string" => ("the text is never closed".to_owned(), expected),
        _ => (problem.to_owned(), expected),
    };
    SyntaxFault { at, problem, expected: expected.map(str::to_owned) }
}
