//! Marks that somebody put on words of their own. Nobody signs them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use threadbridge_core::model::id::{Network, RemoteConversation, RemoteId};
use threadbridge_core::model::mark::{MAX_ROOMS, Mark, Origin, RoomTag};
use threadbridge_devnet::farcaster::person::Words;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{CastRemoveBody, HubEvent, Message, MessageType};

use super::forge::{data, merged, words};
use super::stage::Stage;

fn network() -> Network {
    Network::parse("farcaster").unwrap()
}

/// The origin that a message is.
fn origin(message: &Message) -> Origin {
    let hash: String = message.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let id = RemoteId::parse(format!("{}:0x{hash}", data(message).fid)).unwrap();
    Origin::of(&network(), &id)
}

fn url(bytes: &[u8]) -> String {
    format!("threadbridge:{}", BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn room(name: &str) -> RoomTag {
    RoomTag::of(&network(), &RemoteConversation::parse(name).unwrap())
}

/// What mallory says, with a mark on it.
fn marked(stage: &Stage, text: &str, mark: &Mark) -> HubEvent {
    let urls = vec![url(&mark.to_bytes())];
    merged(stage.mallory.say(Words { urls, ..words(text) }))
}

async fn shows(stage: &Stage, text: &str) -> usize {
    stage.shown().await.iter().filter(|cast| cast.text == text).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_on_other_words_neither_hides_them_nor_those_that_it_was_made_for() {
    let stage = Stage::start().await.settled().await;
    let message = stage.eve.say(words("the vote is at noon"));
    let forged = Mark { origin: origin(&message), rooms: Vec::new() };
    stage.hears(vec![marked(&stage, "the vote is off", &forged)]).await;
    assert_eq!(shows(&stage, "mallory: the vote is off").await, 1);
    stage.hears(vec![merged(message)]).await;
    assert_eq!(shows(&stage, "eve: the vote is at noon").await, 1);
    stage.hears(vec![marked(&stage, "kittens are best", &forged)]).await;
    assert_eq!(shows(&stage, "mallory: kittens are best").await, 1);
    // What another bridge carried is a copy, and stays one.
    stage.hears(vec![marked(&stage, "eve: the vote is at noon", &forged)]).await;
    assert_eq!(shows(&stage, "mallory: eve: the vote is at noon").await, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_withholds_no_delete() {
    let stage = Stage::start().await.settled().await;
    let message = stage.eve.say(words("a slip of the tongue"));
    let target_hash = message.hash.clone();
    let body = Body::CastRemoveBody(CastRemoveBody { target_hash });
    let removal = stage.eve.sign(MessageType::CastRemove, body);
    let forged = Mark { origin: origin(&removal), rooms: Vec::new() };
    stage.hears(vec![merged(message), marked(&stage, "kittens", &forged)]).await;
    assert_eq!(shows(&stage, "eve: a slip of the tongue").await, 1);
    stage.hears(vec![merged(removal)]).await;
    threadbridge_kit::deadline::until("the delete crosses", async || {
        (shows(&stage, "eve: a slip of the tongue").await == 0).then_some(())
    })
    .await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rooms_of_a_mark_keep_only_its_own_message_back() {
    let stage = Stage::start().await.settled().await;
    let own = stage.mallory.say(words("whatever"));
    let mark = |rooms: &[&str]| Mark {
        origin: origin(&own),
        rooms: rooms.iter().copied().map(room).collect(),
    };
    stage.hears(vec![marked(&stage, "not for the lair", &mark(&["channel/lair"]))]).await;
    stage
        .hears(vec![marked(&stage, "not there either", &mark(&["channel/den", "channel/lair"]))])
        .await;
    let many: Vec<_> = (0..MAX_ROOMS).map(|n| format!("channel/{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    stage.hears(vec![marked(&stage, "through all rooms", &mark(&many))]).await;
    stage.hears(vec![marked(&stage, "through one room", &mark(&many[..1]))]).await;
    for text in ["not for the lair", "not there either", "through all rooms"] {
        assert_eq!(shows(&stage, &format!("mallory: {text}")).await, 0, "{text}");
    }
    assert_eq!(shows(&stage, "mallory: through one room").await, 1);
    assert_eq!(shows(&stage, "eve: well known").await, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_mark_is_an_address_like_others() {
    let stage = Stage::start().await.settled().await;
    let garbage: [&[u8]; 4] = [&[], &[1; 5], &[2; 17], &[1; 17 + 4 * (MAX_ROOMS + 1)]];
    for (n, bytes) in garbage.iter().enumerate() {
        let said = Words { urls: vec![url(bytes)], ..words(&format!("garbage {n}")) };
        stage.hears(vec![merged(stage.mallory.say(said))]).await;
        assert_eq!(shows(&stage, &format!("mallory: garbage {n}")).await, 1, "{n}");
    }
    stage.end().await;
}
