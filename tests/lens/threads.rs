//! Threads across networks: a cast with the replies below it, or a post with the comments below it,
//! is one conversation with a feed, a channel or a thread of the other network.

use serde_json::{Value, json};

use super::bridged::{Apart, Bridged, CHANNEL, id, named};
use super::town::Town;
use crate::farcaster::person::Cast;

/// Both networks, with a cast and a post under which people are to talk.
async fn begun() -> (Apart, Cast, String) {
    let town = Town::opens().await;
    let bob = town.person("bob").await;
    let mut apart = Apart::begins(town, bob).await;
    let cast = apart.alice.casts("the cast", json!({ "parent": { "url": CHANNEL } })).await;
    let post = json!({ "do": "post", "text": "the post", "feed": apart.feed, "attempts": 20 });
    let post = id(&apart.bob.does(post).await["post"]);
    (apart, cast, post)
}

fn below(cast: &Cast) -> Value {
    json!({ "parent": cast.json() })
}

fn under(post: &str) -> Value {
    json!({ "on": post })
}

/// Everything crossed that should have, and nothing besides.
async fn are_all(bridged: &mut Bridged, casts: &[&str], posts: &[&str]) {
    let text = |it: &Value| it["text"].as_str().unwrap_or_default().to_owned();
    let bridge = bridged.town.bridge.clone();
    let cast: Vec<_> = bridged.casts().await.iter().map(text).collect();
    assert_eq!(cast, casts);
    let posted = bridged.posts().await;
    let posted: Vec<_> = posted.iter().filter(|it| it["by"] == bridge).map(text).collect();
    assert_eq!(posted, posts);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_goes_on_under_a_post() {
    let (apart, _, root) = begun().await;
    let mut bridged = apart.are_bridged(["channel/books", &format!("thread/{root}")], "").await;
    let asked = bridged.alice_says("what do you read?", json!({})).await;
    let copy = bridged.bob_reads("alice: what do you read?").await;
    assert_eq!((&copy["on"], &copy["root"]), (&json!(root), &json!(root)));

    bridged.bob_says("elsewhere in the feed", json!({})).await;
    let answer = bridged.bob_says("the trial", under(&id(&copy))).await;
    let answered = bridged.alice_reads("bob: the trial").await;
    assert_eq!(answered["parent"], asked.json(), "under what alice asked");
    bridged.bob_says("and you?", under(&root)).await;
    let said = bridged.alice_reads("bob: and you?").await;
    assert_eq!(said["parent"], json!({ "url": CHANNEL }), "an answer to the root answers nobody");

    bridged.alice_says("by whom?", json!({ "parent": named(&answered) })).await;
    let again = bridged.bob_reads("alice: by whom?").await;
    assert_eq!((&again["on"], &again["root"]), (&json!(answer), &json!(root)));
    let posts = ["alice: what do you read?", "alice: by whom?"];
    are_all(&mut bridged, &["bob: the trial", "bob: and you?"], &posts).await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_goes_on_below_a_cast() {
    let (apart, root, _) = begun().await;
    let thread = format!("thread/{}:{}", root.fid, root.hash);
    let feed = format!("feed/{}", apart.feed);
    let mut bridged = apart.are_bridged([&thread, &feed], "").await;
    let asked = bridged.alice_says("what do you read?", below(&root)).await;
    let copy = bridged.bob_reads("alice: what do you read?").await;
    assert_eq!(copy["on"], Value::Null, "an answer to the root answers nobody");

    bridged.alice_says("elsewhere in the channel", json!({})).await;
    let answer = bridged.bob_says("the trial", under(&id(&copy))).await;
    let answered = bridged.alice_reads("bob: the trial").await;
    assert_eq!(answered["parent"], asked.json());
    bridged.bob_says("and you?", json!({})).await;
    let said = bridged.alice_reads("bob: and you?").await;
    assert_eq!(said["parent"], root.json(), "what is said to all stands below the root");

    bridged.alice_says("by whom?", json!({ "parent": named(&answered) })).await;
    assert_eq!(bridged.bob_reads("alice: by whom?").await["on"], answer);
    let posts = ["alice: what do you read?", "alice: by whom?"];
    are_all(&mut bridged, &["bob: the trial", "bob: and you?"], &posts).await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cast_and_a_post_are_one_thread() {
    let (apart, cast, post) = begun().await;
    let thread = format!("thread/{}:{}", cast.fid, cast.hash);
    let mut bridged = apart.are_bridged([&thread, &format!("thread/{post}")], "").await;
    let said = bridged.alice_says("what do you read?", below(&cast)).await;
    let copy = bridged.bob_reads("alice: what do you read?").await;
    assert_eq!((&copy["on"], &copy["root"]), (&json!(post), &json!(post)));
    let answer = bridged.bob_says("the trial", under(&id(&copy))).await;
    let answered = bridged.alice_reads("bob: the trial").await;
    assert_eq!(answered["parent"], said.json());
    bridged.alice_says("by whom?", json!({ "parent": named(&answered) })).await;
    assert_eq!(bridged.bob_reads("alice: by whom?").await["on"], answer);
    bridged.bob_says("and you?", under(&post)).await;
    assert_eq!(bridged.alice_reads("bob: and you?").await["parent"], cast.json());

    // An edit and a delete find their copies there, too.
    bridged.bob_does("edit", json!({ "post": answer, "text": "the castle" })).await;
    let note = bridged.alice_reads("(edited) bob: the castle").await;
    assert_eq!(note["parent"], named(&answered));
    bridged.alice.removes(&said).await;
    let copy = id(&copy);
    let is_gone = async |it: &mut Bridged| (it.post(&copy).await["deleted"] == true).then_some(());
    bridged.waits("alice's words to go on lens", is_gone).await;
    bridged.ends().await;
}
