//! A group on Lens and a channel on Farcaster are one conversation, and the group's own rules hold.

use serde_json::{Value, json};
use threadbridge_core::model::content::{Actor, SystemEvent};
use threadbridge_core::model::event::Action;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor};
use threadbridge_devnet::lens::Address;
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_kit::contract::Desk;

use super::bridged::{Bridged, id, named};
use super::town::Town;
use super::world::{Room, World};
use crate::farcaster::person::Cast;

/// A group that somebody else made, bridged to the channel.
struct Grouped {
    bridged: Bridged,
    group: Address,
}

impl Grouped {
    /// Neither Bob nor the bridge's account belong to it yet.
    async fn opens() -> Self {
        let town = Town::opens().await;
        let bob = town.person("bob").await;
        let made = town.lens.make_group("readers", &town.lens.make_account("carol"));
        let place = format!("group/{:#x}", made.group);
        let feed = format!("{:#x}", made.feed);
        let bridged = Bridged::between(town, bob, (&place, feed), "").await;
        Self { bridged, group: made.group }
    }

    /// Everybody belongs to it.
    async fn opens_with_all() -> Self {
        let mut grouped = Self::opens().await;
        grouped.bridge_joins();
        grouped.bob_does("join").await;
        grouped
    }

    fn bridge_joins(&self) {
        let town = &self.bridged.town;
        town.owner.join(&town.lens, self.group).unwrap();
    }

    /// Bob joins or leaves.
    async fn bob_does(&mut self, what: &str) {
        let group = format!("{:#x}", self.group);
        self.bridged.bob_does(what, json!({ "group": group })).await;
    }

    /// What Bob's client is told when he tries to post.
    async fn bob_tries(&mut self, text: &str) -> Value {
        let post = json!({ "do": "post", "text": text, "feed": self.bridged.feed });
        self.bridged.bob.tries(post).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_and_a_channel_are_one_conversation() {
    let mut grouped = Grouped::opens_with_all().await;
    let group = format!("{:#x}", grouped.group);
    let bridged = &mut grouped.bridged;
    let said = bridged.alice_says("what do we read?", json!({})).await;
    let copy = bridged.bob_reads("alice: what do we read?").await;
    assert_eq!(copy["group"], group);
    let answer = bridged.bob_says("the castle", json!({ "on": id(&copy) })).await;
    let answered = bridged.alice_reads("bob: the castle").await;
    assert_eq!(answered["parent"], said.json());
    bridged.alice_says("again?", json!({ "parent": named(&answered) })).await;
    assert_eq!(bridged.bob_reads("alice: again?").await["on"], answer);
    bridged.alice.reacts("like", &Cast::of(&answered)).await;
    let is_liked = async |it: &mut Bridged| (it.post(&answer).await["upvotes"] == 1).then_some(());
    bridged.waits("bob's answer to be liked", is_liked).await;
    bridged.bob_does("edit", json!({ "post": answer, "text": "the trial" })).await;
    bridged.alice_reads("(edited) bob: the trial").await;
    bridged.bob_does("delete", json!({ "post": answer })).await;
    let copy = Cast::of(&answered);
    let get = json!({ "do": "get", "fid": copy.fid, "hash": copy.hash });
    let is_gone =
        async |it: &mut Bridged| (it.alice.does(get.clone()).await["found"] == false).then_some(());
    bridged.waits("bob's answer to go", is_gone).await;
    grouped.bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_member_is_refused_and_not_heard_until_they_join() {
    let mut grouped = Grouped::opens().await;
    grouped.bridge_joins();
    for time in 0..2 {
        let refused = grouped.bob_tries("let me in").await;
        assert_eq!(refused["code"], "PostOperationValidationFailed", "{refused}");
        assert!(refused["error"].as_str().unwrap().contains("members"), "{refused}");
        grouped.bob_does("join").await;
        let words = format!("here I am, {time}");
        grouped.bridged.bob_says(&words, json!({})).await;
        grouped.bridged.alice_reads(&format!("bob: {words}")).await;
        grouped.bob_does("leave").await;
    }
    let casts = grouped.bridged.casts().await;
    let by_bob = casts.iter().filter(|it| it["text"].as_str().unwrap().starts_with("bob: "));
    assert_eq!(by_bob.count(), 2, "what was refused is not heard: {casts:?}");
    grouped.bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_that_is_no_member_says_so_and_loses_nothing() {
    let mut grouped = Grouped::opens().await;
    grouped.bob_does("join").await;
    let bridged = &mut grouped.bridged;
    // What is said there is public, and heard.
    bridged.bob_says("anybody?", json!({})).await;
    let asked = bridged.alice_reads("bob: anybody?").await;
    bridged.alice_says("me", json!({ "parent": named(&asked) })).await;
    let says_so = async |it: &mut Bridged| {
        it.asks(&["outbox"]).contains("no member of the group").then_some(())
    };
    bridged.waits("the reason", says_so).await;
    let doctor = bridged.asks(&["doctor"]);
    assert!(doctor.contains("the account is no member of the group"), "{doctor}");
    assert!(doctor.contains("have the account join"), "{doctor}");
    grouped.bridge_joins();
    let bridged = &mut grouped.bridged;
    assert!(!bridged.asks(&["doctor"]).contains("no member of the group"));
    bridged.asks(&["reload"]);
    bridged.bob_reads("alice: me").await;
    grouped.bridged.ends().await;
}

/// What happened without anybody saying it, as far as the bridge heard.
fn happened(desk: &Desk) -> Vec<SystemEvent> {
    let said = desk.events.iter().filter_map(|event| {
        let Action::Say(said) = &event.action else { return None };
        said.content.system()
    });
    said.collect()
}

#[tokio::test]
async fn who_comes_to_a_group_and_goes_is_told_by_name() {
    let world = World::group().await;
    let Room::Group(group, _) = world.room else { panic!("the room is no group") };
    let mut desk = Desk::new(&world).await;
    let is_kept = |desk: &Desk| desk.cursors().iter().any(|it| it.stream.ends_with("#members"));
    desk.listen_until("the members to be known", is_kept).await;
    assert_eq!(happened(&desk), [], "they were there before");
    let carol = world.lens.make_account("carol");
    // A list that leaves somebody out for once has nobody gone.
    world.lens.faults().set(Fault::DropItem, Scope::Reads, When::Every(7));
    carol.join(&world.lens, group).unwrap();
    desk.listen_until("somebody to come", |desk| happened(desk).len() == 1).await;
    world.lens.faults().clear_all();
    desk.restart(&world).await;
    carol.leave(&world.lens, group).unwrap();
    desk.listen_until("somebody to go", |desk| happened(desk).len() == 2).await;
    let identity = Identity {
        network: Network::parse("lens").unwrap(),
        author: RemoteAuthor::parse(format!("{:#x}", carol.account())).unwrap(),
    };
    let who = vec![Actor { identity, name: Some("carol".to_owned()) }];
    let [came, went] =
        [SystemEvent::Joined { who: who.clone(), by: None }, SystemEvent::Left { who, by: None }];
    assert_eq!(happened(&desk), [came, went]);
}
