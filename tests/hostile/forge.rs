//! Messages and events that no honest hub would pass on.

use ed25519_dalek::SigningKey;
use prost::Message as _;
use threadbridge_devnet::farcaster::person::{Person, Words, sign};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::hub_event::Body as EventBody;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{
    CastAddBody, FarcasterNetwork, HubEvent, HubEventType, MergeMessageBody, Message, MessageData,
    MessageType,
};

/// The room in which the hostile are heard.
pub(crate) const DEN: &str = "https://farcaster.xyz/~/channel/den";

/// Words that must not cross.
pub(crate) const POISON: &str = "poison";

/// The merging of a message.
pub(crate) fn merged(message: Message) -> HubEvent {
    let body = MergeMessageBody { message: Some(message), deleted_messages: Vec::new() };
    HubEvent {
        r#type: HubEventType::MergeMessage.into(),
        body: Some(EventBody::MergeMessageBody(body)),
        ..HubEvent::default()
    }
}

/// A cast in the den.
pub(crate) fn words(text: &str) -> Words {
    Words { parent: Some(Parent::ParentUrl(DEN.to_owned())), ..Words::from(text) }
}

/// A good cast, before a test changes something about it.
pub(crate) fn altered(who: &Person, change: impl FnOnce(&mut Message)) -> Vec<HubEvent> {
    let mut message = who.say(words(POISON));
    change(&mut message);
    vec![merged(message)]
}

/// A rightly signed cast whose body a test has changed.
pub(crate) fn body(who: &Person, change: impl FnOnce(&mut CastAddBody)) -> Vec<HubEvent> {
    let Some(Body::CastAddBody(mut cast)) = data(&who.say(words(POISON))).body else {
        panic!("a cast has a cast's body")
    };
    change(&mut cast);
    vec![merged(who.sign(MessageType::CastAdd, Body::CastAddBody(cast)))]
}

/// A message's data as it was signed.
pub(crate) fn data(message: &Message) -> MessageData {
    MessageData::decode(message.data_bytes.as_deref().unwrap()).unwrap()
}

/// A cast in the name of `fid`, signed by whatever key.
pub(crate) fn signed_by(key: [u8; 32], fid: u64, timestamp: u32) -> Message {
    let cast = CastAddBody {
        text: POISON.to_owned(),
        parent: Some(cast_parent()),
        ..CastAddBody::default()
    };
    let data = MessageData {
        r#type: MessageType::CastAdd.into(),
        fid,
        timestamp,
        network: FarcasterNetwork::Devnet.into(),
        body: Some(Body::CastAddBody(cast)),
    };
    sign(&SigningKey::from_bytes(&key), &data)
}

/// Bytes, whatever they are, rightly hashed and signed as if they were a message.
pub(crate) fn signed_bytes(key: [u8; 32], bytes: Vec<u8>) -> Message {
    use ed25519_dalek::Signer as _;
    let key = SigningKey::from_bytes(&key);
    let hash = threadbridge_devnet::farcaster::person::hash_of(&bytes);
    Message {
        hash: hash.to_vec(),
        signature: key.sign(&hash).to_bytes().to_vec(),
        data_bytes: Some(bytes),
        ..sign(&key, &MessageData::default())
    }
}

/// The place of casts in the den.
pub(crate) fn cast_parent() -> Parent {
    Parent::ParentUrl(DEN.to_owned())
}
