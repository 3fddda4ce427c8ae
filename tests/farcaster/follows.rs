//! What people say, and what they do with what was said, follows every copy both ways.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_kit::deadline::until;

use super::daemon::{Daemon, Home};
use super::load::carry;
use super::person::{Cast, Person, find};
use super::world::hub;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";

/// How many other messages there were, where the environment does not say.
const OTHERS: usize = 10_000;

/// Alice in a channel on the left, Bob in a thread on the right, and a daemon between them.
struct Two {
    hubs: [Hub; 2],
    alice: Person,
    bob: Person,
    root: Cast,
    home: Home,
    daemon: Daemon,
}

impl Two {
    async fn meet() -> Self {
        let hubs = [hub().await, hub().await];
        let alice = Person::arrives(hubs[0].grpc_addr(), 101, "alice").await;
        let mut bob = Person::arrives(hubs[1].grpc_addr(), 201, "bob").await;
        let root = bob.casts("what do you read?", json!({ "confirm": true })).await;
        let thread = format!("right:thread/{}:{}", root.fid, root.hash);
        let home = Home::new()
            .with_account("left", &hubs[0], 901)
            .with_account("right", &hubs[1], 902)
            .with_link("books", ["left:channel/books", &thread]);
        let daemon = home.starts();
        home.connects().await;
        Self { hubs, alice, bob, root, home, daemon }
    }

    /// The cast with this text on the right.
    async fn on_the_right(&mut self, text: &str) -> Cast {
        until(text, async || find(&self.bob.thread(&self.root).await, text)).await
    }

    /// The cast with this text on the left, directly in the channel or below a cast.
    async fn on_the_left(&mut self, text: &str, below: Option<&Cast>) -> Cast {
        until(text, async || match below {
            Some(below) => find(&self.alice.thread(below).await, text),
            None => find(&self.alice.channel(CHANNEL).await, text),
        })
        .await
    }

    async fn comes_back_from_a_kill(self) -> Self {
        self.daemon.dies().await;
        let daemon = self.home.starts();
        self.home.connects().await;
        Self { daemon, ..self }
    }

    async fn part(self) {
        self.daemon.stops().await;
        for hub in self.hubs {
            hub.stop().await;
        }
    }
}

/// The cast as its hub has it.
async fn shown(person: &mut Person, cast: &Cast) -> Value {
    person.does(json!({ "do": "get", "fid": cast.fid, "hash": cast.hash })).await["cast"].clone()
}

async fn reacted(person: &mut Person, cast: &Cast, kind: &str, count: usize) {
    until(kind, async || (person.reactions(cast, kind).await.len() == count).then_some(())).await;
}

async fn vanishes(person: &mut Person, cast: &Cast) {
    let ask = json!({ "do": "get", "fid": cast.fid, "hash": cast.hash });
    until("its end", async || (person.does(ask.clone()).await["found"] == false).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_in_text_of_many_bytes_stand_where_they_stood() {
    let mut two = Two::meet().await;
    let _anna = Person::arrives(two.hubs[0].grpc_addr(), 102, "anna").await;
    let _ben = Person::arrives(two.hubs[1].grpc_addr(), 202, "ben").await;
    // Names are not in the text; a position is a byte of it.
    let text = "Zoë & 👩‍👩‍👧: ,  – 日本 ";
    let positions = [text.find(',').unwrap(), text.find(" –").unwrap(), text.len()];
    let mentions = json!({ "mentions": [102, 101, 102], "positions": positions });
    let more = |parent: Value| {
        let mut more = mentions.clone();
        more["parent"] = parent;
        more
    };
    let said = two.alice.casts(text, more(json!({ "url": CHANNEL }))).await;
    let heard = two.on_the_right(&format!("alice: {text}")).await;
    let copy = shown(&mut two.bob, &heard).await;
    assert_eq!(copy["mentions"], json!([102, 101, 102]));
    assert_eq!(copy["positions"], json!(positions.map(|it| it + "alice: ".len())));

    let mentions = json!({
        "mentions": [202, 201, 202], "positions": positions, "parent": heard.json(),
    });
    two.bob.casts(text, mentions).await;
    let answer = two.on_the_left(&format!("bob: {text}"), Some(&said)).await;
    let copy = shown(&mut two.alice, &answer).await;
    assert_eq!(copy["mentions"], json!([202, 201, 202]));
    assert_eq!(copy["positions"], json!(positions.map(|it| it + "bob: ".len())));
    two.part().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_and_two_embeds_are_shown_beside_the_copy() {
    let mut two = Two::meet().await;
    let said = two.alice.casts_in(CHANNEL, "the trial").await;
    let heard = two.on_the_right("alice: the trial").await;
    let address = json!({ "url": "https://books.example/trial?page=1&lang=日本" });
    let other = json!({ "url": "https://books.example/castle" });
    let theirs = |copy: &Value| -> Vec<Value> {
        // The bridge's own mark stands beside them.
        let embeds = copy["embeds"].as_array().unwrap().iter();
        let is_mark =
            |it: &&Value| it["url"].as_str().is_some_and(|it| it.starts_with("threadbridge:"));
        embeds.filter(|it| !is_mark(it)).cloned().collect()
    };

    let more = json!({ "parent": { "url": CHANNEL }, "embeds": [address, other] });
    two.alice.casts("both of them", more).await;
    let copy = two.on_the_right("alice: both of them").await;
    assert_eq!(theirs(&shown(&mut two.bob, &copy).await), [address.clone(), other.clone()]);

    // A quote of a copy is a quote of the original, and the other way round.
    let more = json!({ "parent": two.root.json(), "embeds": [heard.json(), other] });
    two.bob.casts("I quote", more).await;
    let copy = two.on_the_left("bob: I quote", None).await;
    let mut embeds = theirs(&shown(&mut two.alice, &copy).await);
    embeds.sort_by_key(|it| it["fid"].is_null());
    assert_eq!(embeds, [said.json(), other.clone()]);

    let more = json!({ "parent": { "url": CHANNEL }, "embeds": [copy.json()] });
    two.alice.casts("I quote you", more).await;
    let quoted = two.on_the_right("I quote").await;
    let copy = two.on_the_right("alice: I quote you").await;
    assert_eq!(theirs(&shown(&mut two.bob, &copy).await), [quoted.json()]);
    two.part().await;
}

/// Words that differ everywhere, so that none can be lost or change places; of exactly that length.
fn words(bytes: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        let word = if number % 7 == 0 { format!("ä{number}. ") } else { format!("w{number} ") };
        if text.len() + word.len() + 1 > bytes {
            break;
        }
        text.push_str(&word);
    }
    let fill = bytes - text.len();
    text + &"x".repeat(fill)
}

/// The pieces of a text that was too long: who answers whom tells their order, and each says at its
/// end which one it is, after the blank at which the text was cut.
fn rejoined(casts: &[Value], first: &str) -> Option<String> {
    let marked = |cast: &Value| -> Option<(String, usize, usize)> {
        let (text, mark) = cast["text"].as_str()?.rsplit_once('(')?;
        let (at, of) = mark.strip_suffix(')')?.split_once('/')?;
        Some((text.to_owned(), at.parse().ok()?, of.parse().ok()?))
    };
    let starts = |cast: &&Value| {
        marked(cast).is_some_and(|(text, at, _)| text.starts_with(first) && at == 1)
    };
    let start = casts.iter().find(starts)?;
    let (mut text, _, of) = marked(start)?;
    let mut last = Cast::of(start);
    for at in 2..=of {
        let next = casts.iter().find(|it| {
            it["parent"]["hash"] == last.hash && marked(it).is_some_and(|(_, is, _)| is == at)
        })?;
        text.push_str(&marked(next)?.0);
        last = Cast::of(next);
    }
    Some(text.trim_end().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn long_casts_arrive_in_pieces_that_rejoin() {
    let mut two = Two::meet().await;
    two.bob.does(json!({ "do": "register", "pro": true, "units": 1 })).await;
    let short = words(900);
    two.alice.casts_in(CHANNEL, &short).await;
    two.on_the_right(&format!("alice: {short}")).await;
    // The name before it is what is too much.
    let text = words(1024);
    two.alice.casts_in(CHANNEL, &text).await;
    let joined = until("all of it", async || rejoined(&two.bob.thread(&two.root).await, "alice: "));
    assert_eq!(joined.await, format!("alice: {text}"));
    let text = words(10_000);
    two.bob.casts(&text, json!({ "parent": two.root.json() })).await;
    let joined = until("all of it", async || {
        let channel = two.alice.channel(CHANNEL).await;
        let start =
            channel.iter().find(|it| it["text"].as_str().is_some_and(|it| it.starts_with("bob: ")));
        let start = Cast::of(start?);
        rejoined(&two.alice.thread(&start).await, "bob: ")
    })
    .await;
    assert_eq!(joined, format!("bob: {text}"));
    two.part().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_of_answers_keeps_who_answers_whom() {
    let mut two = Two::meet().await;
    let first = two.alice.casts_in(CHANNEL, "0").await;
    let mut there = two.on_the_right("alice: 0").await;
    // Six levels, and at each a second branch.
    let mut here = first.clone();
    for level in 1..=6 {
        let (text, aside) = (level.to_string(), format!("{level} aside"));
        if level % 2 == 1 {
            two.bob.replies(&there, &aside).await;
            there = two.bob.replies(&there, &text).await;
            two.on_the_left(&format!("bob: {aside}"), Some(&first)).await;
            here = two.on_the_left(&format!("bob: {text}"), Some(&first)).await;
        } else {
            two.alice.replies(&here, &aside).await;
            here = two.alice.replies(&here, &text).await;
            two.on_the_right(&format!("alice: {aside}")).await;
            there = two.on_the_right(&format!("alice: {text}")).await;
        }
    }
    let left = answers(&two.alice.thread(&first).await);
    let mut right = answers(&two.bob.thread(&two.root).await);
    right.retain(|(text, _)| text != "what do you read?");
    right.iter_mut().filter(|(text, _)| text == "0").for_each(|it| it.1 = String::new());
    assert_eq!(left.len(), 13);
    assert_eq!(left, right);
    two.part().await;
}

/// What each cast says and what it answers, without who says it.
fn answers(casts: &[Value]) -> Vec<(String, String)> {
    let text = |cast: &Value| -> String {
        cast["text"].as_str().unwrap().rsplit(": ").next().unwrap().to_owned()
    };
    let by_hash: BTreeMap<_, _> =
        casts.iter().map(|it| (it["hash"].as_str().unwrap(), text(it))).collect();
    let answered = |cast: &Value| {
        cast["parent"]["hash"].as_str().and_then(|it| by_hash.get(it)).cloned().unwrap_or_default()
    };
    let mut answers: Vec<_> = casts.iter().map(|it| (text(it), answered(it))).collect();
    answers.sort();
    answers
}

/// What Alice and Bob do with each other's casts, in two halves between which anything may happen.
struct Ties {
    hers: Cast,
    his: Cast,
    her_copy: Cast,
    his_copy: Cast,
    her_other: Cast,
    her_other_copy: Cast,
}

impl Ties {
    async fn are_made(two: &mut Two) -> Self {
        let hers = two.alice.casts_in(CHANNEL, "hers").await;
        let her_copy = two.on_the_right("alice: hers").await;
        let his = two.bob.casts("his", json!({ "parent": two.root.json() })).await;
        let his_copy = two.on_the_left("bob: his", None).await;
        let her_other = two.alice.casts_in(CHANNEL, "her other").await;
        let her_other_copy = two.on_the_right("alice: her other").await;
        two.bob.reacts("like", &her_copy).await;
        two.bob.reacts("recast", &her_copy).await;
        two.alice.reacts("like", &his_copy).await;
        two.alice.reacts("recast", &his_copy).await;
        for kind in ["like", "recast"] {
            reacted(&mut two.alice, &hers, kind, 1).await;
            // Hers on the left, and the bridge's on the right.
            reacted(&mut two.bob, &his, kind, 1).await;
        }
        Self { hers, his, her_copy, his_copy, her_other, her_other_copy }
    }

    async fn are_undone(self, two: &mut Two) {
        two.bob.reacts("unlike", &self.her_copy).await;
        two.alice.reacts("unrecast", &self.his_copy).await;
        reacted(&mut two.alice, &self.hers, "like", 0).await;
        reacted(&mut two.alice, &self.hers, "recast", 1).await;
        reacted(&mut two.bob, &self.his, "recast", 0).await;
        reacted(&mut two.bob, &self.his, "like", 1).await;
        let answer = two.bob.replies(&self.her_copy, "late, but yes").await;
        let answer_copy = two.on_the_left("bob: late, but yes", Some(&self.hers)).await;
        two.alice.removes(&self.her_other).await;
        two.bob.removes(&answer).await;
        two.bob.removes(&self.his).await;
        vanishes(&mut two.bob, &self.her_other_copy).await;
        vanishes(&mut two.alice, &answer_copy).await;
        vanishes(&mut two.alice, &self.his_copy).await;
        assert_eq!(two.alice.channel(CHANNEL).await.len(), 1, "only hers is left");
        assert_eq!(two.bob.thread(&two.root).await.len(), 2, "the root and the copy of hers");
    }
}

/// Clients repeat themselves, and after a kill the bridge hears the last minutes again.
#[tokio::test(flavor = "multi_thread")]
async fn a_like_given_twice_and_taken_back_once_stays_so_after_a_kill() {
    let mut two = Two::meet().await;
    let first = two.alice.casts_in(CHANNEL, "first").await;
    let first_copy = two.on_the_right("alice: first").await;
    let second = two.alice.casts_in(CHANNEL, "second").await;
    let second_copy = two.on_the_right("alice: second").await;
    for what in ["like", "like", "unlike"] {
        two.bob.reacts(what, &first_copy).await;
    }
    for what in ["like", "unlike", "unlike", "like"] {
        two.bob.reacts(what, &second_copy).await;
    }
    // What comes in order comes last.
    two.bob.replies(&first_copy, "before").await;
    two.on_the_left("bob: before", Some(&first)).await;
    let mut two = two.comes_back_from_a_kill().await;
    two.bob.replies(&first_copy, "after").await;
    two.on_the_left("bob: after", Some(&first)).await;
    reacted(&mut two.alice, &first, "like", 0).await;
    reacted(&mut two.alice, &second, "like", 1).await;
    two.part().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn likes_recasts_answers_and_deletes_follow_after_a_kill() {
    let mut two = Two::meet().await;
    let ties = Ties::are_made(&mut two).await;
    let mut two = two.comes_back_from_a_kill().await;
    ties.are_undone(&mut two).await;
    two.part().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn likes_recasts_answers_and_deletes_follow_after_many_other_messages() {
    let mut two = Two::meet().await;
    let ties = Ties::are_made(&mut two).await;
    two.daemon.stops().await;
    let others = std::env::var("OTHERS").ok().and_then(|it| it.parse().ok()).unwrap_or(OTHERS);
    carry(&two.home, others).await;
    two.daemon = two.home.starts();
    two.home.connects().await;
    let began = tokio::time::Instant::now();
    ties.are_undone(&mut two).await;
    println!("all of it followed in {:?}", began.elapsed());
    two.part().await;
}
