//! What the bridge says fits the network, has its bytes fixed before it is sent, and is answered
//! for.

use prost::Message as _;
use threadbridge_core::{
    adapter::{Adapter as _, Receipt, Sealing, Verdict},
    model::{
        id::{Network, RemoteConversation, RemoteId},
        mark::{Mark, Origin, RoomTag},
        outgoing::{Embed, Mention, Outgoing, ReplyTo, Say},
        time::Timestamp,
    },
};

use super::bridge::Bridge;
use crate::{
    name::{Name, identity},
    node::{
        failure::NodeError,
        fake::{
            FakeNode,
            person::{NOW, Person},
        },
        query::{Allowance, Storage},
    },
    wire::{
        SignedMessage,
        proto::{CastAddBody, MessageData, MessageType, cast_add_body::Parent, message_data::Body},
        verify::verify,
    },
};

fn say(text: &str) -> Say {
    Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(0),
        mark: None,
        expires: None,
    }
}

fn data(bytes: &[u8]) -> MessageData {
    verify(&SignedMessage::decode(bytes).unwrap()).unwrap().data
}

fn cast(bytes: &[u8]) -> CastAddBody {
    match data(bytes).body {
        Some(Body::CastAddBody(cast)) => cast,
        other => panic!("{other:?}"),
    }
}

fn bridge() -> (std::sync::Arc<FakeNode>, Bridge) {
    let node = FakeNode::new(1);
    let own = Person::new(5);
    node.set_signers(5, vec![own.record()], Vec::new());
    let bridge = Bridge::new(&node, Some(&own), &["channel/books"]);
    (node, bridge)
}

#[tokio::test]
async fn a_cast_has_its_id_before_it_is_sent_and_the_same_bytes_on_each_attempt() {
    let (node, bridge) = bridge();
    let request = bridge.sealed("channel/books", &Outgoing::Say(say("hello"))).await;
    let id = request.sealed.remote_id.clone().unwrap();
    let cast = cast(&request.sealed.bytes);
    let url = "https://farcaster.xyz/~/channel/books".to_owned();
    assert_eq!(cast.parent, Some(Parent::ParentUrl(url)));
    node.set(|faults| faults.submit = vec![NodeError::Duplicate, NodeError::Unavailable]);
    let failed = bridge.adapter.send(std::slice::from_ref(&request)).await;
    assert_eq!(failed[0].as_ref().unwrap_err().verdict, Verdict::Retry);
    let known = bridge.adapter.send(std::slice::from_ref(&request)).await;
    assert_eq!(known[0].as_ref().unwrap(), &Receipt::Done(id.clone()));
    let taken = bridge.adapter.send(&[request]).await;
    assert_eq!(taken[0].as_ref().unwrap(), &Receipt::Taken(id));
    let submitted = node.submitted();
    assert_eq!(submitted.len(), 3);
    assert!(submitted.iter().all(|message| *message == submitted[0]));
}

#[tokio::test]
async fn mentions_embeds_quotes_and_the_mark_are_written() {
    let (_node, bridge) = bridge();
    let network = Network::parse("farcaster").unwrap();
    let quoted = RemoteId::parse(format!("9:0x{}", "ab".repeat(20))).unwrap();
    let room = RemoteConversation::parse("room/1").unwrap();
    let mark =
        Mark { origin: Origin::of(&network, &quoted), rooms: vec![RoomTag::of(&network, &room)] };
    let outgoing = Outgoing::Say(Say {
        mentions: vec![Mention { range: 4..8, identity: identity(3).unwrap() }],
        embeds: vec![Embed::Url("https://example.org".to_owned()), Embed::Quote(quoted.clone())],
        reply_to: ReplyTo::Message(quoted),
        mark: Some(mark.clone()),
        ..say("é, @bob!")
    });
    let request = bridge.sealed("channel/books", &outgoing).await;
    let cast = cast(&request.sealed.bytes);
    assert_eq!((cast.text.as_str(), cast.mentions.as_slice()), ("é, !", &[3][..]));
    assert_eq!(cast.mentions_positions, [4]);
    assert_eq!(cast.embeds.len(), 3);
    assert!(matches!(&cast.parent, Some(Parent::ParentCastId(id)) if id.fid == 9));
    let last = cast.embeds[2].embed.clone();
    let Some(crate::wire::proto::embed::Embed::Url(url)) = last else { panic!() };
    assert_eq!(crate::mark::from_url(&url), Some(mark));
}

#[tokio::test]
async fn casts_said_in_one_second_keep_their_order_and_differ() {
    let (_node, bridge) = bridge();
    let mut last = 0;
    let mut ids = std::collections::BTreeSet::new();
    for n in 0..=540 {
        let request = bridge.sealed("channel/books", &Outgoing::Say(say("again"))).await;
        let timestamp = data(&request.sealed.bytes).timestamp;
        assert!(timestamp > last || n == 0, "{n}");
        assert!(timestamp <= NOW + 540, "{n}");
        last = timestamp;
        assert!(ids.insert(request.sealed.remote_id.unwrap()));
    }
    // Nodes would take no later one, and an equal one would stand anywhere.
    let sealing = bridge.seal("channel/books", &Outgoing::Say(say("again"))).await;
    let Sealing::Missing(missing) = sealing else { panic!("{sealing:?}") };
    assert!(missing.reason.contains("more than a cast a second"), "{missing:?}");
    // A second later it is tried again.
    let envelopes = bridge.adapter.fetch(&missing).await.unwrap();
    assert_eq!(envelopes.len(), 1);
    bridge.learn(envelopes, "channel/books").await;
}

#[tokio::test]
async fn what_is_given_and_taken_back_in_one_second_ends_as_it_was_said_last() {
    let (_node, bridge) = bridge();
    // So much was said that no later second is left.
    for _ in 0..=540 {
        bridge.sealed("channel/books", &Outgoing::Say(say("again"))).await;
    }
    let target = |digits: &str| RemoteId::parse(format!("5:0x{}", digits.repeat(20))).unwrap();
    let react = |digits: &str| Outgoing::React { target: target(digits), emoji: "❤".to_owned() };
    let unreact =
        |digits: &str| Outgoing::Unreact { target: target(digits), emoji: "❤".to_owned() };
    let mut last = 0;
    for outgoing in [react("cd"), unreact("cd"), react("cd"), unreact("cd")] {
        let request = bridge.sealed("channel/books", &outgoing).await;
        let timestamp = data(&request.sealed.bytes).timestamp;
        assert!(timestamp > last, "{outgoing:?}");
        last = timestamp;
    }
    let another = bridge.sealed("channel/books", &react("ef")).await;
    assert_eq!(data(&another.sealed.bytes).timestamp, NOW);
}

/// Offered again after what undid it, a message is refused by every node, for good.
#[tokio::test]
async fn what_gave_way_to_something_newer_of_ours_counts_as_done() {
    let (node, bridge) = bridge();
    let target = RemoteId::parse(format!("5:0x{}", "cd".repeat(20))).unwrap();
    let like = Outgoing::React { target, emoji: "❤".to_owned() };
    for outgoing in [Outgoing::Say(say("hello")), like] {
        let request = bridge.sealed("channel/books", &outgoing).await;
        node.set(|faults| faults.submit = vec![NodeError::Conflict]);
        let sent = bridge.adapter.send(std::slice::from_ref(&request)).await;
        let id = request.sealed.remote_id.unwrap();
        assert_eq!(*sent[0].as_ref().unwrap(), Receipt::Done(id));
    }
}

#[tokio::test]
async fn parts_answer_the_part_before_them() {
    let (_node, bridge) = bridge();
    let first = bridge.sealed("channel/books", &Outgoing::Say(say("1/2"))).await;
    let part = Say { reply_to: ReplyTo::PartBefore, ..say("2/2") };
    let second = bridge.sealed("channel/books", &Outgoing::Say(part)).await;
    let first = Name::parse(first.sealed.remote_id.unwrap().as_str()).unwrap();
    let parent = Some(Parent::ParentCastId(first.cast_id()));
    assert_eq!(cast(&second.sealed.bytes).parent, parent);
}

#[tokio::test]
async fn reactions_and_removals_are_written() {
    let (_node, bridge) = bridge();
    let target = RemoteId::parse(format!("5:0x{}", "cd".repeat(20))).unwrap();
    let (like, share) = ("❤".to_owned(), "🔁".to_owned());
    let cases = [
        (Outgoing::Delete { target: target.clone() }, MessageType::CastRemove),
        (Outgoing::React { target: target.clone(), emoji: like }, MessageType::ReactionAdd),
        (Outgoing::Unreact { target: target.clone(), emoji: share }, MessageType::ReactionRemove),
    ];
    for (outgoing, expected) in cases {
        let request = bridge.sealed("channel/books", &outgoing).await;
        assert_eq!(data(&request.sealed.bytes).r#type(), expected);
    }
    let conversation = RemoteConversation::parse("channel/books").unwrap();
    let party = Outgoing::React { target, emoji: "🎉".to_owned() };
    assert!(bridge.adapter.render(&conversation, &party).is_err());
}

#[tokio::test]
async fn too_much_together_is_refused_before_it_is_signed() {
    let (_node, bridge) = bridge();
    let embeds = (0..4).map(|n| Embed::Url(format!("https://{n}{}", "u".repeat(247)))).collect();
    let outgoing = Outgoing::Say(Say { embeds, ..say(&"x".repeat(1024)) });
    let sealing = bridge.seal("channel/books", &outgoing).await;
    assert!(matches!(sealing, Sealing::Refused { .. }), "{sealing:?}");
}

#[tokio::test]
async fn each_answer_of_a_node_has_its_verdict() {
    let (node, bridge) = bridge();
    let invalid = || NodeError::Refused {
        code: "bad_request.validation_failure".to_owned(),
        reason: "embeds > 4".to_owned(),
    };
    let wait = std::time::Duration::from_secs(30);
    let limited = NodeError::RateLimited { retry_after: Some(wait) };
    let cases = [
        (limited, Verdict::RetryAfter(wait)),
        (NodeError::TimedOut, Verdict::Retry),
        (NodeError::Unauthorized, Verdict::Suspend),
        (invalid(), Verdict::Reject),
    ];
    let request = bridge.sealed("channel/books", &Outgoing::Say(say("hello"))).await;
    for (answer, verdict) in cases {
        node.set(|faults| faults.submit = vec![answer]);
        let sent = bridge.adapter.send(std::slice::from_ref(&request)).await;
        assert_eq!(sent[0].as_ref().unwrap_err().verdict, verdict);
    }
    // The same refusal with a key that has lost its right suspends the account.
    node.set_signers(5, Vec::new(), Vec::new());
    node.set(|faults| faults.submit = vec![invalid()]);
    let sent = bridge.adapter.send(&[request]).await;
    assert_eq!(sent[0].as_ref().unwrap_err().verdict, Verdict::Suspend);
}

#[tokio::test]
async fn sending_stops_at_the_first_that_fails() {
    let (node, bridge) = bridge();
    let mut batch = Vec::new();
    for text in ["one", "two", "three"] {
        batch.push(bridge.sealed("channel/books", &Outgoing::Say(say(text))).await);
    }
    node.set(|faults| faults.submit = vec![NodeError::TimedOut]);
    let answers = bridge.adapter.send(&batch).await;
    assert_eq!((answers.len(), node.submitted().len()), (1, 1));
}

#[tokio::test]
async fn the_budget_is_told() {
    let (node, bridge) = bridge();
    let casts = Allowance { limit: 100, used: 95 };
    node.set_storage(Storage { casts, total_limit: 2000, is_pro: true, ..Storage::default() });
    let budget = bridge.adapter.budget().await.unwrap().unwrap();
    assert_eq!((budget.casts.left(), budget.hourly_messages), (5, 200));
    assert!(budget.is_scarce() && budget.is_pro);
}

#[tokio::test]
async fn an_account_without_a_key_only_reads() {
    let node = FakeNode::new(1);
    let bridge = Bridge::new(&node, None, &["channel/books"]);
    let sealing = bridge.seal("channel/books", &Outgoing::Say(say("hello"))).await;
    assert!(matches!(sealing, Sealing::Refused { .. }));
}

#[tokio::test]
async fn a_root_that_is_not_found_by_its_hash_needs_its_author() {
    let (node, bridge) = bridge();
    let name = Person::new(7).says("long ago", None).claimed_name().unwrap();
    node.merge(1, &[&Person::new(7).says("something else", None)]);
    let thread = format!("thread/{}", name.hash);
    let Sealing::Missing(missing) = bridge.seal(&thread, &Outgoing::Say(say("an answer"))).await
    else {
        panic!()
    };
    let error = bridge.adapter.fetch(&missing).await.unwrap_err();
    for said in [missing.reason, error.source.to_string()] {
        assert!(said.contains("thread/FID:0xHASH"), "{said}");
    }
    let thread = format!("thread/{}:{}", name.fid, name.hash);
    let request = bridge.sealed(&thread, &Outgoing::Say(say("an answer"))).await;
    assert_eq!(cast(&request.sealed.bytes).parent, Some(Parent::ParentCastId(name.cast_id())));
}

#[tokio::test]
async fn the_author_of_a_root_is_found_by_its_hash_among_recent_events() {
    let (node, bridge) = bridge();
    let root = Person::new(7).says("the root", None);
    node.merge(1, &[&root]);
    let name = root.claimed_name().unwrap();
    let thread = format!("thread/{}", name.hash);
    let Sealing::Missing(missing) = bridge.seal(&thread, &Outgoing::Say(say("an answer"))).await
    else {
        panic!()
    };
    let fetched = bridge.adapter.fetch(&missing).await.unwrap();
    assert_eq!(fetched.len(), 1);
    bridge.learn(fetched, &thread).await;
    let request = bridge.sealed(&thread, &Outgoing::Say(say("an answer"))).await;
    assert_eq!(cast(&request.sealed.bytes).parent, Some(Parent::ParentCastId(name.cast_id())));
}
