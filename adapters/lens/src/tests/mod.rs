//! The way in and out with recorded bytes, without any network.

mod inbound;
mod outbound;

use std::collections::BTreeSet;

use threadbridge_core::{
    adapter::{Adapter as _, Envelope, Opened, Parsed},
    model::{
        event::Event,
        id::{AccountName, RemoteConversation},
    },
    secret::Secret,
    store::{Keys, Store},
};
use url::Url;

use crate::{
    Address, Config, Lens, Role, Speaker,
    carried::{Carried, News},
    wire::post::{AnyPost, Post},
};

const FEED: &str = "feed/0x31232cb7de0dce17949ffa58e9e38eeeb367c871";
const HEARD_AT: i64 = 1_755_800_000_000_000;
const OWN: &str = "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn lens() -> Lens {
    // Another test may have installed it.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let url = |text: &str| Url::parse(text).unwrap();
    let (api, grove) = (url("http://127.0.0.1:1/graphql"), url("http://127.0.0.1:1"));
    let address = |text: &str| text.parse::<Address>().unwrap();
    let speaker = Speaker {
        account: address(OWN),
        app: address("0x00000000000000000000000000000000000000a0"),
        role: Role::Manager,
        key: Secret::new("07".repeat(32)),
    };
    let reading = Config::reading(api, grove, url("https://app.test"));
    Lens::connect(&Config { speaker: Some(speaker), ..reading }).unwrap()
}

fn keys() -> Keys {
    Store::in_memory().unwrap().keys(&AccountName::parse("posts").unwrap()).unwrap()
}

fn conversation(name: &str) -> RemoteConversation {
    RemoteConversation::parse(name).unwrap()
}

fn sample(text: &str) -> AnyPost {
    serde_json::from_str(text).unwrap()
}

fn post(text: &str) -> Box<Post> {
    let AnyPost::Post(post) = sample(text) else { panic!("the sample is no post") };
    post
}

fn envelope(place: &str, news: News) -> Envelope {
    let carried = Carried {
        conversation: place.to_owned(),
        heard_at: HEARD_AT,
        gateway: "https://grove.test".to_owned(),
        news,
    };
    carried.into_envelope().unwrap()
}

fn open(lens: &Lens, keys: &Keys, place: &str, news: News) -> Opened {
    let linked = BTreeSet::from([conversation(place)]);
    lens.open(keys, &linked, &envelope(place, news))
}

fn parsed(place: &str, news: News) -> Vec<Parsed> {
    let lens = lens();
    let opened = open(&lens, &keys(), place, news);
    let Opened::Plaintext(plaintext) = opened else { panic!("it was not opened: {opened:?}") };
    lens.parse(&plaintext).unwrap()
}

fn event(place: &str, news: News) -> Event {
    let mut events = parsed(place, news).into_iter().filter_map(|parsed| match parsed {
        Parsed::Event(event) => Some(*event),
        Parsed::Profile(..) | Parsed::Proof(_) => None,
    });
    events.next().unwrap()
}
