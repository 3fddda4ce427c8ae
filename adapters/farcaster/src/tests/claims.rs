//! Addresses that people verify become evidence, and lapse when they are taken back.

use threadbridge_core::{
    adapter::{Adapter as _, Rechecked},
    model::proof::{ProofKind, ProofState},
};

use super::bridge::Bridge;
use crate::{
    node::fake::{
        FakeNode,
        person::{NOW, Person},
    },
    wire::{
        SignedMessage,
        proto::{
            FarcasterNetwork, IdRegisterEventBody, IdRegisterEventType, MergeOnChainEventBody,
            MessageData, MessageType, OnChainEvent, OnChainEventType, VerificationAddAddressBody,
            VerificationRemoveBody, hub_event, message_data::Body, on_chain_event,
        },
        sign::SignerKey,
    },
};
use prost::Message as _;

const ADDRESS: &str = "1563915e194d8cfba1943570603f7606a3115508";
/// That address's claim to fid 1234 on the devnet, at block 0x0404….
const CLAIM: &str = "f670378289562e712e75c4cd14833687e0965a0d449b955ba3755d8b497e79f0\
                     797d6264510ec9908457ab38105d4f8a2a7c000dcb3d4150992b6f97fb7dd2e71b";
const URL: &str = "https://farcaster.xyz/~/channel/books";

fn somebody() -> Person {
    Person { fid: 1234, key: SignerKey::from_seed(&[12; 32]) }
}

fn signs(who: &Person, r#type: MessageType, after: u32, body: Body) -> SignedMessage {
    let network = FarcasterNetwork::Devnet.into();
    let timestamp = NOW + after;
    let data =
        MessageData { r#type: r#type.into(), fid: who.fid, timestamp, network, body: Some(body) };
    who.key.sign(&data).1
}

fn claims(who: &Person, after: u32) -> SignedMessage {
    let body = VerificationAddAddressBody {
        address: hex::decode(ADDRESS).unwrap(),
        claim_signature: hex::decode(CLAIM).unwrap(),
        block_hash: vec![4; 32],
        ..VerificationAddAddressBody::default()
    };
    let body = Body::VerificationAddAddressBody(body);
    signs(who, MessageType::VerificationAddEthAddress, after, body)
}

fn takes_back(who: &Person, after: u32) -> SignedMessage {
    let address = hex::decode(ADDRESS).unwrap();
    let body = VerificationRemoveBody { address, protocol: 0 };
    signs(who, MessageType::VerificationRemove, after, Body::VerificationRemoveBody(body))
}

#[tokio::test]
async fn an_address_that_somebody_verified_before_is_evidence_once_they_are_met() {
    let (who, node) = (somebody(), FakeNode::new(2));
    node.set_signers(who.fid, vec![who.record()], Vec::new());
    let claim = claims(&who, 0);
    node.set_addresses(who.fid, vec![claim.clone()]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.merge(1, &[&who.says_under("hello", URL)]);
    bridge.until(|it| it.events.len() == 1).await;
    let [proof] = bridge.proofs.as_slice() else { panic!("{:?}", bridge.proofs) };
    assert_eq!(proof.one.uri(), "farcaster:1234");
    assert_eq!(proof.other.uri(), format!("ethereum:0x{ADDRESS}"));
    assert_eq!((proof.kind, proof.holds()), (ProofKind::MutualClaim, true));
    // Whoever doubts it can check the message again.
    let kept = SignedMessage::decode(proof.evidence.as_slice()).unwrap();
    assert_eq!(crate::wire::verify::verify(&kept).unwrap().hash.as_bytes(), &claim.hash[..]);
}

#[tokio::test]
async fn the_latest_word_about_an_address_counts_and_forged_ones_do_not() {
    let (who, node) = (somebody(), FakeNode::new(2));
    let other = Person::new(9);
    for person in [&who, &other] {
        node.set_signers(person.fid, vec![person.record()], Vec::new());
    }
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    // Nobody whom we have not met is looked at.
    node.merge(1, &[&claims(&who, 0)]);
    bridge.until(|it| it.height(1) == 1).await;
    node.merge(1, &[&who.says_under("hello", URL), &other.says_under("hi", URL)]);
    bridge.until(|it| it.events.len() == 2).await;
    assert!(bridge.proofs.is_empty());
    // The address claims another fid, and another key signs for the fid.
    let thief = Person { fid: who.fid, key: SignerKey::from_seed(&[13; 32]) };
    node.merge(1, &[&claims(&other, 1), &claims(&thief, 1)]);
    node.merge(1, &[&claims(&who, 5), &takes_back(&who, 7), &claims(&who, 6)]);
    bridge.until(|it| it.proofs.len() == 2 && it.refused.len() == 2).await;
    assert!(bridge.proofs[0].holds());
    assert!(matches!(bridge.proofs[1].state, ProofState::Lapsed { .. }));
    assert!(bridge.proofs[1].joins(&bridge.proofs[0].one, &bridge.proofs[0].other));
    node.merge(1, &[&claims(&who, 8)]);
    bridge.until(|it| it.proofs.len() == 3).await;
    assert!(bridge.proofs[2].holds());
    let refused: Vec<_> = bridge.refused.iter().map(String::as_str).collect();
    assert!(refused.contains(&"claim is not signed by its address"), "{refused:?}");
    assert!(refused.contains(&"signer is not a key of the author"), "{refused:?}");
}

#[tokio::test]
async fn a_claim_is_looked_at_again_and_only_nodes_that_answer_say_that_it_is_gone() {
    let (who, node) = (somebody(), FakeNode::new(2));
    node.set_signers(who.fid, vec![who.record()], Vec::new());
    node.set_addresses(who.fid, vec![claims(&who, 0)]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.merge(1, &[&who.says_under("hello", URL)]);
    bridge.until(|it| it.proofs.len() == 1).await;
    let proof = bridge.proofs[0].clone();
    let look = async || bridge.adapter.recheck(&proof).await;
    assert!(matches!(look().await, Ok(Rechecked::Holds { .. })));
    // It may be signed anew, by a key that the fid has at that time and by nobody else.
    let thief = Person { fid: who.fid, key: SignerKey::from_seed(&[13; 32]) };
    node.set_addresses(who.fid, vec![claims(&thief, 3)]);
    assert!(matches!(look().await, Ok(Rechecked::Lapsed { .. })));
    node.set_addresses(who.fid, vec![claims(&thief, 3), claims(&who, 4)]);
    assert!(matches!(look().await, Ok(Rechecked::Holds { .. })));
    node.set_signers(who.fid, Vec::new(), vec![who.record()]);
    assert!(matches!(look().await, Ok(Rechecked::Lapsed { .. })));
    node.set(|faults| faults.is_down = true);
    assert!(look().await.is_err());
}

/// A fid comes into the hands of an address of these bytes, in a block of that height.
fn hands_over(fid: u64, block_number: u32, to: u8) -> OnChainEvent {
    let kind = if block_number > 1 {
        IdRegisterEventType::Transfer
    } else {
        IdRegisterEventType::Register
    };
    let body = IdRegisterEventBody {
        to: vec![to; 20],
        event_type: kind.into(),
        ..IdRegisterEventBody::default()
    };
    OnChainEvent {
        r#type: OnChainEventType::EventTypeIdRegister.into(),
        chain_id: 10,
        block_number,
        block_hash: vec![9; 32],
        fid,
        body: Some(on_chain_event::Body::IdRegisterEventBody(body)),
        ..OnChainEvent::default()
    }
}

#[tokio::test]
async fn whoever_has_custody_owns_the_fid_until_it_is_handed_over() {
    let (who, node) = (somebody(), FakeNode::new(2));
    node.set_signers(who.fid, vec![who.record()], Vec::new());
    node.set_registrations(who.fid, vec![hands_over(who.fid, 1, 0xa1)]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.merge(1, &[&who.says_under("hello", URL)]);
    bridge.until(|it| it.events.len() == 1).await;
    let [proof] = bridge.proofs.as_slice() else { panic!("{:?}", bridge.proofs) };
    assert_eq!((proof.kind, proof.holds()), (ProofKind::AccountOwner, true));
    assert_eq!(proof.other.uri(), format!("ethereum:0x{}", "a1".repeat(20)));
    assert_eq!(proof.block.as_ref().map(|it| (it.chain, it.number)), Some((10, 1)));
    let kept = OnChainEvent::decode(proof.evidence.as_slice()).unwrap();
    assert_eq!(kept, hands_over(who.fid, 1, 0xa1));
    let proof = proof.clone();
    let told = bridge.adapter.recheck(&proof).await.unwrap();
    assert!(matches!(told, Rechecked::Holds { block: Some(_), .. }), "{told:?}");
    // It is handed over, which shows with the next event about the fid, and whenever it is looked at.
    let event = hands_over(who.fid, 7, 0xb2);
    node.set_registrations(who.fid, vec![hands_over(who.fid, 1, 0xa1), event.clone()]);
    let told = bridge.adapter.recheck(&proof).await.unwrap();
    assert!(matches!(told, Rechecked::Lapsed { .. }), "{told:?}");
    let body = MergeOnChainEventBody { on_chain_event: Some(event) };
    node.block(1, vec![hub_event::Body::MergeOnChainEventBody(body)]);
    node.merge(1, &[&who.says_under("again", URL)]);
    bridge.until(|it| it.events.len() == 2 && it.proofs.len() == 3).await;
    assert!(matches!(bridge.proofs[1].state, ProofState::Lapsed { .. }));
    assert!(bridge.proofs[1].joins(&proof.one, &proof.other));
    assert!(bridge.proofs[2].holds() && bridge.proofs[2].other.author.as_str().ends_with("b2"));
}
