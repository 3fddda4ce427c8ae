//! Whatever becomes of a post is noticed, however many were said after it.

use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::model::content::Kind;
use threadbridge_core::view;
use threadbridge_devnet::lens::faults::{Fault, Scope, Union, When};
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{PostId, Vote};
use threadbridge_kit::contract::AdapterWorld;
use threadbridge_kit::world::{Running, World as Bridges};
use threadbridge_lens::{Config, Lens, Pace};
use tokio::time::{Instant, interval};

use super::world::{Room, World};

/// How many posts are looked at again and again.
const NEWEST: usize = 300;
/// After this long what should have been noticed is taken never to be.
const WITHIN: Duration = Duration::from_secs(180);
/// Looking takes longer the more there is to be seen.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A bridge that hears one place, and what is said there.
struct Hearing {
    world: World,
    bridges: Bridges,
    said: Vec<PostId>,
}

impl Hearing {
    fn of(world: World) -> Self {
        let pace = world.config().pace;
        Self::at(world, pace)
    }

    fn at(world: World, pace: Pace) -> Self {
        let config = Config { pace, ..world.config() };
        let leg = format!("posts:{}", world.conversation());
        let bridges = Bridges::default()
            .account("posts", move || Arc::new(Lens::connect(&config).unwrap()))
            .link(&[&leg]);
        Self { world, bridges, said: Vec::new() }
    }

    /// Alice says so many things.
    fn alice_says(&mut self, count: usize) {
        let place = match self.world.room {
            Room::Feed(feed) | Room::Group(_, feed) => {
                Where { feed: Some(feed), ..Where::default() }
            }
            Room::Thread(root) => Where { comment_on: Some(root), ..Where::default() },
        };
        for _ in 0..count {
            let text = format!("no {}.", self.said.len());
            let post = self.world.alice.say_in(&self.world.lens, place, &text).unwrap();
            self.said.push(post);
        }
    }

    /// A bridge that has heard all of it.
    async fn heard(&self) -> Running {
        let running = self.bridges.start().await;
        let roots = usize::from(matches!(self.world.room, Room::Thread(_)));
        self.counts(&running, Kind::Text, self.said.len() + roots).await;
        running
    }

    /// Waits until the bridge has heard so many things of a kind.
    async fn counts(&self, running: &Running, kind: Kind, count: usize) {
        let began = Instant::now();
        let mut ticks = interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            let heard = heard(running, kind).len();
            if heard == count {
                return;
            }
            assert!(began.elapsed() < WITHIN, "{heard} of {count} {kind:?}");
        }
    }
}

/// What the bridge has heard of a kind, oldest first; words count even if they were taken back.
fn heard(running: &Running, kind: Kind) -> Vec<view::Line> {
    let snapshot = running.bridge().store().snapshot().unwrap();
    let Some(thread) = view::threads(&snapshot).unwrap().into_iter().next() else {
        return Vec::new();
    };
    let lines = view::thread(&snapshot, thread.conversation.id, usize::MAX).unwrap();
    let acts = [Kind::Edit, Kind::Delete, Kind::Reaction, Kind::Unreaction];
    let kind_of = |line: &view::Line| Some(line.kind).filter(|it| acts.contains(it));
    lines.into_iter().filter(|line| kind_of(line).unwrap_or(Kind::Text) == kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_old_posts_is_noticed_in_turn() {
    let mut hearing = Hearing::of(World::feed().await);
    // So many that not all old ones have their turn at once.
    hearing.alice_says(NEWEST + 250);
    let running = hearing.heard().await;
    let Hearing { world: World { lens, alice, .. }, said, .. } = &hearing;
    let ben = lens.make_account("ben");
    for nth in [0, 100, 200] {
        alice.edit(lens, said[nth], "otherwise").unwrap();
        alice.delete(lens, said[nth + 1]).unwrap();
        ben.react(lens, said[nth + 2], Vote::Upvote).unwrap();
    }
    ben.repost(lens, said[3]).unwrap();
    hearing.counts(&running, Kind::Edit, 3).await;
    hearing.counts(&running, Kind::Delete, 3).await;
    hearing.counts(&running, Kind::Reaction, 4).await;
    for nth in [0, 200] {
        alice.edit(lens, said[nth], "otherwise again").unwrap();
        ben.unreact(lens, said[nth + 2], Vote::Upvote).unwrap();
    }
    hearing.counts(&running, Kind::Edit, 5).await;
    hearing.counts(&running, Kind::Unreaction, 2).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_old_posts_while_nobody_listened_is_noticed_at_the_start() {
    let mut hearing = Hearing::of(World::feed().await);
    hearing.alice_says(NEWEST + 120);
    hearing.heard().await.stop().await;
    let Hearing { world: World { lens, alice, .. }, said, .. } = &hearing;
    let ben = lens.make_account("ben");
    for nth in [0, 100] {
        alice.edit(lens, said[nth], "otherwise").unwrap();
        ben.react(lens, said[nth + 1], Vote::Upvote).unwrap();
        alice.delete(lens, said[nth + 2]).unwrap();
    }
    let running = hearing.heard().await;
    hearing.counts(&running, Kind::Edit, 2).await;
    hearing.counts(&running, Kind::Reaction, 2).await;
    hearing.counts(&running, Kind::Delete, 2).await;
    running.kill().await;
    // Nothing of it is told again.
    let running = hearing.heard().await;
    hearing.alice_says(1);
    hearing.counts(&running, Kind::Text, NEWEST + 121).await;
    hearing.counts(&running, Kind::Edit, 2).await;
    hearing.counts(&running, Kind::Reaction, 2).await;
    hearing.counts(&running, Kind::Delete, 2).await;
    running.stop().await;
}

/// The next look at everything old is longer away than anything is waited for.
#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_to_old_posts_of_our_own_is_noticed_by_notifications() {
    let pace = Pace { active: Duration::from_secs(15), idle: Duration::from_secs(15) };
    let mut hearing = Hearing::at(World::feed().await, pace);
    let Room::Feed(feed) = hearing.world.room else { panic!("the room is no feed") };
    let place = Where { feed: Some(feed), ..Where::default() };
    let mine = hearing.world.bridge.say_in(&hearing.world.lens, place, "mine").unwrap();
    hearing.said.push(mine);
    hearing.alice_says(NEWEST + 20);
    let running = hearing.heard().await;
    let lens = &hearing.world.lens;
    // Whatever else there may be among the news.
    let future = Fault::FutureMember { of: Union::Notifications };
    lens.faults().set(future, Scope::Any, When::Every(2));
    for name in ["ben", "carol"] {
        lens.make_account(name).react(lens, mine, Vote::Upvote).unwrap();
    }
    hearing.counts(&running, Kind::Reaction, 2).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_old_comment_is_heard() {
    let mut hearing = Hearing::of(World::thread().await);
    hearing.alice_says(NEWEST + 60);
    let running = hearing.heard().await;
    let Hearing { world: World { lens, .. }, said, .. } = &hearing;
    let ben = lens.make_account("ben");
    ben.comment(lens, said[0], "late").unwrap();
    hearing.counts(&running, Kind::Text, NEWEST + 62).await;
    let lines = heard(&running, Kind::Text);
    assert_eq!(lines.last().unwrap().in_reply_to, Some(lines[1].message));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upvote_that_is_too_old_to_be_listed_is_seen_to_go() {
    let mut hearing = Hearing::of(World::feed().await);
    hearing.alice_says(1);
    let running = hearing.heard().await;
    let Hearing { world: World { lens, .. }, said, .. } = &hearing;
    let crowd: Vec<_> = (0..530).map(|nth| lens.make_account(&format!("fan{nth}"))).collect();
    for part in [&crowd[..300], &crowd[300..]] {
        let before = heard(&running, Kind::Reaction).len();
        for fan in part {
            fan.react(lens, said[0], Vote::Upvote).unwrap();
        }
        hearing.counts(&running, Kind::Reaction, before + part.len()).await;
    }
    crowd[0].unreact(lens, said[0], Vote::Upvote).unwrap();
    hearing.counts(&running, Kind::Unreaction, 1).await;
    let gone = heard(&running, Kind::Unreaction).remove(0);
    let author = gone.author.unwrap().author;
    assert_eq!(author.as_str(), format!("{:#x}", crowd[0].account()));
    running.stop().await;
}
