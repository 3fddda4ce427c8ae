//! `[[links]]`: legs that are one conversation.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use thiserror::Error as ThisError;
use threadbridge_core::fit::attribution::{DEFAULT_TEMPLATE, PLACEHOLDERS};
use threadbridge_core::model::id::{InvalidId, Leg};
use threadbridge_core::model::link::{Direction, Downgrade, Link};

use super::fault::nearest;

/// Legs that are joined into one conversation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkSettings {
    /// What you call the conversation.
    pub name: LinkName,
    /// Where it takes place: `ACCOUNT:CONVERSATION`.
    #[schemars(length(min = 2, max = 64))]
    pub legs: Vec<LegSettings>,
    /// Whether a message may go to a leg that protects it less than the one it came from.
    #[serde(default)]
    pub downgrade: DowngradeSetting,
    /// How a speaker is named where your account speaks for them: `{name}`, `{handle}`, `{network}`
    /// and `{proof}` are filled in.
    #[serde(default)]
    pub attribution: Attribution,
    /// For how many days its messages are kept here; as `[keep]` says if it is left out, or says less.
    #[schemars(range(min = 1, max = 36_500))]
    pub keep_days: Option<u32>,
}

/// One leg: its name alone, or with a direction.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum LegSettings {
    /// `ACCOUNT:CONVERSATION`, both ways.
    Both(LegName),
    /// With a direction.
    Directed(DirectedLeg),
}

/// A leg that may be heard or told only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DirectedLeg {
    /// `ACCOUNT:CONVERSATION`.
    pub leg: LegName,
    /// `both` ways, only `from` this leg to the others, or only `to` it.
    #[serde(default)]
    pub direction: DirectionSetting,
}

impl LegSettings {
    /// The leg.
    #[must_use]
    pub const fn leg(&self) -> &Leg {
        match self {
            Self::Both(name) => &name.0,
            Self::Directed(directed) => &directed.leg.0,
        }
    }

    /// Which way messages cross.
    #[must_use]
    pub const fn direction(&self) -> Direction {
        match self {
            Self::Both(_) => Direction::Both,
            Self::Directed(directed) => match directed.direction {
                DirectionSetting::Both => Direction::Both,
                DirectionSetting::From => Direction::From,
                DirectionSetting::To => Direction::To,
            },
        }
    }
}

impl<'de> Deserialize<'de> for LegSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BothOrDirected;
        impl<'de> Visitor<'de> for BothOrDirected {
            type Value = LegSettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a leg or a table with `leg`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LegSettings, E> {
                LegName::try_from(text.to_owned()).map(LegSettings::Both).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LegSettings, A::Error> {
                DirectedLeg::deserialize(MapAccessDeserializer::new(map)).map(LegSettings::Directed)
            }
        }
        deserializer.deserialize_any(BothOrDirected)
    }
}

/// A leg as it is written, `ACCOUNT:CONVERSATION`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["casts:channel/books"]))]
pub struct LegName(pub Leg);

/// A text that names no leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum InvalidLeg {
    /// No colon.
    #[error("that names no leg, expected `ACCOUNT:CONVERSATION`, such as `casts:channel/books`")]
    NoAccount,
    /// One of the two halves cannot be a name.
    #[error("{0}, expected `ACCOUNT:CONVERSATION`, such as `casts:channel/books`")]
    Name(InvalidId),
}

impl TryFrom<String> for LegName {
    type Error = InvalidLeg;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if !text.contains(':') {
            return Err(InvalidLeg::NoAccount);
        }
        Leg::parse(&text).map(Self).map_err(InvalidLeg::Name)
    }
}

/// Which way messages cross.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DirectionSetting {
    /// Both ways.
    #[default]
    Both,
    /// What is said there is heard elsewhere; nothing is said there.
    From,
    /// What is said elsewhere is said there; nothing said there is carried on.
    To,
}

/// Whether a message may become less protected on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DowngradeSetting {
    /// It stays away from such a leg, visibly.
    #[default]
    Refuse,
    /// It goes there, marked with the level that it had.
    Allow,
}

impl DowngradeSetting {
    /// The same as core takes it.
    #[must_use]
    pub const fn downgrade(self) -> Downgrade {
        match self {
            Self::Refuse => Downgrade::Refuse,
            Self::Allow => Downgrade::Allow,
        }
    }
}

/// A link's name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 64))]
pub struct LinkName(pub String);

/// A text that cannot name a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("a link cannot be called that, expected 1 to 64 characters on one line")]
pub struct InvalidLinkName;

impl TryFrom<String> for LinkName {
    type Error = InvalidLinkName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=64).contains(&text.chars().count());
        let is_plain = !text.chars().any(char::is_control) && text.trim() == text;
        if fits && is_plain { Ok(Self(text)) } else { Err(InvalidLinkName) }
    }
}

/// How a speaker is named.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["{name} on {network}: "]))]
pub struct Attribution(String);

impl Attribution {
    /// The template.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Attribution {
    fn default() -> Self {
        Self(DEFAULT_TEMPLATE.to_owned())
    }
}

/// A text that is no template for naming speakers.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum InvalidAttribution {
    /// Nobody would be named.
    #[error("nobody would be named, expected a template with `{{name}}`")]
    Nameless,
    /// Something in braces that is never filled in.
    #[error(
        "`{{{found}}}` is never filled in, expected `{{name}}`, `{{handle}}`, `{{network}}` or `{{proof}}`{meant}"
    )]
    Unknown {
        /// What stands in the braces.
        found: String,
        /// The placeholder that comes nearest, as a clause.
        meant: String,
    },
    /// A brace alone.
    #[error(
        "a brace stands alone, expected `{{name}}`, `{{handle}}`, `{{network}}` or `{{proof}}`"
    )]
    LoneBrace,
    /// Longer than anybody's name needs.
    #[error("the template is too long, expected at most 200 bytes")]
    TooLong,
}

impl TryFrom<String> for Attribution {
    type Error = InvalidAttribution;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() > 200 {
            return Err(InvalidAttribution::TooLong);
        }
        let mut has_name = false;
        let mut pieces = text.split('{');
        if pieces.next().is_some_and(|before| before.contains('}')) {
            return Err(InvalidAttribution::LoneBrace);
        }
        for piece in pieces {
            let (found, after) = piece.split_once('}').ok_or(InvalidAttribution::LoneBrace)?;
            if after.contains('}') {
                return Err(InvalidAttribution::LoneBrace);
            }
            if !PLACEHOLDERS.contains(&found) {
                let meant = nearest(found, PLACEHOLDERS)
                    .map_or_else(String::new, |near| format!(" (nearest: `{{{near}}}`)"));
                return Err(InvalidAttribution::Unknown { found: found.to_owned(), meant });
            }
            has_name |= found == "name";
        }
        if has_name { Ok(Self(text)) } else { Err(InvalidAttribution::Nameless) }
    }
}

impl LinkSettings {
    /// The link as core takes it.
    #[must_use]
    pub fn link(&self) -> Link {
        Link {
            name: self.name.0.clone(),
            legs: self.legs.iter().map(|leg| (leg.leg().clone(), leg.direction())).collect(),
            downgrade: match self.downgrade {
                DowngradeSetting::Refuse => Downgrade::Refuse,
                DowngradeSetting::Allow => Downgrade::Allow,
            },
            attribution: self.attribution.0.clone(),
        }
    }
}
