//! Addresses that people verify with the official client are kept as evidence.

use serde_json::json;
use threadbridge_core::model::proof::{Proof, ProofKind};
use threadbridge_core::pipeline::Bridge;
use threadbridge_core::view;
use threadbridge_kit::deadline::until;

use super::person::{Person, find};
use super::world::{bridge, bridge_account, hub, leg, link};

const LEFT: &str = "https://farcaster.xyz/~/channel/books";
const RIGHT: &str = "https://farcaster.xyz/~/channel/papers";

fn kept(bridge: &Bridge) -> Vec<Proof> {
    view::proofs(&bridge.store().snapshot().unwrap()).unwrap()
}

/// The proof of that address, once there is one in that state.
async fn proof(bridge: &Bridge, address: &str, holds: bool) -> Proof {
    until("the proof", async || {
        let proofs = kept(bridge).into_iter();
        proofs.filter(|it| it.holds() == holds).find(|it| it.other.author.as_str() == address)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_addresses_are_kept_with_their_evidence_until_they_are_taken_back() {
    let (left, right) = (hub().await, hub().await);
    let mut alice = Person::arrives(left.grpc_addr(), 101, "alice").await;
    let mut bob = Person::looks_in(right.grpc_addr(), 1);
    let before = alice.does(json!({ "do": "verify", "wallet": 22 })).await;
    let before = before["address"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let accounts = [("left", bridge_account(&left, 901)), ("right", bridge_account(&right, 902))];
    let legs = [leg("left", "channel/books"), leg("right", "channel/papers")];
    let bridge = bridge(&folder.path().join("store"), &accounts, vec![link(&legs)]).await;
    until("the bridge listens", async || {
        let status = view::status(&bridge.store().snapshot().unwrap()).unwrap();
        let connected = threadbridge_core::adapter::Health::Connected;
        (status.accounts.iter().filter(|it| it.health == connected).count() == 2).then_some(())
    })
    .await;
    assert!(kept(&bridge).is_empty());

    // What was verified before is found when its owner is met, what is verified later is heard.
    alice.casts_in(LEFT, "it is I").await;
    until("bob reads alice", async || find(&bob.channel(RIGHT).await, "alice: it is I")).await;
    let first = proof(&bridge, before, true).await;
    assert_eq!(first.one.uri(), "farcaster:101");
    assert_eq!(first.checker, "farcaster-verification/1");
    assert!(!first.evidence.is_empty() && first.checked_at.as_secs() > 1_700_000_000);
    let later = alice.does(json!({ "do": "verify", "wallet": 33 })).await;
    proof(&bridge, later["address"].as_str().unwrap(), true).await;

    alice.does(json!({ "do": "unverify", "wallet": 22 })).await;
    let lapsed = proof(&bridge, before, false).await;
    assert_eq!((lapsed.id(), lapsed.evidence), (first.id(), first.evidence));
    let claims = |it: &&Proof| it.holds() && it.kind == ProofKind::MutualClaim;
    assert_eq!(kept(&bridge).iter().filter(claims).count(), 1);
    // Whoever has custody of the fid was found when she was met.
    let custody = kept(&bridge).into_iter().find(|it| it.kind == ProofKind::AccountOwner).unwrap();
    assert_eq!((custody.one.uri().as_str(), custody.holds()), ("farcaster:101", true));
    assert_eq!(custody.checker, "farcaster-custody/1");
    alice.does(json!({ "do": "verify", "wallet": 22 })).await;
    proof(&bridge, before, true).await;
    bridge.stop().await.unwrap();
    left.stop().await;
    right.stop().await;
}
