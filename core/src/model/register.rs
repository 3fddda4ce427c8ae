//! The register: what kinds of things went to which network, when, and by whose leave. It says how
//! much of what, never what, and its chain names nobody.

use std::fmt;

use minicbor::{Decode, Encode};

use super::content::Kind;
use super::id::{ConversationId, Identity, Leg, Network};
use super::time::Timestamp;

/// Days since 1970-01-01 in UTC; what was before that is on its first day.
#[must_use]
pub fn day_of(at: Timestamp) -> u64 {
    u64::try_from(at.as_secs() / 86_400).unwrap_or(0)
}

/// What kind of thing went to a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Class {
    /// What somebody said in words, quotes and links included.
    #[n(0)]
    Words,
    /// Pictures, films, files.
    #[n(1)]
    Media,
    /// That somebody reacted to something, or does no longer.
    #[n(2)]
    Reaction,
    /// Another version of something that was said.
    #[n(3)]
    Edit,
    /// That something is to be gone.
    #[n(4)]
    Delete,
    /// That something was read.
    #[n(5)]
    Receipt,
    /// What happened to a conversation: who joined, left, was added, how it is called.
    #[n(6)]
    Membership,
    /// What was said before, in one piece.
    #[n(7)]
    History,
    /// What a later version wrote.
    #[n(8)]
    Other,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Words,
        Self::Media,
        Self::Reaction,
        Self::Edit,
        Self::Delete,
        Self::Receipt,
        Self::Membership,
        Self::History,
        Self::Other,
    ];

    /// That of a content.
    #[must_use]
    pub const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text | Kind::Link | Kind::Quote => Self::Words,
            Kind::Media => Self::Media,
            Kind::Reaction | Kind::Unreaction => Self::Reaction,
            Kind::Edit => Self::Edit,
            Kind::Delete => Self::Delete,
            Kind::Receipt => Self::Receipt,
            Kind::System => Self::Membership,
            Kind::Empty | Kind::Unknown => Self::Other,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Media => "media",
            Self::Reaction => "reaction",
            Self::Edit => "edit",
            Self::Delete => "delete",
            Self::Receipt => "receipt",
            Self::Membership => "membership",
            Self::History => "history",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// By which of the owner's settings and words something may be carried. The bits are kept for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Terms(#[n(0)] u16);

impl Terms {
    /// A link joins the conversation's legs.
    pub const LINK: Self = Self(1);
    /// `[direct]` gathers the ways to a person.
    pub const DIRECT: Self = Self(1 << 1);
    /// The owner said it there by hand, without a link.
    pub const BY_HAND: Self = Self(1 << 2);
    /// The leg protects it less, and `downgrade` allows that.
    pub const DOWNGRADE: Self = Self(1 << 3);
    /// `attribution` names the speaker.
    pub const NAMED: Self = Self(1 << 4);
    /// `voices` has its author say it by an account of their own.
    pub const VOICE: Self = Self(1 << 5);
    /// The owner accepted its author.
    pub const ACCEPTED: Self = Self(1 << 6);
    /// What somebody says is carried elsewhere; withdrawn where they are muted.
    pub const CARRIED: Self = Self(1 << 7);
    /// What somebody says is taken in; withdrawn where they are blocked.
    pub const HEARD: Self = Self(1 << 8);
    /// The owner had what was said before handed over.
    pub const HISTORY: Self = Self(1 << 9);

    const WORDS: [(Self, &'static str); 10] = [
        (Self::LINK, "link"),
        (Self::DIRECT, "direct"),
        (Self::BY_HAND, "by hand"),
        (Self::DOWNGRADE, "downgrade allowed"),
        (Self::NAMED, "speaker named"),
        (Self::VOICE, "own voice"),
        (Self::ACCEPTED, "accepted"),
        (Self::CARRIED, "carried elsewhere"),
        (Self::HEARD, "taken in"),
        (Self::HISTORY, "with history"),
    ];

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// These, and those where `is_so`.
    #[must_use]
    pub const fn and_if(self, is_so: bool, other: Self) -> Self {
        if is_so { self.and(other) } else { self }
    }

    /// Those of these that `other` has not.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their words, in the order of the bits.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let all = Self::WORDS.into_iter();
        all.filter(move |(one, _)| self.0 & one.0 != 0).map(|(_, word)| word)
    }

    /// The term of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(_, known)| *known == word).map(|(one, _)| one)
    }

    /// Their bits.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

/// What the register is to say of an envelope once its network has it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Due {
    /// Where it goes.
    #[n(0)]
    pub network: Network,
    /// What kind of thing it is.
    #[n(1)]
    pub class: Class,
    /// By what leave.
    #[n(2)]
    pub terms: Terms,
    /// The link's name.
    #[n(3)]
    pub link: Option<String>,
}

/// Whom or what an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Subject {
    /// What goes to a leg, under a link of this name.
    #[n(0)]
    Leg(#[n(0)] Leg, #[n(1)] Option<String>),
    /// A link, or a direct conversation, by its name in the settings.
    #[n(1)]
    Link(#[n(0)] String),
    /// Somebody.
    #[n(2)]
    Person(#[n(0)] Identity),
}

/// What stands for a subject in the chain: a digest that only whoever has its salt can trace back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct SubjectId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl SubjectId {
    /// BLAKE3 of the salt and the subject. Nothing if the subject has no encoding.
    #[must_use]
    pub fn of(salt: &[u8; 32], subject: &Subject) -> Option<Self> {
        let subject = minicbor::to_vec(subject).ok()?;
        let mut hash = blake3::Hasher::new_derive_key("threadbridge 2026 register: subject");
        hash.update(salt);
        hash.update(&subject);
        Some(Self(*hash.finalize().as_bytes()))
    }

    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectId({self})")
    }
}

/// Who a subject is. Deleted with whatever is erased; its salt goes with it, and from then on
/// nobody can tell of whom the chain speaks.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SubjectRow {
    /// What stands for it in the chain.
    #[n(0)]
    pub id: SubjectId,
    /// The salt.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// The subject.
    #[n(2)]
    pub subject: Subject,
    /// The conversation with which it goes.
    #[n(3)]
    pub conversation: Option<ConversationId>,
}

/// How much of something went somewhere on a day that is not over, or was not closed yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sum {
    /// The day.
    #[n(0)]
    pub day: u64,
    /// Where to, and under which link.
    #[n(1)]
    pub subject: SubjectId,
    /// How much of what.
    #[n(2)]
    pub carried: Carried,
}

/// How much of what went to a network, by what leave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Carried {
    /// The network.
    #[n(0)]
    pub network: Network,
    /// What kind of thing.
    #[n(1)]
    pub class: Class,
    /// By what leave.
    #[n(2)]
    pub terms: Terms,
    /// How many envelopes.
    #[n(3)]
    pub count: u64,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Said {
    /// Something went to a network.
    #[n(0)]
    Carried(#[n(0)] Carried),
    /// The owner allowed something.
    #[n(1)]
    Given(#[n(0)] Terms),
    /// The owner allows something no longer.
    #[n(2)]
    Withdrawn(#[n(0)] Terms),
}

/// One entry of the chain. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// Its number, from 1.
    #[n(0)]
    pub number: u64,
    /// The hash of the one before; zeros before the first.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub before: [u8; 32],
    /// The day.
    #[n(2)]
    pub day: u64,
    /// About what.
    #[n(3)]
    pub subject: SubjectId,
    /// What.
    #[n(4)]
    pub said: Said,
}

impl Entry {
    /// BLAKE3 of all of it. Nothing if it has no encoding.
    #[must_use]
    pub fn hash(&self) -> Option<[u8; 32]> {
        let bytes = minicbor::to_vec(self).ok()?;
        let mut hash = blake3::Hasher::new_derive_key("threadbridge 2026 register: entry");
        hash.update(&bytes);
        Some(*hash.finalize().as_bytes())
    }
}

/// Where the chain ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// How many entries there are.
    #[n(0)]
    pub count: u64,
    /// The hash of the last one; zeros if there is none.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

impl Head {
    /// The head behind one more entry; nothing if that is not the next.
    #[must_use]
    pub fn behind(self, entry: &Entry) -> Option<Self> {
        let is_next = self.count.checked_add(1) == Some(entry.number) && entry.before == self.hash;
        Some(Self { count: entry.number, hash: entry.hash().filter(|_| is_next)? })
    }
}

/// What the settings allow at the moment.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Grant {
    /// The link, or the direct conversation.
    #[n(0)]
    pub name: String,
    /// What is allowed there.
    #[n(1)]
    pub terms: Terms,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(head: Head, count: u64) -> Entry {
        let network = Network::parse("feeds").unwrap();
        let carried = Carried { network, class: Class::Words, terms: Terms::LINK, count };
        let subject = SubjectId::from_bytes([7; 32]);
        let (number, said) = (head.count + 1, Said::Carried(carried));
        Entry { number, before: head.hash, day: 20_000, subject, said }
    }

    #[test]
    fn what_is_cut_out_or_altered_breaks_the_chain() {
        let first = entry(Head::default(), 1);
        let one = Head::default().behind(&first).unwrap();
        let second = entry(one, 2);
        assert!(one.behind(&second).is_some());
        assert_eq!(Head::default().behind(&second), None, "the first was cut out");
        let other = Head::default().behind(&Entry { day: 1, ..first }).unwrap();
        assert_eq!(other.behind(&second), None, "the first was altered");
    }

    #[test]
    fn words_of_terms_are_read_as_they_are_printed() {
        let terms = Terms::LINK.and(Terms::DOWNGRADE).and_if(false, Terms::VOICE);
        assert_eq!(terms.words().collect::<Vec<_>>(), ["link", "downgrade allowed"]);
        let read = terms.words().filter_map(Terms::parse).fold(Terms::default(), Terms::and);
        assert_eq!(read, terms);
        assert!(terms.without(terms).is_empty());
    }
}
