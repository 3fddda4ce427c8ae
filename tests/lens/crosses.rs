//! Whatever people do with Farcaster's official client is seen with Lens's, and the other way.

use base64::Engine as _;
use serde_json::{Value, json};

use super::bridged::{Bridged, CHANNEL, FID, id, named};
use super::shelf::{MARKER, PIXELS, Shelf};
use crate::farcaster::person::Cast;

/// What somebody finds who opens an address.
async fn opened(url: &str) -> Vec<u8> {
    reqwest::Client::new().get(url).send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_on_one_side_is_read_on_the_other_under_its_authors_name() {
    let mut bridged = Bridged::feed().await;
    bridged.alice_says("what do you read?", json!({})).await;
    let copy = bridged.bob_reads("alice: what do you read?").await;
    assert_eq!(copy["feed"], bridged.feed);
    assert_eq!(copy["on"], Value::Null);
    bridged.bob_says("the trial", json!({})).await;
    let copy = bridged.alice_reads("bob: the trial").await;
    assert_eq!(copy["parent"], json!({ "url": CHANNEL }));
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_stand_under_what_they_answer() {
    let mut bridged = Bridged::feed().await;
    let asked = bridged.alice_says("what do you read?", json!({})).await;
    let copy = bridged.bob_reads("alice: what do you read?").await;
    let answer = bridged.bob_says("the trial", json!({ "on": id(&copy) })).await;
    let answered = bridged.alice_reads("bob: the trial").await;
    assert_eq!(answered["parent"], asked.json(), "under what alice asked");
    bridged.alice_says("by whom?", json!({ "parent": named(&answered) })).await;
    let again = bridged.bob_reads("alice: by whom?").await;
    assert_eq!((&again["on"], &again["root"]), (&json!(answer), &copy["id"]), "under bob's answer");
    let thread = bridged.bob.does(json!({ "do": "thread", "post": id(&copy) })).await;
    let texts: Vec<_> = thread["posts"].as_array().unwrap().iter().map(|it| &it["text"]).collect();
    assert_eq!(texts, ["alice: what do you read?", "the trial", "alice: by whom?"]);
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_show_what_they_quote() {
    let mut bridged = Bridged::feed().await;
    let said = bridged.alice_says("somebody has been telling lies", json!({})).await;
    let copy = bridged.bob_reads("alice: somebody has been telling lies").await;
    let post = bridged.bob_says("the first sentence", json!({ "of": id(&copy) })).await;
    let quoting = bridged.alice_reads("bob: the first sentence").await;
    assert_eq!(quoting["embeds"][0], said.json(), "alice's own cast");
    bridged.alice_says("indeed", json!({ "embeds": [named(&quoting)] })).await;
    let quoting = bridged.bob_reads("alice: indeed").await;
    assert_eq!(quoting["of"], post, "bob's own post");
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_on_lens_is_told_under_its_copy_on_farcaster() {
    let mut bridged = Bridged::feed().await;
    let post = bridged.bob_says("I begin tonight", json!({})).await;
    let copy = bridged.alice_reads("bob: I begin tonight").await;
    let edit = json!({ "post": post, "text": "I begin tomorrow" });
    bridged.bob_does("edit", edit).await;
    let note = bridged.alice_reads("(edited) bob: I begin tomorrow").await;
    assert_eq!(note["parent"], named(&copy));
    // What answers the edited post is answered where its copy stands.
    bridged.alice_says("good", json!({ "parent": named(&copy) })).await;
    assert_eq!(bridged.bob_reads("alice: good").await["on"], post);
    assert_eq!(bridged.casts().await.len(), 2, "it is told once");
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_on_one_side_goes_on_the_other() {
    let mut bridged = Bridged::feed().await;
    let said = bridged.alice_says("the trail", json!({})).await;
    let copy = id(&bridged.bob_reads("alice: the trail").await);
    bridged.alice.removes(&said).await;
    let is_gone = async |it: &mut Bridged| (it.post(&copy).await["deleted"] == true).then_some(());
    bridged.waits("alice's words to go on lens", is_gone).await;

    let post = bridged.bob_says("I mean the trial", json!({})).await;
    let copy = Cast::of(&bridged.alice_reads("bob: I mean the trial").await);
    bridged.bob_does("delete", json!({ "post": post })).await;
    let get = json!({ "do": "get", "fid": copy.fid, "hash": copy.hash });
    let is_gone =
        async |it: &mut Bridged| (it.alice.does(get.clone()).await["found"] == false).then_some(());
    bridged.waits("bob's words to go on farcaster", is_gone).await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn likes_and_upvotes_are_given_and_taken_back() {
    let mut bridged = Bridged::feed().await;
    let post = bridged.bob_says("the trial", json!({})).await;
    let copy = Cast::of(&bridged.alice_reads("bob: the trial").await);
    for (act, upvotes) in [("like", 1), ("unlike", 0)] {
        bridged.alice.reacts(act, &copy).await;
        let is_so =
            async |it: &mut Bridged| (it.post(&post).await["upvotes"] == upvotes).then_some(());
        bridged.waits(act, is_so).await;
    }

    let said = bridged.alice_says("the castle", json!({})).await;
    let copy = id(&bridged.bob_reads("alice: the castle").await);
    for (act, likers) in [("react", vec![FID]), ("unreact", vec![])] {
        bridged.bob_does(act, json!({ "post": copy })).await;
        let is_so = async |it: &mut Bridged| {
            let likes = it.alice.reactions(&said, "like").await;
            likes.iter().filter_map(|it| it["fid"].as_u64()).eq(likers.clone()).then_some(())
        };
        bridged.waits(act, is_so).await;
    }
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_shared_on_one_side_is_shared_on_the_other_until_it_is_taken_back() {
    let mut bridged = Bridged::feed().await;
    let post = bridged.bob_says("the trial", json!({})).await;
    let copy = Cast::of(&bridged.alice_reads("bob: the trial").await);
    let bridge = bridged.town.bridge.clone();
    let is_share = |it: &Value, of: &str, by: &str| {
        it["type"] == "Repost" && it["of"] == of && it["by"] == by && it["deleted"] == false
    };
    for (act, count) in [("recast", 1), ("unrecast", 0)] {
        bridged.alice.reacts(act, &copy).await;
        let is_so = async |it: &mut Bridged| {
            let posts = it.posts().await;
            let shares = posts.iter().filter(|it| is_share(it, &post, &bridge)).count();
            (shares == count).then_some(())
        };
        bridged.waits(act, is_so).await;
    }

    let said = bridged.alice_says("the castle", json!({})).await;
    let copy = id(&bridged.bob_reads("alice: the castle").await);
    let is_shared = async |it: &mut Bridged, by: &[u64]| {
        let shares = it.alice.reactions(&said, "recast").await;
        shares.iter().filter_map(|it| it["fid"].as_u64()).eq(by.iter().copied()).then_some(())
    };
    bridged.bob_does("repost", json!({ "of": copy })).await;
    bridged.waits("a recast", async |it| is_shared(it, &[FID]).await).await;
    let posts = bridged.posts().await;
    let bobs = posts.iter().find(|it| it["type"] == "Repost" && it["by"] != bridge).unwrap();
    bridged.bob_does("delete", json!({ "post": bobs["id"] })).await;
    bridged.waits("its end", async |it| is_shared(it, &[]).await).await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_alices_reaches_lens_without_the_place_where_it_was_taken() {
    let (shelf, other) = (Shelf::opens().await, Shelf::opens().await);
    let mut bridged = Bridged::with(&format!("\n[media]\nhosts = [{:?}]\n", shelf.host)).await;
    bridged.alice_says("look", json!({ "embeds": [{ "url": shelf.photo() }] })).await;
    let post = bridged.bob_reads("alice: look").await;
    assert_eq!((&post["kind"], &post["image"]["type"]), (&json!("ImageMetadata"), &json!("JPEG")));
    let url = post["image"]["uri"].as_str().unwrap();
    assert!(url.starts_with(&bridged.town.lens.grove_url()), "{url}");
    let bytes = opened(url).await;
    let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|it| it == wanted);
    assert_eq!((has(PIXELS), has(MARKER)), (true, false));

    // One that may not be fetched is shown from where it lies.
    bridged.alice_says("elsewhere", json!({ "embeds": [{ "url": other.photo() }] })).await;
    let post = bridged.bob_reads("alice: elsewhere").await;
    assert_eq!(post["image"]["uri"], other.photo());
    assert_eq!(other.asked(), 0);
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_bobs_can_be_opened_on_farcaster() {
    const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let mut bridged = Bridged::feed().await;
    let upload = json!({ "do": "upload", "base64": PNG, "type": "image/png", "attempts": 20 });
    let uri = bridged.bob.does(upload).await["uri"].clone();
    bridged.bob_says("look", json!({ "picture": { "uri": uri, "type": "image/png" } })).await;
    let cast = bridged.alice_reads("bob: look").await;
    let url = cast["embeds"][0]["url"].as_str().unwrap();
    assert_eq!(base64::engine::general_purpose::STANDARD.encode(opened(url).await), PNG);
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_post_comes_in_pieces_that_answer_each_other() {
    let mut bridged = Bridged::feed().await;
    let words: Vec<_> = (0..200).map(|number| format!("word{number}")).collect();
    bridged.bob_says(&words.join(" "), json!({})).await;
    let pieces = bridged
        .waits("two pieces", async |it| Some(it.casts().await).filter(|it| it.len() == 2))
        .await;
    assert_eq!(pieces[1]["parent"], named(&pieces[0]));
    let text = |piece: &Value| piece["text"].as_str().unwrap().to_owned();
    let whole = pieces.iter().map(text).collect::<String>();
    assert!(words.iter().all(|word| whole.contains(word)), "{whole}");
    bridged.ends().await;
}
