//! The protocol's vectors, and messages made by the official client.

use proptest::prelude::*;
use prost::Message as _;
use serde::Deserialize;

use super::{
    SignedMessage,
    json::{JsonMessage, Unrenderable},
    limits::{self, Tier, Violation},
    proto::{
        CastAddBody, CastId, CastType, Embed, FarcasterNetwork, MessageData, MessageType,
        ReactionBody, UserDataBody, cast_add_body, embed, message_data::Body,
    },
    sign::SignerKey,
    style,
    time::FarcasterTime,
    verify::{Refused, verify},
};

#[derive(Deserialize)]
struct Sample {
    name: String,
    message: String,
    json: serde_json::Value,
}

fn samples() -> Vec<Sample> {
    serde_json::from_str(include_str!("../../samples/official-client.json")).unwrap()
}

fn key() -> SignerKey {
    let mut seed = [0; 32];
    seed[0] = 0x10;
    SignerKey::from_seed(&seed)
}

fn cast(body: CastAddBody) -> MessageData {
    MessageData {
        r#type: MessageType::CastAdd.into(),
        fid: 1234,
        timestamp: 94_608_000,
        network: FarcasterNetwork::Mainnet.into(),
        body: Some(Body::CastAddBody(body)),
    }
}

fn text(text: &str) -> CastAddBody {
    let r#type = limits::cast_type(text.len()).map_or(0, i32::from);
    CastAddBody { text: text.to_owned(), r#type, ..CastAddBody::default() }
}

fn check(body: CastAddBody, tier: Tier) -> Result<(), Violation> {
    let data = cast(body);
    limits::check(&data, data.encoded_len(), tier)
}

#[test]
fn the_golden_vector_has_its_hash_and_verifies() {
    let (hash, message) = key().sign(&cast(text("Hello, Farcaster!")));
    assert_eq!(hash.to_string(), "0x27f49c6928369d64495f4c4dd142c2e7389ebf1e");
    let verified = verify(&message).unwrap();
    assert_eq!(verified.hash, hash);
    assert_eq!(verified.signer, key().public());
}

#[test]
fn the_same_cast_by_ts_proto_has_its_other_hash_and_verifies() {
    let encoded = style::encode_writing_empty(&cast(text("Hello, Farcaster!")));
    let (hash, message) = key().sign_encoded(encoded);
    assert_eq!(hash.to_string(), "0xeceb06ddb910edf9cfd6a2f0c972f1ae69dc4222");
    assert_eq!(verify(&message).unwrap().data, cast(text("Hello, Farcaster!")));
}

#[test]
fn what_the_official_client_made_verifies_and_survives_decoding_bit_for_bit() {
    for sample in samples() {
        let encoded = hex::decode(&sample.message).unwrap();
        let message = SignedMessage::decode(encoded.as_slice()).unwrap();
        assert_eq!(message.encode_to_vec(), encoded, "{}", sample.name);
        let verified = verify(&message).unwrap();
        let size = message.signed_bytes().unwrap().len();
        assert_eq!(limits::check(&verified.data, size, Tier::Standard), Ok(()), "{}", sample.name);
    }
}

#[test]
fn a_message_without_data_bytes_verifies_by_the_bytes_that_arrived() {
    for sample in samples() {
        let encoded = hex::decode(&sample.message).unwrap();
        let mut message = SignedMessage::decode(encoded.as_slice()).unwrap();
        message.data_bytes = None;
        verify(&message).unwrap();
    }
}

#[test]
fn a_json_rendering_finds_the_bytes_that_were_signed() {
    for sample in samples() {
        let encoded = hex::decode(&sample.message).unwrap();
        let message = SignedMessage::decode(encoded.as_slice()).unwrap();
        let json: JsonMessage = serde_json::from_value(sample.json).unwrap();
        let rebuilt = json.to_signed().unwrap();
        assert_eq!(rebuilt.signed_bytes(), message.signed_bytes(), "{}", sample.name);
        assert_eq!(verify(&rebuilt).unwrap(), verify(&message).unwrap(), "{}", sample.name);
    }
}

#[test]
fn an_altered_json_rendering_is_unverified() {
    let mut json = samples()[0].json.clone();
    json["data"]["castAddBody"]["text"] = "Goodbye, Farcaster!".into();
    let json: JsonMessage = serde_json::from_value(json).unwrap();
    assert_eq!(json.to_signed(), Err(Unrenderable::Unverified));
}

#[test]
fn a_forged_data_beside_honest_data_bytes_is_not_read() {
    let (_, mut message) = key().sign(&cast(text("honest")));
    message.data = Some(cast(text("forged")).encode_to_vec());
    assert_eq!(verify(&message).unwrap().data, cast(text("honest")));
}

#[test]
fn every_alteration_is_refused() {
    let (_, good) = key().sign(&cast(text("hello")));
    let altered = |change: fn(&mut SignedMessage)| {
        let mut message = good.clone();
        change(&mut message);
        verify(&message).unwrap_err()
    };
    assert!(matches!(altered(|m| m.data_bytes = None), Refused::Empty));
    assert!(matches!(altered(|m| m.data_bytes = Some(vec![0; 70_000])), Refused::TooLarge));
    assert!(matches!(altered(|m| m.data_bytes = Some(vec![1, 2])), Refused::WrongHash));
    assert!(matches!(altered(|m| m.hash[0] ^= 1), Refused::WrongHash));
    assert!(matches!(altered(|m| m.hash.clear()), Refused::WrongHash));
    assert!(matches!(altered(|m| m.hash_scheme = 0), Refused::HashScheme));
    assert!(matches!(altered(|m| m.signature_scheme = 2), Refused::SignatureScheme));
    assert!(matches!(altered(|m| m.signature[0] ^= 1), Refused::WrongSignature));
    assert!(matches!(altered(|m| m.signature.truncate(63)), Refused::WrongSignature));
    assert!(matches!(altered(|m| m.signer.truncate(31)), Refused::MalformedSigner));
    let another = SignerKey::from_seed(&[7; 32]).public().as_bytes().to_vec();
    let mut stolen = good.clone();
    stolen.signer = another;
    assert!(matches!(verify(&stolen).unwrap_err(), Refused::WrongSignature));
    let (_, nonsense) = key().sign_encoded(vec![0xff, 0xff]);
    assert!(matches!(verify(&nonsense).unwrap_err(), Refused::Undecodable(_)));
}

#[test]
fn a_signature_over_the_data_instead_of_the_hash_is_refused() {
    use ed25519_dalek::Signer as _;
    let (_, mut message) = key().sign(&cast(text("hello")));
    let wrong = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    message.signer = wrong.verifying_key().to_bytes().to_vec();
    message.signature = wrong.sign(message.signed_bytes().unwrap()).to_bytes().to_vec();
    assert!(matches!(verify(&message).unwrap_err(), Refused::WrongSignature));
}

#[test]
fn the_length_of_the_text_in_bytes_decides_the_cast_type() {
    let kinds = [320, 321, 1024, 1025, 10_000, 10_001].map(limits::cast_type);
    let (cast, long, ten_k) = (CastType::Cast, CastType::LongCast, CastType::TenKCast);
    assert_eq!(kinds, [Some(cast), Some(long), Some(long), Some(ten_k), Some(ten_k), None]);
    assert_eq!(check(text(&"é".repeat(512)), Tier::Standard), Ok(()));
    assert_eq!(check(text(&"é".repeat(513)), Tier::Standard), Err(Violation::TextSize));
    assert_eq!(check(text(&"é".repeat(513)), Tier::Pro), Ok(()));
    let wrong = CastAddBody { r#type: 1, ..text("short") };
    assert_eq!(check(wrong, Tier::Standard), Err(Violation::CastType));
}

#[test]
fn refusals_of_a_real_node_are_refused_here() {
    let url = |n: usize| Embed { embed: Some(embed::Embed::Url("u".repeat(n))) };
    let with = |change: fn(&mut CastAddBody)| {
        let mut body = text("hello");
        change(&mut body);
        check(body, Tier::Standard).unwrap_err()
    };
    let embeds = |embeds: Vec<Embed>| check(CastAddBody { embeds, ..text("x") }, Tier::Standard);
    assert_eq!(embeds(vec![url(9); 4]), Ok(()));
    assert_eq!(embeds(vec![url(9); 5]), Err(Violation::Embeds));
    assert_eq!(embeds(vec![url(257)]), Err(Violation::Embed));
    assert_eq!(embeds(vec![url(0)]), Err(Violation::Embed));
    assert_eq!(with(|b| b.text.clear()), Violation::Empty);
    assert_eq!(with(|b| b.mentions = vec![1; 11]), Violation::Mentions);
    assert_eq!(with(|b| b.mentions = vec![1]), Violation::MentionPositions);
    let mentions = |positions: &[u32]| {
        let mentions = vec![2; positions.len()];
        let mentions_positions = positions.to_vec();
        check(CastAddBody { mentions, mentions_positions, ..text("hello") }, Tier::Standard)
    };
    assert_eq!(mentions(&[1, 1, 5]), Ok(()));
    assert_eq!(mentions(&[2, 1]), Err(Violation::MentionPositions));
    assert_eq!(mentions(&[6]), Err(Violation::MentionPositions));
    assert_eq!(with(|b| b.embeds_deprecated = vec![String::new()]), Violation::OldEmbeds);
    let parent = |fid, hash: usize| {
        let id = CastId { fid, hash: vec![1; hash] };
        let parent = Some(cast_add_body::Parent::ParentCastId(id));
        check(CastAddBody { parent, ..text("x") }, Tier::Standard)
    };
    assert_eq!(parent(1, 20), Ok(()));
    assert_eq!(parent(0, 20), Err(Violation::CastId));
    assert_eq!(parent(1, 19), Err(Violation::CastId));
}

#[test]
fn each_field_within_its_limit_may_still_be_too_much_together() {
    let url = Embed { embed: Some(embed::Embed::Url("u".repeat(256))) };
    let body = CastAddBody { embeds: vec![url; 4], ..text(&"x".repeat(1024)) };
    assert_eq!(check(body.clone(), Tier::Standard), Err(Violation::DataSize));
    assert_eq!(check(body, Tier::Pro), Ok(()));
}

#[test]
fn a_body_of_another_type_and_timestamps_ahead_are_refused() {
    let mut data = cast(text("x"));
    data.r#type = MessageType::CastRemove.into();
    assert_eq!(limits::check(&data, 10, Tier::Standard), Err(Violation::BodyType));
    data.body = Some(Body::ReactionBody(ReactionBody::default()));
    data.r#type = MessageType::ReactionAdd.into();
    assert_eq!(limits::check(&data, 10, Tier::Standard), Err(Violation::Reaction));
    data.body = Some(Body::UserDataBody(UserDataBody { r#type: 2, value: "x".repeat(33) }));
    data.r#type = MessageType::UserDataAdd.into();
    assert_eq!(limits::check(&data, 10, Tier::Standard), Err(Violation::UserData));
    let at = FarcasterTime::from_seconds(1000);
    assert_eq!(limits::check_time(1600, at), Ok(()));
    assert_eq!(limits::check_time(1601, at), Err(Violation::Future));
    assert_eq!(limits::check_time(0, at), Ok(()));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_pass_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(message) = SignedMessage::decode(bytes.as_slice()) {
            prop_assert!(verify(&message).is_err());
        }
        let json = serde_json::from_slice::<JsonMessage>(&bytes);
        prop_assert!(json.is_err());
    }
}
