use std::collections::BTreeSet;

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use proptest::prop_assert_eq;
use tokio::runtime::{Builder, Runtime};

use super::*;
use crate::model::id::{Identity, Network, PersonId, RemoteAuthor};
use crate::model::person::{Introduced, Parting, Worth};
use crate::model::proof::{Proof, ProofKind, ProofState};
use crate::model::time::Timestamp;
use crate::store::{Store, Unit};

fn identity(text: &str) -> Identity {
    let (network, author) = text.split_once(':').unwrap();
    Identity {
        network: Network::parse(network).unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    }
}

fn proof(one: &str, other: &str) -> Proof {
    Proof {
        one: identity(one),
        other: identity(other),
        kind: ProofKind::MutualClaim,
        evidence: format!("{one} {other}").into_bytes(),
        checker: "test 1".to_owned(),
        checked_at: at(1),
        block: None,
        state: ProofState::Valid,
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

/// A store in which people are joined and parted.
struct World {
    runtime: Runtime,
    store: Store,
}

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { runtime, store: Store::in_memory().unwrap() }
    }

    fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Unit<'_>) -> Result<T, crate::store::ChangeError> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.store.write(change)).unwrap()
    }

    fn proves(&self, proof: Proof) -> Option<Parting> {
        self.change(move |unit| prove(unit, proof, at(2)))
    }

    fn joins(&self, one: &str, other: &str) -> Joined {
        let (one, other) = (identity(one), identity(other));
        self.change(move |unit| join(unit, &one, &other, at(3)))
    }

    fn separates(&self, one: &str, other: &str) -> Separated {
        let (one, other) = (identity(one), identity(other));
        self.change(move |unit| separate(unit, &one, &other, at(4)))
    }

    fn kin_of(&self, of: &str) -> Vec<String> {
        let kin = kin(&self.store.snapshot().unwrap(), &identity(of)).unwrap();
        kin.identities.iter().map(Identity::uri).collect()
    }

    /// Everybody, with their ids.
    fn people(&self) -> BTreeSet<(Option<PersonId>, Vec<String>)> {
        let people = everybody(&self.store.snapshot().unwrap()).unwrap();
        let shown = |it: &Identity| it.uri();
        people.iter().map(|it| (it.id, it.identities.iter().map(shown).collect())).collect()
    }
}

#[test]
fn identities_that_prove_one_wallet_are_one_person() {
    let world = World::new();
    for one in ["casts:5", "posts:0xa1", "chats:ab"] {
        assert_eq!(world.proves(proof(one, "wallets:0x1")), None);
    }
    world.proves(proof("chats:ab", "wallets:0x2"));
    world.proves(proof("casts:6", "wallets:0x3"));
    let ann = ["casts:5", "chats:ab", "posts:0xa1", "wallets:0x1", "wallets:0x2"];
    for one in ann {
        assert_eq!(world.kin_of(one), ann, "{one}");
    }
    assert_eq!(world.kin_of("casts:7"), ["casts:7"]);
    assert_eq!(world.people().len(), 2);
}

#[test]
fn a_lapsed_proof_parts_what_it_alone_held_and_says_so() {
    let world = World::new();
    for one in ["casts:5", "posts:0xa1", "chats:ab"] {
        world.proves(proof(one, "wallets:0x1"));
    }
    let mut claim = proof("casts:5", "wallets:0x2");
    claim.kind = ProofKind::AccountOwner;
    world.proves(claim);
    let before = world.people();
    let lapsed = proof("casts:5", "wallets:0x1").lapsed(at(9), "its owner withdrew it");
    let parting = world.proves(lapsed).unwrap();
    assert_eq!(parting.from, identity("casts:5"));
    assert_eq!(parting.parted, ["chats:ab", "posts:0xa1", "wallets:0x1"].map(identity));
    assert_eq!(parting.reason, "its owner withdrew it");
    assert_eq!(world.kin_of("casts:5"), ["casts:5", "wallets:0x2"]);
    assert_eq!(partings(&world.store.snapshot().unwrap()).unwrap(), [parting]);
    // What held them twice parts nobody, and what is proven again is as it was.
    world.proves(proof("casts:5", "wallets:0x1"));
    assert_eq!(world.people(), before);
    let mut twice = proof("casts:5", "wallets:0x1");
    twice.kind = ProofKind::AccountOwner;
    world.proves(twice.clone());
    assert_eq!(world.proves(twice.lapsed(at(9), "sold")), None);
}

#[test]
fn an_address_that_several_of_one_network_claim_joins_nobody_until_the_owner_says() {
    let world = World::new();
    world.proves(proof("casts:5", "wallets:0x1"));
    world.proves(proof("posts:0xa1", "wallets:0x1"));
    let parting = world.proves(proof("casts:6", "wallets:0x1")).unwrap();
    assert!(parting.reason.contains("several"), "{parting:?}");
    for one in ["casts:5", "casts:6", "posts:0xa1", "wallets:0x1"] {
        assert_eq!(world.kin_of(one), [one]);
    }
    let found = person(&world.store.snapshot().unwrap(), &identity("casts:5")).unwrap();
    assert_eq!(found.bonds.iter().map(|it| &it.worth).collect::<Vec<_>>(), [&Worth::Ambiguous]);
    assert_eq!(world.joins("casts:5", "posts:0xa1"), Joined::Now);
    assert_eq!(world.kin_of("casts:5"), ["casts:5", "posts:0xa1"]);
    // When only one claims it, it is theirs.
    world.proves(proof("casts:6", "wallets:0x1").lapsed(at(9), "withdrawn"));
    assert_eq!(world.kin_of("casts:5"), ["casts:5", "posts:0xa1", "wallets:0x1"]);
}

#[test]
fn managers_and_names_are_shown_and_join_nobody() {
    let world = World::new();
    for kind in [ProofKind::AccountManager, ProofKind::Name] {
        world.proves(Proof { kind, ..proof("posts:0xa1", "wallets:0x1") });
    }
    assert_eq!(world.kin_of("posts:0xa1"), ["posts:0xa1"]);
    let found = person(&world.store.snapshot().unwrap(), &identity("wallets:0x1")).unwrap();
    assert!(found.bonds.iter().all(|it| it.worth == Worth::Shown) && found.bonds.len() == 2);
}

#[test]
fn whom_the_owner_separates_no_proof_joins_again() {
    let world = World::new();
    world.proves(proof("casts:5", "wallets:0x1"));
    world.proves(proof("posts:0xa1", "wallets:0x1"));
    assert_eq!(world.separates("casts:5", "posts:0xa1"), Separated::Now);
    world.proves(proof("casts:5", "wallets:0x1"));
    assert_eq!(world.kin_of("casts:5"), ["casts:5"]);
    assert_eq!(world.kin_of("posts:0xa1"), ["posts:0xa1", "wallets:0x1"]);
    assert_eq!(world.separates("casts:5", "posts:0xa1"), Separated::Already);
    assert!(world.change(|unit| let_proofs_join(unit, &identity("casts:5"))));
    assert_eq!(world.kin_of("casts:5").len(), 3);
}

#[test]
fn the_settings_join_and_only_they_separate() {
    let world = World::new();
    world.proves(proof("posts:0xa1", "wallets:0x1"));
    let ann = Introduced {
        name: Some("Ann".to_owned()),
        identities: ["casts:5", "chats:ab", "posts:0xa1"].map(identity).to_vec(),
    };
    world.change(move |unit| introduce(unit, &[ann]));
    assert_eq!(world.kin_of("wallets:0x1").len(), 4);
    assert_eq!(world.separates("casts:5", "chats:ab"), Separated::BySettings);
    assert_eq!(world.separates("casts:5", "wallets:0x1"), Separated::Now);
    assert_eq!(world.kin_of("casts:5"), ["casts:5", "chats:ab", "posts:0xa1"]);
    world.change(|unit| introduce(unit, &[]));
    assert_eq!(world.kin_of("casts:5"), ["casts:5"]);
}

#[test]
fn proofs_of_an_older_store_are_found_from_both_ends() {
    use crate::store::tables::PROOFS;
    let world = World::new();
    let proof = proof("casts:5", "wallets:0x1");
    world.change(move |unit| unit.put(&PROOFS, &(proof.one.clone(), proof.id()), &proof));
    assert_eq!(world.kin_of("wallets:0x1"), ["wallets:0x1"]);
    world.change(index_claims);
    assert_eq!(world.kin_of("wallets:0x1"), ["casts:5", "wallets:0x1"]);
}

/// One of a handful, so that they meet.
fn one_of(number: u8) -> String {
    let network = ["casts", "posts", "chats", "wallets"][usize::from(number % 4)];
    format!("{network}:{}", number / 4 % 3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn joining_and_then_separating_is_the_identity(
        history in prop::collection::vec((0_u8..4, any::<u8>(), any::<u8>()), 0..24),
        (one, other) in (any::<u8>(), any::<u8>()),
    ) {
        let world = World::new();
        for (what, one, other) in history {
            let (one, other) = (one_of(one), one_of(other));
            match what {
                0 | 1 if one != other => { world.proves(proof(&one, &other)); }
                2 => { world.joins(&one, &other); }
                3 if one != other => { world.separates(&one, &other); }
                _ => {}
            }
        }
        let (one, other) = (one_of(one), one_of(other));
        // Both have a home, as whoever was ever spoken of.
        world.change({
            let ends = [one.clone(), other.clone()];
            move |unit| ends.iter().try_for_each(|it| known::at_home(unit, &identity(it)))
        });
        let before = world.people();
        if world.joins(&one, &other) == Joined::Now {
            prop_assert_eq!(world.separates(&one, &other), Separated::Now);
        }
        prop_assert_eq!(world.people(), before);
    }
}
