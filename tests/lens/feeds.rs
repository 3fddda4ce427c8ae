//! Two feeds of Lens are one conversation, whatever becomes of the bridge between them.

use std::sync::Arc;

use threadbridge_core::pipeline::Step;
use threadbridge_core::view;
use threadbridge_devnet::lens::app::{Place, Shown};
use threadbridge_devnet::lens::faults::{Fault, Scope, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{Address, Person, PostId, Vote};
use threadbridge_kit::deadline::until;
use threadbridge_kit::world::{Death, Running, World as Bridges};
use threadbridge_lens::Lens;

use super::world::{Room, World};

/// Two feeds, somebody in each, and bridges between them.
struct Feeds {
    world: World,
    ben: Person,
    tea: Address,
    den: Address,
    bridges: Bridges,
}

impl Feeds {
    async fn linked() -> Self {
        let world = World::feed().await;
        let Room::Feed(tea) = world.room else { panic!("the room is no feed") };
        let (ben, den) = (world.lens.make_account("ben"), world.lens.make_feed("den"));
        let config = world.config();
        let legs = [tea, den].map(|feed| format!("posts:feed/{feed:#x}"));
        let bridges = Bridges::default()
            .account("posts", move || Arc::new(Lens::connect(&config).unwrap()))
            .link(&legs.each_ref().map(String::as_str));
        Self { world, ben, tea, den, bridges }
    }

    fn says(&self, who: &Person, feed: Address, text: &str) -> PostId {
        let place = Where { feed: Some(feed), ..Where::default() };
        who.say_in(&self.world.lens, place, text).unwrap()
    }

    fn shown(&self, feed: Address) -> Vec<Shown> {
        self.world.lens.shows(Place::Feed(feed))
    }

    /// What stands there and ends with these words, as soon as it does.
    async fn hears(&self, feed: Address, words: &str) -> Shown {
        until(words, async || {
            let ends = |it: &Shown| it.text.ends_with(words) && !it.is_deleted;
            self.shown(feed).into_iter().find(ends)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_one_feed_happens_in_the_other() {
    let feeds = Feeds::linked().await;
    let running = feeds.bridges.start().await;
    let (alice, lens) = (&feeds.world.alice, &feeds.world.lens);
    let asked = feeds.says(alice, feeds.tea, "tea?");
    let copy = feeds.hears(feeds.den, ": tea?").await;
    feeds.ben.comment(lens, copy.post, "at five").unwrap();
    let answer = feeds.hears(feeds.tea, ": at five").await;
    assert_eq!(answer.parent, Some(asked));
    alice.edit(lens, asked, "coffee?").unwrap();
    let edited = feeds.hears(feeds.den, ": coffee?").await;
    assert_eq!((edited.post, edited.is_edited), (copy.post, true));
    let likes = async |feed, post, count| {
        let is_so = |it: &Shown| it.post == post && it.likes == count;
        until("the likes", async || feeds.shown(feed).into_iter().find(is_so)).await;
    };
    feeds.ben.react(lens, copy.post, Vote::Upvote).unwrap();
    likes(feeds.tea, asked, 1).await;
    feeds.ben.unreact(lens, copy.post, Vote::Upvote).unwrap();
    likes(feeds.tea, asked, 0).await;
    alice.delete(lens, asked).unwrap();
    until("the copy to go", async || {
        let is_gone = |it: &Shown| it.post == copy.post && it.is_deleted;
        feeds.shown(feeds.den).into_iter().find(is_gone)
    })
    .await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_at_every_step_lose_and_double_nothing_on_lens() {
    let feeds = Feeds::linked().await;
    let alice = &feeds.world.alice;
    let faults = feeds.world.lens.faults();
    faults.set(Fault::AnswerLost, Scope::Writes, When::Every(7));
    let mut said = Vec::new();
    for (round, step) in Step::ALL.into_iter().chain(Step::ALL).enumerate() {
        let dying = feeds.bridges.start_to_die(Death { step, nth: 1 + round % 2 }).await;
        for part in 0..3 {
            let text = format!("no {round}-{part}.");
            feeds.says(alice, feeds.tea, &text);
            said.push(text);
        }
        dying.dies().await;
    }
    faults.clear_all();
    let running = feeds.bridges.start().await;
    feeds.says(alice, feeds.tea, "the last.");
    said.push("the last.".to_owned());
    feeds.hears(feeds.den, "the last.").await;
    let heard = feeds.shown(feeds.den).into_iter();
    let heard: Vec<_> =
        heard.map(|it| it.text.rsplit(": ").next().unwrap_or_default().to_owned()).collect();
    assert_eq!(heard, said);
    assert_eq!(feeds.shown(feeds.tea).len(), said.len());
    running.stop().await;
}

/// What the bridge has heard, oldest first, without what was taken back.
fn stands(running: &Running) -> Vec<String> {
    let snapshot = running.bridge().store().snapshot().unwrap();
    let Some(thread) = view::threads(&snapshot).unwrap().into_iter().next() else {
        return Vec::new();
    };
    let lines = view::thread(&snapshot, thread.conversation.id, usize::MAX).unwrap();
    lines.into_iter().filter_map(|line| line.text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_while_nobody_listened_is_noticed_at_any_age() {
    let world = World::feed().await;
    let Room::Feed(tea) = world.room else { panic!("the room is no feed") };
    let config = world.config();
    let leg = format!("posts:feed/{tea:#x}");
    let bridges = Bridges::default()
        .account("posts", move || Arc::new(Lens::connect(&config).unwrap()))
        .link(&[&leg]);
    let place = Where { feed: Some(tea), ..Where::default() };
    // More than are remembered one by one.
    let say = |n| world.alice.say_in(&world.lens, place, &format!("no {n}.")).unwrap();
    let said: Vec<_> = (0..330).map(say).collect();
    let running = bridges.start().await;
    until("all of it", async || (stands(&running).len() == said.len()).then_some(())).await;
    running.stop().await;
    world.alice.delete(&world.lens, said[0]).unwrap();
    world.alice.delete(&world.lens, said[329]).unwrap();
    let running = bridges.start().await;
    until("the deletes", async || {
        let stands = stands(&running);
        let is_there = |text: &str| stands.iter().any(|it| it == text);
        (!is_there("no 0.") && !is_there("no 329.") && is_there("no 1.")).then_some(())
    })
    .await;
    running.stop().await;
}
