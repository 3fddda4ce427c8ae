//! Pictures on their way to Lens: fetched from where the owner said, freed of what they tell
//! besides, and laid down on Grove; or shown from where they lie.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::adapter::{Adapter, Receipt, Sealing, SendRequest, Verdict};
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::id::{AccountName, RemoteId};
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::Step;
use threadbridge_core::store::Store;
use threadbridge_devnet::lens::LensSettings;
use threadbridge_devnet::lens::app::Place;
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_kit::contract::AdapterWorld;
use threadbridge_kit::deadline::{soon, until};
use threadbridge_kit::world::{Death, World as Bridges};
use threadbridge_lens::{Config, Lens};

use super::shelf::{MARKER, PIXELS, Shelf};
use super::world::{Room, World, quick};

/// A post with a picture, as the bridge has sealed it.
struct Parcel {
    adapter: Lens,
    request: SendRequest,
}

impl Parcel {
    fn with(world: &World, shelf: &Shelf, url: &str) -> Self {
        Self::of(world, &Config { porter: shelf.porter(), ..world.config() }, &[url])
    }

    fn of(world: &World, config: &Config, urls: &[&str]) -> Self {
        let adapter = Lens::connect(config).unwrap();
        let conversation = world.conversation();
        let media = urls.iter().map(|url| {
            let (content_type, url) = ("image/jpeg".to_owned(), (*url).to_owned());
            Embed::Media(ExternalPart { content_type, url, ..ExternalPart::default() })
        });
        let say = Say {
            text: "Ann: look".to_owned(),
            mentions: Vec::new(),
            embeds: media.collect(),
            reply_to: ReplyTo::Conversation,
            sent_at: Clock::System.now(),
            mark: None,
            expires: None,
        };
        let plaintext = adapter.render(&conversation, &Outgoing::Say(say)).unwrap();
        let store = Store::in_memory().unwrap();
        let keys = store.keys(&AccountName::parse("posts").unwrap()).unwrap();
        let now = Clock::System.now();
        let Sealing::Ready(sealed) = adapter.seal(&keys, &conversation, &plaintext, now) else {
            panic!("it cannot be sealed")
        };
        let request = SendRequest { conversation, sealed, idempotency_key: [7; 16] };
        Self { adapter, request }
    }

    /// Sends it once: where it stands, or what is to be done about it.
    async fn is_sent(&self) -> Result<RemoteId, Verdict> {
        let batch = [self.request.clone()];
        let mut answers = soon("the post", self.adapter.send(&batch)).await;
        match answers.remove(0) {
            Ok(Receipt::Done(id) | Receipt::Taken(id)) => Ok(id),
            Err(error) => Err(error.verdict),
        }
    }
}

/// Where the picture of a post lies.
async fn picture(world: &World, post: &str) -> String {
    pictures(world, post).await.remove(0)
}

/// Where all pictures of a post lie.
async fn pictures(world: &World, post: &str) -> Vec<String> {
    let query = "query P($r: PostRequest!) { post(request: $r) { ... on Post { metadata { \
                 ... on ImageMetadata { image { item } attachments { ... on MediaImage { item } } } \
                 } } } }";
    let body = json!({ "query": query, "variables": { "r": { "post": post } } });
    let asked = reqwest::Client::new().post(world.lens.api_url()).json(&body).send();
    let answer: Value = asked.await.unwrap().json().await.unwrap();
    let metadata = &answer["data"]["post"]["metadata"];
    let items = std::iter::once(&metadata["image"])
        .chain(metadata["attachments"].as_array().into_iter().flatten());
    let item = |it: &Value| it["item"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    items.map(item).collect()
}

/// Expects that the photo lies there, without the place where it was taken.
async fn is_stripped(laid: &str) {
    let bytes = reqwest::Client::new().get(laid).send().await.unwrap().bytes().await.unwrap();
    let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|it| *it == wanted).count();
    assert_eq!((count(PIXELS), count(MARKER), count(b"Exif")), (1, 0, 0), "{laid}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_laid_down_without_the_place_where_it_was_taken() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    let post = Parcel::with(&world, &shelf, &shelf.photo()).is_sent().await.unwrap();
    let laid = picture(&world, post.as_str()).await;
    assert!(laid.starts_with(&world.lens.grove_url()), "{laid}");
    is_stripped(&laid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_on_a_host_that_nobody_named_is_not_fetched() {
    let (world, shelf, other) = (World::feed().await, Shelf::opens().await, Shelf::opens().await);
    let post = Parcel::with(&world, &shelf, &other.photo()).is_sent().await.unwrap();
    assert_eq!(picture(&world, post.as_str()).await, other.photo());
    assert_eq!((shelf.asked(), other.asked()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_whose_host_has_trouble_is_tried_again() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    shelf.has_trouble(2);
    let parcel = Parcel::with(&world, &shelf, &shelf.photo());
    for _attempt in 0..2 {
        assert_eq!(parcel.is_sent().await, Err(Verdict::Retry));
    }
    let post = parcel.is_sent().await.unwrap();
    is_stripped(&picture(&world, post.as_str()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_is_shown_from_where_it_lies_at_once() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    let nothing = shelf.photo().replace("photo", "nothing");
    for url in [shelf.page(), nothing] {
        let post = Parcel::with(&world, &shelf, &url).is_sent().await.unwrap();
        assert_eq!(picture(&world, post.as_str()).await, url);
    }
    assert_eq!(shelf.asked(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_is_too_large_for_grove_is_shown_from_where_it_lies() {
    let settings = LensSettings { max_upload_bytes: 50_000, ..quick() };
    let (world, shelf) = (World::feed_of(settings).await, Shelf::opens().await);
    let post = Parcel::with(&world, &shelf, &shelf.large()).is_sent().await.unwrap();
    assert_eq!(picture(&world, post.as_str()).await, shelf.large());
    let post = Parcel::with(&world, &shelf, &shelf.photo()).is_sent().await.unwrap();
    is_stripped(&picture(&world, post.as_str()).await).await;
    // A Grove that takes no post's words has the owner told why.
    let settings = LensSettings { max_upload_bytes: 100, ..quick() };
    let world = World::feed_of(settings).await;
    let parcel = Parcel::with(&world, &shelf, &shelf.large());
    assert_eq!(parcel.is_sent().await, Err(Verdict::Reject));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_grove_a_post_is_there_once_with_its_picture() {
    let faults = [
        (Fault::RateLimited { retry_after_s: 1 }, Verdict::RetryAfter(Duration::from_secs(1))),
        (Fault::Unavailable, Verdict::Retry),
        (Fault::AnswerLost, Verdict::Retry),
        (Fault::HtmlForJson, Verdict::Retry),
        (Fault::Cut, Verdict::Retry),
    ];
    for (fault, verdict) in faults {
        let (world, shelf) = (World::feed().await, Shelf::opens().await);
        let parcel = Parcel::with(&world, &shelf, &shelf.photo());
        // The first time it strikes the picture, the second time the words.
        for when in [When::Next(1), When::Every(2)] {
            world.lens.faults().set(fault.clone(), Scope::Storage, when);
            assert_eq!(parcel.is_sent().await, Err(verdict), "{fault:?}");
        }
        world.lens.faults().clear_all();
        let post = parcel.is_sent().await.unwrap();
        is_stripped(&picture(&world, post.as_str()).await).await;
        assert_eq!(world.peer_sees().await.len(), 1, "{fault:?}");
        assert_eq!(shelf.asked(), 2, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_pictures_are_laid_down_together() {
    let (world, shelf, other) = (World::feed().await, Shelf::opens().await, Shelf::opens().await);
    let (photo, large) = (shelf.photo(), shelf.large());
    let config = Config { porter: shelf.porter(), ..world.config() };
    let parcel = Parcel::of(&world, &config, &[&photo, &other.photo(), &large, &photo]);
    // Whatever is wrong on the way, all of it comes again.
    for (nth, fault) in
        [Fault::Unavailable, Fault::AnswerLost, Fault::HtmlForJson].iter().enumerate()
    {
        world.lens.faults().set(
            fault.clone(),
            Scope::Storage,
            When::Every(u32::try_from(nth).unwrap() + 1),
        );
        assert_eq!(parcel.is_sent().await, Err(Verdict::Retry), "{fault:?}");
        world.lens.faults().clear_all();
    }
    let post = parcel.is_sent().await.unwrap();
    let laid = pictures(&world, post.as_str()).await;
    assert_eq!((laid.len(), &laid[1]), (4, &other.photo()));
    for laid in [&laid[0], &laid[2], &laid[3]] {
        assert!(laid.starts_with(&world.lens.grove_url()), "{laid}");
        is_stripped(laid).await;
    }
    assert_eq!(laid[0], laid[3], "what is shown twice is there once");
    assert!(world.lens.folders() >= 1);
    assert_eq!(other.asked(), 0);

    // What is too much together is laid down one by one; what is too large alone stays where it is.
    let settings = LensSettings { max_upload_bytes: 50_000, ..quick() };
    let world = World::feed_of(settings).await;
    let config = Config { porter: shelf.porter(), ..world.config() };
    let post = Parcel::of(&world, &config, &[&photo, &large]).is_sent().await.unwrap();
    let laid = pictures(&world, post.as_str()).await;
    is_stripped(&laid[0]).await;
    assert_eq!(laid[1], large);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_no_groves_gives_nothing_up() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    let grove = format!("{}/not/here", world.lens.grove_url()).parse().unwrap();
    let config = Config { grove, ..world.config() };
    let parcel = Parcel::of(&world, &config, &[&shelf.photo()]);
    assert_eq!(parcel.is_sent().await, Err(Verdict::Retry));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_fetched_once_however_often_its_words_are_tried() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    let parcel = Parcel::with(&world, &shelf, &shelf.photo());
    world.lens.faults().set(Fault::Unavailable, Scope::Writes, When::Next(3));
    let attempts = async {
        loop {
            match parcel.is_sent().await {
                Ok(post) => return post,
                Err(verdict) => assert_eq!(verdict, Verdict::Retry),
            }
        }
    };
    let post = soon("the post", attempts).await;
    is_stripped(&picture(&world, post.as_str()).await).await;
    assert_eq!(shelf.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_crosses_once_whenever_the_bridge_dies() {
    let (world, shelf) = (World::feed().await, Shelf::opens().await);
    let Room::Feed(tea) = world.room else { panic!("the room is no feed") };
    let den = world.lens.make_feed("den");
    let config = Config { porter: shelf.porter(), ..world.config() };
    let legs = [tea, den].map(|feed| format!("posts:feed/{feed:#x}"));
    let bridges = Bridges::default()
        .account("posts", move || Arc::new(Lens::connect(&config).unwrap()))
        .link(&legs.each_ref().map(String::as_str));
    let says = |words: &str| {
        let metadata = json!({
            "$schema": "https://json-schemas.lens.dev/posts/image/3.0.0.json",
            "lens": {
                "id": words, "locale": "en", "mainContentFocus": "IMAGE", "content": words,
                "image": { "item": shelf.photo(), "type": "image/jpeg" },
            },
        });
        let place = Where { feed: Some(tea), ..Where::default() };
        world.alice.publish(&world.lens, place, &metadata).unwrap();
    };
    let mut said = Vec::new();
    for (round, step) in Step::ALL.into_iter().enumerate() {
        shelf.has_trouble(round % 2);
        let dying = bridges.start_to_die(Death { step, nth: 1 }).await;
        let words = format!("no {round}.");
        says(&words);
        said.push(words);
        dying.dies().await;
    }
    let running = bridges.start().await;
    let shown = || world.lens.shows(Place::Feed(den));
    until("all of it", async || (shown().len() >= said.len()).then_some(())).await;
    says("the last.");
    said.push("the last.".to_owned());
    let is_last = |text: &str| text.ends_with("the last.");
    until("the last", async || shown().iter().any(|it| is_last(&it.text)).then_some(())).await;
    running.stop().await;
    let shown = shown();
    let heard: Vec<_> = shown.iter().filter_map(|it| it.text.split(": ").nth(1)).collect();
    assert_eq!(heard, said);
    for post in shown {
        is_stripped(&picture(&world, &post.post.to_string()).await).await;
    }
}
