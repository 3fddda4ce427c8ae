//! What is said on the network comes through, proven, once and in order.

use std::sync::Arc;

use prost::Message as _;
use threadbridge_core::model::{
    event::{Action, Event},
    outgoing::{Outgoing, ReplyTo, Say},
    time::Timestamp,
};

use super::bridge::Bridge;
use crate::{
    known::Standing,
    node::fake::{
        FakeNode, failed, merged,
        person::{Person, name},
        pruned, revoked, signer_event,
    },
    wire::{
        SignedMessage,
        proto::{CastAddBody, Embed, UserDataType, cast_add_body::Parent, embed},
    },
};

const URL: &str = "https://farcaster.xyz/~/channel/books";

/// A node that knows these people.
fn node(people: &[&Person]) -> Arc<FakeNode> {
    let node = FakeNode::new(2);
    for person in people {
        node.set_signers(person.fid, vec![person.record()], Vec::new());
        let username = person.is_called(UserDataType::Username, &format!("user{}", person.fid));
        node.set_profile(person.fid, vec![username]);
    }
    node
}

fn said(count: usize) -> impl Fn(&Bridge) -> bool {
    move |bridge| bridge.events.len() >= count
}

#[tokio::test]
async fn a_conversation_in_a_channel_comes_through_and_the_rest_of_the_network_does_not() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let first = alice.says_under("who has read it?", URL);
    let answer = bob.answers("me", &first);
    let (like, gone) = (alice.likes(&answer), bob.removes(&answer));
    node.merge(1, &[&first, &bob.says_under("elsewhere", "https://x.test/c/a")]);
    node.merge(1, &[&answer, &alice.says("to nobody", None)]);
    node.merge(2, &[&like]);
    bridge.until(said(3)).await;
    node.merge(1, &[&gone]);
    bridge.until(said(4)).await;
    assert_eq!(bridge.texts(), ["who has read it?", "me"]);
    let id = |message: &SignedMessage| name(message).remote_id().unwrap();
    let Action::Say(said) = &bridge.events[1].action else { panic!() };
    assert_eq!(said.reply_to, Some(id(&first)));
    let emoji = "❤️".to_owned();
    assert_eq!(bridge.events[2].action, Action::React { target: id(&answer), emoji });
    assert_eq!(bridge.events[3].action, Action::Delete { target: id(&answer) });
    assert!(bridge.events.iter().all(|it| it.conversation.as_str() == "channel/books"));
    assert!(bridge.refused.is_empty());
    // Whoever is new was introduced first, so nobody's first words had to wait.
    assert_eq!(bridge.waited, 0);
    assert_eq!(bridge.profiles.len(), 2);
}

#[tokio::test]
async fn whoever_cannot_be_looked_up_at_once_keeps_their_place() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.set(|faults| faults.secretive = 2);
    node.merge(1, &[&alice.says_under("first", URL), &bob.says_under("second", URL)]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts(), ["first", "second"]);
    assert_eq!(bridge.waited, 0);
}

#[tokio::test]
async fn an_answer_that_comes_before_what_it_answers_is_not_lost() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let first = alice.says_under("first", URL);
    let answer = bob.answers("second", &first);
    node.merge(2, &[&bob.answers("third", &answer), &answer]);
    bridge.until(|it| it.height(2) == 1).await;
    node.merge(1, &[&first]);
    bridge.until(said(3)).await;
    assert_eq!(bridge.texts(), ["first", "second", "third"]);
}

#[tokio::test]
async fn after_a_kill_everything_that_happened_meanwhile_comes_once() {
    let alice = Person::new(1);
    let node = node(&[&alice]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    for n in 1..20 {
        node.merge(1, &[&alice.says_under(&n.to_string(), URL)]);
        if n % 5 == 0 {
            bridge.stop();
            bridge.listen();
            bridge.until(said(n - 2)).await;
        }
    }
    bridge.until(said(19)).await;
    let expected: Vec<_> = (1..20).map(|n| n.to_string()).collect();
    assert_eq!(bridge.texts(), expected);
}

#[tokio::test]
async fn answers_to_what_was_said_before_the_link_are_recognized() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let root = alice.says("the root", None);
    let old = bob.answers("old", &root);
    node.merge(1, &[&root]);
    node.merge(2, &[&old]);
    let thread = format!("thread/{}:{}", alice.fid, name(&root).hash);
    let mut bridge = Bridge::new(&node, None, &[&thread]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.merge(1, &[&alice.answers("to the root", &root), &alice.answers("to old", &old)]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts(), ["to the root", "to old"]);
    let reply_to = bridge.events.iter().map(|event| {
        let Action::Say(said) = &event.action else { panic!() };
        said.reply_to.clone()
    });
    let old = name(&old).remote_id().unwrap();
    assert_eq!(reply_to.collect::<Vec<_>>(), [None, Some(old)]);
}

#[tokio::test]
async fn a_thread_by_its_hash_alone_learns_its_author_from_proven_casts_only() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let root = alice.says("the root", None);
    node.merge(1, &[&root]);
    let mut bridge = Bridge::new(&node, None, &[&format!("thread/{}", name(&root).hash)]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let mut false_parent = name(&root).cast_id();
    false_parent.fid = 99;
    let misled = bob.says("misled", Some(Parent::ParentCastId(false_parent)));
    node.merge(2, &[&misled]);
    node.merge(2, &[&bob.answers("an answer", &root)]);
    bridge.until(|it| it.texts().contains(&"an answer".to_owned())).await;
    assert_eq!(bridge.texts(), ["an answer"]);
}

#[tokio::test]
async fn mentions_quotes_and_embeds_are_read() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let quoted = alice.says_under("quoted", URL);
    let embeds = [
        embed::Embed::Url("https://pics.example/a.PNG?x=1".to_owned()),
        embed::Embed::CastId(name(&quoted).cast_id()),
        embed::Embed::Url("https://example.org/page".to_owned()),
    ];
    let cast = alice.casts(CastAddBody {
        text: "💃 hears of ".to_owned(),
        mentions: vec![2, 77],
        mentions_positions: vec![4, 14],
        embeds: embeds.map(|embed| Embed { embed: Some(embed) }).into(),
        parent: Some(Parent::ParentUrl(URL.to_owned())),
        ..CastAddBody::default()
    });
    node.merge(1, &[&quoted, &cast]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts()[1], "💃@user2 hears of @!77");
    let Action::Say(said) = &bridge.events[1].action else { panic!() };
    let mentions = said.content.mentions();
    assert_eq!(mentions[0].identity.author.as_str(), "2");
    assert_eq!(said.quotes, [name(&quoted).remote_id().unwrap()]);
    assert_eq!(said.content.links()[0].url, "https://example.org/page");
    let picture = said.content.attachments()[0];
    assert_eq!(picture.public_url(), Some("https://pics.example/a.PNG?x=1"));
}

#[tokio::test]
async fn a_quote_comes_after_what_it_quotes_on_another_shard() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let quoted = bob.says_under("quoted", URL);
    let embed = embed::Embed::CastId(name(&quoted).cast_id());
    let quoting = alice.casts(CastAddBody {
        text: "quoting".to_owned(),
        embeds: vec![Embed { embed: Some(embed) }],
        parent: Some(Parent::ParentUrl(URL.to_owned())),
        ..CastAddBody::default()
    });
    node.merge(1, &[&quoting]);
    node.merge(1, &[&alice.says_under("later", URL)]);
    node.merge(2, &[&quoted]);
    node.merge(2, &[]);
    bridge.until(said(3)).await;
    assert_eq!(bridge.texts(), ["quoted", "quoting", "later"]);
}

#[tokio::test]
async fn what_is_forged_is_refused_with_its_reason_and_disturbs_nothing() {
    let (alice, mallory) = (Person::new(1), Person::new(66));
    let node = node(&[&alice]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let good = alice.says_under("good", URL);
    let mut altered = alice.says_under("altered", URL);
    altered.signature[0] ^= 1;
    // Mallory's key, Alice's fid.
    let stolen = Person { fid: alice.fid, key: crate::wire::sign::SignerKey::from_seed(&[66; 32]) };
    let impostor = stolen.says_under("it is I, Alice", URL);
    let foreign = mallory.removes(&good);
    node.merge(1, &[&altered, &impostor, &good]);
    node.merge(2, &[&foreign]);
    node.merge(1, &[&alice.says_under("still good", URL)]);
    bridge.until(|it| it.events.len() == 2 && it.refused.len() == 3).await;
    assert_eq!(bridge.texts(), ["good", "still good"]);
    let mut refused = bridge.refused.clone();
    refused.sort();
    assert_eq!(
        refused,
        [
            "removal of somebody else's cast",
            "signature does not match hash and signer",
            "signer is not a key of the author",
        ]
    );
}

#[tokio::test]
async fn a_key_counts_until_it_is_removed_and_a_later_one_from_when_it_is_added() {
    let alice = Person::new(1);
    let node = node(&[&alice]);
    let removed_at_s = Some(1_609_459_200 + u64::from(crate::node::fake::person::NOW) + 1);
    let former = crate::node::query::SignerRecord { removed_at_s, ..alice.record() };
    node.set_signers(1, Vec::new(), vec![former]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    node.merge(1, &[&alice.says_under("with a key that was good then", URL)]);
    bridge.until(said(1)).await;
    let later = Person { fid: 1, key: crate::wire::sign::SignerKey::from_seed(&[9; 32]) };
    node.merge(1, &[&later.says_under("too early", URL)]);
    bridge.until(|it| it.refused.len() == 1).await;
    node.set_signers(1, vec![later.record()], Vec::new());
    node.block(1, vec![signer_event(1), merged(&later.says_under("with the new key", URL))]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts()[1], "with the new key");
}

#[tokio::test]
async fn pruning_deletes_nothing() {
    let alice = Person::new(1);
    let node = node(&[&alice]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let cast = alice.says_under("soon pushed out", URL);
    node.merge(1, &[&cast]);
    node.block(1, vec![pruned(&cast)]);
    node.merge(1, &[&alice.answers("an answer to it", &cast)]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts(), ["soon pushed out", "an answer to it"]);
    assert!(bridge.refused.is_empty());
}

#[tokio::test]
async fn revoking_marks_and_deletes_nothing() {
    let alice = Person::new(1);
    let node = node(&[&alice]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let (lost, kept) =
        (alice.says_under("said with a lost key", URL), alice.says_under("kept", URL));
    node.merge(1, &[&lost, &kept]);
    bridge.until(said(2)).await;
    // The fid changes hands: its keys go, and what they signed with them.
    node.set_signers(1, Vec::new(), vec![alice.record()]);
    node.block(1, vec![signer_event(1), revoked(&lost)]);
    // It is the same however often it is heard.
    node.block(1, vec![revoked(&lost)]);
    node.set_signers(1, vec![alice.record()], Vec::new());
    node.block(1, vec![signer_event(1), merged(&alice.answers("an answer to it", &lost))]);
    bridge.until(said(3)).await;
    assert_eq!(bridge.texts(), ["said with a lost key", "kept", "an answer to it"]);
    let deletes = |event: &&Event| matches!(event.action, Action::Delete { .. });
    assert_eq!(bridge.events.iter().filter(deletes).count(), 0);
    assert!(bridge.refused.is_empty(), "{:?}", bridge.refused);
    assert_eq!(bridge.standing(&lost), Some(Standing::Revoked));
    assert_eq!(bridge.standing(&kept), Some(Standing::Present));
}

#[tokio::test]
async fn mentions_of_the_account_and_answers_to_it_are_a_conversation() {
    let (own, alice) = (Person::new(5), Person::new(1));
    let node = node(&[&own, &alice]);
    let mut bridge = Bridge::new(&node, Some(&own), &["mentions"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let ours = own.says("said with the bridge's own key", None);
    let mention = alice.casts(CastAddBody {
        text: "hello ".to_owned(),
        mentions: vec![5],
        mentions_positions: vec![6],
        ..CastAddBody::default()
    });
    let answer = alice.answers("I agree", &ours);
    node.merge(1, &[&ours, &mention, &answer, &alice.says("not to us", None)]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts(), ["hello @user5", "I agree"]);
    assert_eq!(bridge.confirmed, [name(&ours).remote_id().unwrap()]);
}

#[tokio::test]
async fn whoever_first_answers_a_copy_of_ours_is_introduced_before() {
    let (own, alice) = (Person::new(5), Person::new(1));
    let node = node(&[&own, &alice]);
    let mut bridge = Bridge::new(&node, Some(&own), &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let say = Outgoing::Say(Say {
        text: "a copy".to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(0),
        mark: None,
        expires: None,
    });
    let sealed = bridge.sealed("channel/books", &say).await.sealed;
    let copy = SignedMessage::decode(sealed.bytes.as_slice()).unwrap();
    // The copy itself is on the other shard, which may come later.
    node.merge(2, &[&alice.answers("first", &copy), &alice.likes(&copy)]);
    bridge.until(said(2)).await;
    assert_eq!(bridge.texts(), ["first"]);
    assert_eq!(bridge.waited, 0);
}

#[tokio::test]
async fn a_merge_failure_of_our_own_is_told_with_its_code() {
    let own = Person::new(5);
    let node = node(&[&own]);
    let mut bridge = Bridge::new(&node, Some(&own), &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let lost = own.says_under("lost", URL);
    let reason = "message conflicts with a more recent remove";
    node.block(1, vec![failed(&lost, "bad_request.conflict", reason)]);
    bridge.until(|it| !it.rejected.is_empty()).await;
    assert_eq!(bridge.rejected, [format!("{reason} (bad_request.conflict)")]);
}

#[tokio::test]
async fn ours_that_fails_for_its_signer_is_not_given_up() {
    let own = Person::new(5);
    let node = node(&[&own]);
    let mut bridge = Bridge::new(&node, Some(&own), &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let early = own.says_under("the key went meanwhile", URL);
    let code = "bad_request.validation_failure";
    node.block(1, vec![failed(&early, code, "invalid signer")]);
    node.block(1, vec![failed(&own.says_under("too much", URL), code, "embeds > 4")]);
    bridge.until(|it| !it.rejected.is_empty()).await;
    assert_eq!(bridge.rejected, [format!("embeds > 4 ({code})")]);
}

#[tokio::test]
async fn what_no_node_keeps_is_made_good_by_listing() {
    let (alice, bob) = (Person::new(1), Person::new(2));
    let node = node(&[&alice, &bob]);
    let mut bridge = Bridge::new(&node, None, &["channel/books"]);
    bridge.listen();
    bridge.until(|it| it.cursors_are_kept()).await;
    let first = alice.says_under("heard", URL);
    node.merge(1, &[&first]);
    bridge.until(said(1)).await;
    bridge.stop();
    let missed = bob.answers("missed", &first);
    node.merge(1, &[&missed]);
    node.merge(1, &[&alice.likes(&missed)]);
    for _empty in 0..3 {
        node.merge(1, &[]);
    }
    node.set(|faults| faults.kept_from = 5);
    bridge.listen();
    bridge.until(|it| it.texts().len() == 2).await;
    node.merge(1, &[&alice.says_under("after", URL)]);
    bridge.until(|it| it.texts().len() == 3).await;
    assert_eq!(bridge.texts(), ["heard", "missed", "after"]);
}
