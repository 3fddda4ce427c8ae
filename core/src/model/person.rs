//! People: identities that belong together, and why.
//!
//! Identities are joined by proofs or by the owner's word, never by equal names. Who is joined can
//! be separated again; what was joined and when is kept.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::event::Profile;
use super::id::{AccountName, Identity, PersonId};
use super::proof::ProofId;
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

/// A person: identities that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Person {
    /// Which person.
    #[n(0)]
    pub id: PersonId,
    /// What the owner calls them; nothing if the owner never said.
    #[n(1)]
    pub name: Option<String>,
    /// Every identity that belongs or belonged to them, with its place among the others.
    #[n(2)]
    pub members: BTreeMap<Identity, Membership>,
}

/// An identity's place in a person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Membership {
    /// Why it belongs to them.
    #[n(0)]
    pub joined_by: JoinedBy,
    /// When it was joined.
    #[n(1)]
    pub since: Timestamp,
    /// When it was separated and by whom; nothing while it belongs to them.
    #[n(2)]
    pub parted: Option<Parting>,
}

/// Why an identity belongs to a person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum JoinedBy {
    /// It is the one that the person was first known by.
    #[n(0)]
    First,
    /// A proof that joins it with another of theirs.
    #[n(1)]
    Proof(#[n(0)] ProofId),
    /// The owner said so.
    #[n(2)]
    Owner,
}

/// An identity's separation from a person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Parting {
    /// When.
    #[n(0)]
    pub at: Timestamp,
    /// By the owner's hand; else because the proof lapsed. A proof does not undo the owner's word.
    #[n(1)]
    pub by_owner: bool,
}

impl Person {
    /// A person who is known by one identity.
    #[must_use]
    pub fn new(id: PersonId, identity: Identity, at: Timestamp) -> Self {
        let first = Membership { joined_by: JoinedBy::First, since: at, parted: None };
        Self { id, name: None, members: BTreeMap::from([(identity, first)]) }
    }

    /// The identities that belong to them.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        self.members.iter().filter(|(_, member)| member.parted.is_none()).map(|(id, _)| id)
    }

    /// Whether an identity belongs to them.
    #[must_use]
    pub fn has(&self, identity: &Identity) -> bool {
        self.members.get(identity).is_some_and(|member| member.parted.is_none())
    }

    /// Joins an identity. Says whether it belongs to them then: a proof does not bring back what
    /// the owner separated.
    pub fn join(&mut self, identity: Identity, joined_by: JoinedBy, at: Timestamp) -> bool {
        if self.has(&identity) {
            return true;
        }
        let parted = self.members.get(&identity).and_then(|member| member.parted.as_ref());
        if parted.is_some_and(|parting| parting.by_owner) && joined_by != JoinedBy::Owner {
            return false;
        }
        self.members.insert(identity, Membership { joined_by, since: at, parted: None });
        true
    }

    /// Separates an identity by the owner's hand.
    pub fn separate(&mut self, identity: &Identity, at: Timestamp) {
        self.part(identity, Parting { at, by_owner: true });
    }

    /// Separates all identities that only this proof joins, because it lapsed.
    pub fn lapse(&mut self, proof: ProofId, at: Timestamp) {
        let joined_by = JoinedBy::Proof(proof);
        let lapsed = self.members.iter().filter(|(_, member)| member.joined_by == joined_by);
        let lapsed: Vec<_> = lapsed.map(|(identity, _)| identity.clone()).collect();
        for identity in lapsed {
            self.part(&identity, Parting { at, by_owner: false });
        }
    }

    fn part(&mut self, identity: &Identity, parting: Parting) {
        if let Some(member) = self.members.get_mut(identity)
            && member.parted.is_none()
        {
            member.parted = Some(parting);
        }
    }

    /// What to call them: what the owner calls them, else what they call themself on the first of
    /// their networks where they do.
    #[must_use]
    pub fn shown_name<'a>(&'a self, profiles: &'a BTreeMap<Identity, Profile>) -> &'a str {
        let profiles = || self.identities().filter_map(|identity| profiles.get(identity));
        let chosen = profiles().find_map(|profile| profile.display_name.as_deref());
        let handle = || profiles().find_map(|profile| profile.handle.as_deref());
        let author = || self.identities().next().map(|identity| identity.author.as_str());
        let name = self.name.as_deref().or(chosen).or_else(handle).or_else(author);
        name.unwrap_or("somebody")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{Network, RemoteAuthor};
    use crate::model::proof::{Proof, ProofKind, ProofState};

    fn identity(author: &str) -> Identity {
        Identity {
            network: Network::parse("feeds").unwrap(),
            author: RemoteAuthor::parse(author).unwrap(),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn proof() -> ProofId {
        let proof = Proof {
            one: identity("1"),
            other: identity("2"),
            kind: ProofKind::AccountOwner,
            evidence: vec![1],
            checker: "test".to_owned(),
            checked_at: at(1),
            block: None,
            state: ProofState::Valid,
        };
        proof.id()
    }

    fn person() -> Person {
        Person::new(PersonId::from_bytes([1; 16]), identity("1"), at(1))
    }

    #[test]
    fn joining_can_be_undone_without_losing_that_it_was() {
        let mut person = person();
        assert!(person.join(identity("2"), JoinedBy::Proof(proof()), at(2)));
        person.separate(&identity("2"), at(3));
        assert!(!person.has(&identity("2")));
        assert_eq!(person.members.len(), 2);
        assert!(!person.join(identity("2"), JoinedBy::Proof(proof()), at(4)));
        assert!(person.join(identity("2"), JoinedBy::Owner, at(5)));
    }

    #[test]
    fn a_lapsed_proof_parts_only_what_it_joined() {
        let mut person = person();
        person.join(identity("2"), JoinedBy::Proof(proof()), at(2));
        person.join(identity("3"), JoinedBy::Owner, at(2));
        person.lapse(proof(), at(3));
        let left: Vec<_> = person.identities().cloned().collect();
        assert_eq!(left, [identity("1"), identity("3")]);
        assert!(person.join(identity("2"), JoinedBy::Proof(proof()), at(4)));
    }

    #[test]
    fn the_owner_names_people_before_they_name_themselves() {
        let mut person = person();
        let mut profiles = BTreeMap::new();
        assert_eq!(person.shown_name(&profiles), "1");
        let handle = Profile { handle: Some("ann".to_owned()), ..Profile::default() };
        profiles.insert(identity("1"), handle);
        assert_eq!(person.shown_name(&profiles), "ann");
        person.name = Some("Aunt Ann".to_owned());
        assert_eq!(person.shown_name(&profiles), "Aunt Ann");
    }

    #[test]
    fn a_person_is_kept_as_they_are() {
        let mut person = person();
        person.join(identity("2"), JoinedBy::Proof(proof()), at(2));
        person.separate(&identity("2"), at(3));
        let bytes = minicbor::to_vec(&person).unwrap();
        assert_eq!(minicbor::decode::<Person>(&bytes).unwrap(), person);
    }
}
