//! Evidence that two identities are one person, kept so that anybody can check it again.

use minicbor::{Decode, Encode};

use super::id::Identity;
use super::time::Timestamp;

/// Names a proof by what it says: 16 bytes of BLAKE3 over its kind, its identities and its
/// evidence. The same evidence has the same id wherever it is found; stored for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ProofId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl ProofId {
    /// Its stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Evidence that two identities are one person, and what came of checking it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Proof {
    /// One identity.
    #[n(0)]
    pub one: Identity,
    /// The other.
    #[n(1)]
    pub other: Identity,
    /// What makes it a proof.
    #[n(2)]
    pub kind: ProofKind,
    /// The bytes that show it, in the form of the network that has them.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub evidence: Vec<u8>,
    /// What checked it, with its version.
    #[n(4)]
    pub checker: String,
    /// When it was checked last.
    #[n(5)]
    pub checked_at: Timestamp,
    /// The block of the chain whose state it was checked against, if it rests on one.
    #[n(6)]
    pub block: Option<Block>,
    /// Whether it holds.
    #[n(7)]
    pub state: ProofState,
}

/// What makes evidence a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum ProofKind {
    /// Both identities signed that they belong together.
    #[n(0)]
    MutualClaim,
    /// A log that the one identity keeps, and that the other signed into.
    #[n(1)]
    AssociationLog,
    /// A registry names the one as the owner of the other.
    #[n(2)]
    AccountOwner,
    /// A wallet signed our own challenge (EIP-191).
    #[n(3)]
    ChallengeSignature,
    /// A contract vouches for a signature over our own challenge (ERC-1271).
    #[n(4)]
    ContractSignature,
    /// A registry names the one among those who may act for the other. Whoever owns an account
    /// appoints them, so it is no word of theirs.
    #[n(5)]
    AccountManager,
    /// A registry of names, or a name's owner, says that the name is the one's and the other's.
    #[n(6)]
    Name,
}

impl ProofKind {
    /// Whether such a proof makes one person of two identities; others are shown only.
    #[must_use]
    pub const fn joins(self) -> bool {
        match self {
            Self::MutualClaim
            | Self::AssociationLog
            | Self::AccountOwner
            | Self::ChallengeSignature
            | Self::ContractSignature => true,
            Self::AccountManager | Self::Name => false,
        }
    }
}

/// A place in a chain.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// Which chain (EIP-155).
    #[n(0)]
    pub chain: u64,
    /// Its height.
    #[n(1)]
    pub number: u64,
    /// Its hash.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub hash: Vec<u8>,
}

/// Whether a proof holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ProofState {
    /// It held when it was checked last.
    #[n(0)]
    Valid,
    /// It held once, and does no more.
    #[n(1)]
    Lapsed {
        /// Since when, as far as is known.
        #[n(0)]
        since: Timestamp,
        /// Why, for people.
        #[n(1)]
        reason: String,
    },
}

impl Proof {
    /// Its name, which checking it again does not change.
    #[must_use]
    pub fn id(&self) -> ProofId {
        let mut hash = blake3::Hasher::new_derive_key("threadbridge 2026 proof");
        hash.update(&[self.kind as u8]);
        for part in [self.one.uri().as_bytes(), self.other.uri().as_bytes(), &self.evidence] {
            hash.update(&(part.len() as u64).to_be_bytes()).update(part);
        }
        let mut id = [0; 16];
        hash.finalize_xof().fill(&mut id);
        ProofId(id)
    }

    /// Whether it held when it was checked last.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state == ProofState::Valid
    }

    /// Whether it speaks of these two, in either order.
    #[must_use]
    pub fn joins(&self, a: &Identity, b: &Identity) -> bool {
        (&self.one, &self.other) == (a, b) || (&self.one, &self.other) == (b, a)
    }

    /// The proof after `checker` looked at it again and found it good, against `block`.
    #[must_use]
    pub fn confirmed(mut self, checker: &str, at: Timestamp, block: Option<Block>) -> Self {
        checker.clone_into(&mut self.checker);
        self.checked_at = at;
        self.block = block;
        self.state = ProofState::Valid;
        self
    }

    /// The proof after it was looked at again and found not to hold. It keeps the time at which it
    /// first was so.
    #[must_use]
    pub fn lapsed(mut self, at: Timestamp, reason: &str) -> Self {
        self.checked_at = at;
        if self.holds() {
            self.state = ProofState::Lapsed { since: at, reason: reason.to_owned() };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::{Network, RemoteAuthor};

    fn identity(network: &str, author: &str) -> Identity {
        Identity {
            network: Network::parse(network).unwrap(),
            author: RemoteAuthor::parse(author).unwrap(),
        }
    }

    fn proof() -> Proof {
        Proof {
            one: identity("feeds", "7"),
            other: identity("chats", "0xab"),
            kind: ProofKind::MutualClaim,
            evidence: vec![1, 2, 3],
            checker: "test 1".to_owned(),
            checked_at: Timestamp::from_secs(10),
            block: None,
            state: ProofState::Valid,
        }
    }

    #[test]
    fn a_proof_is_kept_as_it_is() {
        let block = Block { chain: 10, number: 7, hash: vec![7; 32] };
        let lapsed = proof()
            .confirmed("test 2", Timestamp::from_secs(20), Some(block))
            .lapsed(Timestamp::from_secs(30), "withdrawn");
        for proof in [proof(), lapsed] {
            let bytes = minicbor::to_vec(&proof).unwrap();
            assert_eq!(minicbor::decode::<Proof>(&bytes).unwrap(), proof);
        }
    }

    #[test]
    fn checking_again_changes_the_state_and_not_the_name() {
        let lapsed = proof().lapsed(Timestamp::from_secs(30), "withdrawn");
        assert!(!lapsed.holds());
        assert_eq!(lapsed.id(), proof().id());
        let again = lapsed.clone().lapsed(Timestamp::from_secs(40), "still withdrawn");
        assert_eq!(again.state, lapsed.state);
        assert!(again.confirmed("test 1", Timestamp::from_secs(50), None).holds());
    }

    #[test]
    fn other_evidence_or_identities_make_another_proof() {
        let mut evidence = proof();
        evidence.evidence.push(4);
        let mut other = proof();
        other.other = identity("chats", "0xac");
        let mut kind = proof();
        kind.kind = ProofKind::AccountOwner;
        for changed in [evidence, other, kind] {
            assert_ne!(changed.id(), proof().id());
        }
    }

    #[test]
    fn a_proof_joins_its_two_in_either_order() {
        let (a, b) = (identity("feeds", "7"), identity("chats", "0xab"));
        assert!(proof().joins(&a, &b) && proof().joins(&b, &a));
        assert!(!proof().joins(&a, &a));
    }
}
