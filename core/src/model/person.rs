//! People: identities that belong together, and why.
//!
//! Identities are joined by proofs or by the owner's word, never by equal names. Who is joined can
//! be separated again: what is kept is the evidence and the owner's words, and who is one person
//! with whom follows from them.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::event::Profile;
use super::id::{AccountName, Identity, PersonId};
use super::proof::{ProofId, ProofKind};
use super::time::Timestamp;

/// A person as the owner's settings introduce them: who they are, and by which accounts they speak
/// as themself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Introduction {
    /// What the owner calls them.
    pub name: String,
    /// Identities of theirs.
    pub identities: BTreeSet<Identity>,
    /// Accounts of the bridge that are theirs; their identities are too.
    pub accounts: BTreeSet<AccountName>,
    /// Where the first of two accounts would speak in their name, the second does.
    pub voices: BTreeMap<AccountName, AccountName>,
}

/// Somebody whom the owner's settings introduced, as the store keeps it for those who only read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Introduced {
    /// What the owner calls them; nothing for the owner.
    #[n(0)]
    pub name: Option<String>,
    /// Who they are.
    #[n(1)]
    pub identities: Vec<Identity>,
}

/// Where an identity belongs as long as nothing joins it with another. The person whom several are
/// has the oldest of their ids, so that parting gives each back its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Home {
    /// Whose.
    #[n(0)]
    pub identity: Identity,
    /// The person that it is by itself.
    #[n(1)]
    pub person: PersonId,
}

/// The owner's word that two identities are one person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Tie {
    /// One.
    #[n(0)]
    pub one: Identity,
    /// The other.
    #[n(1)]
    pub other: Identity,
    /// When the owner said so.
    #[n(2)]
    pub since: Timestamp,
    /// Later words have higher numbers.
    #[n(3)]
    pub number: u64,
}

/// The owner's word that proofs join an identity with nobody.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Apart {
    /// Which.
    #[n(0)]
    pub identity: Identity,
    /// When the owner said so.
    #[n(1)]
    pub since: Timestamp,
}

/// Who claims an identity of another network, an address mostly, by which proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Who.
    #[n(0)]
    pub by: Identity,
    /// Where the evidence is.
    #[n(1)]
    pub proof: ProofId,
}

/// Identities that were one person with another and are no more, not by the owner's hand.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Parting {
    /// When it was noticed.
    #[n(0)]
    pub at: Timestamp,
    /// The one that they were joined with.
    #[n(1)]
    pub from: Identity,
    /// Which.
    #[n(2)]
    pub parted: Vec<Identity>,
    /// Why, for people.
    #[n(3)]
    pub reason: String,
}

/// What the owner thinks of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Attitude {
    /// What they say in direct conversations is taken in.
    #[n(0)]
    Accepted,
    /// What they say is kept and stays where it was said.
    #[n(1)]
    Muted,
    /// What they say is not taken in.
    #[n(2)]
    Blocked,
}

/// What the owner thinks of an identity, and of all that are the same person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// Of which.
    #[n(0)]
    pub identity: Identity,
    /// What.
    #[n(1)]
    pub attitude: Attitude,
    /// Since when.
    #[n(2)]
    pub since: Timestamp,
}

/// Somebody whom the owner does not know wants to talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Who.
    pub who: Identity,
    /// Since when.
    pub since: Timestamp,
    /// How many messages of theirs wait.
    pub messages: usize,
}

/// Something that speaks for two identities being one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// One.
    pub one: Identity,
    /// The other.
    pub other: Identity,
    /// What it is.
    pub held_by: Hold,
    /// What it is worth.
    pub worth: Worth,
}

/// What holds two identities together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Evidence.
    Proof {
        /// Which.
        id: ProofId,
        /// Of which kind.
        kind: ProofKind,
        /// When it was checked last.
        checked_at: Timestamp,
    },
    /// The owner's word, given by hand; its number.
    Owner(u64),
    /// The owner's word in the settings.
    Settings,
}

/// What a bond is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It joins its two.
    Joins,
    /// It is shown and joins nobody by itself.
    Shown,
    /// Several identities of one network claim the same address: it may be anybody's of them.
    Ambiguous,
    /// The owner separated one of the two.
    Separated,
    /// It held once.
    Lapsed {
        /// Since when it does not.
        since: Timestamp,
        /// Why.
        reason: String,
    },
}

impl Bond {
    /// The end that is not this one.
    #[must_use]
    pub fn beyond(&self, end: &Identity) -> &Identity {
        if self.one == *end { &self.other } else { &self.one }
    }
}

/// Identities that are one person now, and what speaks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Which person; nothing for an identity that was never joined with anything.
    pub id: Option<PersonId>,
    /// What the owner calls them; nothing if the owner never said.
    pub name: Option<String>,
    /// Whether they are the owner.
    pub is_owner: bool,
    /// Their identities.
    pub identities: BTreeSet<Identity>,
    /// What speaks for them being one, and what was found not to.
    pub bonds: Vec<Bond>,
}

impl Person {
    /// What to call them: what the owner calls them, else what they call themself on the first of
    /// their networks where they do.
    #[must_use]
    pub fn shown_name<'a>(&'a self, profiles: &'a BTreeMap<Identity, Profile>) -> &'a str {
        let profiles = || self.identities.iter().filter_map(|identity| profiles.get(identity));
        let chosen = profiles().find_map(|profile| profile.display_name.as_deref());
        let handle = || profiles().find_map(|profile| profile.handle.as_deref());
        let author = || self.identities.first().map(|identity| identity.author.as_str());
        let owner = self.is_owner.then_some("you");
        let name = self.name.as_deref().or(owner).or(chosen).or_else(handle).or_else(author);
        name.unwrap_or("somebody")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{Network, RemoteAuthor};

    fn identity(author: &str) -> Identity {
        Identity {
            network: Network::parse("feeds").unwrap(),
            author: RemoteAuthor::parse(author).unwrap(),
        }
    }

    #[test]
    fn the_owner_names_people_before_they_name_themselves() {
        let mut person = Person {
            id: None,
            name: None,
            is_owner: false,
            identities: BTreeSet::from([identity("1")]),
            bonds: Vec::new(),
        };
        let mut profiles = BTreeMap::new();
        assert_eq!(person.shown_name(&profiles), "1");
        let handle = Profile { handle: Some("ann".to_owned()), ..Profile::default() };
        profiles.insert(identity("1"), handle);
        assert_eq!(person.shown_name(&profiles), "ann");
        person.name = Some("Aunt Ann".to_owned());
        assert_eq!(person.shown_name(&profiles), "Aunt Ann");
    }
}
