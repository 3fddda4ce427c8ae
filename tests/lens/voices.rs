//! Ann has an account on Farcaster and one on Lens: on both sides she speaks as herself.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::person::Introduction;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::Store;
use threadbridge_core::view::status;
use threadbridge_devnet::farcaster::app::{App, Place};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::CastId;
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::lens::app;
use threadbridge_devnet::lens::person::Where;
use threadbridge_kit::contract::AdapterWorld;
use threadbridge_kit::deadline::until;
use threadbridge_lens::{Config, Lens, Role, Speaker};

use super::world::{Room, World};
use crate::farcaster::world::{bridge_account, hub, leg, link};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// Ann's on Farcaster; Bob, who is on Farcaster only; and the bridge.
const FIDS: [u64; 3] = [5, 6, 7];

/// Somebody with the key by which [`bridge_account`] registers a fid.
fn person(fid: u64) -> Person {
    Person::new(fid, [u8::try_from(fid).unwrap(); 32])
}

/// Ann's own account on Lens.
fn ann(world: &World) -> Arc<dyn Adapter> {
    let speaker = world.config().speaker.map(|it| Speaker {
        account: world.alice.account().to_string().parse().unwrap(),
        role: Role::Owner,
        key: Secret::new(world.alice.wallet().secret()),
        ..it
    });
    Arc::new(Lens::connect(&Config { speaker, ..world.config() }).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn ann_speaks_as_herself_on_farcaster_and_on_lens() {
    let (world, hub) = (World::feed().await, hub().await);
    let Room::Feed(feed) = world.room else { panic!("it is a feed") };
    let [ann_casts, bob, bridge_casts] = FIDS.map(|fid| bridge_account(&hub, fid));
    drop(bob);
    let name = |name: &str| AccountName::parse(name).unwrap();
    let introduced = Introduction {
        name: "Ann".to_owned(),
        voices: [("casts", "ann-casts"), ("posts", "ann-posts")]
            .map(|(by, voice)| (name(by), name(voice)))
            .into(),
        ..Introduction::default()
    };
    let legs = [leg("casts", "channel/books"), leg("posts", world.conversation().as_str())];
    let setup = Setup {
        accounts: BTreeMap::from([
            (name("casts"), bridge_casts),
            (name("posts"), world.connect().await),
        ]),
        voices: BTreeMap::from([(name("ann-casts"), ann_casts), (name("ann-posts"), ann(&world))]),
        people: vec![introduced],
        links: vec![link(&legs)],
        ..Setup::default()
    };
    let bridge = Bridge::start(Store::in_memory().unwrap(), setup, Clock::System).await.unwrap();
    until("both accounts to listen", async || {
        let status = status(&bridge.store().snapshot().unwrap()).unwrap();
        let well = status.accounts.iter().filter(|it| it.health == Health::Connected);
        (well.count() == 2).then_some(())
    })
    .await;
    // A hub knows who has registered once that is in a block.
    let says = async |fid: u64, text: &str, parent: Parent| {
        let words = || Words { parent: Some(parent.clone()), ..Words::from(text) };
        until("the hub to take it", async || person(fid).cast(&hub, words()).ok()).await
    };
    let tea: CastId = says(FIDS[0], "tea?", Parent::ParentUrl(CHANNEL.to_owned())).await;
    says(FIDS[1], "at five", Parent::ParentCastId(tea)).await;
    let shown = until("both on Lens", async || {
        Some(world.lens.shows(app::Place::Feed(feed))).filter(|it| it.len() == 2)
    })
    .await;
    let told: Vec<_> = shown.iter().map(|it| (it.account, it.text.as_str(), it.parent)).collect();
    let (alice, of_bridge) = (world.alice.account(), world.bridge.account());
    assert_eq!(told[0], (alice, "tea?", None));
    assert_eq!(told[1], (of_bridge, "6: at five", Some(shown[0].post)));

    // And from Lens: Ann by her own hand, Carol in the bridge's words.
    let place = Where { feed: Some(feed), ..Where::default() };
    world.alice.say_in(&world.lens, place, "anybody?").unwrap();
    let carol = world.lens.make_account("carol");
    carol.comment(&world.lens, shown[0].post, "with milk").unwrap();
    let mut app = App::open(hub.grpc_addr()).await.unwrap();
    let place = Place::Channel(CHANNEL.to_owned());
    let casts = until("both on Farcaster", async || {
        let shown = app.shows(&place).await.unwrap();
        (shown.len() == 4).then_some(shown)
    })
    .await;
    let by = |text: &str| casts.iter().find(|it| it.text == text).map(|it| (it.cast.fid, it.depth));
    assert_eq!(by("anybody?"), Some((FIDS[0], 0)));
    assert_eq!(by("carol: with milk"), Some((FIDS[2], 1)), "{casts:?}");
    bridge.stop().await.unwrap();
    assert_eq!(world.lens.shows(app::Place::Feed(feed)).len(), 4);
    hub.stop().await;
}
