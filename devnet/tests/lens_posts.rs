//! Posts on the Lens API: what is said, where it is, and who may.

use serde_json::{Value, json};
use threadbridge_devnet::lens::app::Place;
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{GLOBAL_FEED, PostId, Vote};

use crate::lens_kit::{Client, POST, grove, metadata, signed_in, start, uri};

#[tokio::test]
async fn a_post_is_there_a_while_after_its_hash() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    let created = client.create(json!({ "contentUri": uri("hello") })).await;
    let by_hash = json!({ "r": { "txHash": created["hash"] } });
    assert_eq!(client.value(POST, by_hash.clone()).await, Value::Null);
    let status = client.status(&created["hash"]).await;
    assert!(
        status["__typename"] == "NotIndexedYetStatus"
            || status["__typename"] == "PendingTransactionStatus"
    );
    let settled = client.settled(&created["hash"]).await;
    assert_eq!(settled["__typename"], "FinishedTransactionStatus");
    let post = client.value(POST, by_hash).await;
    assert_eq!(post["metadata"]["content"], "hello");
    assert_eq!(post["feed"]["address"], GLOBAL_FEED.to_string());
    assert_eq!(client.read(&post["slug"]).await, post);
    assert_eq!(Client::anonymous(&lens).read(&post["id"]).await["operations"], Value::Null);
}

#[tokio::test]
async fn what_grove_keeps_can_be_posted() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    let request = "POST /?chain_id=37111 HTTP/1.1\r\ncontent-type: application/json\r\n";
    let kept = grove(&lens, request, metadata("kept").to_string().as_bytes()).await;
    assert_eq!(kept.status, 201);
    let created = client.create(json!({ "contentUri": kept.json()[0]["uri"] })).await;
    let settled = client.settled(&created["hash"]).await;
    assert_eq!(settled["__typename"], "FinishedTransactionStatus");
    assert_eq!(lens.lines(Place::Feed(GLOBAL_FEED)), ["ann: kept"]);
}

#[tokio::test]
async fn what_is_not_metadata_fails_after_its_hash() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    for (uri, reason) in [
        ("data:application/json,{}".to_owned(), "$schema"),
        (uri(""), "content"),
        ("lens://00".to_owned(), "Grove"),
        ("https://example.com/post.json".to_owned(), "lens://"),
    ] {
        let created = client.create(json!({ "contentUri": uri })).await;
        let status = client.settled(&created["hash"]).await;
        assert_eq!(status["__typename"], "FailedTransactionStatus");
        assert!(status["reason"].as_str().unwrap().contains(reason), "{status}");
    }
    assert!(lens.lines(Place::Feed(GLOBAL_FEED)).is_empty());
}

#[tokio::test]
async fn a_thread_keeps_its_feed_and_its_root() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let books = lens.make_feed("books");
    let root = ann.say_in(&lens, Where { feed: Some(books), ..Where::default() }, "one").unwrap();
    let client = signed_in(&lens, &ben).await;
    let on = |id: Value| json!({ "commentOn": { "post": id } });
    let comment = client.say("two, @lens/ann", on(json!(root.to_string()))).await;
    let nested = client.say("three", on(comment["id"].clone())).await;
    assert_eq!(comment["feed"]["address"], books.to_string());
    assert_eq!(nested["root"]["id"], root.to_string());
    assert_eq!(nested["commentOn"]["id"], comment["id"]);
    assert_eq!(comment["mentions"][0]["account"], ann.account().to_string());
    assert_eq!(comment["mentions"][0]["replace"], json!({ "from": "@lens/ann", "to": "@ann" }));
    let lines = ["ann: one", "  ben: two, @lens/ann", "    ben: three"];
    assert_eq!(lens.lines(Place::Thread(root)), lines);
    let references = "query($r: PostReferencesRequest!) { postReferences(request: $r) {
        items { ... on Post { id } } } }";
    let request = |of: &Value| json!({ "r": { "referencedPost": of, "referenceTypes": ["COMMENT_ON", "QUOTE_OF"] } });
    let below = client.value(references, request(&json!(root.to_string()))).await;
    assert_eq!(below["items"], json!([{ "id": comment["id"] }]));
}

#[tokio::test]
async fn an_edit_keeps_what_was_said_and_a_delete_is_a_flag() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    let post = client.say("frist", json!({})).await;
    let edit = "mutation($r: EditPostRequest!) { editPost(request: $r) {
        ... on PostResponse { hash } } }";
    let request = json!({ "r": { "post": post["id"], "contentUri": uri("first") } });
    let edited = client.value(edit, request).await;
    client.settled(&edited["hash"]).await;
    let now = client.read(&post["id"]).await;
    assert_eq!((&now["isEdited"], &now["metadata"]["content"]), (&json!(true), &json!("first")));
    let edits = "query($r: PostEditsRequest!) { postEdits(request: $r) {
        items { metadata { ... on TextOnlyMetadata { content } } } } }";
    let edits = client.value(edits, json!({ "r": { "post": post["id"] } })).await;
    assert_eq!(edits["items"], json!([{ "metadata": { "content": "frist" } }]));
    let delete = "mutation($r: DeletePostRequest!) { deletePost(request: $r) {
        ... on DeletePostResponse { hash } } }";
    let deleted = client.value(delete, json!({ "r": { "post": post["id"] } })).await;
    client.settled(&deleted["hash"]).await;
    let now = client.read(&post["id"]).await;
    assert_eq!((&now["isDeleted"], &now["metadata"]["content"]), (&json!(true), &json!("first")));
    assert_eq!(lens.lines(Place::Feed(GLOBAL_FEED)), ["ann: (deleted)"]);
    let listed = client.posts(json!({})).await;
    assert_eq!(listed["items"][0]["id"], post["id"]);
}

#[tokio::test]
async fn what_is_deleted_or_in_another_feed_cannot_be_pointed_at() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let books = lens.make_feed("books");
    let [gone, kept] = ["gone", "kept"].map(|text| ann.say(&lens, text).unwrap());
    ann.delete(&lens, gone).unwrap();
    let client = signed_in(&lens, &ben).await;
    let on = |field: &str, post: PostId| {
        let mut request = json!({ "contentUri": uri("hi") });
        request[field] = json!({ "post": post.to_string() });
        request
    };
    let mut elsewhere = on("quoteOf", kept);
    elsewhere["feed"] = json!(books.to_string());
    for request in [on("commentOn", gone), on("quoteOf", gone), elsewhere] {
        assert_eq!(client.create(request).await["__typename"], "TransactionWillFail");
    }
    client.say("here", json!({ "commentOn": { "post": kept.to_string() } })).await;
}

#[tokio::test]
async fn only_its_author_edits_or_deletes_a_post() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let post = ann.say(&lens, "mine").unwrap();
    let client = signed_in(&lens, &ben).await;
    let edit = "mutation($r: EditPostRequest!) { editPost(request: $r) { __typename
        ... on PostOperationValidationFailed { reason } } }";
    let request = json!({ "r": { "post": post.to_string(), "contentUri": uri("ours") } });
    let refused = client.value(edit, request).await;
    assert_eq!(refused["__typename"], "PostOperationValidationFailed");
    let delete = "mutation($r: DeletePostRequest!) { deletePost(request: $r) { __typename
        ... on TransactionWillFail { reason } } }";
    let refused = client.value(delete, json!({ "r": { "post": post.to_string() } })).await;
    assert_eq!(refused["__typename"], "TransactionWillFail");
    assert!(ben.delete(&lens, post).is_err());
    assert_eq!(lens.lines(Place::Thread(post)), ["ann: mine"]);
}

#[tokio::test]
async fn only_members_post_to_the_feed_of_a_group() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let club = lens.make_group("club", &ann);
    let client = signed_in(&lens, &ben).await;
    let request = json!({ "contentUri": uri("hi"), "feed": club.feed.to_string() });
    let refused = client.create(request.clone()).await;
    assert_eq!(refused["__typename"], "PostOperationValidationFailed");
    let join = "mutation($r: JoinGroupRequest!) { joinGroup(request: $r) {
        ... on JoinGroupResponse { hash } } }";
    let joined = client.value(join, json!({ "r": { "group": club.group.to_string() } })).await;
    client.settled(&joined["hash"]).await;
    let post = client.say("hi", json!({ "feed": club.feed.to_string() })).await;
    assert_eq!(post["feed"]["group"]["address"], club.group.to_string());
    let members = "query($r: GroupMembersRequest!) { groupMembers(request: $r) {
        items { account { username { localName } } } } }";
    let request = json!({ "r": { "group": club.group.to_string(), "orderBy": "FIRST_JOINED" } });
    let members = client.value(members, request).await;
    assert_eq!(members["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn reactions_are_counted_and_told() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let post = ann.say(&lens, "like this").unwrap();
    let client = signed_in(&lens, &ben).await;
    let react = "mutation($r: AddReactionRequest!) { addReaction(request: $r) { __typename
        ... on AddReactionResponse { success } ... on AddReactionFailure { reason } } }";
    let request = json!({ "r": { "post": post.to_string(), "reaction": "UPVOTE" } });
    assert_eq!(client.value(react, request.clone()).await["success"], true);
    assert_eq!(client.value(react, request).await["__typename"], "AddReactionFailure");
    let read = client.read(&json!(post.to_string())).await;
    assert_eq!(read["stats"]["upvotes"], 1);
    assert_eq!(read["operations"]["hasReacted"], true);
    let to_ann = signed_in(&lens, &ann).await;
    let news = "query($r: NotificationRequest!) { notifications(request: $r) { items {
        __typename ... on ReactionNotification { post { id } reactions {
          account { address } reactions { reaction } } } } } }";
    let news = to_ann.value(news, json!({ "r": {} })).await;
    assert_eq!(news["items"][0]["post"]["id"], post.to_string());
    assert_eq!(news["items"][0]["reactions"][0]["reactions"][0]["reaction"], "UPVOTE");
    ben.unreact(&lens, post, Vote::Upvote).unwrap();
    assert_eq!(client.read(&json!(post.to_string())).await["stats"]["upvotes"], 0);
}

#[tokio::test]
async fn low_scores_are_told_only_who_asks_for_them() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    ben.set_score(&lens, 5);
    let post = ann.say(&lens, "hello").unwrap();
    let comment = ben.comment(&lens, post, "buy this").unwrap();
    let client = signed_in(&lens, &ann).await;
    let news = "query($r: NotificationRequest!) { notifications(request: $r) { items {
        ... on CommentNotification { comment { id } } } } }";
    assert_eq!(client.value(news, json!({ "r": {} })).await["items"], json!([]));
    let all = json!({ "r": { "filter": { "includeLowScore": true } } });
    let told = client.value(news, all).await;
    assert_eq!(told["items"], json!([{ "comment": { "id": comment.to_string() } }]));
}

#[tokio::test]
async fn pages_are_walked_newest_first() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    for nth in 0..23 {
        ann.say(&lens, &nth.to_string()).unwrap();
    }
    let client = Client::anonymous(&lens);
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = client.posts(json!({ "pageSize": "TEN", "cursor": cursor })).await;
        let items = page["items"].as_array().unwrap();
        seen.extend(
            items
                .iter()
                .map(|item| item["metadata"]["content"].as_str().unwrap().parse::<u32>().unwrap()),
        );
        cursor = page["pageInfo"]["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, (0..23).rev().collect::<Vec<_>>());
    let first = client.posts(json!({ "pageSize": "TEN" })).await;
    let request = json!({ "r": {
        "cursor": first["pageInfo"]["next"],
        "filter": { "authors": [ann.account().to_string()] },
    } });
    let query = "query($r: PostsRequest!) { posts(request: $r) { items { __typename } } }";
    assert_eq!(client.code(query, request).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn requests_are_read_strictly() {
    let lens = start().await;
    let client = Client::anonymous(&lens);
    let posts = "query($r: PostsRequest!) { posts(request: $r) { items { __typename } } }";
    for request in [
        json!({ "pageSize": "HUNDRED" }),
        json!({ "filter": { "feed": "0x" } }),
        json!({ "filter": { "feeds": [{ "globalFeed": true, "feed": GLOBAL_FEED.to_string() }] } }),
        json!({ "filter": { "feeds": [{ "globalFeed": false }] } }),
        json!({ "filter": { "authors": ["ann"] } }),
    ] {
        assert_eq!(client.code(posts, json!({ "r": request })).await, "BAD_USER_INPUT");
    }
    let by_two = json!({ "r": { "post": "1", "txHash": format!("0x{}", "0".repeat(64)) } });
    assert_eq!(client.code(POST, by_two).await, "BAD_USER_INPUT");
    assert_eq!(client.code("{ posts(request: {}) { pages } }", json!({})).await, "BAD_REQUEST");
    assert_eq!(client.code("{ direct }", json!({})).await, "BAD_REQUEST");
    assert_eq!(client.code("{ posts(", json!({})).await, "BAD_REQUEST");
}

#[tokio::test]
async fn who_is_not_signless_must_sign() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    ann.set_signless(&lens, false);
    let asked = client.create(json!({ "contentUri": uri("hi") })).await;
    assert_eq!(asked["sponsoredReason"], "SIGNLESS_DISABLED");
    let manage = "mutation { enableSignless { ... on SponsoredTransactionRequest {
        sponsoredReason raw { from chainId } } } }";
    let asked = client.value(manage, json!({})).await;
    assert_eq!(asked["raw"]["from"], ann.wallet().address().to_string());
}
