//! What is wrong with settings, and where: one fault, one place, what was expected there, and the
//! known name that comes nearest.

use std::fmt;

/// Where in the owner's input something stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the settings file, with line and column from 1.
    File {
        /// The file as it was named.
        file: String,
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// The settings file as a whole.
    Whole(String),
    /// An environment variable.
    Variable(String),
    /// A `--set` flag.
    Flag(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Whole(file) => f.write_str(file),
            Self::Variable(name) => write!(f, "the environment's {name}"),
            Self::Flag(flag) => write!(f, "--set {flag}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// The key, as a path such as `links[0].legs[1]`; empty if there is none.
    pub key: String,
    /// What is wrong, one clause.
    pub problem: String,
    /// What was expected instead.
    pub expected: Option<String>,
    /// The known name that comes nearest to what stands there.
    pub nearest: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.place)?;
        if !self.key.is_empty() {
            write!(f, "  {}", self.key)?;
        }
        write!(f, "\n    {}", self.problem)?;
        if let Some(expected) = &self.expected {
            write!(f, "\n    expected: {expected}")?;
        }
        if let Some(nearest) = &self.nearest {
            write!(f, "\n    nearest:  {nearest}")?;
        }
        Ok(())
    }
}

/// All that is wrong, in the order in which it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.0 {
            writeln!(f, "{fault}")?;
        }
        match self.0.len() {
            1 => f.write_str("1 fault"),
            many => write!(f, "{many} faults"),
        }
    }
}

impl std::error::Error for Faults {}

/// How alike two names must be, from 0 to 1, before one is offered for the other.
const ALIKE: f64 = 0.5;

/// The one of `known` that comes nearest to `name`, if any comes near.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('-', "_");
    let name = plain(name);
    known
        .into_iter()
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&name, &plain(candidate)), candidate)
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// Names as they are listed for people: `a`, `b`.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near_or_none() {
        let known = ["endpoints", "fid", "signer"];
        assert_eq!(nearest("endpoint", known), Some("endpoints"));
        assert_eq!(nearest("Signer", known), Some("signer"));
        assert_eq!(nearest("zzzz", known), None);
    }
}
